"""The wire's encoding, row by row of the API's table."""

import dataclasses
import json
import re
from collections import OrderedDict, deque
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import orjson
import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langgraph.types import Interrupt, Send
from pydantic import BaseModel

from server.wire_json import encode, encode_shared, interrupt_in_state


class Model(BaseModel):
    name: str
    inner: "Model | None" = None


@dataclasses.dataclass
class Record:
    name: str
    model: Model


class Pair(NamedTuple):
    left: int
    right: Any


class Colour(Enum):
    RED = "red"


ID = UUID("01a1f9f8-6872-7329-87a3-394f39ae25f1")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Model(name="a", inner=Model(name="b")), {"name": "a", "inner": {"name": "b", "inner": None}}),
        (Record("r", Model(name="a")), {"name": "r", "model": {"name": "a", "inner": None}}),
        (datetime(2024, 1, 2, 3, 4, 5, 678901, tzinfo=UTC), "2024-01-02T03:04:05.678901+00:00"),
        (datetime(2024, 1, 2, 3, 4, 5, 678901), "2024-01-02T03:04:05.678901"),  # noqa: DTZ001 - that is the case
        (date(2024, 1, 2), "2024-01-02"),
        (time(1, 2, 3), "01:02:03"),
        (timedelta(minutes=1, milliseconds=500), 60.5),
        (b"\x00\xff", "AP8="),
        (bytearray(b"ab"), "YWI="),
        ({1}, [1]),
        (frozenset({1}), [1]),
        ((1, "a"), [1, "a"]),
        (deque([1, 2]), [1, 2]),
        (ID, str(ID)),
        (Path("/tmp/x"), "/tmp/x"),
        (ip_address("10.0.0.1"), "10.0.0.1"),
        (re.compile("a+"), "a+"),
        (Colour.RED, "red"),
        (Decimal("1.5"), 1.5),
        (float("nan"), None),
        (float("inf"), None),
        (float("-inf"), None),
        (ValueError("boom"), {"error": "ValueError", "message": "boom"}),
        (Model, None),
        (Send("node", {"a": 1}), {"node": "node", "args": {"a": 1}}),
        ("a\ud800b", "a?b"),
        ("a\0b", "a\ufffdb"),
        ("a\\u0000b", "a\\u0000b"),
        ("\\\0", "\\\ufffd"),
        ({"a\0": 1}, {"a\ufffd": 1}),
        (2**80, 2**80),
        (-(2**70), -(2**70)),
        (OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
        ({1: "int key", None: "none key"}, {"1": "int key", "null": "none key"}),
    ],
)
@pytest.mark.parametrize("beside", [None, 2**80, "\ud800"], ids=["fast", "with a big integer", "with a surrogate"])
def test_every_kind_of_value_has_its_json(value: Any, expected: Any, beside: Any) -> None:
    assert json.loads(encode({"deep": [value], "beside": beside}))["deep"] == [expected]


def test_a_named_tuple_is_an_object_of_its_fields_where_the_encoder_sees_it() -> None:
    assert json.loads(encode(Pair(1, Model(name="a")))) in (
        {"left": 1, "right": {"name": "a", "inner": None}},
        [1, {"name": "a", "inner": None}],
    )


def test_messages_are_flat() -> None:
    human = json.loads(encode(HumanMessage("hi", id="1")))
    assert human == {
        "content": "hi", "additional_kwargs": {}, "response_metadata": {}, "type": "human", "name": None, "id": "1",
    }  # fmt: skip
    ai = json.loads(encode([AIMessage("yes")]))[0]
    assert {"tool_calls", "invalid_tool_calls", "usage_metadata"} <= ai.keys()
    assert ai["type"] == "ai"
    chunk = json.loads(encode(AIMessageChunk("y")))
    assert (chunk["type"], chunk["tool_call_chunks"], chunk["chunk_position"]) == ("AIMessageChunk", [], None)
    tool = json.loads(encode(ToolMessage("3", tool_call_id="call")))
    assert (tool["tool_call_id"], tool["artifact"], tool["status"]) == ("call", None, "success")


def test_interrupts_name_their_schema_in_streams_only() -> None:
    interrupt = Interrupt(value={"q": 1}, id="abc")
    assert json.loads(encode(interrupt)) == {"value": {"q": 1}, "id": "abc", "response_schema": None}
    assert interrupt_in_state(interrupt) == {"id": "abc", "value": {"q": 1}}


def test_output_is_compact_raw_and_in_order() -> None:
    assert encode({"b": "Grüße", "a": [1, 2]}) == '{"b":"Grüße","a":[1,2]}'.encode()


def test_encoded_parts_are_put_in_as_they_are() -> None:
    part = orjson.Fragment(b'{"z":1,"a":2}')
    assert encode({"values": part}) == b'{"values":{"z":1,"a":2}}'
    assert json.loads(encode({"values": part, "big": 2**80}))["values"] == {"z": 1, "a": 2}


def test_what_has_no_json_form_is_described_and_never_raises() -> None:
    class Odd:
        def __repr__(self) -> str:
            return "<odd>"

    assert json.loads(encode({"odd": Odd(), "big": 2**80})) == {"odd": "<odd>", "big": 2**80}
    assert json.loads(encode(Odd())) == "<odd>"


def test_what_is_encoded_once_for_many_places_is_the_same_json() -> None:
    message = AIMessage("café \0", id="1", response_metadata={"at": datetime(2026, 1, 1, tzinfo=UTC)})
    page = [
        {"values": {"messages": [message] * count}, "sent": Send("node", {"message": message})} for count in range(4)
    ]
    assert encode_shared(page) == encode(page)
    assert encode_shared([*page, 2**70]) == encode([*page, 2**70]), "also on the slow path"


@pytest.mark.parametrize(
    "chunk",
    [
        AIMessageChunk(content="word", id="lc_run--1"),
        AIMessageChunk(content="", id="lc_run--1", chunk_position="last", response_metadata={"model": "x", "n": (1, 2)}),
        AIMessageChunk(content="ü\u2028", name="someone", additional_kwargs={"a": {"b": [1, None, {"c"}]}}),
        AIMessageChunk(content="more", unknown={"kept": 1}),
        AIMessageChunk(content=[{"type": "text", "text": "block"}]),
        AIMessageChunk(content="", tool_call_chunks=[{"name": "t", "args": "{}", "id": "1", "index": 0}]),  # type: ignore[list-item]
        AIMessageChunk(
            content="end", usage_metadata={"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}
        ),
        AIMessageChunk(content="a") + AIMessageChunk(content="b", response_metadata={"finish_reason": "stop"}),
    ],
)  # fmt: skip
def test_a_streamed_token_is_written_as_its_dump(chunk: AIMessageChunk) -> None:
    assert encode(chunk) == encode(chunk.model_dump())
    assert encode([chunk, {"tags": []}]) == b"[" + encode(chunk.model_dump()) + b',{"tags":[]}]'


@pytest.mark.parametrize(
    "message",
    [
        HumanMessage("hi", id="1"),
        HumanMessage([{"type": "text", "text": "block"}, "more"], name="someone"),
        HumanMessage("hi", kept=Pair(1, 2)),
        SystemMessage("Be kind.\u2028", additional_kwargs={"at": Pair(1, 2)}),
        AIMessage("yes \0", response_metadata={"model": "x", "usage": {"n": Pair(1, 2)}}),
        AIMessage("", tool_calls=[{"name": "t", "args": {"day": date(2026, 1, 1)}, "id": "1"}]),
        AIMessage("end", usage_metadata={"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}),
        AIMessage("plain"),
        ToolMessage("3", tool_call_id="call", status="error"),
        ToolMessage("3", tool_call_id="call", artifact=Pair(1, 2)),
    ],
)
def test_a_message_is_written_as_its_dump(message: BaseMessage) -> None:
    assert message.text is not None
    assert encode(message) == encode(message.model_dump())
    assert encode([message, 2**70]) == encode([message.model_dump(), 2**70]), "also on the slow path"
