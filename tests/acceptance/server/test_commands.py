"""Commands of event streaming v2, where the comparison with the official server does not look."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
from langgraph_sdk.client import LangGraphClient

from tests.acceptance.server.event_reader import start
from tests.acceptance.server.running import new_thread, said, started, texts


async def _command(http: httpx.AsyncClient, thread_id: str, method: str, **params: Any) -> Any:
    body = {"id": 1, "method": method, "params": params}
    return (await http.post(f"/threads/{thread_id}/commands", json=body)).json()


async def _asked(http: httpx.AsyncClient, client: LangGraphClient, graph: str, given: Any) -> tuple[str, str]:
    """A thread that waits, and the interrupt that it waits with."""
    thread_id = str(uuid4())
    await client.runs.join(thread_id, await start(http, thread_id, graph, given))
    [interrupt, *_] = (await client.threads.get_state(thread_id))["interrupts"]
    return thread_id, interrupt["id"]


async def test_of_many_who_answer_at_once_one_is_heard(http: httpx.AsyncClient, client: LangGraphClient) -> None:
    thread_id, question = await _asked(http, client, "ask", {"question": "why?"})
    answers = [_command(http, thread_id, "input.respond", interrupt_id=question, response=one) for one in range(12)]
    replies = await asyncio.gather(*answers)
    heard = [one for one, reply in enumerate(replies) if reply["type"] == "success"]
    assert len(heard) == 1
    assert {reply.get("error") for reply in replies} == {None, "no_such_interrupt"}
    runs = await client.runs.list(thread_id)
    await client.runs.join(thread_id, runs[0]["run_id"])
    assert len(runs) == 2
    assert (await client.threads.get_state(thread_id))["values"]["answer"] == heard[0]


async def test_an_answer_that_the_question_does_not_take_is_refused_and_the_thread_waits_on(
    http: httpx.AsyncClient, client: LangGraphClient
) -> None:
    thread_id, question = await _asked(http, client, "rates", {})
    refused = await _command(http, thread_id, "input.respond", interrupt_id=question, response={"stars": 9})
    assert refused["error"] == "unknown_error"
    assert refused["message"].startswith("422: command.resume is no answer that the interrupt takes")
    refused = await _command(http, thread_id, "run.start", assistant_id="rates", input={"stars": "many"})
    assert refused["error"] == "unknown_error"
    assert [one["id"] for one in (await client.threads.get_state(thread_id))["interrupts"]] == [question]
    assert (await _command(http, thread_id, "input.respond", interrupt_id=question, response={"stars": 4}))[
        "result"
    ] == {}


async def test_who_wants_to_stop_a_live_run_need_not_wait_for_it(
    http: httpx.AsyncClient, client: LangGraphClient
) -> None:
    thread_id = await new_thread(client)
    live = await started(client, thread_id)
    async with asyncio.timeout(4):  # a command that may wait does for five seconds
        instead = await start(http, thread_id, "slow", {"seconds": 0}, multitaskStrategy="interrupt")
    await client.runs.join(thread_id, instead)
    assert (await client.runs.get(thread_id, live))["status"] == "interrupted"


async def test_a_message_for_a_busy_thread_is_what_it_hears_next(
    http: httpx.AsyncClient, client: LangGraphClient
) -> None:
    thread_id, gate = str(uuid4()), str(uuid4())
    live = await start(http, thread_id, "hesitates", said(gate))
    message = {"role": "user", "content": gate, "name": "ann"}
    assert (await _command(http, thread_id, "input.inject", namespace=[], message=message))["result"] == {}
    [queued, _] = await client.runs.list(thread_id)
    assert queued["status"] == "pending"
    await client.store.put_item(["gates"], gate, {})
    await client.runs.join(thread_id, live)
    values = await client.runs.join(thread_id, queued["run_id"])
    assert isinstance(values, dict)
    assert [one["type"] for one in values["messages"]] == ["human", "ai", "human", "ai"]
    assert values["messages"][2]["name"] == "ann"


async def test_a_message_is_no_answer(http: httpx.AsyncClient, client: LangGraphClient) -> None:
    thread_id, _ = await _asked(http, client, "advise", said("the door"))
    message = {"role": "user", "content": "green"}
    refused = await _command(http, thread_id, "input.inject", namespace=[], message=message)
    assert (refused["error"], "input.respond" in refused["message"]) == ("not_supported", True)
    wrong = await _command(http, thread_id, "input.inject", namespace=[], message={"role": "robot", "content": ""})
    assert wrong["error"] == "invalid_argument"


async def test_a_subgraphs_state_is_read_by_its_namespace(http: httpx.AsyncClient, client: LangGraphClient) -> None:
    thread_id, _ = await _asked(http, client, "outer", {"question": "why?"})
    [task] = (await client.threads.get_state(thread_id))["tasks"]
    namespace = [f"inner:{task['id']}"]
    state = (await _command(http, thread_id, "state.get", namespace=namespace))["result"]
    assert (state["values"], state["checkpoint"]["ns"]) == ({"question": "why?"}, namespace[0])
    listed = (await _command(http, thread_id, "state.listCheckpoints", namespace=namespace))["result"]["checkpoints"]
    assert listed[0]["id"] == state["checkpoint"]["id"]
    missing = await _command(http, thread_id, "state.get", namespace=["inner:none"])
    assert missing["error"] == "no_such_namespace"


async def test_the_tree_of_an_earlier_run_is_asked_for_by_its_id(
    http: httpx.AsyncClient, client: LangGraphClient
) -> None:
    thread_id = str(uuid4())
    runs = [await start(http, thread_id, graph, {"seconds": 0}) for graph in ("parent", "slow")]
    await client.runs.join(thread_id, runs[-1])
    trees = [(await _command(http, thread_id, "agent.getTree", run_id=run))["result"]["tree"] for run in runs]
    assert [tree["graph_name"] for tree in trees] == ["parent", "slow"]
    assert [child["graph_name"] for child in trees[0]["children"]] == ["child"]
    assert (await _command(http, thread_id, "agent.getTree"))["result"]["tree"] == trees[1]
    assert (await _command(http, thread_id, "agent.getTree", run_id=str(uuid4())))["error"] == "no_such_run"


async def test_what_a_command_does_not_know_is_named_in_a_header(http: httpx.AsyncClient) -> None:
    params = {"assistant_id": "echo", "input": said("hi"), "config": {"tags": [], "speed": 3}, "colour": "red"}
    body = {"id": 1, "method": "run.start", "params": params}
    response = await http.post(f"/threads/{uuid4()}/commands", json=body)
    assert response.json()["type"] == "success"
    assert set(response.headers["x-ignored-fields"].split(",")) == {"speed", "colour"}


async def test_null_is_as_good_as_absent(http: httpx.AsyncClient, client: LangGraphClient) -> None:
    thread_id = str(uuid4())
    nothing = dict.fromkeys(("config", "metadata", "multitaskStrategy", "langsmith_tracer", "checkpointId", "webhook"))
    values = await client.runs.join(thread_id, await start(http, thread_id, "echo", said("hi"), **nothing))
    assert isinstance(values, dict)
    assert texts(values)[0] == "hi"


async def test_a_webhook_that_is_not_allowed_is_refused(http: httpx.AsyncClient) -> None:
    thread_id = str(uuid4())
    params = {"assistant_id": "echo", "input": said("hi"), "webhook": "ftp://example.com/"}
    refused = await _command(http, thread_id, "run.start", **params)
    assert refused["error"] == "unknown_error"
    assert refused["message"].startswith("422: ")
    assert (await http.get(f"/threads/{thread_id}")).status_code == 404, "nothing was made for it"
