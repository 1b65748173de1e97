"""The states of threads: read anywhere, written anywhere, forked, in subgraphs too."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import BadRequestError, NotFoundError

from tests.acceptance.server.running import new_thread, said, texts


async def _slow(client: LangGraphClient) -> tuple[str, list[dict[str, Any]]]:
    """A thread that `slow` ran on, and its history: after, slept, before, given, input."""
    thread_id = await new_thread(client)
    await client.runs.wait(thread_id, "slow", input={"seconds": 0})
    return thread_id, [dict(state) for state in await client.threads.get_history(thread_id, limit=100)]


async def _waiting_inside(client: LangGraphClient) -> tuple[str, dict[str, Any]]:
    """A thread that waits inside a subgraph, and the checkpoint of that."""
    thread_id = await new_thread(client)
    await client.runs.wait(thread_id, "outer", input={"question": "why?"})
    state = await client.threads.get_state(thread_id)
    checkpoint = state["tasks"][0]["checkpoint"]
    assert checkpoint is not None
    return thread_id, dict(checkpoint)


# --- reading


async def test_every_checkpoint_can_be_read_in_every_way(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    thread_id, history = await _slow(client)
    for state in history:
        by_id = (await http.get(f"/threads/{thread_id}/state/{state['checkpoint_id']}")).json()
        by_checkpoint = await client.threads.get_state(thread_id, checkpoint=state["checkpoint"])
        assert by_id == by_checkpoint == state
    newest = (await http.post(f"/threads/{thread_id}/state/checkpoint", json={"checkpoint": {}})).json()
    assert newest == history[0]
    assert newest["metadata"]["thread_id"] == thread_id


@pytest.mark.parametrize("missing", ["no-checkpoint", "5727a321-54d1-4779-bc37-11f6029636a5"])
async def test_a_checkpoint_that_is_not_there_is_empty(
    client: LangGraphClient, http: httpx.AsyncClient, missing: str
) -> None:
    thread_id, _ = await _slow(client)
    named = {"checkpoint_id": missing, "thread_id": thread_id}
    empty = {
        "values": {}, "next": [], "tasks": [], "metadata": None, "created_at": None, "checkpoint": named,
        "parent_checkpoint": None, "interrupts": [], "checkpoint_id": missing, "parent_checkpoint_id": None,
    }  # fmt: skip
    response = await http.get(f"/threads/{thread_id}/state/{missing}")
    assert (response.status_code, response.json()) == (200, empty)
    response = await http.post(f"/threads/{thread_id}/state/checkpoint", json={"checkpoint": named})
    assert (response.status_code, response.json()) == (200, empty)


async def test_a_state_shows_only_what_is_selected(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    thread_id, history = await _slow(client)
    state = await client.threads.get_state(thread_id, select=["values.log", "next"])
    assert state == {"values": {"log": ["before", "slept", "after"]}, "next": []}
    at = await client.threads.get_state(thread_id, checkpoint=history[2]["checkpoint"], select=["values"])
    assert at == {"values": {"seconds": 0, "log": ["before"]}}
    by_id = await client.threads.get_state(thread_id, checkpoint_id=history[2]["checkpoint_id"], select=["values.log"])
    assert by_id == {"values": {"log": ["before"]}}
    rows = await client.threads.get_history(thread_id, select=["checkpoint_id", "values.seconds", "values.nope"])
    assert rows[:2] == [{"checkpoint_id": state["checkpoint_id"], "values": {"seconds": 0}} for state in history[:2]]
    listed = await http.get(f"/threads/{thread_id}/state", params={"select": '["values.log","next"]'})
    assert listed.json() == state, "as the JS SDK sends a list"
    unknown = await http.get(f"/threads/{thread_id}/state", params={"select": ["next", "nope"]})
    assert unknown.status_code == 422
    assert "'nope' is not a key of a state" in unknown.json()["detail"]


async def test_what_is_next_is_a_run_that_has_not_begun(client: LangGraphClient) -> None:
    """Pages that are opened look there to see whether something goes on that they should follow."""
    for thread_id in (await new_thread(client), (await _slow(client))[0]):
        before = await client.threads.get_state(thread_id)
        run = await client.runs.create(thread_id, "slow", input={"seconds": 0}, after_seconds=600)
        state = await client.threads.get_state(thread_id)
        assert (before["next"], state) == ([], {**before, "next": ["__start__"]})
        if before["checkpoint"] is not None:  # what was is as it was
            at = await client.threads.get_state(thread_id, checkpoint=before["checkpoint"])
            assert at == before
        await client.runs.cancel(thread_id, run["run_id"], wait=True)
        assert await client.threads.get_state(thread_id) == before


async def test_a_subgraph_is_read_through_its_task(client: LangGraphClient) -> None:
    thread_id, inner = await _waiting_inside(client)
    state = await client.threads.get_state(thread_id, subgraphs=True)
    (task,) = state["tasks"]
    assert task["checkpoint"] is None
    nested = task["state"]
    assert nested is not None
    assert (nested["values"], nested["next"]) == ({"question": "why?"}, ["ask"])
    assert nested["interrupts"] == state["interrupts"]
    assert set(nested["checkpoint"]["checkpoint_map"]) == {"", inner["checkpoint_ns"]}
    alone = await client.threads.get_state(thread_id, checkpoint=inner)
    assert (alone["values"], alone["next"], alone["interrupts"]) == (nested["values"], ["ask"], nested["interrupts"])
    at = await client.threads.get_state(thread_id, checkpoint=alone["checkpoint"])
    assert at["checkpoint_id"] == alone["checkpoint_id"]


# --- writing


async def test_a_write_counts_as_the_node_that_it_names(client: LangGraphClient) -> None:
    thread_id, history = await _slow(client)
    written = await client.threads.update_state(thread_id, {"log": ["mine"]}, as_node="before")
    state = await client.threads.get_state(thread_id)
    assert written["checkpoint"] == state["checkpoint"]
    assert (state["values"]["log"], state["next"]) == (["before", "slept", "after", "mine"], ["sleep"])
    assert (state["metadata"]["source"], state["metadata"]["step"]) == ("update", history[0]["metadata"]["step"] + 1)
    assert state["parent_checkpoint_id"] == history[0]["checkpoint_id"]
    assert (await client.threads.get(thread_id))["status"] == "interrupted"
    await client.threads.update_state(thread_id, None, as_node="__end__")
    assert (await client.threads.get_state(thread_id))["next"] == []
    assert (await client.threads.get(thread_id))["status"] == "idle"


async def test_a_write_as_input_starts_the_graph_anew(client: LangGraphClient) -> None:
    thread_id, _ = await _slow(client)
    await client.threads.update_state(thread_id, {"seconds": 0.01}, as_node="__input__")
    state = await client.threads.get_state(thread_id)
    assert (state["next"], state["metadata"]["source"]) == (["__start__"], "input")
    assert (await client.runs.wait(thread_id, "slow", input=None))["seconds"] == 0.01


async def test_a_copied_checkpoint_is_a_fork_that_can_be_run(client: LangGraphClient) -> None:
    thread_id, history = await _slow(client)
    at = history[2]
    written = await client.threads.update_state(thread_id, None, as_node="__copy__", checkpoint=at["checkpoint"])
    state = await client.threads.get_state(thread_id)
    assert state["checkpoint"] == written["checkpoint"]
    assert state["checkpoint_id"] not in [one["checkpoint_id"] for one in history]
    assert (state["values"], state["next"]) == (at["values"], at["next"])
    assert state["metadata"]["source"] == "fork"
    assert state["parent_checkpoint_id"] == at["parent_checkpoint_id"], "it is the sibling of what it copies"
    thread = await client.threads.get(thread_id)
    assert (thread["status"], thread["values"]) == ("interrupted", at["values"])
    assert (await client.runs.wait(thread_id, "slow", input=None))["log"] == ["before", "slept", "after"]


async def test_a_copied_checkpoint_may_take_writes_with_it(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    thread_id, history = await _slow(client)
    body = {"values": [[{"log": ["mine"]}, "sleep"]], "as_node": "__copy__", "checkpoint": history[2]["checkpoint"]}
    assert (await http.post(f"/threads/{thread_id}/state", json=body)).status_code == 200
    state = await client.threads.get_state(thread_id)
    assert (state["values"]["log"], state["next"]) == (["before", "mine"], ["after"])


async def test_a_checkpoint_that_is_not_there_cannot_be_written_to(client: LangGraphClient) -> None:
    thread_id, history = await _slow(client)
    for missing in (str(uuid4()), "no-checkpoint"):
        with pytest.raises(NotFoundError, match=f"has no checkpoint {missing}"):
            await client.threads.update_state(thread_id, {"log": ["x"]}, as_node="before", checkpoint_id=missing)
    assert await client.threads.get_history(thread_id, limit=100) == history


async def test_a_subgraph_is_written_through_its_namespace(client: LangGraphClient) -> None:
    thread_id, inner = await _waiting_inside(client)
    before = await client.threads.get_state(thread_id)
    written = await client.threads.update_state(thread_id, {"answer": "because"}, as_node="ask", checkpoint=inner)
    assert written["checkpoint"]["checkpoint_ns"] == inner["checkpoint_ns"]
    nested = (await client.threads.get_state(thread_id, subgraphs=True))["tasks"][0]["state"]
    assert nested is not None
    assert (nested["values"], nested["next"]) == ({"question": "why?", "answer": "because"}, ["close"])
    assert nested["interrupts"] == []
    thread = await client.threads.get(thread_id)
    assert thread["values"] == before["values"], "the thread's own values are its root graph's"
    assert (thread["status"], thread["interrupts"]) == ("interrupted", {})
    outcome = await client.runs.wait(thread_id, "outer", input=None)
    assert outcome == {"question": "why?", "answer": "because", "done": True}


async def test_an_empty_write_is_a_checkpoint_too(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    thread_id, history = await _slow(client)
    assert (await http.post(f"/threads/{thread_id}/state", json={})).status_code == 200
    state = await client.threads.get_state(thread_id)
    assert state["values"] == history[0]["values"]
    assert state["parent_checkpoint_id"] == history[0]["checkpoint_id"]


async def test_messages_are_written_as_the_graph_would(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    await client.runs.wait(thread_id, "echo", input=said("hello"))
    first = (await client.threads.get_state(thread_id))["values"]["messages"][0]
    edited = {"messages": [{**first, "content": "hullo"}]}
    await client.threads.update_state(thread_id, edited, as_node="__start__")
    assert texts(await client.runs.wait(thread_id, "echo", input=None)) == [
        "hullo",
        "You said: hello",
        "You said: You said: hello",
    ]
    with pytest.raises(BadRequestError):
        await client.threads.update_state(thread_id, {"messages": [{"nonsense": 1}]})


@pytest.mark.parametrize("messages", [5, [5], [None], [[1, 2, 3]], {"a": 1}, None, [{"role": "nobody", "content": ""}]])
async def test_what_a_graphs_own_code_cannot_take_is_refused(client: LangGraphClient, messages: Any) -> None:
    thread = await client.threads.create(graph_id="echo")
    with pytest.raises(BadRequestError):
        await client.threads.update_state(thread["thread_id"], {"messages": messages})
    assert await client.threads.get(thread["thread_id"]) == thread
    assert await client.threads.get_history(thread["thread_id"]) == []


# --- history


async def test_history_takes_before_in_every_form(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    thread_id, history = await _slow(client)
    at = history[1]["checkpoint_id"]
    for before in (
        at,
        {"checkpoint_id": at},
        {"configurable": {"checkpoint_id": at}},
        {"configurable": {"checkpoint_id": at, "thread_id": thread_id, "checkpoint_ns": ""}},
        history[1]["checkpoint"],
    ):
        response = await http.post(f"/threads/{thread_id}/history", json={"limit": 100, "before": before})
        assert response.json() == history[2:], before
    for before in ({}, {"configurable": {}}):
        response = await http.post(f"/threads/{thread_id}/history", json={"limit": 100, "before": before})
        assert response.json() == history, before
    got = await http.get(f"/threads/{thread_id}/history", params={"before": at})
    assert got.json() == history[2:]


async def test_history_is_that_of_the_namespace_asked_for(client: LangGraphClient) -> None:
    thread_id, inner = await _waiting_inside(client)
    await client.threads.update_state(thread_id, {"answer": "because"}, as_node="ask", checkpoint=inner)
    nested = await client.threads.get_history(thread_id, checkpoint=inner)
    assert [state["metadata"]["source"] for state in nested] == ["update", "loop", "input"]
    assert {state["checkpoint"]["checkpoint_ns"] for state in nested} == {inner["checkpoint_ns"]}
    older = await client.threads.get_history(thread_id, checkpoint=inner, before=nested[0]["checkpoint"])
    assert older == nested[1:]
    for unknown in ("nope", f"nope:{uuid4()}"):
        assert await client.threads.get_history(thread_id, checkpoint={"checkpoint_ns": unknown}) == []


async def test_history_is_filtered_by_metadata(client: LangGraphClient) -> None:
    thread_id, history = await _slow(client)
    await client.threads.update_state(thread_id, {"log": ["mine"]}, as_node="after")
    updates = await client.threads.get_history(thread_id, metadata={"source": "update"})
    assert [state["values"]["log"][-1] for state in updates] == ["mine"]
    assert await client.threads.get_history(thread_id, metadata={"step": 0}) == [history[3]]
    assert await client.threads.get_history(thread_id, metadata={"source": "update", "step": 0}) == []


async def test_history_needs_a_number_it_can_count_to(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    thread_id, history = await _slow(client)
    assert (await http.post(f"/threads/{thread_id}/history", json={})).json() == history[:1]
    assert (await http.post(f"/threads/{thread_id}/history", json={"limit": 2})).json() == history[:2]
    for limit in (0, 1001, "many"):
        assert (await http.post(f"/threads/{thread_id}/history", json={"limit": limit})).status_code == 422
