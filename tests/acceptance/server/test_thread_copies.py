"""Copying, pruning and measuring threads."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import ConflictError, NotFoundError

from tests.acceptance.server.running import new_thread, said, started, texts


async def _history(client: LangGraphClient, thread_id: str, **of: Any) -> list[dict[str, Any]]:
    return [dict(state) for state in await client.threads.get_history(thread_id, limit=100, **of)]


async def test_a_copy_has_the_whole_history_and_goes_its_own_way(
    client: LangGraphClient, http: httpx.AsyncClient
) -> None:
    source = (await client.threads.create(metadata={"mine": 1}))["thread_id"]
    for text in ("one", "two"):
        await client.runs.wait(source, "echo", input=said(text))
    before = await _history(client, source)
    copied = (await http.post(f"/threads/{source}/copy")).json()
    copy = copied["thread_id"]
    assert copy != source
    assert UUID(copy).version == 4
    original = await client.threads.get(source)
    assert copied["metadata"] == original["metadata"]
    assert (copied["status"], copied["values"]) == ("idle", original["values"])
    history = await _history(client, copy)
    assert [state["checkpoint_id"] for state in history] == [state["checkpoint_id"] for state in before]
    assert [state["values"] for state in history] == [state["values"] for state in before]
    assert {state["checkpoint"]["thread_id"] for state in history} == {copy}
    assert await client.runs.list(copy) == []
    assert texts(await client.runs.wait(copy, "echo", input=said("three")))[-1] == "You said: three"
    assert await _history(client, source) == before


async def test_a_copy_of_an_interrupted_thread_can_be_resumed_by_itself(client: LangGraphClient) -> None:
    source = await new_thread(client)
    await client.runs.wait(source, "outer", input={"question": "why?"})
    copy = (await client.http.post(f"/threads/{source}/copy", json=None))["thread_id"]
    shown = await client.threads.get(copy)
    assert shown["status"] == "interrupted"
    assert shown["interrupts"] == (await client.threads.get(source))["interrupts"]
    state = await client.threads.get_state(copy, subgraphs=True)
    assert state["tasks"][0]["state"]["values"] == {"question": "why?"}
    outcome = await client.runs.wait(copy, "outer", command={"resume": "because"})
    assert outcome == {"question": "why?", "answer": "because", "done": True}
    assert (await client.threads.get(source))["status"] == "interrupted"


async def test_a_copy_of_a_busy_thread_stands_where_its_checkpoints_do(client: LangGraphClient) -> None:
    source = await new_thread(client)
    run_id = await started(client, source)
    async with asyncio.timeout(50):  # what a step wrote is seen before its checkpoint is
        while (await client.threads.get_state(source))["values"].get("log") != ["before"]:
            pass
    copy = (await client.http.post(f"/threads/{source}/copy", json=None))["thread_id"]
    shown = await client.threads.get(copy)
    state = await client.threads.get_state(copy)
    assert shown["values"] == state["values"] == {"seconds": 60, "log": ["before"]}
    assert (shown["status"], state["next"]) == ("interrupted", ["sleep"])
    assert (await client.threads.get(source))["status"] == "busy"
    await client.runs.cancel(source, run_id, wait=True)


async def test_a_missing_thread_cannot_be_copied(client: LangGraphClient) -> None:
    with pytest.raises(ConflictError):
        await client.threads.copy(str(uuid4()))


async def test_pruning_deletes_the_threads_that_are_there(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    ids = [await new_thread(client) for _ in range(3)]
    busy = await started(client, ids[0])
    ended = client.runs.join_stream(ids[0], busy)
    assert await client.threads.prune([*ids[:2], ids[0], str(uuid4())]) == {"pruned_count": 2}
    for thread_id in ids[:2]:
        with pytest.raises(NotFoundError):
            await client.threads.get(thread_id)
    assert [part async for part in ended if part.event == "values"] == [], "its run was stopped"
    assert (await client.threads.get(ids[2]))["status"] == "idle"
    assert await client.threads.prune([]) == {"pruned_count": 0}
    malformed = await http.post("/threads/prune", json={"thread_ids": ["x"]})
    assert (malformed.status_code, malformed.json()["detail"]) == (422, "Invalid thread ID: must be a UUID")
    for body in ({}, {"thread_ids": ids, "strategy": "burn"}, {"thread_ids": ids[2]}):
        assert (await http.post("/threads/prune", json=body)).status_code == 422


async def test_keeping_the_latest_leaves_the_state_and_nothing_older(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    for text in ("one", "two"):
        await client.runs.wait(thread_id, "echo", input=said(text))
    state = await client.threads.get_state(thread_id)
    stored = await client.http.get(f"/threads/{thread_id}/storage")
    assert stored["checkpoints"]["count"] == len(await _history(client, thread_id)) == 6
    assert await client.threads.prune([thread_id], strategy="keep_latest") == {"pruned_count": 1}
    history = await _history(client, thread_id)
    assert [one["checkpoint_id"] for one in history] == [state["checkpoint_id"]]
    assert history[0]["values"] == state["values"]
    assert history[0]["parent_checkpoint"] is None
    left = await client.http.get(f"/threads/{thread_id}/storage")
    assert left["checkpoints"]["count"] == 1
    assert left["channel_values"]["by_channel"]["messages"]["versions"] == 1
    assert left["total_bytes"] < stored["total_bytes"]
    assert texts(await client.runs.wait(thread_id, "echo", input=said("three"))) == [
        "one", "You said: one", "two", "You said: two", "three", "You said: three",
    ]  # fmt: skip


async def test_keeping_the_latest_keeps_what_an_interrupted_subgraph_needs(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    await client.runs.wait(thread_id, "outer", input={"question": "first?"})
    await client.runs.wait(thread_id, "outer", command={"resume": "yes"})
    await client.runs.wait(thread_id, "outer", input={"question": "why?"})
    nested = await client.threads.get_state(thread_id, subgraphs=True)
    assert await client.threads.prune([thread_id], strategy="keep_latest") == {"pruned_count": 1}
    after = await client.threads.get_state(thread_id, subgraphs=True)
    assert after["tasks"][0]["interrupts"] == nested["tasks"][0]["interrupts"]
    assert after["tasks"][0]["state"]["values"] == nested["tasks"][0]["state"]["values"]
    stored = await client.http.get(f"/threads/{thread_id}/storage")
    assert stored["checkpoints"]["count"] == 2, "the thread's and that of the subgraph it waits in"
    outcome = await client.runs.wait(thread_id, "outer", command={"resume": "because"})
    assert outcome == {"question": "why?", "answer": "because", "done": True}


async def test_the_latest_of_a_busy_thread_cannot_be_told(client: LangGraphClient) -> None:
    idle, busy = await new_thread(client), await new_thread(client)
    await client.runs.wait(idle, "echo", input=said("one"))
    run_id = await started(client, busy)
    with pytest.raises(ConflictError):
        await client.threads.prune([idle, busy], strategy="keep_latest")
    assert len(await _history(client, idle)) == 3, "all or nothing"
    await client.runs.cancel(busy, run_id, wait=True)
    assert await client.threads.prune([idle, busy], strategy="keep_latest") == {"pruned_count": 2}
    assert await client.runs.wait(busy, "slow", input={"seconds": 0}) == {
        "seconds": 0, "log": ["before", "before", "slept", "after"],
    }  # fmt: skip


async def test_pruning_the_same_threads_at_once_is_safe(client: LangGraphClient) -> None:
    ids = [await new_thread(client) for _ in range(4)]
    await asyncio.gather(*(client.runs.wait(one, "slow", input={"seconds": 0}) for one in ids))
    counts = await asyncio.gather(
        *(client.threads.prune(order, strategy="keep_latest") for order in (ids, ids[::-1], ids, ids[::-1]))
    )
    assert counts == [{"pruned_count": 4}] * 4
    for one in ids:
        assert [state["values"]["log"] for state in await _history(client, one)] == [["before", "slept", "after"]]


async def test_storage_adds_up(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    thread_id = await new_thread(client)
    empty = (await http.get(f"/threads/{thread_id}/storage")).json()
    assert empty == {
        "thread_id": thread_id,
        "total_bytes": 0,
        "checkpoints": {"count": 0, "bytes": 0},
        "channel_values": {"count": 0, "bytes": 0, "by_channel": {}},
        "pending_writes": {"count": 0, "bytes": 0},
    }
    await client.runs.wait(thread_id, "slow", input={"seconds": 0})
    stored = (await http.get(f"/threads/{thread_id}/storage")).json()
    channels = stored["channel_values"]["by_channel"]
    assert stored["checkpoints"]["count"] == 5
    assert channels["log"]["versions"] == 3, "one for each step that wrote it"
    assert channels["seconds"]["versions"] == 1
    assert stored["channel_values"]["count"] == sum(channel["versions"] for channel in channels.values())
    assert stored["channel_values"]["bytes"] == sum(channel["bytes"] for channel in channels.values())
    assert stored["pending_writes"]["count"] > 0
    parts = ("checkpoints", "channel_values", "pending_writes")
    assert stored["total_bytes"] == sum(stored[part]["bytes"] for part in parts)
    assert (await http.get(f"/threads/{uuid4()}/storage")).status_code == 404
