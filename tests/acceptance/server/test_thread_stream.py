"""The stream of a thread: run after run, state writes, and coming back to a place in it."""

import asyncio
import json
import signal
from contextlib import aclosing
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.schema import StreamPart

from tests.acceptance.server.frame_reader import SECONDS, Frame, FrameReader
from tests.acceptance.server.live import serve, work
from tests.acceptance.server.running import named, new_thread, said, started, texts


class _Reader(FrameReader):
    """Reads a thread's stream in the background."""

    def __init__(
        self, http: httpx.AsyncClient, thread_id: str, last_event_id: str | None = None, query: str = ""
    ) -> None:
        path, headers = (
            f"/threads/{thread_id}/stream?{query}",
            {"last-event-id": last_event_id} if last_event_id else {},
        )
        super().__init__(http, http.build_request("GET", path, headers=headers, timeout=SECONDS))

    async def until(self, event: str, data: str = "", times: int = 1) -> list[Frame]:
        """The frames so far, once that many of an event whose data contains that are among them."""

        def there() -> bool:
            found = [frame for frame in self.frames if frame["event"] == event and data in frame["data"]]
            return len(found) >= times

        await self.until_there(there)
        return list(self.frames)


DONE = '"status":"run_done"'


def _events(frames: list[Frame]) -> list[str]:
    return ["run_done" if DONE in frame["data"] else frame["event"] for frame in frames]


async def test_run_after_run_is_streamed_whoever_started_it(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    thread_id = await new_thread(client)
    async with _Reader(http, thread_id) as reader:
        assert reader.response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert reader.response.headers["cache-control"] == "no-store"
        await client.runs.wait(thread_id, "echo", input=said("one"))
        queued = [
            await client.runs.create(thread_id, "slow", input={"seconds": 0}, stream_mode=["updates", "values"])
            for _ in range(2)
        ]
        frames = await reader.until("metadata", DONE, times=3)
    assert _events(frames) == [
        "metadata", "values", "values", "run_done",
        *["metadata", "values", "updates", "values", "updates", "values", "updates", "values", "run_done"] * 2,
    ]  # fmt: skip
    listed = [run["run_id"] for run in await client.runs.list(thread_id)]
    assert listed[:2] == [run["run_id"] for run in reversed(queued)]
    dones = [frame["data"] for frame in frames if DONE in frame["data"]]
    assert dones == [f'{{"status":"run_done","run_id":"{run_id}"}}' for run_id in reversed(listed)]
    ids = [frame["id"] for frame in frames]
    assert len(set(ids)) == len(ids)


async def test_the_sdk_reads_the_stream_of_a_thread(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    await client.runs.wait(thread_id, "echo", input=said("hello"))
    parts: list[StreamPart] = []
    async with aclosing(await client.threads.join_stream(thread_id, last_event_id="-")) as stream:
        async for part in stream:
            parts.append(part)
            if part.event == "metadata" and part.data.get("status") == "run_done":
                break
    assert texts(named(parts, "values")[-1]) == ["hello", "You said: hello"]
    assert all(part.id for part in parts)
    lifecycle: list[StreamPart] = []
    stream = await client.threads.join_stream(thread_id, last_event_id="0", stream_mode=["lifecycle"])
    async with aclosing(stream):
        while len(lifecycle) < 2:
            lifecycle.append(await anext(stream))
    assert [part.event for part in lifecycle] == ["metadata", "metadata"]
    assert [part.id for part in lifecycle] == [parts[0].id, parts[-1].id]


async def test_every_id_is_a_place_to_come_back_to(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    thread_id = await new_thread(client)
    for text in ("one", "two"):
        run = await client.runs.create(thread_id, "echo", input=said(text), stream_mode=["values", "custom"])
        await client.runs.join(thread_id, run["run_id"])
    await client.runs.wait(thread_id, "fails", input={"kind": "value"}, raise_error=False)
    async with _Reader(http, thread_id, "-") as reader:
        frames = await reader.until("metadata", DONE, times=3)
    assert _events(frames)[-3:] == ["values", "error", "run_done"]
    for place, frame in enumerate(frames[:-1]):
        async with _Reader(http, thread_id, frame["id"]) as reader:
            runs_left = sum(DONE in later["data"] for later in frames[place + 1 :])
            assert await reader.until("metadata", DONE, times=runs_left) == frames[place + 1 :]
    async with _Reader(http, thread_id, frames[-1]["id"]) as reader:
        await client.runs.wait(thread_id, "echo", input=said("four"))
        later = await reader.until("metadata", DONE)
    assert _events(later) == ["metadata", "values", "values", "run_done"]


async def test_a_runs_own_ids_are_places_in_its_threads_stream(
    client: LangGraphClient, http: httpx.AsyncClient
) -> None:
    thread_id = await new_thread(client)
    parts = [part async for part in client.runs.stream(thread_id, "echo", input=said("hi"), stream_resumable=True)]
    async with _Reader(http, thread_id, parts[1].id) as reader:
        frames = await reader.until("metadata", DONE)
    assert _events(frames) == ["values", "run_done"]
    assert frames[0]["id"] == parts[2].id


async def test_a_reader_that_comes_late_sees_only_what_follows(
    client: LangGraphClient, http: httpx.AsyncClient
) -> None:
    thread_id = await new_thread(client)
    await client.runs.wait(thread_id, "echo", input=said("before"))
    run_id = await started(client, thread_id, stream_mode=["updates", "values"])
    async with _Reader(http, thread_id) as reader:
        await client.runs.cancel(thread_id, run_id, wait=True)
        await client.runs.wait(thread_id, "slow", input={"seconds": 0})
        frames = await reader.until("metadata", DONE, times=2)
    assert _events(frames)[:2] == ["run_done", "metadata"], "of the cancelled run, only that it is done"
    assert run_id in frames[0]["data"]


async def test_lifecycle_and_state_updates_are_chosen_by_mode(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    thread_id = await new_thread(client)
    queries = (
        "stream_modes=lifecycle",
        "stream_mode=state_update",
        "stream_modes=lifecycle,state_update",
        "stream_mode=state_update&stream_mode=lifecycle",
        'stream_mode=["state_update","lifecycle"]',
        "stream_modes=",
    )
    async with (
        _Reader(http, thread_id, query=queries[0]) as lifecycle,
        _Reader(http, thread_id, query=queries[1]) as states,
        _Reader(http, thread_id, query=queries[2]) as both,
        _Reader(http, thread_id, query=queries[3]) as repeated,
        _Reader(http, thread_id, query=queries[4]) as listed,
        _Reader(http, thread_id, query=queries[5]) as default,
    ):
        await client.runs.wait(thread_id, "ask", input={"question": "why?"})
        await client.threads.update_state(thread_id, {"answer": "because"}, as_node="ask")
        await client.runs.wait(thread_id, "ask", input=None)
        ran = ["metadata", "run_done"]
        assert _events(await lifecycle.until("metadata", DONE, times=2)) == ran * 2
        assert _events(await both.until("metadata", DONE, times=2)) == [*ran, "state_update", *ran]
        assert _events(await repeated.until("metadata", DONE, times=2)) == [*ran, "state_update", *ran]
        assert _events(await listed.until("metadata", DONE, times=2)) == [*ran, "state_update", *ran]
        assert "values" in _events(await default.until("metadata", DONE, times=2))
        (shown,) = await states.until("state_update")
    history = await client.threads.get_history(thread_id, metadata={"source": "update"})
    update = json.loads(shown["data"])
    assert update["thread_id"] == thread_id
    assert set(update["state"]) == set(history[0])
    for key in ("values", "next", "checkpoint", "parent_checkpoint", "metadata"):
        assert update["state"][key] == history[0][key], key


@pytest.mark.parametrize(
    ("headers", "query", "detail"),
    [
        ({}, "stream_modes=bogus", "Invalid stream mode: bogus"),
        ({}, "stream_mode=lifecycle,bogus", "Invalid stream mode: bogus"),
        ({"last-event-id": "-1"}, "", "Invalid last-event-id: must be a valid Redis stream ID"),
        ({"last-event-id": "abc"}, "", "Invalid last-event-id: must be a valid Redis stream ID"),
        ({"last-event-id": "12-"}, "", "Invalid last-event-id: must be a valid Redis stream ID"),
        ({"last-event-id": "9" * 30}, "", "Invalid last-event-id: must be a valid Redis stream ID"),
    ],
)
async def test_modes_and_places_that_are_none_are_refused(
    client: LangGraphClient, http: httpx.AsyncClient, headers: dict[str, str], query: str, detail: str
) -> None:
    response = await http.get(f"/threads/{await new_thread(client)}/stream?{query}", headers=headers)
    assert (response.status_code, response.json()) == (422, {"detail": detail})


async def test_a_place_that_never_was_is_found_by_its_time(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    thread_id = await new_thread(client)
    await client.runs.wait(thread_id, "echo", input=said("one"))
    async with _Reader(http, thread_id, "-") as reader:
        first = await reader.until("metadata", DONE)
    after = int(first[-1]["id"].partition("-")[0]) + 1
    await client.runs.wait(thread_id, "echo", input=said("two"))
    for place in (f"{after}-0", f"{after}-99", str(after)):
        async with _Reader(http, thread_id, place) as reader:
            frames = await reader.until("metadata", DONE)
            assert _events(frames) == ["metadata", "values", "values", "run_done"]
            assert "two" in frames[1]["data"]
    async with _Reader(http, thread_id, "1-0") as reader:
        assert (await reader.until("metadata", DONE))[: len(first)] == first


async def test_a_thread_can_be_read_before_it_exists(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    thread_id = str(uuid4())
    async with _Reader(http, thread_id) as reader:
        assert reader.response.status_code == 200
        await client.runs.wait(thread_id, "echo", input=said("hi"), if_not_exists="create")
        assert _events(await reader.until("metadata", DONE)) == ["metadata", "values", "values", "run_done"]


async def test_a_run_cancelled_before_it_began_is_never_heard_of(
    client: LangGraphClient, http: httpx.AsyncClient
) -> None:
    thread_id = await new_thread(client)
    async with _Reader(http, thread_id) as reader:
        run = await client.runs.create(thread_id, "echo", input=said("never"), after_seconds=3600)
        await client.runs.cancel(thread_id, run["run_id"], wait=True)
        await client.runs.wait(thread_id, "echo", input=said("now"))
        frames = await reader.until("metadata", DONE)
    assert _events(frames) == ["metadata", "values", "values", "run_done"]
    assert run["run_id"] not in frames[0]["data"]


async def test_a_rolled_back_run_is_done_all_the_same(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    thread_id = await new_thread(client)
    async with _Reader(http, thread_id, query="stream_mode=lifecycle") as reader:
        run_id = await started(client, thread_id)
        await client.runs.cancel(thread_id, run_id, wait=True, action="rollback")
        await client.runs.wait(thread_id, "echo", input=said("next"))
        frames = await reader.until("metadata", DONE, times=2)
    assert _events(frames) == ["metadata", "run_done", "metadata", "run_done"]
    assert run_id in frames[0]["data"]
    assert run_id in frames[1]["data"]


async def test_another_process_runs_and_writes_what_is_streamed_here(database_url: str, tmp_path: Path) -> None:
    with (
        serve(database_url, tmp_path, "--workers", "0") as front,
        serve(database_url, tmp_path, "--workers", "0") as other,
        work(database_url, tmp_path) as worker,
    ):
        worker.until("worker started")
        async with (
            get_client(url=other.url) as client,
            httpx.AsyncClient(base_url=front.url, timeout=60) as http,
        ):
            thread_id = await new_thread(client)
            async with _Reader(http, thread_id, query="stream_modes=run_modes,state_update") as reader:
                await client.runs.wait(thread_id, "ask", input={"question": "why?"})
                await client.threads.update_state(thread_id, {"answer": "because"}, as_node="ask")
                await client.runs.wait(thread_id, "ask", input=None)
                frames = await reader.until("metadata", DONE, times=2)
    assert _events(frames) == [
        "metadata", "values", "values", "run_done", "state_update", "metadata", "values", "values", "run_done",
    ]  # fmt: skip


async def test_a_server_stops_although_a_thread_is_read(database_url: str, tmp_path: Path) -> None:
    with serve(database_url, tmp_path) as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=60) as http, _Reader(http, str(uuid4())) as reader:
            assert reader.response.status_code == 200
            assert await asyncio.to_thread(server.stop) in (0, -signal.SIGTERM)
