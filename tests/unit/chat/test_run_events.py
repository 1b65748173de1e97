from typing import Any

import pytest

from server.chat.plan_events import OtherEvent, PlanDiff, PlanVersion
from server.chat.run_events import (
    FrameReader,
    Interrupted,
    ModelNamed,
    RunEvent,
    RunFailed,
    Token,
    ToolAnswered,
    ToolCalled,
    read_frame,
)


def read(event: str, data: Any) -> list[RunEvent]:
    return list(read_frame(event, data))


def test_a_message_chunk_is_a_token() -> None:
    chunk = {"content": "You ", "type": "AIMessageChunk", "id": "lc_run--1", "response_metadata": {}}
    assert read("messages", [chunk, {"langgraph_node": "agent"}]) == [Token("You ", "lc_run--1")]


def test_content_blocks_give_their_text_and_nothing_else() -> None:
    content = [{"type": "text", "text": "Hi"}, {"type": "reasoning", "reasoning": "…"}, " there"]
    assert read("messages", [{"content": content, "type": "ai", "id": "1"}, {}]) == [Token("Hi there", "1")]


def test_the_demo_model_is_recognised_before_it_speaks() -> None:
    metadata = {"model_name": "offline-rules-1", "offline": True}
    chunk = {"content": "Here", "type": "AIMessageChunk", "id": "1", "response_metadata": metadata}
    assert read("messages", [chunk, {}]) == [ModelNamed("offline-rules-1", True), Token("Here", "1")]


@pytest.mark.parametrize("kind", ["human", "tool", "system", "remove"])
def test_only_the_assistants_messages_are_tokens(kind: str) -> None:
    assert read("messages", [{"content": "x", "type": kind, "id": "1"}, {}]) == []


def test_an_empty_chunk_says_nothing() -> None:
    assert read("messages", [{"content": "", "type": "AIMessageChunk", "id": "1", "chunk_position": "last"}, {}]) == []


def test_tool_calls_and_answers_are_read_from_updates() -> None:
    call = {"name": "training_paces", "args": {"vdot": 45}, "id": "call_1", "type": "tool_call"}
    answer = {"type": "tool", "name": "training_paces", "content": "E 5:20/km", "status": "success"}
    failure = {"type": "tool", "name": "edit_plan", "content": "unknown id", "status": "error"}
    assert read("updates", {"agent": {"messages": [{"type": "ai", "content": "", "tool_calls": [call]}]}}) == [
        ToolCalled("training_paces", {"vdot": 45})
    ]
    assert read("updates", {"tools": [{"messages": [answer]}, {"messages": [failure]}]}) == [
        ToolAnswered("training_paces", "E 5:20/km", False),
        ToolAnswered("edit_plan", "unknown id", True),
    ]


def test_an_interrupt_is_read_from_updates() -> None:
    assert read("updates", {"__interrupt__": [{"id": "df7a", "value": {"question": "Q"}}]}) == [
        Interrupted("df7a", {"question": "Q"})
    ]


def test_a_static_breakpoint_asks_nothing() -> None:
    assert read("updates", {"__interrupt__": []}) == []


def test_custom_events_are_typed_and_unknown_keys_are_ignored() -> None:
    change = {"id": "w3-tempo", "title": "Tempo", "kind": "moved", "text": "Tue 21 Apr → Wed 22 Apr", "new_key": 1}
    [event] = read("custom", {"type": "plan.diff", "plan_id": "p", "summary": "Moved Tempo", "changes": [change]})
    assert isinstance(event, PlanDiff)
    assert (event.changes[0].id, event.changes[0].kind) == ("w3-tempo", "moved")
    assert read("custom", {"type": "plan.version", "plan_id": "p", "version": 2, "kind": "edit"}) == [
        PlanVersion(type="plan.version", plan_id="p", version=2, kind="edit")
    ]


def test_a_custom_event_of_another_agent_is_kept_as_it_is() -> None:
    assert read("custom", {"type": "progress", "percent": 40}) == [OtherEvent(type="progress", data={"percent": 40})]
    assert read("custom", {"type": "plan.version", "version": "two"}) == [
        OtherEvent(type="plan.version", data={"version": "two"})
    ]
    assert read("custom", "a bare string") == []


def test_a_failed_run_says_why() -> None:
    assert read("error", {"error": "ValueError", "message": "no"}) == [RunFailed("ValueError", "no")]


def test_frames_of_a_subgraph_are_read_like_the_roots() -> None:
    chunk = {"content": "a", "type": "AIMessageChunk", "id": "1"}
    assert read("messages|child:c052", [chunk, {}]) == [Token("a", "1")]


@pytest.mark.parametrize(
    ("event", "data"),
    [
        ("metadata", {"run_id": "r"}),
        ("values", {"messages": []}),
        ("messages", []),
        ("messages", [None]),
        ("updates", {"remember": None}),
        ("updates", {"agent": {"messages": None}}),
        ("updates", None),
        ("custom", {"no": "type"}),
    ],
)
def test_frames_without_news_are_passed_over(event: str, data: Any) -> None:
    assert read(event, data) == []


def test_what_a_graph_within_told_is_not_told_again_by_the_outer_one() -> None:
    reader = FrameReader()
    call = {"type": "ai", "tool_calls": [{"name": "agenda", "args": {}, "id": "1"}]}
    asked = {"__interrupt__": [{"id": "i1", "value": {"question": "ok?"}}]}
    within = [
        *reader.read("updates|process:1", {"agent": {"messages": [call]}}),
        *reader.read("updates|process:1", asked),
    ]
    assert [type(event) for event in within] == [ToolCalled, Interrupted]
    assert list(reader.read("updates", {"process": {"messages": [call]}})) == []
    assert list(reader.read("updates", asked)) == []
    assert [type(event) for event in FrameReader().read("updates", {"agent": {"messages": [call]}})] == [ToolCalled]
