"""Starting runs: create, wait, stateless, batch, and the fields that say how."""

import asyncio
from typing import Any
from uuid import uuid4

from tests.conformance.case import Cases
from tests.conformance.peer import Peer

cases = Cases("starting runs")

SAY = {"messages": [{"role": "user", "content": "hi there"}]}
KWARGS = {"kwargs": "the servers keep different bookkeeping there; the keys that clients read have a case of their own"}


def _said(values: dict[str, Any]) -> list[str]:
    return [message["content"] for message in values["messages"]]


@cases.same(but_for=KWARGS)
async def a_created_run_is_pending_and_located(peer: Peer) -> Any:
    thread_id = await peer.thread()
    answer = await peer.ask("POST", f"/threads/{thread_id}/runs", {"assistant_id": "chat", "input": SAY})
    await peer.over(thread_id, answer.body["run_id"])
    return answer.shown()


@cases.same()
async def a_run_keeps_what_it_was_asked_in_its_kwargs(peer: Peer) -> Any:
    thread_id = await peer.thread()
    asked = {
        "assistant_id": "steps",
        "input": {"log": ["x"]},
        "stream_mode": ["values", "updates"],
        "interrupt_before": ["c"],
        "stream_subgraphs": True,
        "stream_resumable": True,
        "durability": "sync",
    }
    answer = await peer.ask("POST", f"/threads/{thread_id}/runs", asked)
    await peer.over(thread_id, answer.body["run_id"])
    kept = ("input", "command", "stream_mode", "interrupt_before", "interrupt_after", "subgraphs", "resumable",
            "durability", "temporary", "webhook", "feedback_keys", "checkpoint_during")  # fmt: skip
    return {key: answer.body["kwargs"].get(key) for key in kept}


@cases.same()
async def a_run_carries_the_metadata_of_assistant_thread_config_and_request(peer: Peer) -> Any:
    thread_id = await peer.thread(metadata={"from": "thread", "thread": 1})
    config = {"metadata": {"from": "config", "config": 1}}
    run = await peer.sdk.runs.create(
        thread_id, "chat", input=SAY, config=config, metadata={"from": "request", "request": 1}
    )
    await peer.over(thread_id, run["run_id"])
    return run["metadata"]


@cases.same()
async def waiting_answers_with_the_final_values_and_where_to_join(peer: Peer) -> Any:
    thread_id = await peer.thread()
    return (await peer.ask("POST", f"/threads/{thread_id}/runs/wait", {"assistant_id": "chat", "input": SAY})).shown()


@cases.same()
async def waiting_for_a_functional_graph_answers_with_its_bare_result(peer: Peer) -> Any:
    return await peer.wait(await peer.thread(), "fn", input=41)


@cases.same()
async def waiting_without_values_among_the_modes_answers_with_the_threads_values(peer: Peer) -> Any:
    return await peer.wait(await peer.thread(), "steps", input={"note": "n"}, stream_mode=["updates"])


@cases.same()
async def waiting_without_a_thread_answers_with_the_final_values(peer: Peer) -> Any:
    answer = await peer.ask("POST", "/runs/wait", {"assistant_id": "steps", "input": {"note": "n"}})
    return answer.shown()


@cases.same()
async def waiting_without_a_thread_and_without_values_answers_with_nothing(peer: Peer) -> Any:
    asked = {"assistant_id": "steps", "input": {"note": "n"}, "stream_mode": "updates"}
    return (await peer.ask("POST", "/runs/wait", asked)).body


@cases.same(
    but_for={**KWARGS, "graph_id": "the official server leaves it out of a stateless run's metadata; ours never does"}
)
async def a_background_run_without_a_thread_is_located_without_one(peer: Peer) -> Any:
    return (await peer.ask("POST", "/runs", {"assistant_id": "steps", "input": {}})).shown()


@cases.same()
async def a_stateless_runs_thread_goes_with_it(peer: Peer) -> Any:
    answer = await peer.ask("POST", "/runs/wait", {"assistant_id": "steps", "input": {"note": "n"}})
    thread = answer.headers["content-location"].split("/")[2]
    for _ in range(300):  # it goes a moment after the answer
        status = (await peer.ask("GET", f"/threads/{thread}")).status
        if status == 404:
            break
        await asyncio.sleep(0.1)
    return status


@cases.same()
async def a_stateless_run_may_keep_its_thread(peer: Peer) -> Any:
    asked = {"assistant_id": "steps", "input": {"note": "n"}, "on_completion": "keep"}
    answer = await peer.ask("POST", "/runs/wait", asked)
    thread = answer.headers["content-location"].split("/")[2]
    return [answer.body, (await peer.ask("GET", f"/threads/{thread}/state")).body["values"]]


@cases.same()
async def a_batch_starts_its_runs_in_order(peer: Peer) -> Any:
    asked = [{"assistant_id": name, "input": {}, "metadata": {"n": n}} for n, name in enumerate(("steps", "slow"))]
    answer = await peer.ask("POST", "/runs/batch", asked)
    return [answer.status, [(run["assistant_id"], run["metadata"]["n"], run["status"]) for run in answer.body]]


@cases.same()
async def a_batch_with_one_bad_run_starts_none(peer: Peer) -> Any:
    answer = await peer.ask("POST", "/runs/batch", [{"assistant_id": "steps", "input": {}}, {"assistant_id": "nope"}])
    return answer.status


@cases.same()
async def an_empty_batch_is_refused(peer: Peer) -> Any:
    return (await peer.ask("POST", "/runs/batch", [])).refusal()


@cases.same()
async def a_run_on_an_unknown_thread_is_not_found(peer: Peer) -> Any:
    return (await peer.ask("POST", f"/threads/{uuid4()}/runs", {"assistant_id": "chat", "input": SAY})).shown()


@cases.same()
async def a_run_may_make_its_thread(peer: Peer) -> Any:
    thread_id = str(uuid4())
    asked = {
        "assistant_id": "steps",
        "input": {"note": "n"},
        "if_not_exists": "create",
        "metadata": {"by": "run"},
        "config": {"metadata": {"by_config": True}},
    }
    answer = await peer.ask("POST", f"/threads/{thread_id}/runs/wait", asked)
    thread = await peer.sdk.threads.get(thread_id)
    return [answer.body, thread["thread_id"] == thread_id, thread["metadata"]]


@cases.same()
async def if_not_exists_takes_a_thread_that_is_there(peer: Peer) -> Any:
    thread_id = await peer.thread(metadata={"kept": 1})
    await peer.wait(thread_id, "steps", input={"note": "n"}, if_not_exists="create", metadata={"run": 1})
    return (await peer.sdk.threads.get(thread_id))["metadata"]


@cases.same()
async def an_assistant_is_named_by_its_id_as_well(peer: Peer) -> Any:
    return await peer.wait(await peer.thread(), "5c6ce5a6-8ee5-5dc3-8a4b-000000000000", input={})


@cases.same()
async def an_unknown_graph_name_is_refused_naming_those_there_are(peer: Peer) -> Any:
    return (await peer.ask("POST", f"/threads/{await peer.thread()}/runs", {"assistant_id": "nope"})).shown()


@cases.same()
async def an_unknown_assistant_id_is_not_found(peer: Peer) -> Any:
    return (await peer.ask("POST", f"/threads/{await peer.thread()}/runs", {"assistant_id": str(uuid4())})).shown()


@cases.same()
async def no_input_and_nothing_to_go_on_from_fails_the_run(peer: Peer) -> Any:
    return await peer.wait(await peer.thread(), "steps")


@cases.same()
async def an_empty_object_is_an_input(peer: Peer) -> Any:
    return await peer.wait(await peer.thread(), "steps", input={})


@cases.same()
async def a_second_run_goes_on_from_the_firsts_state(peer: Peer) -> Any:
    thread_id = await peer.thread()
    await peer.wait(thread_id, "chat", input=SAY)
    return _said(await peer.wait(thread_id, "chat", input={"messages": [{"role": "user", "content": "and again"}]}))


@cases.same()
async def another_graph_on_the_same_thread_sees_only_its_own_channels(peer: Peer) -> Any:
    thread_id = await peer.thread()
    await peer.wait(thread_id, "steps", input={"note": "n"})
    values = await peer.wait(thread_id, "hitl", input={"q": "Q"})
    return [values, (await peer.sdk.threads.get(thread_id))["metadata"]]


@cases.same()
async def an_input_of_a_type_the_graph_does_not_take_fails_the_run(peer: Peer) -> Any:
    return await peer.wait(await peer.thread(), "steps", input=5)


@cases.same()
async def nodes_see_the_runs_ids_config_and_context(peer: Peer) -> Any:
    config = {"tags": ["t"], "recursion_limit": 7, "configurable": {"tone": "dry", "mine": 1}, "metadata": {"mine": 2}}
    return await peer.wait(await peer.thread(), "told", input={}, config=config)


@cases.same()
async def context_reaches_the_graph_and_configurable(peer: Peer) -> Any:
    return await peer.wait(await peer.thread(), "told", input={}, context={"tone": "dry", "length": 3})


@cases.same()
async def a_model_of_context_is_made_of_its_fields_whatever_is_chosen(peer: Peer) -> Any:
    chosen = {"tone": "dry", "user_id": "ann", "of_no_field": 1}
    asked: list[dict[str, Any]] = [
        {},
        {"context": chosen},
        {"context": {"user_id": "ann"}},
        {"config": {"configurable": chosen}},
    ]
    thread_id = await peer.thread()
    return [await peer.wait(thread_id, "choosy", input={}, **choice) for choice in asked]


@cases.same()
async def who_waits_is_given_the_graphs_output_and_the_thread_keeps_its_state(peer: Peer) -> Any:
    told = []
    for question in ("cats", "silence"):
        thread_id = await peer.thread()
        given = await peer.wait(thread_id, "secretive", input={"q": question})
        told.append([given, (await peer.sdk.threads.get_state(thread_id))["values"]])
    return told


@cases.same()
async def context_and_configurable_together_are_refused(peer: Peer) -> Any:
    asked = {"assistant_id": "told", "input": {}, "context": {"tone": "dry"}, "config": {"configurable": {"tone": "x"}}}
    return (await peer.ask("POST", f"/threads/{await peer.thread()}/runs/wait", asked)).shown()


@cases.same()
async def a_callers_ids_in_configurable_do_not_replace_the_runs(peer: Peer) -> Any:
    mine = {"thread_id": "mine", "run_id": "mine", "graph_id": "mine", "assistant_id": "mine", "user_id": "mine"}
    seen = (await peer.wait(await peer.thread(), "told", input={}, config={"configurable": mine}))["in_configurable"]
    return {key: seen[key] != "mine" for key in ("thread_id", "run_id", "graph_id", "assistant_id", "user_id")}


@cases.same()
async def a_threads_config_is_the_base_of_its_next_run(peer: Peer) -> Any:
    thread_id = await peer.thread()
    first = {"tags": ["t"], "recursion_limit": 7, "configurable": {"tone": "dry"}, "metadata": {"mine": 2}}
    await peer.wait(thread_id, "told", input={}, config=first)
    again = await peer.wait(thread_id, "told", input={})
    return [again, (await peer.sdk.threads.get(thread_id))["config"]]


@cases.same()
async def a_recursion_limit_ends_a_run_that_goes_past_it(peer: Peer) -> Any:
    return await peer.wait(await peer.thread(), "steps", input={}, config={"recursion_limit": 2})


@cases.same()
async def a_delayed_run_is_pending_and_dated_in_the_future(peer: Peer) -> Any:
    thread_id = await peer.thread()
    run = await peer.sdk.runs.create(thread_id, "steps", input={}, after_seconds=600)
    seen = [
        run["status"],
        run["created_at"] > (await peer.sdk.threads.get(thread_id))["created_at"],
        (await peer.sdk.threads.get(thread_id))["status"],
    ]
    await peer.sdk.runs.cancel(thread_id, run["run_id"], wait=True)
    return seen


@cases.same()
async def a_delayed_run_runs_when_its_time_has_come(peer: Peer) -> Any:
    return await peer.wait(await peer.thread(), "steps", input={"note": "n"}, after_seconds=1)


@cases.same()
async def durability_exit_leaves_one_checkpoint(peer: Peer) -> Any:
    thread_id = await peer.thread()
    await peer.wait(thread_id, "steps", input={}, durability="exit")
    return len(await peer.sdk.threads.get_history(thread_id, limit=10))


@cases.same()
async def checkpoint_during_false_is_durability_exit(peer: Peer) -> Any:
    thread_id = await peer.thread()
    await peer.wait(thread_id, "steps", input={}, checkpoint_during=False)
    run = (await peer.sdk.runs.list(thread_id))[0]
    return [len(await peer.sdk.threads.get_history(thread_id, limit=10)), run["kwargs"]["durability"]]


@cases.same()
async def durability_sync_leaves_a_checkpoint_per_step(peer: Peer) -> Any:
    thread_id = await peer.thread()
    await peer.wait(thread_id, "steps", input={}, durability="sync")
    history = await peer.sdk.threads.get_history(thread_id, limit=10)
    return [(state["metadata"]["step"], state["metadata"]["source"], state["next"]) for state in history]


@cases.same()
async def unknown_fields_are_ignored(peer: Peer) -> Any:
    asked = {"assistant_id": "steps", "input": {}, "from_the_future": True}
    return (await peer.ask("POST", f"/threads/{await peer.thread()}/runs/wait", asked)).body


@cases.same()
async def a_run_id_in_the_body_is_ignored(peer: Peer) -> Any:
    mine = str(uuid4())
    thread_id = await peer.thread()
    asked = {"assistant_id": "steps", "input": {}, "run_id": mine}
    answer = await peer.ask("POST", f"/threads/{thread_id}/runs", asked)
    await peer.over(thread_id, answer.body["run_id"])
    return [answer.status, answer.body["run_id"] == mine]


@cases.same()
async def a_body_of_another_content_type_is_read_as_json(peer: Peer) -> Any:
    answer = await peer.ask(
        "POST", "/runs/wait", content=b'{"assistant_id":"fn","input":1}', headers={"content-type": "text/plain"}
    )
    return [answer.status, answer.body]


@cases.same()
async def null_is_a_legal_input_and_command(peer: Peer) -> Any:
    thread_id = await peer.thread()
    await peer.wait(thread_id, "steps", input={}, interrupt_before=["c"])
    return await peer.wait(thread_id, "steps", input=None, command=None)


@cases.same()
async def the_store_is_there_for_graphs(peer: Peer) -> Any:
    return await peer.wait(await peer.thread(), "keeps", input={"fact": "kept"})


async def _failing(peer: Peer, kind: str) -> Any:
    thread_id = await peer.thread()
    outcome = await peer.wait(thread_id, "errs", input={"x": kind})
    thread = await peer.sdk.threads.get(thread_id)
    run = (await peer.sdk.runs.list(thread_id))[0]
    state = await peer.sdk.threads.get_state(thread_id)
    for _ in range(40):  # the official server may write a task's error after the run is over
        if state["tasks"][0]["error"] is not None:
            break
        await asyncio.sleep(0.05)
        state = await peer.sdk.threads.get_state(thread_id)
    return [outcome, thread["status"], thread["error"], run["status"], state["tasks"][0]["error"], state["next"]]


for _kind in (
    "ValueError", "RuntimeError", "KeyError", "TypeError", "TimeoutError", "GraphRecursionError",
):  # fmt: skip
    cases.row(f"a {_kind} is told with its message", lambda peer, kind=_kind: _failing(peer, kind))
for _kind in ("Exception", "OSError", "AssertionError", "ZeroDivisionError", "OwnError"):
    cases.row(f"a {_kind} is told by its class only", lambda peer, kind=_kind: _failing(peer, kind))


@cases.same()
async def a_good_run_clears_the_threads_error(peer: Peer) -> Any:
    thread_id = await peer.thread()
    await peer.wait(thread_id, "errs", input={"x": "ValueError"})
    await peer.wait(thread_id, "errs", input={"x": ""})
    thread = await peer.sdk.threads.get(thread_id)
    return [thread["status"], thread["error"], thread["values"]]


async def _typed(peer: Peer, which: str) -> Any:
    thread_id = await peer.thread()
    streamed = await peer.stream(
        "POST",
        f"/threads/{thread_id}/runs/stream",
        {"assistant_id": "types", "input": {"which": which}, "stream_mode": ["updates"]},
    )
    thread = await peer.sdk.threads.get(thread_id)
    state = await peer.sdk.threads.get_state(thread_id)
    return [streamed.events("updates", "error"), thread["values"], state["values"]]


for _which in (
    "nan", "infinity", "text with NUL", "lone surrogate", "aware datetime", "naive datetime", "bytes", "set", "frozenset",
    "tuple", "deque", "uuid", "enum", "pydantic model", "dataclass", "named tuple", "non-ASCII", "message", "nested",
    "integer keys",
):  # fmt: skip
    cases.row(f"a value of kind {_which} is written alike", lambda peer, which=_which: _typed(peer, which))


for _which, _written in {
    "date": "2024-01-02",
    "time": "01:02:03",
    "timedelta": 60.5,
    "decimal": 1.25,
    "path": "/a/b",
}.items():
    _values = {"value": _written, "which": _which}
    cases.row(
        f"a value of kind {_which} is written in state as in streams",
        lambda peer, which=_which: _typed(peer, which),
        truth=[[["updates", {"show": {"value": _written}}]], _values, _values],
        because="the official server writes it otherwise in a thread's state than everywhere else; one encoder writes both here",
    )


@cases.same()
async def an_integer_too_big_to_be_kept_fails_the_run(peer: Peer) -> Any:
    return (await peer.events("types", {"which": "big integer"}, "updates")).events()
