"""A thread's state and history: read, written, forked."""

from typing import Any
from uuid import uuid4

from tests.conformance.case import Cases
from tests.conformance.cases.interrupts_and_commands import METADATA
from tests.conformance.peer import Peer

cases = Cases("thread state and history")

UNKNOWN = "1f1e58f6-370c-6658-bfff-ded5e4cb2e9c"


async def _ran(peer: Peer, graph: str = "steps", given: Any = None, **body: Any) -> str:
    thread_id = await peer.thread()
    await peer.wait(thread_id, graph, input={"note": "n"} if given is None else given, **body)
    return thread_id


async def _history(peer: Peer, thread_id: str) -> list[Any]:
    """Source, step, next and values of all checkpoints, oldest first."""
    history = await peer.sdk.threads.get_history(thread_id, limit=100)
    return [
        [state["metadata"]["source"], state["metadata"]["step"], state["next"], state["values"]]
        for state in reversed(history)
    ]


@cases.same()
async def a_fresh_threads_state_is_empty(peer: Peer) -> Any:
    return (await peer.ask("GET", f"/threads/{await peer.thread()}/state")).shown()


@cases.same()
async def a_fresh_threads_history_is_empty(peer: Peer) -> Any:
    thread_id = await peer.thread()
    return [
        (await peer.ask("GET", f"/threads/{thread_id}/history")).shown(),
        (await peer.ask("POST", f"/threads/{thread_id}/history", {})).shown(),
    ]


@cases.same(but_for=METADATA)
async def the_state_after_a_run_is_its_last_checkpoint(peer: Peer) -> Any:
    return (await peer.ask("GET", f"/threads/{await _ran(peer)}/state")).shown()


@cases.same(but_for=METADATA)
async def messages_in_a_state_are_flat(peer: Peer) -> Any:
    thread_id = await _ran(peer, "chat", {"messages": [{"role": "user", "content": "add 1 2"}]})
    return (await peer.ask("GET", f"/threads/{thread_id}/state")).body


@cases.same(but_for=METADATA)
async def the_state_of_a_failed_run_names_the_task_that_failed(peer: Peer) -> Any:
    return (await peer.ask("GET", f"/threads/{await _ran(peer, 'errs', {'x': 'OwnError'})}/state")).body


@cases.same()
async def the_state_of_an_unknown_thread_is_not_found(peer: Peer) -> Any:
    missing = uuid4()
    return [
        (await peer.ask("GET", f"/threads/{missing}/state")).shown(),
        (await peer.ask("GET", f"/threads/{missing}/history")).shown(),
        (await peer.ask("POST", f"/threads/{missing}/history", {})).shown(),
        (await peer.ask("POST", f"/threads/{missing}/state", {"values": {}})).shown(),
    ]


@cases.same(but_for={**METADATA, "checkpoint.checkpoint_ns": "the official server leaves it out of this one answer"})
async def the_state_at_a_checkpoint_is_what_it_was(peer: Peer) -> Any:
    thread_id = await _ran(peer)
    second = (await peer.sdk.threads.get_history(thread_id, limit=10))[2]
    return (await peer.ask("GET", f"/threads/{thread_id}/state/{second['checkpoint']['checkpoint_id']}")).body


@cases.same(but_for=METADATA)
async def a_state_may_be_asked_for_by_checkpoint(peer: Peer) -> Any:
    thread_id = await _ran(peer)
    second = (await peer.sdk.threads.get_history(thread_id, limit=10))[2]
    asked = {"checkpoint": second["checkpoint"]}
    return (await peer.ask("POST", f"/threads/{thread_id}/state/checkpoint", asked)).body


@cases.same()
async def an_unknown_checkpoint_is_an_empty_state_of_that_id(peer: Peer) -> Any:
    return (await peer.ask("GET", f"/threads/{await _ran(peer)}/state/{UNKNOWN}")).shown()


@cases.same()
async def a_state_at_no_checkpoint_is_refused(peer: Peer) -> Any:
    return (await peer.ask("POST", f"/threads/{await _ran(peer)}/state/checkpoint", {})).refusal()


@cases.same()
async def a_write_makes_a_checkpoint(peer: Peer) -> Any:
    thread_id = await _ran(peer)
    answer = await peer.ask("POST", f"/threads/{thread_id}/state", {"values": {"note": "written", "log": ["w"]}})
    return [answer.shown(), await _history(peer, thread_id)]


@cases.same()
async def a_write_shows_on_the_thread(peer: Peer) -> Any:
    thread_id = await _ran(peer)
    before = await peer.sdk.threads.get(thread_id)
    await peer.sdk.threads.update_state(thread_id, {"note": "written"})
    after = await peer.sdk.threads.get(thread_id)
    changed = [key for key in ("updated_at", "state_updated_at", "created_at") if before[key] != after[key]]
    return [after["values"], after["status"], changed]


@cases.same()
async def a_write_as_a_node_goes_on_after_it(peer: Peer) -> Any:
    thread_id = await _ran(peer)
    await peer.sdk.threads.update_state(thread_id, {"log": ["w"]}, as_node="a")
    thread = await peer.sdk.threads.get(thread_id)
    return [
        thread["status"],
        (await peer.sdk.threads.get_state(thread_id))["next"],
        await peer.wait(thread_id, "steps"),
    ]


@cases.same()
async def a_write_as_the_end_clears_what_was_next(peer: Peer) -> Any:
    thread_id = await _ran(peer, interrupt_before=["b"])
    await peer.sdk.threads.update_state(thread_id, None, as_node="__end__")
    return [(await peer.sdk.threads.get_state(thread_id))["next"], (await peer.sdk.threads.get(thread_id))["status"]]


@cases.same()
async def a_write_as_copy_clones_the_checkpoint(peer: Peer) -> Any:
    thread_id = await _ran(peer)
    answer = await peer.ask("POST", f"/threads/{thread_id}/state", {"values": None, "as_node": "__copy__"})
    return [answer.status, await _history(peer, thread_id)]


@cases.same()
async def a_write_at_an_older_checkpoint_forks(peer: Peer) -> Any:
    thread_id = await _ran(peer)
    older = (await peer.sdk.threads.get_history(thread_id, limit=10))[2]["checkpoint"]
    asked = {"values": {"note": "forked"}, "checkpoint": older}
    answer = await peer.ask("POST", f"/threads/{thread_id}/state", asked)
    state = await peer.sdk.threads.get_state(thread_id)
    same_parent = state["parent_checkpoint"]["checkpoint_id"] == older["checkpoint_id"]  # type: ignore[index]
    return [answer.status, same_parent, state["values"], state["next"], await _history(peer, thread_id)]


@cases.same()
async def a_write_may_name_its_checkpoint_by_id(peer: Peer) -> Any:
    thread_id = await _ran(peer)
    older = (await peer.sdk.threads.get_history(thread_id, limit=10))[2]["checkpoint"]
    asked = {"values": {"note": "forked"}, "checkpoint_id": older["checkpoint_id"]}
    answer = await peer.ask("POST", f"/threads/{thread_id}/state", asked)
    return [answer.status, (await peer.sdk.threads.get_state(thread_id))["values"]]


@cases.same()
async def an_answer_may_be_written_for_an_interrupted_node(peer: Peer) -> Any:
    thread_id = await _ran(peer, "hitl", {"q": "Q"})
    await peer.sdk.threads.update_state(thread_id, {"a": "written"}, as_node="ask")
    thread = await peer.sdk.threads.get(thread_id)
    return [thread["status"], thread["interrupts"], thread["values"], await peer.wait(thread_id, "hitl")]


@cases.same()
async def a_subgraphs_state_is_written_at_its_checkpoint(peer: Peer) -> Any:
    thread_id = await _ran(peer, "subhitl", {"foo": "x"})
    nested = (await peer.ask("GET", f"/threads/{thread_id}/state?subgraphs=true")).body["tasks"][0]["state"]
    asked = {"values": {"foo": "changed"}, "checkpoint": nested["checkpoint"]}
    answer = await peer.ask("POST", f"/threads/{thread_id}/state", asked)
    after = (await peer.ask("GET", f"/threads/{thread_id}/state?subgraphs=true")).body
    return [answer.shown(), after["values"], after["tasks"][0]["state"]["values"], after["next"]]


@cases.same()
async def an_empty_write_is_a_write(peer: Peer) -> Any:
    thread_id = await _ran(peer)
    answers = [(await peer.ask("POST", f"/threads/{thread_id}/state", body)).status for body in ({}, {"values": None})]
    return [answers, await _history(peer, thread_id)]


@cases.same()
async def unknown_keys_of_a_write_are_ignored(peer: Peer) -> Any:
    thread_id = await _ran(peer)
    answer = await peer.ask("POST", f"/threads/{thread_id}/state", {"values": {"nowhere": 1}})
    return [answer.status, (await peer.sdk.threads.get_state(thread_id))["values"]]


@cases.same()
async def a_write_as_an_unknown_node_is_refused(peer: Peer) -> Any:
    asked = {"values": {"note": "x"}, "as_node": "zz"}
    return (await peer.ask("POST", f"/threads/{await _ran(peer)}/state", asked)).shown()


@cases.same()
async def a_write_of_another_type_is_refused(peer: Peer) -> Any:
    return (await peer.ask("POST", f"/threads/{await _ran(peer)}/state", {"values": 5})).refusal()


@cases.same()
async def a_write_to_a_thread_without_a_graph_is_refused(peer: Peer) -> Any:
    answer = await peer.ask("POST", f"/threads/{await peer.thread()}/state", {"values": {"note": "x"}})
    return [answer.status, "has no assigned graph ID" in answer.body["detail"]]


@cases.same()
async def a_write_while_a_run_is_on_conflicts(peer: Peer) -> Any:
    thread_id, run_id = await peer.asleep()
    answer = await peer.ask("POST", f"/threads/{thread_id}/state", {"values": {"secs": 0}})
    await peer.sdk.runs.cancel(thread_id, run_id)
    return answer.refusal()


@cases.same()
async def a_thread_told_its_graph_can_be_written_before_any_run(peer: Peer) -> Any:
    thread_id = await peer.thread(metadata={"graph_id": "steps"})
    await peer.sdk.threads.update_state(thread_id, {"note": "first"}, as_node="a")
    return [await _history(peer, thread_id), (await peer.sdk.threads.get(thread_id))["values"]]


@cases.same()
async def a_thread_of_a_graph_that_is_gone_is_not_found(peer: Peer) -> Any:
    thread_id = await peer.thread(metadata={"graph_id": "gone"})
    return (await peer.ask("GET", f"/threads/{thread_id}/state")).shown()


@cases.ours(
    [
        {"next": [], "values": {"log": ["a", "b", "c"], "note": "n"}},
        {"next": [], "values": {"log": ["a", "b", "c"], "note": "n"}},
        [
            {"next": [], "values": {"log": ["a", "b", "c"], "note": "n"}},
            {"next": ["c"], "values": {"log": ["a", "b"], "note": "n"}},
        ],
    ],
    because="the SDK sends `select` with get_state and get_history; the official server does not read it",
)
async def a_state_may_be_of_some_keys(peer: Peer) -> Any:
    thread_id = await _ran(peer)
    checkpoint = (await peer.sdk.threads.get_state(thread_id))["checkpoint"]
    select = ["values", "next"]
    return [
        await peer.sdk.threads.get_state(thread_id, select=select),  # type: ignore[arg-type]
        await peer.sdk.threads.get_state(thread_id, checkpoint=checkpoint, select=select),  # type: ignore[arg-type]
        await peer.sdk.threads.get_history(thread_id, select=select, limit=2),  # type: ignore[arg-type]
    ]


# --- history


@cases.same(but_for=METADATA)
async def history_is_every_checkpoint_newest_first(peer: Peer) -> Any:
    return (await peer.ask("GET", f"/threads/{await _ran(peer)}/history?limit=10")).body


@cases.same()
async def history_has_a_limit(peer: Peer) -> Any:
    thread_id = await _ran(peer)
    return [
        len((await peer.ask("GET", f"/threads/{thread_id}/history?limit=2")).body),
        len((await peer.ask("POST", f"/threads/{thread_id}/history", {"limit": 3})).body),
        (await peer.ask("GET", f"/threads/{thread_id}/history?limit=0")).body,
        len((await peer.ask("POST", f"/threads/{thread_id}/history", {})).body),
    ]


@cases.ours(
    [5, 200],
    because="the OpenAPI document says a GET's default limit is 10; the official server takes 1",
)
async def history_without_a_limit_is_the_last_ten(peer: Peer) -> Any:
    answer = await peer.ask("GET", f"/threads/{await _ran(peer)}/history")
    return [len(answer.body), answer.status]


@cases.same()
async def a_limit_that_is_no_number_is_refused(peer: Peer) -> Any:
    thread_id = await _ran(peer)
    return [
        (await peer.ask("GET", f"/threads/{thread_id}/history?limit=abc")).refusal(),
        (await peer.ask("POST", f"/threads/{thread_id}/history", {"limit": 0})).refusal(),
        (await peer.ask("POST", f"/threads/{thread_id}/history", {"limit": 1001})).refusal(),
    ]


@cases.same()
async def history_goes_on_before_a_checkpoint(peer: Peer) -> Any:
    thread_id = await _ran(peer)
    middle = (await peer.sdk.threads.get_history(thread_id, limit=10))[2]["checkpoint"]["checkpoint_id"]
    named = {"configurable": {"checkpoint_id": middle}}
    by_get = (await peer.ask("GET", f"/threads/{thread_id}/history?limit=10&before={middle}")).body
    by_post = (await peer.ask("POST", f"/threads/{thread_id}/history", {"limit": 10, "before": named})).body
    return [[state["metadata"]["step"] for state in states] for states in (by_get, by_post)]


@cases.ours(
    [0, -1],
    because="the official server answers 500 to a `before` given as a checkpoint, as the Python SDK's types say",
)
async def history_goes_on_before_a_checkpoint_given_as_one(peer: Peer) -> Any:
    thread_id = await _ran(peer)
    middle = (await peer.sdk.threads.get_history(thread_id, limit=10))[2]["checkpoint"]
    async with peer.fresh_http() as http:  # the official server breaks the connection with its 500
        answer = await http.post(f"/threads/{thread_id}/history", json={"limit": 10, "before": middle})
    return [state["metadata"]["step"] for state in answer.json()] if answer.status_code == 200 else answer.status_code


@cases.same()
async def history_is_filtered_by_metadata(peer: Peer) -> Any:
    thread_id = await _ran(peer)
    await peer.sdk.threads.update_state(thread_id, {"note": "w"})
    return [
        [state["metadata"]["step"] for state in (await peer.ask("POST", f"/threads/{thread_id}/history", body)).body]
        for body in (
            {"limit": 10, "metadata": {"source": "update"}},
            {"limit": 10, "metadata": {"source": "loop", "step": 1}},
            {"limit": 10, "metadata": {"source": "nothing"}},
        )
    ]


@cases.same()
async def a_subgraph_has_a_history_of_its_own(peer: Peer) -> Any:
    thread_id = await _ran(peer, "subhitl", {"foo": "x"})
    task = (await peer.sdk.threads.get_state(thread_id))["tasks"][0]
    asked = {"limit": 10, "checkpoint": {"checkpoint_ns": task["checkpoint"]["checkpoint_ns"]}}  # type: ignore[index]
    states = (await peer.ask("POST", f"/threads/{thread_id}/history", asked)).body
    asked["checkpoint"] = {"checkpoint_ns": "nowhere:1"}
    return [
        [[state["metadata"]["step"], state["next"], state["values"]] for state in states],
        (await peer.ask("POST", f"/threads/{thread_id}/history", asked)).body,
    ]


@cases.ours(
    [0, -1],
    because="the Python SDK's get_history takes `before` as text too, and sends it so; the official server refuses it",
)
async def history_goes_on_before_a_checkpoint_id(peer: Peer) -> Any:
    thread_id = await _ran(peer)
    middle = (await peer.sdk.threads.get_history(thread_id, limit=10))[2]["checkpoint"]["checkpoint_id"]
    answer = await peer.ask("POST", f"/threads/{thread_id}/history", {"limit": 10, "before": middle})
    return [state["metadata"]["step"] for state in answer.body] if answer.status == 200 else answer.status
