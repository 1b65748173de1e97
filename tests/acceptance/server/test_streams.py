"""Streams of runs: framing, every mode, subgraphs, and coming back to them."""

import itertools
import json
from typing import Any

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient

from tests.acceptance.server.running import named, new_thread, said, started, texts


def frames_of(body: str) -> list[dict[str, str]]:
    """The SSE frames of a body, each with its fields; comments left out."""
    frames = []
    for block in body.split("\r\n\r\n"):
        lines = [line for line in block.split("\r\n") if line and not line.startswith(":")]
        if lines:
            frames.append(dict(line.split(": ", 1) for line in lines))
    return frames


async def streamed(client: LangGraphClient, assistant: str, **options: Any) -> list[Any]:
    """All parts of a new run's stream."""
    thread_id = await new_thread(client)
    return [part async for part in client.runs.stream(thread_id, assistant, **options)]


async def test_a_stream_is_framed_as_the_api_says(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    thread_id = await new_thread(client)
    response = await http.post(
        f"/threads/{thread_id}/runs/stream", json={"assistant_id": "echo", "input": said("hello")}
    )
    run = (await client.runs.list(thread_id))[0]
    path = f"/threads/{thread_id}/runs/{run['run_id']}"
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-accel-buffering"] == "no"
    assert response.headers["location"] == f"{path}/stream"
    assert response.headers["content-location"] == path
    body = response.text
    assert body.replace("\r\n", "").count("\n") == 0, "every line ends with CRLF"
    assert body.endswith("\r\n\r\n")
    frames = frames_of(body)
    assert [list(frame) for frame in frames] == [["event", "data"]] * 3
    assert [frame["event"] for frame in frames] == ["metadata", "values", "values"]
    assert json.loads(frames[0]["data"]) == {"run_id": run["run_id"], "attempt": 1}
    assert texts(json.loads(frames[-1]["data"])) == ["hello", "You said: hello"]


async def test_a_stateless_streams_location_can_be_followed(http: httpx.AsyncClient) -> None:
    async with http.stream(
        "POST",
        "/runs/stream",
        json={"assistant_id": "slow", "input": {"seconds": 60}, "stream_mode": "updates", "stream_resumable": True},
    ) as response:
        assert response.headers["content-location"].startswith("/runs/")
        lines = response.aiter_lines()
        async for line in lines:
            if line.startswith("data:") and "before" in line:
                break
        location = response.headers["location"]
        path = location.removesuffix("/stream")
        async with http.stream("GET", location, headers={"last-event-id": "-1"}) as again:
            names = [line async for line in _until(again.aiter_lines(), "event: updates")]
        assert "event: metadata" in names
        await http.post(f"{path}/cancel")
        assert [line async for line in lines if line.startswith("event: error")] == []


async def test_updates_come_before_the_values_of_their_step(client: LangGraphClient) -> None:
    parts = await streamed(client, "slow", input={"seconds": 0}, stream_mode=["values", "updates"])
    assert [part.event for part in parts] == ["metadata", "values"] + ["updates", "values"] * 3
    assert named(parts, "updates") == [
        {"before": {"log": ["before"]}},
        {"sleep": {"log": ["slept"]}},
        {"after": {"log": ["after"]}},
    ]


async def test_tokens_come_one_by_one_as_tuples(client: LangGraphClient) -> None:
    parts = await streamed(client, "echo", input=said("hi there"), stream_mode="messages-tuple")
    chunks = [data[0] for data in named(parts, "messages")]
    metadata = named(parts, "messages")[0][1]
    assert "".join(chunk["content"] for chunk in chunks) == "You said: hi there"
    assert {chunk["type"] for chunk in chunks} == {"AIMessageChunk"}
    assert chunks[-1]["chunk_position"] == "last"
    assert len({chunk["id"] for chunk in chunks}) == 1
    assert metadata["langgraph_node"] == "model"
    assert {"thread_id", "run_id", "graph_id", "assistant_id"} <= metadata.keys()


async def test_messages_mode_accumulates(client: LangGraphClient) -> None:
    parts = await streamed(client, "echo", input=said("hi there"), stream_mode="messages")
    partials = [data[0] for data in named(parts, "messages/partial")]
    contents = [message["content"] for message in partials]
    assert [part.event for part in parts[:3]] == ["metadata", "messages/metadata", "messages/partial"]
    assert len(named(parts, "messages/metadata")) == 1
    assert {message["type"] for message in partials} == {"ai"}
    assert contents[-1] == "You said: hi there"
    assert all(later.startswith(earlier) for earlier, later in itertools.pairwise(contents))
    assert named(parts, "messages/complete") == []


async def test_both_message_modes_together_give_tuples_only(client: LangGraphClient) -> None:
    parts = await streamed(client, "echo", input=said("hi"), stream_mode=["messages", "messages-tuple"])
    assert {part.event for part in parts} == {"metadata", "messages"}


async def test_custom_events_come_as_the_node_wrote_them(client: LangGraphClient) -> None:
    parts = await streamed(client, "flood", input={"count": 3000}, stream_mode="custom")
    assert named(parts, "custom") == [{"type": "drop", "number": number} for number in range(3000)]


async def test_tasks_checkpoints_and_debug_show_the_run_from_inside(client: LangGraphClient) -> None:
    parts = await streamed(client, "slow", input={"seconds": 0}, stream_mode=["tasks", "checkpoints", "debug"])
    tasks, checkpoints, debug = (named(parts, name) for name in ("tasks", "checkpoints", "debug"))
    assert [task["name"] for task in tasks] == [name for node in ("before", "sleep", "after") for name in (node, node)]
    assert ["input" in task for task in tasks] == [True, False] * 3
    assert tasks[1]["result"] in ([["log", ["before"]]], {"log": ["before"]})
    assert [checkpoint["next"] for checkpoint in checkpoints] == [
        ["__start__"],
        ["before"],
        ["sleep"],
        ["after"],
        [],
    ]
    configurable = checkpoints[0]["config"]["configurable"]
    assert [key for key in configurable if key.startswith("__") or "auth" in key] == []
    assert {record["type"] for record in debug} == {"checkpoint", "task", "task_result"}
    shown = next(record["payload"] for record in debug if record["type"] == "checkpoint")
    assert shown["checkpoint"]["checkpoint_id"] == shown["config"]["configurable"]["checkpoint_id"]


async def test_events_mode_gives_langchains_records_under_the_runs_id(client: LangGraphClient) -> None:
    parts = await streamed(client, "echo", input=said("hi"), stream_mode=["events", "values"])
    records = named(parts, "events")
    run_id = named(parts, "metadata")[0]["run_id"]
    assert (records[0]["event"], records[0]["run_id"]) == ("on_chain_start", run_id)
    assert (records[-1]["event"], records[-1]["run_id"]) == ("on_chain_end", run_id)
    assert "on_chat_model_stream" in {record["event"] for record in records}
    assert [record for record in records if record["event"] == "on_chain_stream" and record["run_id"] == run_id] == []
    assert texts(named(parts, "values")[-1]) == ["hi", "You said: hi"]


async def test_no_mode_means_values(client: LangGraphClient) -> None:
    parts = await streamed(client, "function", input=1, stream_mode=[])
    assert named(parts, "values") == [2]


async def test_subgraphs_are_named_after_the_mode_when_asked_for(client: LangGraphClient) -> None:
    inside = await streamed(
        client, "parent", input={"seconds": 0}, stream_mode=["values", "updates"], stream_subgraphs=True
    )
    names = [part.event.split("|")[0] for part in inside if "|" in part.event]
    namespaces = {part.event.split("|", 1)[1] for part in inside if "|" in part.event}
    assert set(names) == {"values", "updates"}
    assert len(namespaces) == 1
    assert namespaces.pop().startswith("child:")
    outside = await streamed(client, "parent", input={"seconds": 0}, stream_mode=["values", "updates"])
    assert [part for part in outside if "|" in part.event] == []
    assert named(outside, "values")[-1] == named(inside, "values")[-1]


# --- coming back


async def test_a_resumable_run_can_be_read_again_from_any_place(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    parts = [
        part
        async for part in client.runs.stream(
            thread_id, "slow", input={"seconds": 0}, stream_mode=["values", "updates"], stream_resumable=True
        )
    ]
    run_id = parts[0].data["run_id"]
    ids = [part.id for part in parts]
    assert len(set(ids)) == len(ids)
    for place in ("-1", "0"):
        assert [part async for part in client.runs.join_stream(thread_id, run_id, last_event_id=place)] == parts
    for number, place in enumerate(ids, 1):
        after = [part async for part in client.runs.join_stream(thread_id, run_id, last_event_id=place)]
        assert after == parts[number:]


async def test_a_finished_run_joined_without_a_place_gives_nothing(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    run = await client.runs.create(thread_id, "echo", input=said("hi"), stream_resumable=True)
    await client.runs.join(thread_id, run["run_id"])
    assert [part async for part in client.runs.join_stream(thread_id, run["run_id"])] == []


async def test_a_live_run_joined_without_a_place_gives_what_comes(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    run_id = await started(client, thread_id, seconds=0.5, stream_mode=["updates", "custom"])
    parts = [part async for part in client.runs.join_stream(thread_id, run_id)]
    assert named(parts, "updates") == [{"sleep": {"log": ["slept"]}}, {"after": {"log": ["after"]}}]
    assert named(parts, "metadata") == []


@pytest.mark.parametrize("place", ["nonsense", "1795195169793-99999999999999999999999", "-²", "1-²"])
async def test_a_place_that_is_none_gives_nothing_or_what_is_left(
    client: LangGraphClient, http: httpx.AsyncClient, place: str
) -> None:
    thread_id = await new_thread(client)
    run = await client.runs.create(thread_id, "echo", input=said("hi"), stream_resumable=True)
    await client.runs.join(thread_id, run["run_id"])
    response = await http.get(
        f"/threads/{thread_id}/runs/{run['run_id']}/stream", headers={"last-event-id": place.encode("latin-1")}
    )
    assert (response.status_code, response.text) == (200, "")


async def test_joining_filters_by_mode(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    run = await client.runs.create(
        thread_id, "echo", input=said("hi"), stream_mode=["values", "messages-tuple", "custom"], stream_resumable=True
    )
    await client.runs.join(thread_id, run["run_id"])

    async def events(*modes: Any) -> set[str]:
        joined = client.runs.join_stream(thread_id, run["run_id"], stream_mode=modes, last_event_id="-1")
        return {part.event async for part in joined}

    assert await events("values") == {"values"}
    assert await events("messages-tuple") == await events("messages") == {"messages"}
    assert await events("custom", "values") == {"custom", "values"}
    assert await events("debug") == set()


async def test_a_run_that_is_not_there_is_an_error_event(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    thread_id = await new_thread(client)
    missing = "01a1f9f8-6872-7329-87a3-394f39ae25f1"
    response = await http.get(f"/threads/{thread_id}/runs/{missing}/stream")
    assert response.status_code == 200
    assert frames_of(response.text) == [
        {"event": "error", "data": '{"error":"HTTPException","message":"404: Run not found"}'}
    ]
    joined = await http.get(f"/threads/{thread_id}/runs/{missing}/join")
    assert joined.json() == {"__error__": {"error": "HTTPException", "message": "404: Run not found"}}


async def test_many_readers_read_the_same(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    run = await client.runs.create(
        thread_id, "flood", input={"count": 500}, stream_mode=["custom", "values"], stream_resumable=True
    )
    readers = [
        [part async for part in client.runs.join_stream(thread_id, run["run_id"], last_event_id="-1")] for _ in range(5)
    ]
    assert all(reader == readers[0] for reader in readers)
    assert len(named(readers[0], "custom")) == 500


async def test_a_silent_run_is_kept_alive(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    thread_id = await new_thread(client)
    run_id = await started(client, thread_id)
    async with (
        http.stream("GET", f"/threads/{thread_id}/runs/{run_id}/stream") as stream,
        http.stream("GET", f"/threads/{thread_id}/runs/{run_id}/join") as wait,
    ):
        assert await anext(stream.aiter_raw()) == b": heartbeat\r\n\r\n"
        waited = wait.aiter_raw()
        assert await anext(waited) == b"\n"
        await client.runs.cancel(thread_id, run_id)
        assert json.loads(b"".join([chunk async for chunk in waited])) == {"seconds": 60, "log": ["before"]}


async def _until(lines: Any, last: str) -> Any:
    async for line in lines:
        yield line
        if line == last:
            return
