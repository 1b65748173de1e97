"""Graph chunks to events."""

import json
from typing import Any

import pytest
from langchain_core.messages import AIMessageChunk, ToolMessage

from server.events.convert import Converter, error_event, graph_modes, metadata_event

META = {"langgraph_node": "model"}


def converted(modes: list[str], *chunks: tuple[str, Any], namespace: tuple[str, ...] = ()) -> list[tuple[str, Any]]:
    """The events of root chunks, decoded."""
    converter = Converter(modes, subgraphs=True)
    events = [event for mode, payload in chunks for event in converter.convert(namespace, mode, payload)]
    return [(event.name, json.loads(event.data)) for event in events]


@pytest.mark.parametrize(
    ("asked", "of_graph"),
    [
        (["values"], ["values"]),
        (["messages"], ["messages"]),
        (["messages-tuple", "messages"], ["messages"]),
        (["events"], ["values"]),
        (["events", "updates"], ["updates"]),
        (["custom", "debug", "custom"], ["custom", "debug"]),
    ],
)
def test_the_graph_is_asked_for_what_serves_the_client(asked: list[str], of_graph: list[str]) -> None:
    assert graph_modes(asked) == of_graph


def test_plain_modes_pass_their_payload() -> None:
    assert converted(["values", "custom"], ("values", {"a": 1}), ("custom", "bare")) == [
        ("values", {"a": 1}),
        ("custom", "bare"),
    ]


def test_modes_nobody_asked_for_are_left_out() -> None:
    assert converted(["updates"], ("values", {"a": 1})) == []


def test_subgraphs_are_a_suffix_of_every_mode_but_accumulated_messages() -> None:
    deep = ("child:1", "grandchild:2")
    assert converted(["values"], ("values", {}), namespace=deep)[0][0] == "values|child:1|grandchild:2"
    chunk = (AIMessageChunk("x", id="m"), META)
    assert converted(["messages-tuple"], ("messages", chunk), namespace=deep)[0][0] == "messages|child:1|grandchild:2"
    names = [name for name, _ in converted(["messages"], ("messages", chunk), namespace=deep)]
    assert names == ["messages/metadata", "messages/partial"]
    plain = Converter(["values"], subgraphs=False)
    assert [event.name for event in plain.convert(deep, "values", {})] == ["values"]


def test_tuples_keep_each_chunk_as_it_came() -> None:
    chunks = [("messages", (AIMessageChunk(text, id="m"), META)) for text in ("He", "llo")]
    events = converted(["messages-tuple"], *chunks)
    assert [name for name, _ in events] == ["messages", "messages"]
    assert [data[0]["content"] for _, data in events] == ["He", "llo"]
    assert events[0][1][1] == META


def test_partial_messages_accumulate_per_message() -> None:
    chunks = [
        ("messages", (AIMessageChunk(text, id=key), META))
        for text, key in (("He", "a"), ("Bo", "b"), ("llo", "a"), ("o", "b"))
    ]
    events = converted(["messages"], *chunks)
    assert [name for name, _ in events] == [
        "messages/metadata", "messages/partial", "messages/metadata", "messages/partial",
        "messages/partial", "messages/partial",
    ]  # fmt: skip
    partials = [(data[0]["id"], data[0]["content"]) for name, data in events if name == "messages/partial"]
    assert partials == [("a", "He"), ("b", "Bo"), ("a", "Hello"), ("b", "Boo")]
    assert {data[0]["type"] for name, data in events if name == "messages/partial"} == {"ai"}


def test_tool_call_arguments_accumulate_best_effort() -> None:
    pieces = [
        {"name": "adder", "args": "", "id": "c", "index": 0},
        {"name": None, "args": '{"a": 1', "id": None, "index": 0},
    ]
    chunks = [("messages", (AIMessageChunk("", id="m", tool_call_chunks=[piece]), META)) for piece in pieces]
    last = converted(["messages"], *chunks)[-1][1][0]
    assert last["tool_calls"] == [{"name": "adder", "args": {"a": 1}, "id": "c", "type": "tool_call"}]
    assert "tool_call_chunks" not in last


def test_whole_messages_are_complete_at_once() -> None:
    message = ToolMessage("3", tool_call_id="c", id="t")
    events = converted(["messages"], ("messages", (message, META)))
    assert [name for name, _ in events] == ["messages/metadata", "messages/complete"]
    assert events[0][1] == {"t": {"metadata": META}}
    assert events[1][1][0]["content"] == "3"


def test_checkpoints_hide_what_the_server_put_into_the_config() -> None:
    config = {
        "configurable": {
            "thread_id": "t",
            "checkpoint_id": "c",
            "checkpoint_ns": "",
            "mine": 1,
            "__pregel_x": 1,
            "langgraph_auth_user": "u",
        }
    }
    payload = {"config": config, "parent_config": None, "values": {}, "metadata": {}, "next": [],
               "tasks": [{"id": "1", "name": "n", "interrupts": (), "state": config}]}  # fmt: skip
    named = {"thread_id": "t", "checkpoint_id": "c", "checkpoint_ns": ""}
    public = {"configurable": {**named, "mine": 1}}
    (_, shown), (_, debug) = converted(
        ["checkpoints", "debug"], ("checkpoints", payload), ("debug", {"type": "checkpoint", "payload": payload})
    )
    assert shown["config"] == public
    assert shown["parent_config"] is None
    assert shown["tasks"][0]["state"] == public
    assert debug["payload"]["checkpoint"] == named
    assert debug["payload"]["parent_checkpoint"] is None


def test_a_tasks_error_is_masked_like_the_runs() -> None:
    result = {"id": "1", "name": "n", "error": OSError("secret"), "result": {}, "interrupts": []}
    events = converted(["tasks", "debug"], ("tasks", result), ("debug", {"type": "task_result", "payload": result}))
    masked = {"error": "OSError", "message": "An internal error occurred"}
    assert events[0][1]["error"] == masked
    assert events[1][1]["payload"]["error"] == masked


def test_the_first_and_last_events_have_their_form() -> None:
    assert metadata_event("r", 2).data == b'{"run_id":"r","attempt":2}'
    error = error_event({"error": "E", "message": "m"})
    assert (error.name, json.loads(error.data)) == ("error", {"error": "E", "message": "m"})
