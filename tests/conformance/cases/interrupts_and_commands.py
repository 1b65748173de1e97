"""Interrupts, breakpoints, resuming, and commands that write or go somewhere."""

from typing import Any

from tests.conformance.case import Cases
from tests.conformance.peer import Peer

cases = Cases("interrupts and commands")

_PLACE = (
    "thread_id", "checkpoint_ns", "checkpoint_map", "langgraph_checkpoint_ns", "langgraph_node", "langgraph_path",
    "langgraph_step", "langgraph_triggers",
)  # fmt: skip
METADATA = {
    f"metadata.{key}": "the library's Postgres checkpointer does not repeat in a checkpoint's metadata where it is; "
    "the checkpoint beside it says so"
    for key in _PLACE
}


async def _interrupted(peer: Peer, graph: str, given: Any, **body: Any) -> str:
    thread_id = await peer.thread()
    await peer.wait(thread_id, graph, input=given, **body)
    return thread_id


async def _ids(peer: Peer, thread_id: str) -> dict[str, str]:
    """The pending interrupts' ids by what they ask."""
    state = await peer.sdk.threads.get_state(thread_id)
    return {str(one["value"]): one["id"] for one in state["interrupts"]}


@cases.same()
async def waiting_for_an_interrupt_answers_with_it(peer: Peer) -> Any:
    return await peer.wait(await peer.thread(), "hitl", input={"q": "Q"})


@cases.same()
async def an_interrupted_thread_shows_its_interrupts_by_task(peer: Peer) -> Any:
    thread = await peer.sdk.threads.get(await _interrupted(peer, "hitl", {"q": "Q"}))
    return {key: thread[key] for key in ("status", "interrupts", "values", "error")}


@cases.same()
async def the_run_that_was_interrupted_is_a_success(peer: Peer) -> Any:
    thread_id = await _interrupted(peer, "hitl", {"q": "Q"})
    return [run["status"] for run in await peer.sdk.runs.list(thread_id)]


@cases.same(but_for=METADATA)
async def an_interrupted_state_names_its_task_and_interrupt(peer: Peer) -> Any:
    return await peer.sdk.threads.get_state(await _interrupted(peer, "hitl", {"q": "Q"}))


@cases.same()
async def resuming_with_a_value_goes_on(peer: Peer) -> Any:
    thread_id = await _interrupted(peer, "hitl", {"q": "Q"})
    asked = {"assistant_id": "hitl", "command": {"resume": "ANS"}, "stream_mode": ["values", "updates"]}
    streamed = await peer.stream("POST", f"/threads/{thread_id}/runs/stream", asked)
    thread = await peer.sdk.threads.get(thread_id)
    return [streamed.events(), thread["status"], thread["interrupts"]]


@cases.same()
async def any_json_is_a_resume_value(peer: Peer) -> Any:
    answers = []
    for value in ({"deep": [1, None]}, [1], 0, False, ""):
        thread_id = await _interrupted(peer, "hitl", {"q": "Q"})
        answers.append(await peer.wait(thread_id, "hitl", command={"resume": value}))
    return answers


@cases.same()
async def a_command_wins_over_an_input(peer: Peer) -> Any:
    thread_id = await _interrupted(peer, "hitl", {"q": "Q"})
    return await peer.wait(thread_id, "hitl", input={"q": "other"}, command={"resume": "ANS"})


@cases.same()
async def a_new_input_starts_over_instead_of_resuming(peer: Peer) -> Any:
    thread_id = await _interrupted(peer, "hitl", {"q": "Q"})
    return await peer.wait(thread_id, "hitl", input={"q": "again"})


@cases.same()
async def two_interrupts_wait_side_by_side(peer: Peer) -> Any:
    thread_id = await _interrupted(peer, "hitl2", {})
    state = await peer.sdk.threads.get_state(thread_id)
    thread = await peer.sdk.threads.get(thread_id)
    return [
        sorted(state["next"]),
        sorted(one["value"] for one in state["interrupts"]),
        sorted(one["value"] for several in thread["interrupts"].values() for one in several),
    ]


@cases.same()
async def who_waits_is_told_of_two_interrupts(peer: Peer) -> Any:
    told = await peer.wait(await peer.thread(), "hitl2", input={})
    return sorted(one["value"] for one in told["__interrupt__"])


@cases.same()
async def two_interrupts_are_resumed_by_their_ids(peer: Peer) -> Any:
    thread_id = await _interrupted(peer, "hitl2", {})
    ids = await _ids(peer, thread_id)
    return await peer.wait(thread_id, "hitl2", command={"resume": {ids["one"]: "A", ids["two"]: "B"}})


@cases.same()
async def a_bare_value_for_two_interrupts_fails_the_run(peer: Peer) -> Any:
    thread_id = await _interrupted(peer, "hitl2", {})
    return await peer.wait(thread_id, "hitl2", command={"resume": "A"})


@cases.same()
async def resuming_with_nothing_pending_changes_nothing(peer: Peer) -> Any:
    thread_id = await _interrupted(peer, "steps", {"note": "n"})
    values = await peer.wait(thread_id, "steps", command={"resume": "A"})
    return [values, (await peer.sdk.runs.list(thread_id))[0]["status"]]


@cases.same(but_for=METADATA)
async def an_interrupt_in_a_subgraph_is_shown_at_the_root(peer: Peer) -> Any:
    thread_id = await _interrupted(peer, "subhitl", {"foo": "x"}, stream_subgraphs=True)
    thread = await peer.sdk.threads.get(thread_id)
    return [await peer.sdk.threads.get_state(thread_id), thread["interrupts"], thread["status"]]


@cases.ours(
    True,
    because="the official server keys a subgraph's interrupt by the innermost task only if the run streamed subgraphs, else "
    "by the root's; what was streamed is nothing to the thread",
)
async def an_interrupt_is_keyed_by_the_innermost_task_whatever_was_streamed(peer: Peer) -> Any:
    thread_id = await _interrupted(peer, "subhitl", {"foo": "x"})
    state = await peer.sdk.threads.get_state(thread_id, subgraphs=True)
    innermost = state["tasks"][0]["state"]["tasks"][0]["id"]  # type: ignore[index]
    return [innermost] == list((await peer.sdk.threads.get(thread_id))["interrupts"])


@cases.same()
async def an_interrupt_in_a_subgraph_is_resumed_from_the_root(peer: Peer) -> Any:
    thread_id = await _interrupted(peer, "subhitl", {"foo": "x"})
    asked = {
        "assistant_id": "subhitl",
        "command": {"resume": "yes"},
        "stream_mode": ["values", "updates"],
        "stream_subgraphs": True,
    }
    return (await peer.stream("POST", f"/threads/{thread_id}/runs/stream", asked)).events()


@cases.same(but_for=METADATA)
async def the_state_of_a_waiting_subgraph_is_nested_on_request(peer: Peer) -> Any:
    thread_id = await _interrupted(peer, "subhitl", {"foo": "x"})
    return (await peer.ask("GET", f"/threads/{thread_id}/state?subgraphs=true")).body


@cases.same(but_for=METADATA)
async def a_subgraphs_state_is_read_at_its_checkpoint(peer: Peer) -> Any:
    thread_id = await _interrupted(peer, "subhitl", {"foo": "x"})
    task = (await peer.sdk.threads.get_state(thread_id))["tasks"][0]
    return (await peer.ask("POST", f"/threads/{thread_id}/state/checkpoint", {"checkpoint": task["checkpoint"]})).body


@cases.same()
async def a_breakpoint_before_a_node_stops_there(peer: Peer) -> Any:
    thread_id = await peer.thread()
    asked = {"assistant_id": "steps", "input": {}, "interrupt_before": ["b"], "stream_mode": ["values", "updates"]}
    streamed = await peer.stream("POST", f"/threads/{thread_id}/runs/stream", asked)
    thread = await peer.sdk.threads.get(thread_id)
    state = await peer.sdk.threads.get_state(thread_id)
    return [streamed.events(), thread["status"], thread["interrupts"], state["next"], state["interrupts"]]


@cases.same()
async def a_breakpoint_after_a_node_stops_there(peer: Peer) -> Any:
    thread_id = await peer.thread()
    values = await peer.wait(thread_id, "steps", input={}, interrupt_after=["b"])
    return [values, (await peer.sdk.threads.get_state(thread_id))["next"]]


@cases.same()
async def a_star_breaks_at_every_node(peer: Peer) -> Any:
    thread_id = await peer.thread()
    seen = [await peer.wait(thread_id, "steps", input={}, interrupt_before="*")]
    seen += [await peer.wait(thread_id, "steps", interrupt_before="*") for _ in range(2)]
    return seen


@cases.same()
async def a_bare_node_name_is_no_list_of_breakpoints(peer: Peer) -> Any:
    asked = {"assistant_id": "steps", "input": {}, "interrupt_before": "b"}
    return (await peer.ask("POST", f"/threads/{await peer.thread()}/runs/wait", asked)).refusal()


@cases.same()
async def a_breakpoint_at_an_unknown_node_does_nothing(peer: Peer) -> Any:
    return await peer.wait(await peer.thread(), "steps", input={}, interrupt_before=["nowhere"])


@cases.same()
async def a_run_without_input_goes_on_from_a_breakpoint(peer: Peer) -> Any:
    thread_id = await peer.thread()
    await peer.wait(thread_id, "steps", input={}, interrupt_before=["b"])
    return await peer.wait(thread_id, "steps")


@cases.same()
async def breakpoints_work_without_a_thread(peer: Peer) -> Any:
    asked = {"assistant_id": "steps", "input": {}, "interrupt_before": ["b"]}
    return (await peer.ask("POST", "/runs/wait", asked)).body


@cases.same()
async def a_command_updates_the_state(peer: Peer) -> Any:
    thread_id = await _interrupted(peer, "hitl", {"q": "Q"})
    return await peer.wait(thread_id, "hitl", command={"resume": "ANS", "update": {"q": "changed"}})


@cases.same()
async def an_update_may_be_a_list_of_pairs(peer: Peer) -> Any:
    thread_id = await _interrupted(peer, "steps", {"note": "n"})
    return await peer.wait(thread_id, "steps", command={"update": [["note", "pairs"], ["log", ["pair"]]]})


@cases.same()
async def a_command_goes_to_a_node(peer: Peer) -> Any:
    thread_id = await _interrupted(peer, "steps", {"note": "n"})
    return await peer.wait(thread_id, "steps", command={"goto": "b"})


@cases.same()
async def a_command_goes_to_several_nodes(peer: Peer) -> Any:
    thread_id = await _interrupted(peer, "steps", {"note": "n"})
    return await peer.wait(thread_id, "steps", command={"goto": ["b", "c"]})


@cases.same()
async def a_command_sends_a_node_an_input_of_its_own(peer: Peer) -> Any:
    thread_id = await _interrupted(peer, "steps", {"note": "n"})
    command = {"goto": {"node": "c", "input": {"note": "again"}}, "update": {"note": "sent"}}
    return await peer.wait(thread_id, "steps", command=command)


@cases.same()
async def a_command_sends_to_several_nodes(peer: Peer) -> Any:
    thread_id = await _interrupted(peer, "steps", {"note": "n"})
    command = {"goto": [{"node": "b", "input": {}}, {"node": "c", "input": {}}]}
    return await peer.wait(thread_id, "steps", command=command)


@cases.same()
async def a_command_to_an_unknown_node_does_what_the_library_does(peer: Peer) -> Any:
    thread_id = await _interrupted(peer, "steps", {"note": "n"})
    return await peer.wait(thread_id, "steps", command={"goto": "nowhere"})


@cases.same()
async def an_update_of_another_type_is_refused(peer: Peer) -> Any:
    thread_id = await _interrupted(peer, "steps", {"note": "n"})
    asked = {"assistant_id": "steps", "command": {"update": 5}}
    return (await peer.ask("POST", f"/threads/{thread_id}/runs/wait", asked)).refusal()


async def _fork(peer: Peer, **named: Any) -> Any:
    thread_id = await _interrupted(peer, "steps", {"note": "n"})
    history = await peer.sdk.threads.get_history(thread_id, limit=10)
    before_b = next(state for state in history if state["next"] == ["b"])
    chosen = {
        key: before_b["checkpoint"] if key == "checkpoint" else before_b["checkpoint"]["checkpoint_id"] for key in named
    }
    values = await peer.wait(thread_id, "steps", **chosen)
    after = await peer.sdk.threads.get_history(thread_id, limit=10)
    return [values, [(state["metadata"]["source"], state["metadata"]["step"], state["next"]) for state in after]]


@cases.same()
async def a_run_starts_from_a_checkpoint(peer: Peer) -> Any:
    return await _fork(peer, checkpoint=True)


@cases.same()
async def a_run_starts_from_a_checkpoint_id(peer: Peer) -> Any:
    return await _fork(peer, checkpoint_id=True)


@cases.same()
async def a_run_with_input_from_a_checkpoint_branches_off(peer: Peer) -> Any:
    thread_id = await peer.thread()
    for text in ("one", "two"):
        await peer.wait(thread_id, "chat", input={"messages": [{"role": "user", "content": text}]})
    history = await peer.sdk.threads.get_history(thread_id, limit=20)
    first = next(state for state in history if len(state["values"].get("messages", [])) == 2)
    values = await peer.wait(
        thread_id,
        "chat",
        input={"messages": [{"role": "user", "content": "three"}]},
        checkpoint={"checkpoint_id": first["checkpoint"]["checkpoint_id"], "checkpoint_ns": ""},
    )
    branched = await peer.sdk.threads.get_state(thread_id)
    return [
        [message["content"] for message in values["messages"]],
        [message["content"] for message in branched["values"]["messages"]],
    ]


@cases.same()
async def a_checkpoint_id_that_is_none_is_refused(peer: Peer) -> Any:
    asked = {"assistant_id": "steps", "input": {}, "checkpoint_id": "bogus"}
    return (await peer.ask("POST", f"/threads/{await peer.thread()}/runs/wait", asked)).refusal()


@cases.same()
async def an_unknown_checkpoint_starts_from_nothing(peer: Peer) -> Any:
    thread_id = await _interrupted(peer, "steps", {"note": "n"})
    unknown = "1f1e58f6-370c-6658-bfff-ded5e4cb2e9c"
    return await peer.wait(thread_id, "steps", input={"note": "m"}, checkpoint_id=unknown)


@cases.same()
async def one_of_two_interrupts_may_be_resumed_first(peer: Peer) -> Any:
    thread_id = await _interrupted(peer, "hitl2", {})
    ids = await _ids(peer, thread_id)
    first = await peer.wait(thread_id, "hitl2", command={"resume": {ids["one"]: "A"}})
    status = (await peer.sdk.threads.get(thread_id))["status"]
    second = await peer.wait(thread_id, "hitl2", command={"resume": {ids["two"]: "B"}})
    return [first, status, second]
