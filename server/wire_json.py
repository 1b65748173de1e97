"""JSON as it goes over the wire: one encoder for responses, events and stored values.

Rules (the LangGraph API's): messages and pydantic models flat, datetimes ISO, timedeltas in seconds, bytes as base64,
sets and tuples as arrays, Decimals as numbers, NaN and infinities as null, U+0000 as U+FFFD (Postgres cannot store it),
integers of any size.
"""

import base64
import dataclasses
import json
import re
from collections import deque
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address
from pathlib import PurePath
from typing import Any

import orjson
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langgraph.types import Interrupt, Send
from pydantic import BaseModel
from starlette.responses import Response

_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_PASSTHROUGH_DATACLASS
_NUL = b"\\u0000"
_REPLACEMENT = b"\\ufffd"
_MESSAGES = frozenset({AIMessage, HumanMessage, SystemMessage, ToolMessage})
_MORE_THAN_TEXT = (
    "additional_kwargs", "response_metadata", "tool_calls", "invalid_tool_calls", "usage_metadata", "artifact",
)  # fmt: skip


def encode(value: Any) -> bytes:
    """`value` as compact UTF-8 JSON; what has no JSON form becomes its `repr`, so no graph's value makes this raise."""
    try:
        encoded = orjson.dumps(value, default=_default, option=_OPTIONS)
    except TypeError:  # integers beyond 64 bits, lone surrogates, or keys that orjson does not take
        encoded = json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return _without_nul(encoded) if _NUL in encoded else encoded


def encode_compact(value: Any) -> bytes:
    """As `encode`, but of messages only what their readers need: not what their models keep in them for themselves."""
    try:
        encoded = orjson.dumps(value, default=_compact_default, option=_OPTIONS)
    except TypeError:
        plain = _plain(value, _compact_default)
        encoded = json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return _without_nul(encoded) if _NUL in encoded else encoded


def encode_shared(value: Any) -> bytes:
    """As `encode`, for a value in which the same messages come again and again: each is encoded once."""
    fragments: dict[int, orjson.Fragment] = {}  # by identity: `value` keeps the messages meanwhile

    def default(one: Any) -> Any:
        if not isinstance(one, BaseModel):
            return _default(one)
        if id(one) not in fragments:
            fragments[id(one)] = orjson.Fragment(orjson.dumps(one.model_dump(), default=_default, option=_OPTIONS))
        return fragments[id(one)]

    try:
        encoded = orjson.dumps(value, default=default, option=_OPTIONS)
    except TypeError:
        return encode(value)
    return _without_nul(encoded) if _NUL in encoded else encoded


def decode(data: bytes | str) -> Any:
    """The value of JSON text. Raises `ValueError` if it is not JSON."""
    return orjson.loads(data)


@dataclasses.dataclass(frozen=True, slots=True)
class EncodedJson:
    """A value that is encoded already: its JSON goes over the wire as it is."""

    text: str


class WireResponse(Response):
    """A JSON response in the wire's encoding."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """`content` encoded."""
        return encode(content)


class SharedWireResponse(WireResponse):
    """The same for content in which the same messages come again and again."""

    def render(self, content: Any) -> bytes:
        """`content` encoded, each message once."""
        return encode_shared(content)


def interrupt_in_state(interrupt: Interrupt) -> dict[str, Any]:
    """An interrupt as thread and state objects show it (streams add `response_schema`)."""
    return {"id": interrupt.id, "value": interrupt.value}


def _default(value: Any) -> Any:
    if _is_plain_token(value) or _is_plain_message(value):
        return value.__dict__
    if isinstance(value, BaseModel):
        return value.model_dump()
    if isinstance(value, EncodedJson):
        return orjson.Fragment(value.text)
    if isinstance(value, Interrupt):
        schema = getattr(value, "response_schema", None)
        return {"value": value.value, "id": value.id, "response_schema": schema}
    if isinstance(value, Send):
        return {"node": value.node, "args": value.arg}
    if isinstance(value, type):
        return None
    if dataclasses.is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return value._asdict()
    if isinstance(value, set | frozenset | deque | tuple):
        return list(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(bytes(value)).decode()
    if isinstance(value, BaseException):
        return {"error": type(value).__name__, "message": str(value)}
    if isinstance(value, re.Pattern):
        return value.pattern
    if isinstance(value, IPv4Address | IPv6Address | PurePath):
        return str(value)
    return repr(value)


def _compact_default(value: Any) -> Any:
    return _compact_message(value) if isinstance(value, BaseMessage) else _default(value)


def _compact_message(message: BaseMessage) -> dict[str, Any]:
    compact: dict[str, Any] = {"type": message.type, "content": message.content}
    if message.id is not None:
        compact["id"] = message.id
    if message.name is not None:
        compact["name"] = message.name
    if message.response_metadata:
        compact["response_metadata"] = message.response_metadata
    if isinstance(message, AIMessage) and message.tool_calls:
        compact["tool_calls"] = [
            {"type": "tool_call", "name": call["name"], "args": call["args"], "id": call["id"]}
            for call in message.tool_calls
        ]
    if isinstance(message, ToolMessage):
        compact |= {"tool_call_id": message.tool_call_id, "status": message.status, "artifact": message.artifact}
    return compact


def _is_plain_token(value: Any) -> bool:
    """Whether it is a piece of a streamed message with text and nothing more, as nearly all are: its attributes are its dump."""
    return (
        type(value) is AIMessageChunk
        and type(value.content) is str
        and not (value.tool_call_chunks or value.tool_calls or value.invalid_tool_calls or value.usage_metadata)
        and not value.__pydantic_extra__
    )


def _is_plain_message(value: Any) -> bool:
    """Whether it is a message of text and nothing more, as most of a conversation are: its attributes are its dump."""
    return (
        type(value) in _MESSAGES
        and type(value.__dict__.get("content")) is str
        and not value.__pydantic_extra__
        and not any(map(value.__dict__.get, _MORE_THAN_TEXT))
    )


def _plain(value: Any, default: Callable[[Any], Any] | None = None) -> Any:
    """`value` in types that the standard library encodes; the slow path."""
    shown = default or _default
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode() if not value.isascii() else value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None  # noqa: PLR0124 - NaN differs from itself
    if isinstance(value, EncodedJson):
        return json.loads(value.text)
    if isinstance(value, Mapping):
        return {key if isinstance(key, str) else _key(key): _plain(item, shown) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset | deque) and not hasattr(value, "_asdict"):
        return [_plain(item, shown) for item in value]
    try:
        return orjson.loads(orjson.dumps(value, default=shown, option=_OPTIONS))
    except TypeError:
        return _plain(shown(value), shown)


def _key(key: Any) -> str:
    """A key that is no string, as the fast path writes it."""
    try:
        written: dict[str, int] = orjson.loads(orjson.dumps({key: 0}, option=_OPTIONS))
    except TypeError:
        return str(key)
    return next(iter(written))


def _without_nul(encoded: bytes) -> bytes:
    r"""Replace the escape \u0000, but not a literal backslash followed by u0000 (written \\u0000)."""
    return re.sub(rb"(?<!\\)((?:\\\\)*)\\u0000", lambda match: match.group(1) + _REPLACEMENT, encoded)
