"""Graphs that stop to ask, and go on with the answer."""

import httpx
from langgraph_sdk.client import LangGraphClient

from tests.acceptance.server.running import named, new_thread


async def test_an_interrupt_shows_in_the_outcome_the_thread_and_the_state(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    outcome = await client.runs.wait(thread_id, "ask", input={"question": "why?"})
    (interrupt,) = outcome.pop("__interrupt__")
    assert outcome == {"question": "why?"}
    assert interrupt == {"value": {"question": "why?"}, "id": interrupt["id"], "response_schema": None}
    assert len(interrupt["id"]) == 32
    thread = await client.threads.get(thread_id)
    state = await client.threads.get_state(thread_id)
    shown = {"id": interrupt["id"], "value": interrupt["value"]}
    assert thread["status"] == "interrupted"
    assert state["next"] == ["ask"]
    assert thread["interrupts"] == {state["tasks"][0]["id"]: [shown]}
    assert state["interrupts"] == state["tasks"][0]["interrupts"] == [shown]
    assert [run["status"] for run in await client.runs.list(thread_id)] == ["success"]
    joined = await client.runs.join(thread_id, (await client.runs.list(thread_id))[0]["run_id"])
    assert joined == {"question": "why?", "__interrupt__": [shown]}


async def test_an_answer_resumes_where_it_was_asked(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    await client.runs.wait(thread_id, "ask", input={"question": "why?"})
    resumed = client.runs.stream(thread_id, "ask", command={"resume": "because"}, stream_mode=["values", "updates"])
    parts = [part async for part in resumed]
    assert named(parts, "updates") == [{"ask": {"answer": "because"}}, {"close": {"done": True}}]
    assert named(parts, "values")[-1] == {"question": "why?", "answer": "because", "done": True}
    thread = await client.threads.get(thread_id)
    assert (thread["status"], thread["interrupts"]) == ("idle", {})


async def test_the_stream_shows_the_interrupt_in_values_and_updates(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    asked = client.runs.stream(thread_id, "ask", input={"question": "why?"}, stream_mode=["values", "updates"])
    parts = [part async for part in asked]
    (update,) = named(parts, "updates")
    assert [one["value"] for one in update["__interrupt__"]] == [{"question": "why?"}]
    assert named(parts, "values")[-1]["__interrupt__"] == update["__interrupt__"]


async def test_several_questions_are_answered_one_by_one_by_id(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    outcome = await client.runs.wait(thread_id, "asks_twice", input={"answers": []})
    assert sorted(one["value"] for one in outcome["__interrupt__"]) == ["left?", "right?"]
    pending = (await client.threads.get_state(thread_id))["interrupts"]
    ids = {interrupt["value"]: interrupt["id"] for interrupt in pending}
    assert set(ids) == {"left?", "right?"}
    ambiguous = await client.runs.wait(thread_id, "asks_twice", command={"resume": "x"}, raise_error=False)
    assert ambiguous["__error__"]["error"] == "RuntimeError"
    await client.runs.wait(thread_id, "asks_twice", command={"resume": {ids["right?"]: "yes"}})
    thread = await client.threads.get(thread_id)
    assert [one["value"] for several in thread["interrupts"].values() for one in several] == ["left?"]
    assert thread["status"] == "interrupted"
    whole = await client.runs.wait(thread_id, "asks_twice", command={"resume": {ids["left?"]: "no"}})
    assert whole == {"answers": ["left no", "right yes"]}


async def test_a_subgraphs_question_is_found_under_its_innermost_task(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    await client.runs.wait(thread_id, "outer", input={"question": "why?"})
    thread = await client.threads.get(thread_id)
    shallow = await client.threads.get_state(thread_id)
    deep = await client.threads.get_state(thread_id, subgraphs=True)
    (task,) = shallow["tasks"]
    assert task["checkpoint"]["checkpoint_ns"] == f"inner:{task['id']}"
    assert task["state"] is None
    inside = deep["tasks"][0]["state"]
    assert deep["tasks"][0]["checkpoint"] is None
    assert inside["next"] == ["ask"]
    assert list(thread["interrupts"]) == [inside["tasks"][0]["id"]]
    read = await client.threads.get_state(thread_id, checkpoint=task["checkpoint"])
    assert read["values"] == inside["values"] == {"question": "why?"}
    outcome = await client.runs.wait(thread_id, "outer", command={"resume": "because"})
    assert outcome == {"question": "why?", "answer": "because", "done": True}


async def test_a_static_breakpoint_stops_without_a_question(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    outcome = await client.runs.wait(thread_id, "slow", input={"seconds": 0}, interrupt_before=["sleep"])
    assert outcome == {"seconds": 0, "log": ["before"]}
    thread = await client.threads.get(thread_id)
    assert (thread["status"], thread["interrupts"]) == ("interrupted", {})
    outcome = await client.runs.wait(thread_id, "slow", input=None, interrupt_after="*")
    assert outcome["log"] == ["before", "slept"]
    assert (await client.runs.wait(thread_id, "slow", input=None))["log"] == ["before", "slept", "after"]


async def test_a_command_can_update_the_state_and_go_to_a_node(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    await client.runs.wait(thread_id, "slow", input={"seconds": 0})
    outcome = await client.runs.wait(thread_id, "slow", command={"update": {"log": ["told"]}, "goto": "after"})
    assert outcome["log"] == ["before", "slept", "after", "told", "after"]
    outcome = await client.runs.wait(
        thread_id, "slow", command={"update": [["log", ["again"]]], "goto": {"node": "sleep", "input": {"seconds": 0}}}
    )
    assert outcome["log"][-3:] == ["again", "slept", "after"]


async def test_a_run_can_start_from_an_older_checkpoint(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    thread_id = await new_thread(client)
    await client.runs.wait(thread_id, "slow", input={"seconds": 0})
    history = await client.threads.get_history(thread_id)
    older = next(state for state in history if state["next"] == ["after"])
    again = await client.runs.wait(thread_id, "slow", input=None, checkpoint={"checkpoint_id": older["checkpoint_id"]})
    assert again["log"] == ["before", "slept", "after"]
    body = {"assistant_id": "slow", "input": {"seconds": 0}, "checkpoint_id": older["checkpoint_id"]}
    outcome = (await http.post(f"/threads/{thread_id}/runs/wait", json=body)).json()
    assert outcome["log"] == ["before", "slept", "before", "slept", "after"]


async def test_an_answer_that_the_interrupt_does_not_take_is_refused_and_the_thread_goes_on_waiting(
    client: LangGraphClient, http: httpx.AsyncClient
) -> None:
    thread_id = await new_thread(client)
    asked = await client.runs.wait(thread_id, "rates", input={"ratings": []})
    (interrupt,) = asked["__interrupt__"]

    async def refusal(resume: object, **more: object) -> str:
        body = {"assistant_id": "rates", "command": {"resume": resume}, **more}
        response = await http.post(f"/threads/{thread_id}/runs/wait", json=body)
        assert response.status_code == 422
        return str(response.json()["detail"])

    assert "stars: 6 is greater than the maximum of 5" in await refusal({"stars": 6})
    assert "is not of type" in await refusal({interrupt["id"]: "five"})
    here = (await client.threads.get_state(thread_id))["checkpoint_id"]
    assert '"stars" is a required property' in await refusal({"why": "?"}, checkpoint_id=here)
    assert (await client.threads.get(thread_id))["status"] == "interrupted"
    assert len(await client.runs.list(thread_id)) == 1
    again = await client.runs.wait(thread_id, "rates", command={"resume": {"stars": 4}})
    assert again["ratings"] == [4]
    whole = await client.runs.wait(
        thread_id, "rates", command={"resume": {again["__interrupt__"][0]["id"]: {"stars": 5}}}
    )
    assert whole == {"ratings": [4, 5]}


async def test_an_answer_in_a_queue_is_checked_by_its_graph_when_its_turn_comes(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    await client.runs.wait(thread_id, "slow", input={"seconds": 0})
    busy = await client.runs.create(thread_id, "slow", input={"seconds": 1})
    await client.runs.create(thread_id, "rates", input={"ratings": []})
    queued = await client.runs.create(thread_id, "rates", command={"resume": {"stars": 6}})
    await client.runs.join(thread_id, busy["run_id"])
    await client.runs.join(thread_id, queued["run_id"])
    assert (await client.runs.get(thread_id, queued["run_id"]))["status"] == "error"
    thread = await client.threads.get(thread_id)
    assert [one["value"] for several in thread["interrupts"].values() for one in several] == ["how was it?"]
    answered = await client.runs.wait(thread_id, "rates", command={"resume": {"stars": 3}})
    assert answered["ratings"] == [3]
