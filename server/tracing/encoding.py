"""Snapshots to JSON without secrets. A message that comes again and again in a batch is encoded and masked once."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import orjson
from langchain_core.messages import BaseMessage
from langsmith.secret import LangSmithSecret
from pydantic import BaseModel
from pydantic_core import PydanticSerializationError

from server.tracing.secrets import MASK, SecretMask
from server.wire_json import encode

_OPTIONS = (
    orjson.OPT_NON_STR_KEYS
    | orjson.OPT_SERIALIZE_NUMPY
    | orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_SUBCLASS
)


_SEPARATOR = b"\x00"
_PLAIN: dict[type, Callable[[Any], Any]] = {str: str.__str__, int: int, dict: dict, list: list}


class Constructed:
    """A message in the form of LangChain's `dumpd`, in which traces of models show their messages."""

    __slots__ = ("message",)

    def __init__(self, message: BaseMessage) -> None:
        self.message = message


class Encoder:
    """Encodes what one batch has. Keeps its messages alive, since it knows them by identity."""

    def __init__(self, mask: SecretMask) -> None:
        self._mask = mask
        self._known: dict[int, tuple[BaseMessage, bytes]] = {}
        self._nonce = uuid4().hex
        self._placeholder = re.compile(rb'"' + self._nonce.encode() + rb':(\d+)"')

    def encoded(self, values: Mapping[str, Any]) -> dict[str, bytes]:
        """Each of the values as JSON, its secrets masked. Never raises for what a graph may hold."""
        messages: list[bytes] = []
        texts = [self._text(value, messages) for value in values.values()]
        # one look for secrets at all of them: the separator is in no JSON, and no secret goes past the end of a string
        masked = self._mask.masked(_SEPARATOR.join(texts))
        if messages:
            masked = self._placeholder.sub(lambda found: messages[int(found.group(1))], masked)
        return dict(zip(values, masked.split(_SEPARATOR), strict=True))

    def _text(self, value: Any, messages: list[bytes]) -> bytes:
        """A value as JSON, with placeholders for its messages, which are added to `messages`."""

        def default(one: Any) -> Any:
            if isinstance(one, BaseMessage):
                messages.append(self._message(one))
            elif isinstance(one, Constructed):
                kind = orjson.dumps(type(one.message).lc_id())
                kwargs = self._message(one.message)
                messages.append(b'{"lc":1,"type":"constructor","id":' + kind + b',"kwargs":' + kwargs + b"}")
            else:
                return _plain(one)
            return f"{self._nonce}:{len(messages) - 1}"

        try:
            return orjson.dumps(value, default=default, option=_OPTIONS)
        except TypeError:  # integers beyond 64 bits, lone surrogates, keys that orjson does not take
            return encode(_spelt_out(value))

    def _message(self, message: BaseMessage) -> bytes:
        known = self._known.get(id(message))
        if known is None:
            known = self._known[id(message)] = (message, self._mask.masked(_dumped(message)))
        return known[1]


def _dumped(model: BaseModel) -> bytes:
    try:
        return model.model_dump_json(exclude_none=True, fallback=repr, warnings=False).encode()
    except (
        PydanticSerializationError,
        ValueError,
        TypeError,
    ):  # what it holds is no JSON: the slower way writes it all
        return encode(model)


def _spelt_out(value: Any) -> Any:
    """`value` in types that the slower encoder knows, without marked secrets."""
    if isinstance(value, LangSmithSecret):
        return MASK
    if isinstance(value, Constructed):
        kwargs = value.message.model_dump(exclude_none=True)
        return {"lc": 1, "type": "constructor", "id": type(value.message).lc_id(), "kwargs": _spelt_out(kwargs)}
    if isinstance(value, dict):
        return {key: _spelt_out(one) for key, one in value.items()}
    return [_spelt_out(one) for one in value] if isinstance(value, list | tuple) else value


def _plain(value: Any) -> Any:
    if isinstance(value, LangSmithSecret):
        return MASK
    if isinstance(value, BaseModel):
        return orjson.Fragment(_dumped(value))
    # subclasses of the types that JSON has come here because of the secrets among them
    plain = next((kind for kind in (str, int, dict, list) if isinstance(value, kind)), None)
    return orjson.Fragment(encode(value)) if plain is None else _PLAIN[plain](value)
