"""How what the steps of a conversation write becomes its list of messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from langchain_core.messages import (
    AnyMessage,
    BaseMessage,
    BaseMessageChunk,
    RemoveMessage,
    convert_to_messages,
    message_chunk_to_message,
)
from langgraph.graph.message import REMOVE_ALL_MESSAGES


def merged_messages(held: list[AnyMessage], writes: Sequence[Any]) -> list[AnyMessage]:
    """`held` after `writes`, each a message (of any form that LangChain takes) or a list of them.

    As `add_messages` does: a message of a known id replaces the one in place, others are appended, `RemoveMessage`
    takes one out, or all before it. Made for a `DeltaChannel`, which replays stored writes in batches of any size: the
    result is the same however they are batched, is the same each time, and what was written before never fails to be
    read. So a removal of what is not there is passed over, and a message without an id gets one from its place and text.
    """
    result: list[AnyMessage | None] = list(_messages(held))
    place = {message.id: at for at, message in enumerate(result) if message is not None}
    for write in writes:
        for given in _messages(write if isinstance(write, list) else [write]):
            message = given if given.id else given.model_copy(update={"id": _id(len(place), given)})
            if isinstance(message, RemoveMessage):
                if message.id == REMOVE_ALL_MESSAGES:
                    result, place = [], {}
                elif (at := place.pop(message.id, None)) is not None:
                    result[at] = None
            elif message.id in place:
                result[place[message.id]] = message
            else:
                place[message.id] = len(result)
                result.append(message)
    return [message for message in result if message is not None]


def _messages(given: Iterable[Any]) -> list[Any]:
    given = list(given)
    if all(issubclass(kind, BaseMessage) and not issubclass(kind, BaseMessageChunk) for kind in set(map(type, given))):
        return given
    return [
        message_chunk_to_message(one) if isinstance(one, BaseMessageChunk) else one
        for one in convert_to_messages(given)
    ]


def _id(place: int, message: BaseMessage) -> str:
    return str(uuid5(NAMESPACE_OID, f"{place}\0{message.type}\0{message.content}"))
