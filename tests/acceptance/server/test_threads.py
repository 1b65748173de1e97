"""Threads through the SDK: their life, search, paging, state and history."""

import itertools
from uuid import UUID, uuid4

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import BadRequestError, ConflictError, NotFoundError

from tests.acceptance.server.running import new_thread, said, started, texts


async def test_a_fresh_thread_is_idle_and_has_neither_values_nor_interrupts(client: LangGraphClient) -> None:
    thread = await client.threads.create(metadata={"owner": "a", "assistant_id": "dropped"})
    assert list(thread) == [
        "thread_id", "created_at", "updated_at", "state_updated_at", "metadata", "status", "config", "values",
    ]  # fmt: skip
    assert UUID(thread["thread_id"]).version == 7
    assert thread["metadata"] == {"owner": "a"}
    assert (thread["status"], thread["config"], thread["values"]) == ("idle", {}, None)
    assert str(thread["created_at"]).endswith("+00:00")
    assert await client.threads.get(thread["thread_id"]) == thread


async def test_a_thread_with_a_taken_id_conflicts_unless_asked_to_do_nothing(client: LangGraphClient) -> None:
    thread_id = str(uuid4())
    first = await client.threads.create(thread_id=thread_id, metadata={"n": 1})
    with pytest.raises(ConflictError, match=f"Thread with ID {thread_id} already exists"):
        await client.threads.create(thread_id=thread_id)
    again = await client.threads.create(thread_id=thread_id, metadata={"n": 2}, if_exists="do_nothing")
    assert again == first


async def test_an_upper_case_id_names_the_same_thread(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    assert (await client.threads.get(thread_id.upper()))["thread_id"] == thread_id


async def test_patching_merges_metadata_shallowly(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    thread = await client.threads.create(metadata={"keep": 1, "nest": {"a": 1}})
    patched = await client.threads.update(thread["thread_id"], metadata={"nest": {"b": 2}})
    assert patched["metadata"] == {"keep": 1, "nest": {"b": 2}}
    assert patched["updated_at"] > thread["updated_at"]
    assert patched["state_updated_at"] == thread["state_updated_at"]
    minimal = await http.patch(
        f"/threads/{thread['thread_id']}", json={"metadata": {"more": None}}, headers={"prefer": "return=minimal"}
    )
    assert (minimal.status_code, minimal.content) == (204, b"")
    assert (await client.threads.get(thread["thread_id"]))["metadata"]["more"] is None


async def test_what_is_not_there_is_not_found(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    missing = str(uuid4())
    for method, path, body, detail in (
        ("GET", "", None, f"Thread with ID {missing} not found"),
        ("PATCH", "", {"metadata": {}}, "Not Found"),
        ("DELETE", "", None, f"Thread with ID {missing} not found"),
        ("GET", "/state", None, f"Thread with ID {missing} not found"),
        ("POST", "/state", {"values": {}}, f"Thread with ID {missing} not found"),
        ("GET", "/history", None, f"Thread with ID {missing} not found"),
        ("GET", "/runs", None, f"Thread with ID {missing} not found"),
        ("POST", "/runs", {"assistant_id": "echo"}, "Thread or assistant not found."),
        ("POST", "/runs/stream", {"assistant_id": "echo"}, "Thread or assistant not found."),
        ("GET", f"/runs/{missing}", None, f"Thread with ID {missing} not found"),
        ("DELETE", f"/runs/{missing}", None, "Run not found"),
        ("POST", f"/runs/{missing}/cancel", None, "No runs found to cancel."),
    ):
        response = await http.request(method, f"/threads/{missing}{path}", json=body)
        assert (response.status_code, response.json()) == (404, {"detail": detail}), (method, path)


async def test_deleting_a_thread_takes_its_runs_and_state_with_it(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    await client.runs.wait(thread_id, "echo", input=said("hello"))
    await client.threads.delete(thread_id)
    with pytest.raises(NotFoundError):
        await client.threads.get(thread_id)
    await client.threads.create(thread_id=thread_id, metadata={"graph_id": "echo"})
    assert (await client.threads.get_state(thread_id))["values"] == {}
    assert await client.runs.list(thread_id) == []


async def test_a_thread_deleted_while_busy_stays_deleted(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    run_id = await started(client, thread_id)
    ended = client.runs.join_stream(thread_id, run_id)
    await client.threads.delete(thread_id)
    assert [part async for part in ended if part.event != "error"] == []
    with pytest.raises(NotFoundError):
        await client.threads.get(thread_id)


async def test_search_filters_sorts_and_selects(client: LangGraphClient) -> None:
    tag = str(uuid4())
    ids = [
        (await client.threads.create(metadata={"tag": tag, "nest": {"n": n, "more": True}}))["thread_id"]
        for n in range(3)
    ]
    wanted = {"tag": tag}
    found = await client.threads.search(metadata=wanted)
    assert [thread["thread_id"] for thread in found] == ids[::-1], "the last updated comes first"
    await client.threads.update(ids[0], metadata={"touched": True})
    found = await client.threads.search(metadata=wanted)
    assert found[0]["thread_id"] == ids[0]
    found = await client.threads.search(metadata=wanted, sort_by="thread_id", sort_order="asc")
    assert [thread["thread_id"] for thread in found] == sorted(ids)
    found = await client.threads.search(metadata={**wanted, "nest": {"n": 1}}, select=["thread_id", "status"])
    assert found == [{"thread_id": ids[1], "status": "idle"}]
    assert [thread["thread_id"] for thread in await client.threads.search(ids=[ids[2]])] == [ids[2]]
    assert await client.threads.search(metadata=wanted, status="busy") == []
    assert await client.threads.count(metadata=wanted) == 3
    assert await client.threads.count(metadata={**wanted, "nest": {"n": 7}}) == 0


async def test_search_finds_threads_by_their_values(client: LangGraphClient) -> None:
    tag = str(uuid4())
    asked, fresh = [(await client.threads.create(metadata={"tag": tag}))["thread_id"] for _ in range(2)]
    await client.runs.wait(asked, "ask", input={"question": tag})
    found = await client.threads.search(values={"question": tag})
    assert [thread["thread_id"] for thread in found] == [asked]
    assert found[0]["values"] == {"question": tag}
    assert len(found[0]["interrupts"]) == 1
    assert found[0]["metadata"]["graph_id"] == "ask"
    assert await client.threads.count(values={"question": "nobody asks this"}) == 0
    assert fresh not in [thread["thread_id"] for thread in found]


async def test_search_pages_and_says_whether_there_is_more(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    tag = str(uuid4())
    for _ in range(5):
        await client.threads.create(metadata={"tag": tag})
    seen: list[str] = []
    totals, nexts = [], []
    for offset in (0, 2, 4):
        body = {"metadata": {"tag": tag}, "limit": 2, "offset": offset}
        response = await http.post("/threads/search", json=body)
        seen += [thread["thread_id"] for thread in response.json()]
        totals.append(response.headers["x-pagination-total"])
        nexts.append(response.headers.get("x-pagination-next"))
    assert len(set(seen)) == 5
    assert (totals, nexts) == (["3", "5", "5"], ["2", "4", None])


async def test_the_state_of_an_empty_thread_is_empty(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    assert await client.threads.get_state(thread_id) == {
        "values": {}, "next": [], "tasks": [], "metadata": None, "created_at": None, "checkpoint": None,
        "parent_checkpoint": None, "interrupts": [], "checkpoint_id": None, "parent_checkpoint_id": None,
    }  # fmt: skip
    assert await client.threads.get_history(thread_id) == []
    with pytest.raises(BadRequestError, match="has no assigned graph ID"):
        await client.threads.update_state(thread_id, {"answer": "x"})


async def test_state_and_thread_agree_after_a_run(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    outcome = await client.runs.wait(thread_id, "echo", input=said("hello"), metadata={"mine": 1})
    state = await client.threads.get_state(thread_id)
    thread = await client.threads.get(thread_id)
    assert texts(outcome) == ["hello", "You said: hello"]
    assert state["values"] == thread["values"] == outcome
    assert (thread["status"], thread["interrupts"], thread["error"]) == ("idle", {}, None)
    assert thread["metadata"]["graph_id"] == "echo"
    assert state["next"] == []
    assert state["metadata"]["source"] == "loop"
    assert state["metadata"]["mine"] == 1
    assert state["checkpoint"]["checkpoint_id"] == state["checkpoint_id"]
    assert state["parent_checkpoint"]["checkpoint_id"] == state["parent_checkpoint_id"]
    again = await client.threads.get_state(thread_id, checkpoint_id=state["checkpoint_id"])
    assert again["values"] == outcome
    past = await client.threads.get_state(thread_id, checkpoint=state["parent_checkpoint"])
    assert texts(past["values"]) == ["hello"]
    assert past["next"] == ["model"]


async def test_an_unknown_checkpoint_has_an_empty_state(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    await client.runs.wait(thread_id, "echo", input=said("hello"))
    missing = str(uuid4())
    state = await client.threads.get_state(thread_id, checkpoint_id=missing)
    assert state["values"] == {}
    assert state["checkpoint"]["checkpoint_id"] == missing


async def test_a_state_update_is_a_checkpoint_that_the_thread_shows(client: LangGraphClient) -> None:
    thread = await client.threads.create(metadata={"graph_id": "ask"})
    thread_id = thread["thread_id"]
    first = await client.threads.update_state(thread_id, {"question": "why?", "unknown": 1}, as_node="__start__")
    second = await client.threads.update_state(thread_id, {"answer": "because"}, as_node="ask")
    shown = await client.threads.get(thread_id)
    state = await client.threads.get_state(thread_id)
    assert shown["values"] == state["values"] == {"question": "why?", "answer": "because"}
    assert state["metadata"]["source"] == "update"
    assert state["checkpoint"] == second["checkpoint"]
    assert state["parent_checkpoint_id"] == first["checkpoint"]["checkpoint_id"]
    assert (shown["status"], state["next"]) == ("interrupted", ["close"])
    assert shown["state_updated_at"] > thread["state_updated_at"]
    finished = await client.runs.wait(thread_id, "ask", input=None)
    assert finished == {"question": "why?", "answer": "because", "done": True}


async def test_a_state_update_at_an_older_checkpoint_forks(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    await client.runs.wait(thread_id, "slow", input={"seconds": 0})
    history = await client.threads.get_history(thread_id)
    older = next(state for state in history if state["values"].get("log") == ["before"])
    await client.threads.update_state(thread_id, {"log": ["forked"]}, checkpoint=older["checkpoint"], as_node="sleep")
    state = await client.threads.get_state(thread_id)
    assert state["values"]["log"] == ["before", "forked"]
    assert state["next"] == ["after"]
    assert state["parent_checkpoint_id"] == older["checkpoint_id"]


async def test_state_updates_that_the_graph_refuses_say_why(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    await client.runs.wait(thread_id, "slow", input={"seconds": 0})
    before = await client.threads.get_history(thread_id)
    with pytest.raises(BadRequestError, match="Node nope does not exist"):
        await client.threads.update_state(thread_id, {"log": ["x"]}, as_node="nope")
    with pytest.raises(BadRequestError, match="Expected dict"):
        await client.threads.update_state(thread_id, [["log"]], as_node="after")
    assert await client.threads.get_history(thread_id) == before


async def test_the_state_of_a_busy_thread_cannot_be_written(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    run_id = await started(client, thread_id)
    with pytest.raises(ConflictError):
        await client.threads.update_state(thread_id, {"log": ["x"]})
    await client.runs.cancel(thread_id, run_id, wait=True)
    await client.threads.update_state(thread_id, {"log": ["x"]}, as_node="sleep")
    assert (await client.threads.get_state(thread_id))["values"]["log"] == ["before", "x"]


async def test_history_is_newest_first_and_pages_by_checkpoint(
    client: LangGraphClient, http: httpx.AsyncClient
) -> None:
    thread_id = await new_thread(client)
    await client.runs.wait(thread_id, "slow", input={"seconds": 0}, metadata={"round": 1})
    await client.runs.wait(thread_id, "slow", input={"seconds": 0}, metadata={"round": 2})
    history = await client.threads.get_history(thread_id, limit=100)
    steps = [state["metadata"]["step"] for state in history]
    assert steps == sorted(steps, reverse=True)
    assert history[0]["values"]["log"] == ["before", "slept", "after"] * 2
    for newer, older in itertools.pairwise(history):
        assert newer["parent_checkpoint_id"] == older["checkpoint_id"]
    first, rest = history[:3], history[3:]
    assert await client.threads.get_history(thread_id, limit=3) == first
    assert await client.threads.get_history(thread_id, limit=100, before=first[-1]["checkpoint"]) == rest
    before = {"configurable": {"checkpoint_id": first[-1]["checkpoint_id"]}}
    assert await client.threads.get_history(thread_id, limit=100, before=before) == rest
    got = await http.get(
        f"/threads/{thread_id}/history", params={"limit": "2", "before": str(first[-1]["checkpoint_id"])}
    )
    assert got.json() == rest[:2]
    of_round = await client.threads.get_history(thread_id, limit=100, metadata={"round": 1})
    assert of_round
    assert {state["metadata"]["round"] for state in of_round} == {1}
    assert (await http.get(f"/threads/{thread_id}/history", params={"limit": "0"})).json() == []
