"""Streams of runs: every mode alone and together, subgraphs, framing, coming back."""

import re
from typing import Any
from uuid import uuid4

from tests.conformance.case import Cases
from tests.conformance.cases.starting_runs import SAY
from tests.conformance.peer import Peer

cases = Cases("streaming runs")

ADD = {"messages": [{"role": "user", "content": "add 1 2"}]}
MODES = ("values", "updates", "messages", "messages-tuple", "custom", "tasks", "checkpoints", "debug")


async def _mode(peer: Peer, graph: str, given: Any, *modes: str, **body: Any) -> Any:
    return (await peer.events(graph, given, *modes, **body)).shown()


for _mode_name in MODES:
    cases.row(f"a model's answer in mode {_mode_name}", lambda peer, mode=_mode_name: _mode(peer, "chat", SAY, mode))
    cases.row(f"a tool call in mode {_mode_name}", lambda peer, mode=_mode_name: _mode(peer, "chat", ADD, mode))
    cases.row(
        f"a subgraph in mode {_mode_name} with subgraphs",
        lambda peer, mode=_mode_name: _mode(peer, "sub", {"foo": "x"}, mode, stream_subgraphs=True),
    )
    cases.row(f"an interrupt in mode {_mode_name}", lambda peer, mode=_mode_name: _mode(peer, "hitl", {"q": "Q"}, mode))
    cases.row(
        f"a failure in mode {_mode_name}",
        lambda peer, mode=_mode_name: _mode(peer, "errs", {"x": "OwnError"}, mode),
    )
for _mode_name in ("values", "updates", "custom", "debug"):
    cases.row(
        f"custom events in mode {_mode_name}", lambda peer, mode=_mode_name: _mode(peer, "writes", {"n": 2}, mode)
    )
    cases.row(f"a functional graph in mode {_mode_name}", lambda peer, mode=_mode_name: _mode(peer, "fn", 1, mode))
    cases.row(
        f"an interrupt in a subgraph in mode {_mode_name} with subgraphs",
        lambda peer, mode=_mode_name: _mode(peer, "subhitl", {"foo": "x"}, mode, stream_subgraphs=True),
    )
for _mode_name in ("values", "updates", "tasks", "debug"):
    cases.row(
        f"a graph that keeps something for itself in mode {_mode_name}",
        lambda peer, mode=_mode_name: _mode(peer, "secretive", {"q": "cats"}, mode),
    )
for _several in (
    ("values", "updates"),
    ("values", "messages-tuple"),
    ("messages", "messages-tuple"),
    ("updates", "custom"),
    ("updates", "tasks"),
    ("values", "checkpoints"),
    ("values", "updates", "messages", "custom", "tasks", "checkpoints", "debug"),
):
    cases.row(f"{', '.join(_several)} together", lambda peer, modes=_several: _mode(peer, "chat", ADD, *modes))


@cases.same()
async def events_mode_tells_what_runs_in_the_graph(peer: Peer) -> Any:
    streamed = await peer.events("steps", {}, "events")
    return [(event["event"], event["name"]) for _, event, *_ in streamed.events("events")]


@cases.same()
async def events_mode_with_values_interleaves_both(peer: Peer) -> Any:
    streamed = await peer.events("steps", {}, "values", "events")
    return [(name, data if name == "values" else data.get("event")) for name, data, *_ in streamed.events()]


@cases.same()
async def a_models_tokens_are_events_too(peer: Peer) -> Any:
    streamed = await peer.events("chat", SAY, "events")
    return [
        data["data"]["chunk"]["content"]
        for _, data, *_ in streamed.events("events")
        if data["event"] == "on_chat_model_stream"
    ]


@cases.same()
async def without_subgraphs_a_childs_steps_are_not_streamed(peer: Peer) -> Any:
    return (await peer.events("sub", {"foo": "x"}, "values", "updates")).events()


@cases.same()
async def a_stream_mode_may_be_a_bare_string(peer: Peer) -> Any:
    thread_id = await peer.thread()
    asked = {"assistant_id": "steps", "input": {}, "stream_mode": "updates"}
    return (await peer.stream("POST", f"/threads/{thread_id}/runs/stream", asked)).events()


@cases.same()
async def no_stream_mode_is_values(peer: Peer) -> Any:
    thread_id = await peer.thread()
    asked = {"assistant_id": "steps", "input": {}}
    return (await peer.stream("POST", f"/threads/{thread_id}/runs/stream", asked)).events()


@cases.same()
async def an_unknown_stream_mode_is_refused(peer: Peer) -> Any:
    asked = {"assistant_id": "steps", "input": {}, "stream_mode": ["tools"]}
    return (await peer.ask("POST", f"/threads/{await peer.thread()}/runs/stream", asked)).refusal()


@cases.same()
async def frames_are_events_data_then_id_in_crlf_lines(peer: Peer) -> Any:
    streamed = await peer.events("steps", {}, "values", stream_resumable=True)
    frames = streamed.raw.split("\r\n\r\n")
    return [[line.split(": ")[0] for line in frame.split("\r\n")] for frame in frames]


@cases.same()
async def only_resumable_runs_number_their_events(peer: Peer) -> Any:
    plain = await peer.events("steps", {}, "values")
    resumable = await peer.events("steps", {}, "values", stream_resumable=True)
    ids = [frame.id or "" for frame in resumable.frames]
    return [[frame.id for frame in plain.frames], [bool(re.match(r"^\d{13}-\d+$", one)) for one in ids]]


@cases.ours(True, because="the official server gives two events of one millisecond the same id", flaky=True)
async def ids_of_events_are_unique(peer: Peer) -> Any:
    streamed = await peer.events("writes", {"n": 200}, "custom", stream_resumable=True)
    ids = [frame.id for frame in streamed.frames]
    return len(set(ids)) == len(ids)


@cases.same()
async def a_stateless_stream_is_located_by_its_run_alone(peer: Peer) -> Any:
    streamed = await peer.stream("POST", "/runs/stream", {"assistant_id": "steps", "input": {}})
    return [streamed.headers["content-location"], streamed.headers["content-type"], streamed.events()]


@cases.ours(
    "/threads/<id 1>/runs/<id 2>/stream",
    because="the official server's Location of a stateless stream has no route; ours serves the stream",
)
async def a_stateless_stream_can_be_come_back_to(peer: Peer) -> Any:
    streamed = await peer.stream("POST", "/runs/stream", {"assistant_id": "steps", "input": {}})
    return streamed.headers["location"]


@cases.same()
async def a_resumable_run_is_replayed_from_its_start(peer: Peer) -> Any:
    thread_id = await peer.thread()
    asked = {
        "assistant_id": "chat",
        "input": SAY,
        "stream_mode": ["values", "messages-tuple"],
        "stream_resumable": True,
    }
    streamed = await peer.stream("POST", f"/threads/{thread_id}/runs/stream", asked)
    again = await peer.stream(
        "GET", f"/threads/{thread_id}/runs/{streamed.run_id}/stream", headers={"last-event-id": "-1"}
    )
    return [again.frames == streamed.frames, again.shown()]


@cases.same()
async def a_resumable_run_is_replayed_after_an_event(peer: Peer) -> Any:
    thread_id = await peer.thread()
    asked = {"assistant_id": "slow", "input": {"secs": 0.2}, "stream_mode": "updates", "stream_resumable": True}
    streamed = await peer.stream("POST", f"/threads/{thread_id}/runs/stream", asked)
    slept = next(frame for frame in streamed.frames if "slept" in str(frame.data))
    place = streamed.frames.index(slept)
    path = f"/threads/{thread_id}/runs/{streamed.run_id}/stream"
    again = await peer.stream("GET", path, headers={"last-event-id": streamed.frames[place - 1].id or ""})
    return again.frames == streamed.frames[place:]


@cases.same()
async def nothing_comes_after_the_last_event(peer: Peer) -> Any:
    thread_id = await peer.thread()
    asked = {"assistant_id": "steps", "input": {}, "stream_resumable": True}
    streamed = await peer.stream("POST", f"/threads/{thread_id}/runs/stream", asked)
    path = f"/threads/{thread_id}/runs/{streamed.run_id}/stream"
    return (await peer.stream("GET", path, headers={"last-event-id": streamed.frames[-1].id or ""})).events()


@cases.same()
async def an_unreadable_last_event_id_replays_nothing(peer: Peer) -> Any:
    thread_id = await peer.thread()
    asked = {"assistant_id": "steps", "input": {}, "stream_resumable": True}
    streamed = await peer.stream("POST", f"/threads/{thread_id}/runs/stream", asked)
    path = f"/threads/{thread_id}/runs/{streamed.run_id}/stream"
    return (await peer.stream("GET", path, headers={"last-event-id": "bogus"})).events()


@cases.same()
async def a_finished_run_joined_without_an_id_streams_nothing(peer: Peer) -> Any:
    thread_id = await peer.thread()
    asked = {"assistant_id": "steps", "input": {}, "stream_resumable": True}
    streamed = await peer.stream("POST", f"/threads/{thread_id}/runs/stream", asked)
    again = await peer.stream("GET", f"/threads/{thread_id}/runs/{streamed.run_id}/stream")
    return [again.status, again.headers["content-type"], again.events()]


@cases.same()
async def a_run_that_is_not_resumable_is_not_replayed(peer: Peer) -> Any:
    thread_id = await peer.thread()
    streamed = await peer.stream("POST", f"/threads/{thread_id}/runs/stream", {"assistant_id": "steps", "input": {}})
    path = f"/threads/{thread_id}/runs/{streamed.run_id}/stream"
    return (await peer.stream("GET", path, headers={"last-event-id": "-1"})).events()


@cases.same()
async def joining_a_live_run_streams_what_is_to_come(peer: Peer) -> Any:
    thread_id, run_id = await peer.asleep(4, stream_mode="updates")
    return (await peer.stream("GET", f"/threads/{thread_id}/runs/{run_id}/stream")).events()


@cases.same()
async def a_joined_stream_can_be_filtered_by_mode(peer: Peer) -> Any:
    thread_id = await peer.thread()
    asked = {"assistant_id": "chat", "input": SAY, "stream_mode": ["values", "updates"], "stream_resumable": True}
    streamed = await peer.stream("POST", f"/threads/{thread_id}/runs/stream", asked)
    path = f"/threads/{thread_id}/runs/{streamed.run_id}/stream?stream_mode=updates"
    return (await peer.stream("GET", path, headers={"last-event-id": "-1"})).names


@cases.same()
async def an_unknown_mode_filters_everything_out(peer: Peer) -> Any:
    thread_id = await peer.thread()
    asked = {"assistant_id": "chat", "input": SAY, "stream_mode": ["values"], "stream_resumable": True}
    streamed = await peer.stream("POST", f"/threads/{thread_id}/runs/stream", asked)
    path = f"/threads/{thread_id}/runs/{streamed.run_id}/stream?stream_mode=bogus"
    return (await peer.stream("GET", path, headers={"last-event-id": "-1"})).names


@cases.same()
async def either_name_of_messages_selects_their_tuples(peer: Peer) -> Any:
    thread_id = await peer.thread()
    asked = {
        "assistant_id": "chat",
        "input": SAY,
        "stream_mode": ["values", "messages-tuple"],
        "stream_resumable": True,
    }
    streamed = await peer.stream("POST", f"/threads/{thread_id}/runs/stream", asked)
    path = f"/threads/{thread_id}/runs/{streamed.run_id}/stream?stream_mode="
    headers = {"last-event-id": "-1"}
    return [(await peer.stream("GET", path + mode, headers=headers)).names for mode in ("messages", "messages-tuple")]


@cases.ours(
    ["messages/metadata", *["messages/partial"] * 4],
    because="the official server's filter by messages drops every messages/… event, so that nothing of what was asked is left",
)
async def messages_in_a_filter_selects_accumulated_messages(peer: Peer) -> Any:
    thread_id = await peer.thread()
    asked = {"assistant_id": "chat", "input": SAY, "stream_mode": ["values", "messages"], "stream_resumable": True}
    streamed = await peer.stream("POST", f"/threads/{thread_id}/runs/stream", asked)
    path = f"/threads/{thread_id}/runs/{streamed.run_id}/stream?stream_mode=messages"
    return (await peer.stream("GET", path, headers={"last-event-id": "-1"})).names


@cases.ours(
    [["error", {"error": "ValueError", "message": "the secret message"}, "id"]],
    because="a reader that filters by mode must still learn that the run failed; the official server keeps it "
    "from them",
)
async def errors_pass_a_mode_filter(peer: Peer) -> Any:
    thread_id = await peer.thread()
    asked = {"assistant_id": "errs", "input": {"x": "ValueError"}, "stream_resumable": True}
    streamed = await peer.stream("POST", f"/threads/{thread_id}/runs/stream", asked)
    path = f"/threads/{thread_id}/runs/{streamed.run_id}/stream?stream_mode=updates"
    return (await peer.stream("GET", path, headers={"last-event-id": "-1"})).events()


@cases.same()
async def joining_the_stream_of_an_unknown_run_streams_an_error(peer: Peer) -> Any:
    streamed = await peer.stream("GET", f"/threads/{await peer.thread()}/runs/{uuid4()}/stream")
    return [streamed.status, streamed.headers["content-type"], streamed.events()]


@cases.same()
async def joining_a_finished_run_answers_with_the_threads_values(peer: Peer) -> Any:
    thread_id = await peer.thread()
    run = await peer.sdk.runs.create(thread_id, "steps", input={"note": "n"})
    await peer.over(thread_id, run["run_id"])
    answer = await peer.ask("GET", f"/threads/{thread_id}/runs/{run['run_id']}/join")
    return [answer.status, answer.headers["content-type"], answer.body]


@cases.same()
async def joining_a_live_run_waits_for_its_values(peer: Peer) -> Any:
    thread_id, run_id = await peer.asleep(1)
    return (await peer.ask("GET", f"/threads/{thread_id}/runs/{run_id}/join")).body


@cases.ours(
    {"__interrupt__": [{"id": "<hash 1>", "value": {"question": "Q"}}], "q": "Q"},
    because="the official server answers with the interrupts alone and loses the thread's values, which a wait does give",
)
async def joining_an_interrupted_run_shows_its_interrupts(peer: Peer) -> Any:
    thread_id = await peer.thread()
    await peer.wait(thread_id, "hitl", input={"q": "Q"})
    run_id = (await peer.sdk.runs.list(thread_id))[0]["run_id"]
    return (await peer.ask("GET", f"/threads/{thread_id}/runs/{run_id}/join")).body


@cases.same()
async def joining_an_unknown_run_answers_with_an_error_and_200(peer: Peer) -> Any:
    answer = await peer.ask("GET", f"/threads/{await peer.thread()}/runs/{uuid4()}/join")
    return [answer.status, answer.body]


@cases.ours(
    ["metadata", "values", "values", "values"],
    because="without LangSmith the official server ends the stream with a LangSmithConnectionError after the values"
    "; a run must not fail for want of feedback URLs",
)
async def feedback_keys_without_langsmith_do_no_harm(peer: Peer) -> Any:
    return (await peer.events("steps", {}, "values", feedback_keys=["score"])).names
