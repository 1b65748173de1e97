"""A thread's own stream, across its runs."""

import asyncio
import contextlib
from typing import Any
from uuid import uuid4

from tests.conformance.case import Cases
from tests.conformance.peer import Peer, frames_of

cases = Cases("thread streams")


async def _watched(peer: Peer, query: str = "", writes: int = 0, graph: str = "steps", given: Any = None) -> Any:
    """What the thread's stream shows of a run, and of `writes` state updates after it."""
    thread_id = await peer.thread()
    raw, told_at = "", 0.0
    run_done = asyncio.Event()
    clock = asyncio.get_running_loop().time

    async def watch() -> None:
        nonlocal raw, told_at
        async with peer.http.stream("GET", f"/threads/{thread_id}/stream{query}") as response:
            opened.set_result([response.status_code, response.headers["content-type"]])
            async for text in response.aiter_text():
                raw += text
                told_at = clock()
                if "run_done" in raw:
                    run_done.set()

    opened: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    watcher = asyncio.create_task(watch())
    head = await opened
    await asyncio.sleep(0.2)
    await peer.wait(thread_id, graph, input=given or {"note": "n"})
    if writes and "lifecycle" in query:
        # The official server answers a waiting caller before it has marked the run as done, now and then.
        await asyncio.wait_for(run_done.wait(), 30)
    for _ in range(writes):
        await peer.sdk.threads.update_state(thread_id, {"note": "w"})
    told_at = clock()
    while (silent := clock() - told_at) < 1:  # noqa: ASYNC110 - until nothing more comes for a second
        await asyncio.sleep(1 - silent)
    watcher.cancel()
    await asyncio.gather(watcher, return_exceptions=True)
    return [head, [[frame.event, frame.data, bool(frame.id)] for frame in frames_of(raw)]]


@cases.same()
async def a_threads_stream_shows_its_runs_between_two_marks(peer: Peer) -> Any:
    return await _watched(peer)


@cases.same()
async def a_threads_stream_may_show_the_life_of_runs_only(peer: Peer) -> Any:
    return await _watched(peer, "?stream_modes=lifecycle")


@cases.same()
async def an_unknown_mode_of_a_threads_stream_is_refused(peer: Peer) -> Any:
    return (await peer.ask("GET", f"/threads/{await peer.thread()}/stream?stream_modes=bogus")).shown()


@cases.same()
async def an_unreadable_place_in_a_threads_stream_is_refused(peer: Peer) -> Any:
    headers = {"last-event-id": "bogus"}
    return (await peer.ask("GET", f"/threads/{await peer.thread()}/stream", headers=headers)).status


@cases.same()
async def the_stream_of_an_unknown_thread_is_open_and_silent(peer: Peer) -> Any:
    async with peer.http.stream("GET", f"/threads/{uuid4()}/stream") as response:
        return [response.status_code, response.headers["content-type"]]


@cases.same()
async def a_threads_stream_shows_writes_to_its_state(peer: Peer) -> Any:
    head, events = await _watched(peer, "?stream_modes=state_update", writes=2)
    return [head, [[name, sorted(data), data["state"]["values"]] for name, data, _ in events]]


@cases.same()
async def several_modes_of_a_threads_stream_come_together(peer: Peer) -> Any:
    head, events = await _watched(peer, "?stream_modes=lifecycle,state_update", writes=1)
    return [head, [name for name, _, _ in events]]


@cases.ours(
    [["metadata", "metadata"], ["metadata", "metadata"]],
    because="both SDKs send `stream_mode`, which the official server does not read, and of a repeated key it "
    "keeps the last only",
)
async def the_modes_may_be_named_as_the_sdks_name_them(peer: Peer) -> Any:
    shown = [
        await _watched(peer, query)
        for query in ("?stream_mode=lifecycle", "?stream_modes=lifecycle&stream_modes=state_update")
    ]
    return [[name for name, _, _ in events] for _, events in shown]


@cases.same()
async def a_failed_run_is_done_as_well(peer: Peer) -> Any:
    return await _watched(peer, graph="errs", given={"x": "ValueError"})


@cases.same()
async def what_a_resumable_run_said_can_be_read_later(peer: Peer) -> Any:
    thread_id = await peer.thread()
    asked = {"assistant_id": "steps", "input": {"note": "n"}, "stream_resumable": True}
    await peer.stream("POST", f"/threads/{thread_id}/runs/stream", asked)
    raw = ""
    headers = {"last-event-id": "0"}
    async with peer.http.stream("GET", f"/threads/{thread_id}/stream", headers=headers) as response:
        texts = response.aiter_text()
        with contextlib.suppress(TimeoutError, StopAsyncIteration):
            while True:  # until nothing more comes for a second
                raw += await asyncio.wait_for(anext(texts), 1 if raw else 30)
    return [[frame.event, frame.data] for frame in frames_of(raw)]
