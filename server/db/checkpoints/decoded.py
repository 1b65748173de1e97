"""Messages that were read from checkpoints lately, so that a long conversation is not decoded anew for each of its turns."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

_KINDS = (HumanMessage, AIMessage, ToolMessage, SystemMessage)
_PLAIN = (str, int, float, bool, type(None))


class DecodedPieces:
    """What pieces hold, decoded, for the `size` pieces that were read last. Safe to use from several threads.

    Only messages of LangChain's own kinds whose fields are plain JSON are kept, and each reader gets copies of its own:
    what a graph does to its messages concerns nobody else.
    """

    def __init__(self, size: int = 4096) -> None:
        self._size = size
        self._held: OrderedDict[bytes, list[BaseMessage]] = OrderedDict()
        self._lock = Lock()

    def items(self, piece: bytes, load: Callable[[bytes], list[Any]]) -> list[Any]:
        """The items that the piece's bytes are, decoded by `load` if they are not held."""
        with self._lock:
            held = self._held.get(piece)
            if held is not None:
                self._held.move_to_end(piece)
        if held is not None:
            return [_copied(message) for message in held]
        items = load(piece)
        if all(map(_can_be_copied, items)):
            with self._lock:
                self._held[piece] = [_copied(message) for message in items]
                while len(self._held) > self._size:
                    self._held.popitem(last=False)
        return items


def _can_be_copied(item: object) -> bool:
    if type(item) not in _KINDS or not isinstance(item, BaseMessage) or item.__pydantic_private__ is not None:
        return False
    return _is_plain(item.__dict__) and _is_plain(item.__pydantic_extra__)


def _is_plain(value: object) -> bool:
    if type(value) is dict:
        return all(type(key) is str for key in value) and all(map(_is_plain, value.values()))
    if type(value) is list:
        return all(map(_is_plain, value))
    return type(value) in _PLAIN


def _copied(message: BaseMessage) -> BaseMessage:
    copied = message.model_copy()  # shares what its fields hold
    for fields in (copied.__dict__, copied.__pydantic_extra__ or {}):
        for name, value in fields.items():
            if type(value) is dict or type(value) is list:
                fields[name] = _plain_copy(value)
    return copied


def _plain_copy(value: Any) -> Any:
    if type(value) is dict:
        return {key: _plain_copy(one) for key, one in value.items()}
    if type(value) is list:
        return [_plain_copy(one) for one in value]
    return value
