"""Runs through the SDK: every way to start, wait for, list, queue, delay and cancel them."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import ConflictError, NotFoundError

from tests.acceptance.server.running import named, new_thread, said, started, texts


async def test_a_background_run_can_be_read_listed_and_joined(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    thread_id = await new_thread(client)
    response = await http.post(f"/threads/{thread_id}/runs", json={"assistant_id": "echo", "input": said("hello")})
    run = response.json()
    assert response.headers["content-location"] == f"/threads/{thread_id}/runs/{run['run_id']}"
    assert UUID(run["run_id"]).version == 7
    assert (run["status"], run["multitask_strategy"], run["thread_id"]) == ("pending", "enqueue", thread_id)
    assert run["metadata"]["graph_id"] == "echo"
    assert run["metadata"]["created_by"] == "system"
    assert run["kwargs"]["input"] == said("hello")
    assert run["kwargs"]["stream_mode"] == ["values"]
    assert texts(await client.runs.join(thread_id, run["run_id"])) == ["hello", "You said: hello"]
    assert (await client.runs.get(thread_id, run["run_id"]))["status"] == "success"
    assert texts(await client.runs.join(thread_id, run["run_id"])) == ["hello", "You said: hello"]


async def test_runs_are_listed_newest_first(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    thread_id = await new_thread(client)
    for text in ("one", "two", "three"):
        await client.runs.wait(thread_id, "echo", input=said(text))
    listed = await client.runs.list(thread_id)
    assert [run["kwargs"]["input"] for run in listed] == [said(text) for text in ("three", "two", "one")]
    assert await client.runs.list(thread_id, limit=1, offset=1) == [listed[1]]
    assert await client.runs.list(thread_id, status="error") == []
    selected = await http.get(f"/threads/{thread_id}/runs", params={"select": ["run_id", "status"]})
    assert selected.json() == [{"run_id": run["run_id"], "status": "success"} for run in listed]


async def test_waiting_names_the_run_and_where_to_come_back(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    thread_id = await new_thread(client)
    response = await http.post(f"/threads/{thread_id}/runs/wait", json={"assistant_id": "function", "input": 41})
    assert response.json() == 42
    run = (await client.runs.list(thread_id))[0]
    assert response.headers["content-location"] == f"/threads/{thread_id}/runs/{run['run_id']}"
    assert response.headers["location"] == f"/threads/{thread_id}/runs/{run['run_id']}/join"


async def test_waiting_without_values_answers_with_the_threads(
    client: LangGraphClient, http: httpx.AsyncClient
) -> None:
    thread_id = await new_thread(client)
    body = {"assistant_id": "ask", "input": {"question": "why?"}, "stream_mode": "updates"}
    outcome = (await http.post(f"/threads/{thread_id}/runs/wait", json=body)).json()
    assert outcome["question"] == "why?"
    assert [interrupt["value"] for interrupt in outcome["__interrupt__"]] == [{"question": "why?"}]


async def test_a_run_is_addressed_by_graph_name_or_assistant_id(client: LangGraphClient) -> None:
    assistants = await client.assistants.search(graph_id="made")
    context = {"configurable": {"name": "Ann"}}
    for reference in ("made", assistants[0]["assistant_id"]):
        outcome = await client.runs.wait(None, reference, input={"question": "?"}, config=context)
        assert outcome == {"question": "?", "answer": "hello Ann"}


async def test_context_reaches_the_graph_and_excludes_configurable(
    client: LangGraphClient, http: httpx.AsyncClient
) -> None:
    thread_id = await new_thread(client)
    outcome = await client.runs.wait(thread_id, "echo", input=said("hello"), context={"prefix": "Heard"})
    assert texts(outcome)[-1] == "Heard hello"
    outcome = await client.runs.wait(None, "echo", input=said("hi"), config={"configurable": {"prefix": "Got"}})
    assert texts(outcome)[-1] == "Got hi", "configurable stands in for a context"
    both = {"assistant_id": "echo", "context": {"prefix": "a"}, "config": {"configurable": {"prefix": "b"}}}
    response = await http.post(f"/threads/{thread_id}/runs/wait", json=both)
    assert response.status_code == 400
    assert response.json()["detail"].startswith("Cannot specify both configurable and context.")
    assert len(await client.runs.list(thread_id)) == 1


async def test_if_not_exists_creates_the_thread_with_the_runs_metadata(client: LangGraphClient) -> None:
    thread_id = str(uuid4())
    await client.runs.wait(thread_id, "echo", input=said("hi"), if_not_exists="create", metadata={"mine": 1})
    thread = await client.threads.get(thread_id)
    assert thread["metadata"]["mine"] == 1
    assert thread["metadata"]["graph_id"] == "echo"


async def test_a_stateless_run_leaves_nothing_unless_asked_to_keep(client: LangGraphClient) -> None:
    gone = await client.runs.create(None, "echo", input=said("hi"))
    await client.runs.join(gone["thread_id"], gone["run_id"])
    with pytest.raises(NotFoundError):
        await client.threads.get(gone["thread_id"])
    kept = await client.runs.create(None, "echo", input=said("hi"), on_completion="keep")
    await client.runs.join(kept["thread_id"], kept["run_id"])
    assert texts((await client.threads.get(kept["thread_id"]))["values"]) == ["hi", "You said: hi"]


async def test_a_stateless_wait_answers_with_the_outcome(client: LangGraphClient) -> None:
    assert await client.runs.wait(None, "slow", input={"seconds": 0}) == {
        "seconds": 0,
        "log": ["before", "slept", "after"],
    }


async def test_a_delayed_run_is_pending_and_keeps_its_thread_busy_until_then(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    run = await client.runs.create(thread_id, "echo", input=said("later"), after_seconds=2)
    thread = await client.threads.get(thread_id)
    assert (run["status"], thread["status"]) == ("pending", "busy")
    assert run["created_at"] > thread["updated_at"], "it counts as made when it is due"
    assert texts(await client.runs.join(thread_id, run["run_id"])) == ["later", "You said: later"]


async def test_a_delayed_run_can_be_cancelled(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    run = await client.runs.create(thread_id, "echo", input=said("never"), after_seconds=3600)
    await client.runs.cancel(thread_id, run["run_id"], wait=True)
    assert (await client.runs.get(thread_id, run["run_id"]))["status"] == "interrupted"
    assert (await client.threads.get(thread_id))["status"] == "idle"
    assert texts(await client.runs.wait(thread_id, "echo", input=said("now"))) == ["now", "You said: now"]


# --- cancelling


async def test_cancelling_keeps_what_was_done_and_the_run_can_go_on(
    client: LangGraphClient, http: httpx.AsyncClient
) -> None:
    thread_id = await new_thread(client)
    run_id = await started(client, thread_id)
    assert (await client.threads.get(thread_id))["status"] == "busy"
    response = await http.post(f"/threads/{thread_id}/runs/{run_id}/cancel", params={"wait": "1"})
    assert (response.status_code, response.json()) == (200, {})
    thread = await client.threads.get(thread_id)
    assert (await client.runs.get(thread_id, run_id))["status"] == "interrupted"
    assert (thread["status"], thread["values"]["log"]) == ("interrupted", ["before"])
    state = await client.threads.get_state(thread_id)
    await client.threads.update_state(thread_id, {"seconds": 0}, as_node="before")
    assert state["next"] == ["sleep"]
    assert (await client.runs.wait(thread_id, "slow", input=None))["log"] == ["before", "slept", "after"]


async def test_cancelling_without_waiting_is_accepted(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    thread_id = await new_thread(client)
    run_id = await started(client, thread_id)
    response = await http.post(f"/threads/{thread_id}/runs/{run_id}/cancel")
    assert (response.status_code, response.content) == (202, b"")
    outcome = await client.runs.join(thread_id, run_id)
    assert outcome == {"seconds": 60, "log": ["before"]}


async def test_rolling_back_removes_the_run_and_what_it_did(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    before = await client.runs.wait(thread_id, "slow", input={"seconds": 0})
    run_id = await started(client, thread_id)
    await client.runs.cancel(thread_id, run_id, wait=True, action="rollback")
    with pytest.raises(NotFoundError):
        await client.runs.get(thread_id, run_id)
    thread = await client.threads.get(thread_id)
    state = await client.threads.get_state(thread_id)
    assert (thread["status"], thread["values"], state["values"]) == ("idle", before, before)
    assert (await client.runs.wait(thread_id, "slow", input={"seconds": 0}))["log"] == [*before["log"]] * 2


async def test_rolling_back_the_first_run_leaves_an_empty_thread(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    run_id = await started(client, thread_id)
    await client.runs.cancel(thread_id, run_id, wait=True, action="rollback")
    thread = await client.threads.get(thread_id)
    assert (thread["status"], thread["values"]) == ("idle", None)
    assert await client.threads.get_history(thread_id) == []


async def test_a_pending_run_can_be_cancelled_and_rolled_back(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    running = await started(client, thread_id)
    first, second = [await client.runs.create(thread_id, "slow", input={"seconds": 0}) for _ in range(2)]
    await client.runs.cancel(thread_id, first["run_id"], wait=True)
    await client.runs.cancel(thread_id, second["run_id"], wait=True, action="rollback")
    statuses = {run["run_id"]: run["status"] for run in await client.runs.list(thread_id)}
    assert statuses == {running: "running", first["run_id"]: "interrupted"}
    assert (await client.threads.get(thread_id))["status"] == "busy"
    await client.runs.cancel(thread_id, running, wait=True)
    assert (await client.threads.get(thread_id))["status"] == "interrupted"


async def test_a_finished_run_cannot_be_cancelled(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    await client.runs.wait(thread_id, "echo", input=said("hi"))
    run = (await client.runs.list(thread_id))[0]
    with pytest.raises(NotFoundError, match="No matching runs to cancel"):
        await client.runs.cancel(thread_id, run["run_id"])


async def test_a_reader_of_a_cancelled_run_sees_its_stream_just_end(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    run_id = await started(client, thread_id)
    reader = asyncio.create_task(_all(client.runs.join_stream(thread_id, run_id, last_event_id="-1")))
    await client.runs.cancel(thread_id, run_id, wait=True)
    assert [part.event for part in await reader] == ["metadata", "updates"]


async def test_deleting_a_run_removes_its_checkpoints(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    await client.runs.wait(thread_id, "slow", input={"seconds": 0})
    await client.runs.wait(thread_id, "slow", input={"seconds": 0})
    newest, oldest = await client.runs.list(thread_id)
    await client.runs.delete(thread_id, newest["run_id"])
    assert (await client.threads.get_state(thread_id))["values"]["log"] == ["before", "slept", "after"]
    assert [run["run_id"] for run in await client.runs.list(thread_id)] == [oldest["run_id"]]
    live = await started(client, thread_id)
    await client.runs.delete(thread_id, live)
    assert (await client.threads.get(thread_id))["status"] == "idle"


# --- several runs on one thread


async def test_enqueued_runs_go_one_after_the_other(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    runs = [
        await client.runs.create(thread_id, "echo", input=said(text), multitask_strategy="enqueue")
        for text in ("a", "b", "c", "d")
    ]
    for run in runs:
        await client.runs.join(thread_id, run["run_id"])
    values = (await client.threads.get_state(thread_id))["values"]
    assert texts(values)[::2] == ["a", "b", "c", "d"]
    assert {run["status"] for run in await client.runs.list(thread_id)} == {"success"}
    assert (await client.threads.get(thread_id))["status"] == "idle"


async def test_a_second_run_is_rejected_when_asked(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    run_id = await started(client, thread_id)
    with pytest.raises(ConflictError, match="Thread is already running a task"):
        await client.runs.create(thread_id, "slow", input={"seconds": 0}, multitask_strategy="reject")
    assert [run["run_id"] for run in await client.runs.list(thread_id)] == [run_id]
    await client.runs.cancel(thread_id, run_id, wait=True)
    await client.runs.wait(thread_id, "slow", input={"seconds": 0}, multitask_strategy="reject")


async def test_an_interrupting_run_goes_on_top_of_what_the_first_did(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    first = await started(client, thread_id)
    waiting = await client.runs.create(thread_id, "slow", input={"seconds": 0})
    outcome = await client.runs.wait(thread_id, "slow", input={"seconds": 0}, multitask_strategy="interrupt")
    assert outcome["log"] == ["before", "before", "slept", "after"]
    for run_id in (first, waiting["run_id"]):
        assert (await client.runs.get(thread_id, run_id))["status"] == "interrupted"
    assert (await client.threads.get(thread_id))["status"] == "idle"


async def test_a_run_that_rolls_back_replaces_the_first(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    first = await started(client, thread_id)
    waiting = await client.runs.create(thread_id, "slow", input={"seconds": 0})
    outcome = await client.runs.wait(thread_id, "slow", input={"seconds": 0}, multitask_strategy="rollback")
    assert outcome["log"] == ["before", "slept", "after"]
    left = [run["run_id"] for run in await client.runs.list(thread_id)]
    assert len(left) == 1
    assert not {first, waiting["run_id"]} & set(left)
    rounds = {state["metadata"]["run_id"] for state in await client.threads.get_history(thread_id, limit=100)}
    assert rounds == set(left)


async def test_many_clients_that_reject_at_once_get_one_run(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)

    async def attempt() -> dict[str, Any] | None:
        try:
            return dict(await client.runs.create(thread_id, "slow", input={"seconds": 60}, multitask_strategy="reject"))
        except ConflictError:
            return None

    accepted = [run for run in await asyncio.gather(*[attempt() for _ in range(10)]) if run]
    assert len(accepted) == 1
    await client.runs.cancel(thread_id, accepted[0]["run_id"], wait=True)


async def test_a_hundred_runs_on_a_hundred_threads_all_succeed(client: LangGraphClient) -> None:
    async def talk(number: int) -> list[str]:
        thread_id = await new_thread(client)
        parts = [
            part async for part in client.runs.stream(thread_id, "echo", input=said(str(number)), stream_mode="values")
        ]
        assert [part.event for part in parts] == ["metadata", "values", "values"]
        return texts(named(parts, "values")[-1])

    outcomes = await asyncio.gather(*[talk(number) for number in range(100)])
    assert outcomes == [[str(number), f"You said: {number}"] for number in range(100)]


async def _all(parts: Any) -> list[Any]:
    return [part async for part in parts]


async def test_a_thread_shows_nothing_of_a_deleted_run(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    await client.runs.wait(thread_id, "slow", input={"seconds": 0})
    first = (await client.threads.get(thread_id))["values"]
    await client.runs.wait(thread_id, "slow", input={"seconds": 0})
    newest = (await client.runs.list(thread_id))[0]
    await client.runs.delete(thread_id, newest["run_id"])
    thread = await client.threads.get(thread_id)
    assert (thread["status"], thread["values"]) == ("idle", first)
