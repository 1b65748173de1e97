"""Event streaming v2: what a thread's events are, as its readers get them."""

from typing import Any

from tests.conformance.case import Cases
from tests.conformance.peer import Peer, frames_of
from tests.conformance.protocol import ALL, Event, Thread, Watch, is_end, shown

cases = Cases("event streaming")

SAY = {"messages": [{"role": "user", "content": "hi there", "id": "m1"}]}
ADD = {"messages": [{"role": "user", "content": "add 1 2", "id": "m1"}]}

_EVERYWHERE = ("values", "messages", "lifecycle", "input")  # what the official server has of every graph
_ROOT: dict[str, Any] = {"namespaces": [[]], "depth": 0}
_BOTH_NAMES = {"data.value": "an interrupt's value is told under both of the names that clients look for"}


async def _events(peer: Peer, graph: str, given: Any, *channels: str, **params: Any) -> list[Event]:
    """The events of a run on a new thread."""
    thread = Thread(peer)
    async with thread.watched(*(channels or _EVERYWHERE), **params) as watch:
        await thread.start(graph, given)
        return await watch.until(is_end)


def _questions(watch: Watch) -> list[str]:
    return [event["params"]["data"]["interrupt_id"] for event in watch.events if event["method"] == "input.requested"]


# --- what a run shows


@cases.same()
async def a_run_begins_shows_its_values_and_ends(peer: Peer) -> Any:
    return shown(await _events(peer, "steps", {"note": "n"}))


@cases.same()
async def an_event_has_an_id_a_number_a_place_and_a_time(peer: Peer) -> Any:
    events = await _events(peer, "steps", {"note": "n"})
    keys = [[sorted(event), sorted(event["params"]), type(event["params"]["timestamp"]).__name__] for event in events]
    numbers = [event["seq"] for event in events]
    return [keys, numbers == sorted(set(numbers)), len({event["event_id"] for event in events}) == len(events)]


@cases.same()
async def a_message_comes_block_by_block(peer: Peer) -> Any:
    return shown(await _events(peer, "chat", SAY))


@cases.same()
async def a_models_tool_calls_are_blocks_of_its_message(peer: Peer) -> Any:
    return shown(await _events(peer, "chat", ADD, **_ROOT))


@cases.same()
async def a_subgraph_has_a_life_of_its_own(peer: Peer) -> Any:
    return shown(await _events(peer, "sub", {"foo": "x"}))


@cases.same()
async def a_run_that_fails_says_why_as_far_as_that_is_anybodys_business(peer: Peer) -> Any:
    return [shown(await _events(peer, "errs", {"x": x})) for x in ("ValueError", "OwnError")]


@cases.same()
async def a_functions_result_is_its_values(peer: Peer) -> Any:
    return shown(await _events(peer, "fn", 1))


@cases.same(but_for=_BOTH_NAMES)
async def a_question_comes_before_the_end_that_it_brings(peer: Peer) -> Any:
    return shown(await _events(peer, "hitl", {"q": "Q"}, "lifecycle", "input"))


@cases.same(but_for=_BOTH_NAMES)
async def several_questions_come_at_once(peer: Peer) -> Any:
    asked = [
        event for event in await _events(peer, "hitl2", {}, "lifecycle", "input") if event["method"] != "lifecycle"
    ]
    return shown(sorted(asked, key=lambda event: str(event["params"]["data"]["payload"])))


@cases.same(but_for=_BOTH_NAMES)
async def a_question_of_a_subgraph_names_it(peer: Peer) -> Any:
    events = await _events(peer, "subhitl", {"foo": "x"}, "input", "lifecycle")
    return shown([event for event in events if event["method"] == "input.requested"])


_ALL_GRAPHS = (
    "the official server shows this channel only of graphs that were compiled with a transformer for it; its protocol names "
    "the channel without that condition"
)


@cases.ours([[{"write": {"n": 0}}], [{"number": 0}, {"number": 1}, "a bare string"]], because=_ALL_GRAPHS)
async def updates_and_what_nodes_write_are_shown(peer: Peer) -> Any:
    events = await _events(peer, "writes", {"n": 2}, "updates", "custom", "lifecycle")
    return [
        [event["params"]["data"] for event in events if event["method"] == method] for method in ("updates", "custom")
    ]


@cases.ours(
    [["tool-started", "adder", {"a": 1, "b": 2}], ["tool-finished", "3"]],
    because=_ALL_GRAPHS,
)
async def tools_that_run_are_shown(peer: Peer) -> Any:
    told = []
    for event in await _events(peer, "chat", ADD, "tools", "lifecycle"):
        data = event["params"]["data"]
        if data["event"] == "tool-started":
            told.append([data["event"], data["tool_name"], data["input"]])
        elif data["event"] == "tool-finished":
            told.append([data["event"], data["output"]["content"]])
    return told


@cases.ours(
    [[-1, "input"], [0, "loop"], [1, "loop"], [2, "loop"], [3, "loop"]],
    because="the official server takes the channel and sends nothing on it; who forks a thread needs its checkpoints' ids",
)
async def checkpoints_are_shown_as_they_are_made(peer: Peer) -> Any:
    events = await _events(peer, "steps", {}, "checkpoints", "lifecycle")
    made = [event["params"]["data"] for event in events if event["method"] == "checkpoints"]
    return [[one["step"], one["source"]] for one in made]


@cases.ours(
    [["a", False], ["a", True], ["b", False], ["b", True], ["c", False], ["c", True]],
    because="the official server takes the channel and sends nothing on it",
)
async def tasks_are_shown_as_they_begin_and_end(peer: Peer) -> Any:
    events = await _events(peer, "steps", {}, "tasks", "lifecycle")
    tasks = [event["params"]["data"] for event in events if event["method"] == "tasks"]
    return [[one["name"], "result" in one] for one in tasks]


@cases.ours(
    ["model"],
    because="the official server does not say which node a message is of; clients tell the messages of parallel nodes "
    "apart by it",
)
async def a_message_names_its_node(peer: Peer) -> Any:
    events = await _events(peer, "chat", SAY, "messages", "lifecycle")
    return sorted({event["params"].get("node") for event in events if event["method"] == "messages"} - {None})


# --- several runs, and stops


@cases.same()
async def an_answered_question_lets_the_thread_go_on(peer: Peer) -> Any:
    thread = Thread(peer)
    async with thread.watched("lifecycle", "input", "values") as watch:
        await thread.start("hitl", {"q": "Q"})
        await watch.until(is_end)
        before = len(watch.events)
        [question] = _questions(watch)
        answers = [await thread.command("input.respond", namespace=[], interrupt_id=question, response="ANS")]
        await watch.until(is_end, 2)
        answers.append(await thread.command("input.respond", namespace=[], interrupt_id=question, response="late"))
    return [answers, shown(watch.events[before:])]


@cases.same()
async def a_thread_shows_run_after_run(peer: Peer) -> Any:
    thread = Thread(peer)
    async with thread.watched("lifecycle") as watch:
        for graph in ("steps", "errs", "steps"):
            await thread.over(graph, {"x": "ValueError"} if graph == "errs" else {})
        return shown(await watch.until(is_end, 3))


@cases.same()
async def a_run_that_was_started_the_classic_way_shows_its_life_and_values(peer: Peer) -> Any:
    thread = Thread(peer, await peer.thread())
    async with thread.watched("lifecycle", "values") as watch:
        await peer.wait(thread.id, "steps", input={"note": "n"})
        return shown(await watch.until(is_end))


async def _lives(peer: Peer, graph: str, given: Any, *, queued: bool) -> Any:
    """The lives of a run that is cancelled while it runs, and of one that is cancelled before it begins."""
    thread = Thread(peer, await peer.thread())
    async with thread.watched("lifecycle") as watch:
        run_id = await thread.start(graph, given)
        await thread.asleep()
        if queued:
            waiting = await peer.sdk.runs.create(thread.id, graph, input=given)
            await peer.sdk.runs.cancel(thread.id, waiting["run_id"], wait=True)
        await peer.sdk.runs.cancel(thread.id, run_id, wait=True)
        await watch.until(is_end)
        return [event["params"]["data"]["event"] for event in watch.events]


@cases.ours(
    ["running", "interrupted", "completed"],
    because="clients take an interruption for a question, and wait for the answer to it; a run that was cancelled asks "
    "nothing, so its end is told as well",
)
async def a_cancelled_run_ends(peer: Peer) -> Any:
    return await _lives(peer, "slow", {"secs": 30}, queued=False)


@cases.ours(
    ["running", "interrupted", "completed", "interrupted", "completed"],
    because="on the official server nothing is heard of a run that was cancelled before it began, so who waits for its "
    "end waits for ever",
)
async def a_run_that_is_cancelled_before_it_begins_ends_too(peer: Peer) -> Any:
    return await _lives(peer, "slow", {"secs": 30}, queued=True)


# --- who gets what


@cases.same()
async def a_reader_gets_the_channels_that_it_asks_for(peer: Peer) -> Any:
    thread = Thread(peer)
    await thread.over("sub", {"foo": "x"})
    seen = []
    for channels in (["values"], ["lifecycle"], ["input"], ["lifecycle", "values"], ["custom:stats"]):
        async with thread.watched(*channels) as watch:
            seen.append(shown(await watch.quiet()))
    return seen


@cases.same()
async def a_reader_may_look_at_some_graphs_only(peer: Peer) -> Any:
    thread = Thread(peer)
    await thread.over("sub", {"foo": "x"})
    seen: list[Any] = []
    for where in (
        {"namespaces": [[]], "depth": 0},
        {"namespaces": [[]], "depth": 1},
        {"namespaces": [["child"]]},
        {"namespaces": [["other"]]},
        {"namespaces": []},
        {"depth": 0},
        {"namespaces": [["child"], []], "depth": 0},
    ):
        async with thread.watched("lifecycle", "values", **where) as watch:
            seen.append([where, shown(await watch.quiet())])
    return seen


@cases.same()
async def a_new_reader_gets_all_there_was_under_the_same_ids(peer: Peer) -> Any:
    thread = Thread(peer)
    async with thread.watched("lifecycle", "values", "messages") as live:
        await thread.start("chat", SAY)
        await live.until(is_end)
    async with thread.watched("lifecycle", "values", "messages") as late:
        await late.until(is_end)
    known, found = [[(event["event_id"], event["seq"]) for event in watch.events] for watch in (live, late)]
    return [known == found, shown(late.events)]


@cases.same()
async def a_reader_that_comes_back_names_the_last_number_that_it_has(peer: Peer) -> Any:
    thread = Thread(peer)
    await thread.over("steps", {"note": "n"})
    async with thread.watched("lifecycle", "values") as watch:
        whole = await watch.until(is_end)
    rest = []
    for since in (0, whole[2]["seq"], whole[-1]["seq"], 10_000):
        async with thread.watched("lifecycle", "values", since=since) as watch:
            rest.append(shown(await watch.quiet()))
    return rest


@cases.same()
async def a_frame_carries_method_number_and_event(peer: Peer) -> Any:
    thread = Thread(peer)
    await thread.over("steps", {"note": "n"})
    raw = ""
    body = {"channels": ["lifecycle"]}
    async with peer.http.stream("POST", f"/threads/{thread.id}/stream/events", json=body) as response:
        head = [response.status_code, response.headers["content-type"], response.headers["cache-control"]]
        async for text in response.aiter_text():
            raw += text
            if "completed" in raw and raw.endswith("\r\n\r\n"):
                break
    return [head, [[frame.event, frame.id == str(frame.data["seq"]), frame.data["method"]] for frame in frames_of(raw)]]


@cases.same()
async def a_subscription_that_names_no_channels_is_refused(peer: Peer) -> Any:
    path = f"/threads/{Thread(peer).id}/stream/events"
    bodies: list[Any] = [{}, {"channels": []}, {"channels": "values"}, {"channels": None}, [], "x"]
    answers = [(await peer.ask("POST", path, body)).shown() for body in bodies]
    answers += [(await peer.ask("POST", path, content=content)).shown() for content in (b"", b"{bad", b"null")]
    return [*answers, (await peer.ask("GET", path)).shown()]


@cases.same()
async def channels_that_there_are_not_are_named(peer: Peer) -> Any:
    path = f"/threads/{Thread(peer).id}/stream/events"
    unknown = (["debug"], ["values", "debug", "events"], ["custom:"])
    answers = [(await peer.ask("POST", path, {"channels": channels})).shown() for channels in unknown]
    for answer in answers:  # ours has one channel more
        answer["body"]["detail"] = answer["body"]["detail"].replace("tasks, checkpoints, or", "tasks, or")
    return answers


@cases.ours(
    [[400, name] for name in ("since", "depth", "namespaces", "namespaces")],
    because="the official server ignores a place or a filter that it cannot read, and sends what was not asked for",
)
async def a_filter_that_cannot_be_read_is_refused(peer: Peer) -> Any:
    thread = Thread(peer)
    refused = []
    for wrong in ({"since": -1}, {"depth": "deep"}, {"namespaces": "child"}, {"namespaces": ["child"]}):
        body = {"channels": ["values"], **wrong}
        async with peer.http.stream("POST", f"/threads/{thread.id}/stream/events", json=body) as response:
            text = (await response.aread()).decode() if response.status_code != 200 else ""
        refused.append([response.status_code, next((name for name in wrong if name in text), None)])
    return refused


@cases.same()
async def all_channels_may_be_asked_for(peer: Peer) -> Any:
    async with Thread(peer).watched(*ALL) as watch:
        return await watch.quiet()
