"""The commands of event streaming v2, and what is wrong with some."""

import asyncio
from typing import Any
from uuid import uuid4

from tests.conformance.case import Cases
from tests.conformance.peer import Peer
from tests.conformance.protocol import Thread

cases = Cases("event streaming: commands")

_NAMED_BY_THE_PROTOCOL = "the official server does not know this command, though its protocol names it"


async def _replies(peer: Peer, *bodies: Any) -> list[Any]:
    path = f"/threads/{uuid4()}/commands"
    return [(await peer.ask("POST", path, body)).shown() for body in bodies]


async def _asked(peer: Peer, graph: str = "hitl", given: Any = None) -> tuple[Thread, list[str]]:
    """A thread that waits, and what for."""
    thread = Thread(peer)
    await thread.over(graph, {"q": "Q"} if given is None else given)
    return thread, await thread.questions()


async def _settled(thread: Thread) -> Any:
    """The thread's values, once none of its runs is left."""
    async with asyncio.timeout(30):
        while any(run["status"] in ("pending", "running") for run in await thread.peer.sdk.runs.list(thread.id)):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return (await thread.state())["values"]


# --- what a command is


@cases.same()
async def what_is_no_command_is_refused(peer: Peer) -> Any:
    methods = (
        {"id": 1},
        {"id": 1, "method": 5},
        {"id": "a", "method": "run.start"},
        {"id": 1.5, "method": "run.start"},
    )
    return await _replies(peer, {}, [], 5, "x", {"method": "run.start"}, *methods)


@cases.same()
async def what_is_no_json_is_refused(peer: Peer) -> Any:
    path = f"/threads/{uuid4()}/commands"
    answers = [(await peer.ask("POST", path, content=content)).shown() for content in (b"", b"{bad", b"null")]
    return [*answers, (await peer.ask("GET", path)).shown()]


@cases.same()
async def an_unknown_command_is_named(peer: Peer) -> Any:
    return await _replies(peer, {"id": 7, "method": "nope.nope"}, {"id": -1, "method": "", "params": {}})


@cases.ours(
    [400, 400],
    because="true is no integer, but the official server is written in Python, where it is one",
)
async def truth_is_no_id(peer: Peer) -> Any:
    return [reply["status"] for reply in await _replies(peer, *({"id": one, "method": "x"} for one in (True, False)))]


# --- starting runs


@cases.same()
async def a_run_needs_an_assistant(peer: Peer) -> Any:
    given = (None, [], {}, {"assistant_id": 5}, {"assistant_id": ""})
    asked = [{"id": 1, "method": "run.start", "params": params} for params in given]
    return await _replies(peer, *asked, {"id": 1, "method": "run.start"})


@cases.same()
async def a_run_of_what_is_not_there_is_an_unknown_error(peer: Peer) -> Any:
    thread = Thread(peer)
    return [await thread.command("run.start", assistant_id=one, input={}) for one in ("nope", str(uuid4()))]


@cases.same()
async def a_run_on_what_is_no_thread_is_an_unknown_error(peer: Peer) -> Any:
    return await Thread(peer, "nope").command("run.start", assistant_id="steps", input={})


@cases.same(
    but_for={
        "kwargs": "the official server keeps its request in it",
        "graph_id": "the official server names the graph in a run's metadata from the thread's second run on",
    }
)
async def a_run_is_started_on_a_thread_that_was_not_there(peer: Peer) -> Any:
    thread = Thread(peer)
    reply = await thread.command(
        "run.start",
        assistant_id="steps",
        input={"note": "n"},
        metadata={"m": 1},
        config={"metadata": {"c": 2}, "tags": ["x"]},
    )
    await thread.finished(reply["result"]["run_id"])
    run = await peer.sdk.runs.get(thread.id, reply["result"]["run_id"])
    return [reply, run, await peer.sdk.threads.get(thread.id)]


@cases.same()
async def such_a_run_is_kept_to_be_read_again(peer: Peer) -> Any:
    thread = Thread(peer)
    run = await peer.sdk.runs.get(thread.id, await thread.over("steps", {}))
    return {key: run["kwargs"][key] for key in ("stream_mode", "subgraphs", "resumable", "input", "command")}


@cases.same()
async def input_for_a_thread_that_waits_is_the_answer(peer: Peer) -> Any:
    thread, _ = await _asked(peer)
    run = await peer.sdk.runs.get(thread.id, await thread.over("hitl", {"said": "yes"}))
    return [run["kwargs"]["command"], run["kwargs"]["input"], (await thread.state())["values"]]


@cases.same()
async def no_input_asks_again(peer: Peer) -> Any:
    thread, asked = await _asked(peer)
    await thread.over("hitl", None)
    return [(await thread.state())["values"], await thread.questions() == asked]


@cases.same()
async def one_input_is_no_answer_to_two_questions(peer: Peer) -> Any:
    thread, _ = await _asked(peer, "hitl2", {})
    run = await peer.sdk.runs.get(thread.id, await thread.over("hitl2", "A"))
    return [run["status"], run["kwargs"]["command"], (await peer.sdk.threads.get(thread.id))["error"]]


@cases.same()
async def a_breakpoint_asks_nothing(peer: Peer) -> Any:
    thread = Thread(peer, await peer.thread())
    await peer.wait(thread.id, "steps", input={"note": "a"}, interrupt_before=["b"])
    await thread.over("steps", {"note": "z"})
    return (await thread.state())["values"]


@cases.same()
async def a_run_may_start_at_an_earlier_checkpoint(peer: Peer) -> Any:
    thread = Thread(peer)
    await thread.over("steps", {"note": "n"})
    history = await peer.sdk.threads.get_history(thread.id, limit=20)
    [before_b] = [state["checkpoint"]["checkpoint_id"] for state in history if state["next"] == ["b"]]
    await thread.over("steps", None, config={"configurable": {"checkpoint_id": before_b}})
    longer = await peer.sdk.threads.get_history(thread.id, limit=20)
    return [(await thread.state())["values"], [state["next"] for state in longer]]


@cases.same()
async def a_checkpoint_that_is_none_is_refused(peer: Peer) -> Any:
    thread = Thread(peer)
    given = ("nope", "", 5)
    return [
        await thread.command(
            "run.start", assistant_id="steps", input={}, config={"configurable": {"checkpoint_id": one}}
        )
        for one in given
    ]


@cases.ours(
    "no_such_checkpoint",
    because="the official server starts from nothing where the checkpoint is not there; its protocol has a word for it",
)
async def a_checkpoint_that_is_not_there_is_told(peer: Peer) -> Any:
    thread = Thread(peer)
    await thread.over("steps", {"note": "n"})
    fork = {"configurable": {"checkpoint_id": str(uuid4())}}
    return (await thread.command("run.start", assistant_id="steps", input={}, config=fork)).get("error")


@cases.ours(
    {"q": "Q2"},
    because="the official server takes the input of a fork for an answer if the thread waits, at another checkpoint",
)
async def a_fork_of_a_thread_that_waits_takes_its_input(peer: Peer) -> Any:
    thread, _ = await _asked(peer)
    history = await peer.sdk.threads.get_history(thread.id, limit=20)
    first = history[-1]["checkpoint"]["checkpoint_id"]
    await thread.over("hitl", {"q": "Q2"}, config={"configurable": {"checkpoint_id": first}})
    return (await thread.state())["values"]


@cases.ours(
    [{"tone": "calm"}, ["b"], ["b"]],
    because="the official server drops a run's context and breakpoints without a word",
)
async def a_run_takes_what_any_run_does(peer: Peer) -> Any:
    told, stopped, camel = (Thread(peer) for _ in range(3))
    await told.over("told", {}, context={"tone": "calm"})
    await stopped.over("steps", {}, interrupt_before=["b"])
    await camel.over("steps", {}, interruptBefore=["b"])
    seen = (await told.state())["values"]["in_context"]
    return [seen, (await stopped.state())["next"], (await camel.state())["next"]]


@cases.ours(
    ["invalid_argument"] * 4,
    because="the official server ignores what it cannot read, or answers with an error of the language it is written in",
)
async def what_a_run_cannot_take_is_refused(peer: Peer) -> Any:
    thread = Thread(peer)
    wrong: tuple[dict[str, Any], ...] = (
        {"config": 5},
        {"metadata": 5},
        {"multitaskStrategy": "bogus"},
        {"durability": "never"},
    )
    replies = [await thread.command("run.start", assistant_id="steps", input={}, **one) for one in wrong]
    return [reply.get("error") for reply in replies]


@cases.same()
async def a_run_beside_a_live_one_may_be_refused(peer: Peer) -> Any:
    thread = Thread(peer)
    live = await thread.start("slow", {"secs": 30})
    await thread.asleep()
    reply = await thread.command("run.start", assistant_id="slow", input={"secs": 0}, multitaskStrategy="reject")
    await peer.sdk.runs.cancel(thread.id, live, wait=True)
    return reply


@cases.same()
async def a_run_waits_a_while_for_the_live_one_to_end(peer: Peer) -> Any:
    thread = Thread(peer)
    await thread.start("slow", {"secs": 1.5})
    await thread.asleep()
    reply = await thread.command("run.start", assistant_id="slow", input={"secs": 0}, multitaskStrategy="reject")
    return [reply, await _settled(thread)]


# --- answering


@cases.same()
async def an_answer_lets_the_thread_go_on(peer: Peer) -> Any:
    thread, [question] = await _asked(peer)
    replies = [
        await thread.command(
            "input.respond", namespace=["not", "looked at"], interrupt_id=question, response={"a": [1]}
        ),
    ]
    values = await _settled(thread)
    replies.append(await thread.command("input.respond", namespace=[], interrupt_id=question, response="late"))
    return [replies, values]


@cases.same()
async def an_answer_that_is_not_given_is_null(peer: Peer) -> Any:
    thread, [question] = await _asked(peer)
    await thread.command("input.respond", interrupt_id=question)
    return await _settled(thread)


@cases.same()
async def an_answer_may_come_with_an_update_and_metadata(peer: Peer) -> Any:
    thread, [question] = await _asked(peer)
    await thread.command(
        "input.respond",
        interrupt_id=question,
        response="ok",
        update={"q": "Q2"},
        metadata={"m": 1},
        config={"tags": ["t"]},
    )
    values = await _settled(thread)
    [run, *_] = await peer.sdk.runs.list(thread.id)
    return [values, run["metadata"].get("m"), run["kwargs"]["config"].get("tags")]


@cases.same()
async def several_answers_go_together(peer: Peer) -> Any:
    thread, questions = await _asked(peer, "hitl2", {})
    answers = [{"namespace": [], "interrupt_id": one, "response": f"A{index}"} for index, one in enumerate(questions)]
    return [await thread.command("input.respond", responses=answers), await _settled(thread)]


@cases.same()
async def some_of_several_questions_may_be_answered(peer: Peer) -> Any:
    thread, [first, second] = await _asked(peer, "hitl2", {})
    await thread.command("input.respond", interrupt_id=first, response="A")
    values = await _settled(thread)
    late = await thread.command("input.respond", interrupt_id=first, response="again")
    left = await thread.questions()
    await thread.command("input.respond", interrupt_id=second, response="B")
    return [values, left == [second], late, await _settled(thread)]


@cases.same()
async def one_unknown_question_refuses_all_answers(peer: Peer) -> Any:
    thread, [first, _] = await _asked(peer, "hitl2", {})
    answers = [{"namespace": [], "interrupt_id": one, "response": "A"} for one in (first, "nope")]
    return [await thread.command("input.respond", responses=answers), await thread.questions()]


@cases.same()
async def an_answer_may_be_wrong_in_many_ways(peer: Peer) -> Any:
    thread, [question] = await _asked(peer)
    wrong: tuple[dict[str, Any], ...] = (
        {},
        {"interrupt_id": 5},
        {"interrupt_id": "nope"},
        {"responses": []},
        {"responses": "x"},
        {"responses": [5]},
        {"responses": [{}]},
        {"interrupt_id": question, "namespace": "x"},
        {"responses": [{"interrupt_id": question, "namespace": [5]}]},
    )
    return [await thread.command("input.respond", **params) for params in wrong]


@cases.same()
async def where_nothing_ran_nothing_was_asked(peer: Peer) -> Any:
    return await Thread(peer).command("input.respond", namespace=[], interrupt_id="x", response=1)


@cases.same()
async def where_nothing_was_asked_no_answer_is_taken(peer: Peer) -> Any:
    thread = Thread(peer)
    await thread.over("steps", {})
    return await thread.command("input.respond", namespace=[], interrupt_id="x", response=1)


@cases.ours(
    ["invalid_argument", "invalid_argument", True],
    because="the official server takes the answer, which is then lost in a run that cannot be started",
)
async def an_answer_with_an_unreadable_update_is_not_taken(peer: Peer) -> Any:
    thread, [question] = await _asked(peer)
    wrong: tuple[dict[str, Any], ...] = ({"update": 5}, {"goto": 5})
    replies = [await thread.command("input.respond", interrupt_id=question, response=1, **one) for one in wrong]
    return [*(reply.get("error") for reply in replies), await thread.questions() == [question]]


# --- the rest of the protocol


@cases.same()
async def a_thread_without_a_run_has_no_tree(peer: Peer) -> Any:
    return await Thread(peer).command("agent.getTree")


@cases.ours(
    {"namespace": [], "status": "completed", "graph_name": "sub", "children": [["child", "completed"]]},
    because="the official server has a thread's tree only on a WebSocket that watched it grow",
)
async def a_threads_tree_is_told_to_anyone(peer: Peer) -> Any:
    thread = Thread(peer)
    await thread.over("sub", {"foo": "x"})
    tree = (await thread.command("agent.getTree")).get("result", {}).get("tree", {})
    return {**tree, "children": [[child["graph_name"], child["status"]] for child in tree.get("children", ())]}


@cases.ours(
    [
        {"values": {"log": ["a", "b", "c"], "note": "n"}},
        {"values": {"note": "n"}},
        "no_such_namespace",
        "no_such_run",
    ],
    because=_NAMED_BY_THE_PROTOCOL,
)
async def a_state_is_read(peer: Peer) -> Any:
    thread = Thread(peer)
    await thread.over("steps", {"note": "n"})
    replies = [
        await thread.command("state.get", namespace=[]),
        await thread.command("state.get", namespace=[], keys=["note", "other"]),
        await thread.command("state.get", namespace=["nowhere:1"]),
        await Thread(peer).command("state.get", namespace=[]),
    ]
    shown = [reply.get("result", reply.get("error")) for reply in replies]
    return [{"values": one["values"]} if isinstance(one, dict) else one for one in shown]


@cases.ours(
    [[[3, "c"], [2, "b"]], [[1, "a"], [0, None], [-1, None]]],
    because=_NAMED_BY_THE_PROTOCOL,
)
async def checkpoints_are_listed_page_by_page(peer: Peer) -> Any:
    thread = Thread(peer)
    await thread.over("steps", {"note": "n"})
    first = (await thread.command("state.listCheckpoints", limit=2)).get("result", {}).get("checkpoints", [])
    if not first:
        return None
    rest = (await thread.command("state.listCheckpoints", before=first[-1]["id"]))["result"]["checkpoints"]
    return [[[one["step"], one.get("node_name")] for one in page] for page in (first, rest)]


@cases.ours([{"log": ["a", "b", "c"], "note": "other"}, "no_such_checkpoint"], because=_NAMED_BY_THE_PROTOCOL)
async def a_state_is_forked(peer: Peer) -> Any:
    thread = Thread(peer)
    await thread.over("steps", {"note": "n"})
    history = await peer.sdk.threads.get_history(thread.id, limit=20)
    first = history[-1]["checkpoint"]["checkpoint_id"]
    forked = await thread.command("state.fork", checkpoint_id=first, input={"note": "other"})
    if "result" not in forked:
        return forked["error"]
    await thread.finished(forked["result"]["run_id"])
    missing = await thread.command("state.fork", checkpoint_id=str(uuid4()))
    return [(await thread.state())["values"], missing["error"]]


@cases.ours([{}, ["hi there", "You said: more"], "not_supported", "not_supported"], because=_NAMED_BY_THE_PROTOCOL)
async def a_message_is_injected_where_a_graph_takes_messages(peer: Peer) -> Any:
    thread, plain = Thread(peer), Thread(peer)
    await thread.over("chat", {"messages": [{"role": "user", "content": "hi there"}]})
    await plain.over("steps", {})
    message = {"role": "user", "content": "more"}
    reply = await thread.command("input.inject", namespace=[], message=message)
    said = [
        one["content"] if isinstance(one["content"], str) else one["content"][0]["text"]
        for one in (await _settled(thread))["messages"]
    ]
    elsewhere = [
        await plain.command("input.inject", namespace=[], message=message),
        await thread.command("input.inject", namespace=["tools:1"], message=message),
    ]
    return [reply.get("result"), [said[0], said[-1]], *(one["error"] for one in elsewhere)]


@cases.ours(
    ["not_supported", "not_supported"],
    because="the official server answers with a subscription whose events nobody will ever get",
)
async def a_subscription_needs_a_connection(peer: Peer) -> Any:
    thread = Thread(peer)
    replies = [
        await thread.command("subscription.subscribe", channels=["values"]),
        await thread.command("subscription.unsubscribe", subscription_id="x"),
    ]
    return [reply.get("error") for reply in replies]
