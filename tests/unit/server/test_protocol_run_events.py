"""A run's events as its readers get them: the same for all, with the beginning and the end that its log leaves out."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest

from server.events.convert import Converter, error_event, metadata_event
from server.events.protocol import protocol_event
from server.events.types import Event, LoggedEvent
from server.protocols.events.model import ProtocolEvent
from server.protocols.events.run_events import RunEvents

RUN = UUID(int=7)
AT = datetime(2026, 1, 2, tzinfo=UTC)
BEGUN = [metadata_event(RUN, 1)]
CHILD = ("child:1",)
STARTED = protocol_event("lifecycle", CHILD, {"event": "started", "graph_name": "child"})


def _read(log: Sequence[Event], status: str | None, *, is_protocol: bool = True) -> list[ProtocolEvent]:
    events = RunEvents(RUN, "tested", is_protocol=is_protocol, number=count(1).__next__)
    made = [
        one
        for seq, event in enumerate(log, start=1)
        for one in events.of(LoggedEvent(seq, event.name, event.data, AT + timedelta(milliseconds=seq)))
    ]
    return [*made, *events.end(status, AT + timedelta(seconds=1))]


def _told(events: Sequence[ProtocolEvent]) -> list[tuple[tuple[str, ...], str, str | None]]:
    return [
        (event.namespace, event.data["event"], event.data.get("error"))
        for event in events
        if event.method == "lifecycle"
    ]


@pytest.mark.parametrize("is_protocol", [True, False], ids=["protocol", "classic"])
@pytest.mark.parametrize(
    ("log", "status", "ends"),
    [
        ([], "success", [("completed", None)]),
        ([error_event({"error": "ValueError", "message": "no"})], "error", [("failed", "no")]),
        ([], "timeout", [("failed", None)]),
        ([], "interrupted", [("interrupted", None), ("completed", None)]),
        ([], None, [("interrupted", None), ("completed", None)]),
    ],
    ids=["success", "error", "timeout", "cancelled", "rolled back"],
)
def test_each_way_in_which_a_run_ends_is_told_last(
    is_protocol: bool, log: list[Event], status: str | None, ends: list[tuple[str, str | None]]
) -> None:
    events = _read([*BEGUN, *log], status, is_protocol=is_protocol)
    assert _told(events) == [((), "running", None), *(((), *end) for end in ends)]
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert [event.event_id for event in events] == [
        f"synth:{RUN}:lc||{word}" for word in ("running", *(word for word, _ in ends))
    ]


def test_a_run_that_never_began_still_ends() -> None:
    assert _told(_read([], "interrupted")) == [((), "interrupted", None), ((), "completed", None)]


def test_a_second_attempt_does_not_begin_the_run_again() -> None:
    events = _read([*BEGUN, STARTED, metadata_event(RUN, 2), STARTED], "success")
    assert [word for _, word, _ in _told(events)].count("running") == 1


def test_a_run_that_asks_is_interrupted_when_all_is_asked_and_it_is_over() -> None:
    asks = [
        protocol_event("input.requested", (), {"interrupt_id": one, "payload": 1, "value": 1}) for one in ("a", "b")
    ]
    events = _read([*BEGUN, asks[0], protocol_event("values", (), {}), asks[1]], "success")
    assert [event.method for event in events] == [
        "lifecycle", "input.requested", "values", "input.requested", "lifecycle",
    ]  # fmt: skip
    assert _told(events) == [((), "running", None), ((), "interrupted", None)]
    cancelled = _told(_read([*BEGUN, *asks], "interrupted"))
    assert cancelled == [((), "running", None), ((), "interrupted", None), ((), "completed", None)]


def test_subgraphs_that_nobody_ended_end_before_their_run() -> None:
    inner = protocol_event("lifecycle", (*CHILD, "leaf:2"), {"event": "started", "graph_name": "leaf"})
    ended = protocol_event("lifecycle", CHILD, {"event": "completed", "graph_name": "child"})
    assert _told(_read([*BEGUN, STARTED, inner], "interrupted"))[-4:] == [
        ((*CHILD, "leaf:2"), "interrupted", None),
        (CHILD, "interrupted", None),
        ((), "interrupted", None),
        ((), "completed", None),
    ]
    assert _told(_read([*BEGUN, STARTED, ended], "success"))[-2:] == [
        (CHILD, "completed", None),
        ((), "completed", None),
    ]


def test_ids_are_of_the_log_but_for_what_may_be_told_twice() -> None:
    asked = {"interrupt_id": "i", "payload": 1, "value": 1}
    log = [*BEGUN, protocol_event("values", CHILD, {}), STARTED, protocol_event("input.requested", CHILD, asked)]
    ids = [event.event_id for event in _read(log, "success")]
    milliseconds = int(AT.timestamp() * 1000)
    assert ids[1:4] == [f"{milliseconds + 2}-2", f"{milliseconds + 3}-3", f"synth:{RUN}:input|child:1|i"]
    assert ids[4:] == [f"synth:{RUN}:lc|child:1|interrupted", f"synth:{RUN}:lc||interrupted"]


def test_an_encoded_event_says_who_it_is_and_is_the_logs_otherwise() -> None:
    event = _read([*BEGUN, protocol_event("custom", (), {"n": 1}, at=5)], "success")[1]
    assert event.encoded() == (
        b'{"type":"event","event_id":"%s","seq":2,"method":"custom","params":{"namespace":[],"timestamp":5,"data":{"n":1}}}'
        % event.event_id.encode()
    )


def _chunk(**fields: Any) -> dict[str, Any]:
    return {"type": "AIMessageChunk", "id": "m", "content": "", "tool_call_chunks": [], **fields}


def test_tokens_of_a_classic_run_become_blocks_of_a_message() -> None:
    pieces = [
        _chunk(content="He"),
        _chunk(content="llo"),
        _chunk(tool_call_chunks=[{"name": "add", "args": '{"a":', "id": "c", "index": 1}]),
        _chunk(tool_call_chunks=[{"name": None, "args": "1}", "id": None, "index": 1}]),
        _chunk(usage_metadata={"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}),
        _chunk(chunk_position="last"),
    ]
    converter = Converter(["messages-tuple"], subgraphs=False)
    log = [event for piece in pieces for event in converter.convert((), "messages", (piece, {"langgraph_node": "n"}))]
    events = [one for one in _read([*BEGUN, *log], "success", is_protocol=False) if one.method == "messages"]
    assert [event.data for event in events] == [
        {"event": "message-start", "role": "ai", "id": "m"},
        {"event": "content-block-start", "index": 0, "content": {"type": "text", "text": ""}},
        {"event": "content-block-delta", "index": 0, "delta": {"type": "text-delta", "text": "He"}},
        {"event": "content-block-delta", "index": 0, "delta": {"type": "text-delta", "text": "llo"}},
        {
            "event": "content-block-start",
            "index": 1,
            "content": {"type": "tool_call_chunk", "id": "c", "name": "add", "args": "", "index": 1},
        },
        {"event": "content-block-delta", "index": 1, "delta": {"type": "tool-call-delta", "args": '{"a":'}},
        {"event": "content-block-delta", "index": 1, "delta": {"type": "tool-call-delta", "args": "1}"}},
        {"event": "content-block-finish", "index": 0, "content": {"type": "text", "text": "Hello"}},
        {
            "event": "content-block-finish",
            "index": 1,
            "content": {"type": "tool_call", "id": "c", "name": "add", "args": {"a": 1}},
        },
        {"event": "message-finish", "usage": {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}},
    ]
    assert {event.params["node"] for event in events} == {"n"}
    assert len({event.event_id for event in events}) == len(events)


def test_a_message_of_a_classic_run_that_broke_off_is_finished_with_what_there_was_of_it() -> None:
    converter = Converter(["messages-tuple"], subgraphs=False)
    call = {"name": "add", "args": '{"a":', "id": "c", "index": 0}
    log = converter.convert((), "messages", (_chunk(tool_call_chunks=[call]), {}))
    events = [one.data for one in _read([*BEGUN, *log], "interrupted", is_protocol=False) if one.method == "messages"]
    assert events[-2]["content"]["type"] == "invalid_tool_call"
    assert events[-2]["content"]["args"] == '{"a":'
    assert events[-1] == {"event": "message-finish"}
