"""A client that loses its server: it holds conversations, comes back with `Last-Event-ID`, and checks what it reads."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

_LOST = (httpx.RemoteProtocolError, httpx.ReadError, httpx.ConnectError)


@dataclass(frozen=True)
class Frame:
    """One event as it came over the wire."""

    event: str
    data: Any
    id: str

    @property
    def seq(self) -> int:
        """Its place in its run."""
        return int(self.id.rpartition("-")[2])


@dataclass
class Reading:
    """A run and what its reader has seen of it, over however many connections."""

    thread_id: str
    run_id: str = ""
    frames: list[Frame] = field(default_factory=list)
    lost_connections: int = 0

    @property
    def path(self) -> str:
        """Where to come back to."""
        return f"/threads/{self.thread_id}/runs/{self.run_id}/stream"

    def named(self, event: str) -> list[Any]:
        """The data of the events of one name."""
        return [frame.data for frame in self.frames if frame.event == event]


async def start(client: httpx.AsyncClient, thread_id: str, graph: str, given: dict[str, Any], **options: Any) -> str:
    """The id of a new resumable run."""
    body = {"assistant_id": graph, "input": given, "stream_resumable": True, **options}
    answer = await client.post(f"/threads/{thread_id}/runs", json=body)
    answer.raise_for_status()
    return str(answer.json()["run_id"])


async def new_thread(client: httpx.AsyncClient) -> str:
    """The id of a new thread."""
    answer = await client.post("/threads", json={})
    answer.raise_for_status()
    return str(answer.json()["thread_id"])


async def follow(
    client: httpx.AsyncClient, reading: Reading, seen: Callable[[Frame], None] = lambda _: None
) -> Reading:
    """Read the run from where the reader is to its end, coming back as often as the connection is lost."""
    while True:
        last = reading.frames[-1].id if reading.frames else "-1"
        try:
            async with client.stream("GET", reading.path, headers={"Last-Event-ID": last}) as response:
                response.raise_for_status()
                async for frame in frames(response):
                    reading.frames.append(frame)
                    seen(frame)
                return reading
        except _LOST:
            reading.lost_connections += 1


async def turn(client: httpx.AsyncClient, thread_id: str, number: int) -> Reading:
    """Start the `number`-th run of `talk` on the thread, and read it to its end."""
    body = {
        "assistant_id": "talk",
        "input": {"turn": number},
        "stream_mode": ["custom", "updates"],
        "stream_resumable": True,
    }
    reading = Reading(thread_id)
    while not reading.run_id:
        try:
            async with client.stream("POST", f"/threads/{thread_id}/runs/stream", json=body) as response:
                response.raise_for_status()
                reading.run_id = response.headers["content-location"].rpartition("/")[2]
                async for frame in frames(response):
                    reading.frames.append(frame)
                return reading
        except _LOST:  # was it accepted? A server that is left knows
            reading.lost_connections += 1
            reading.run_id = reading.run_id or await _accepted(client, thread_id, number)
    return await follow(client, reading)


async def frames(response: httpx.Response) -> AsyncIterator[Frame]:
    """The events of a stream."""
    given: dict[str, str] = {}
    async for line in response.aiter_lines():
        if line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            given[name] = value
        elif given:
            yield Frame(given["event"], json.loads(given["data"]), given["id"])
            given = {}


async def until(condition: Callable[[], bool], progress: asyncio.Event) -> None:
    """Return when the condition holds; it is looked at whenever there is progress."""
    while not condition():
        progress.clear()
        await progress.wait()


async def _accepted(client: httpx.AsyncClient, thread_id: str, number: int) -> str:
    """The id of the thread's `number`-th run; empty if there is none."""
    while True:
        try:
            answer = await client.get(f"/threads/{thread_id}/runs", params={"limit": 100})
        except _LOST:
            continue
        answer.raise_for_status()
        runs = answer.json()
        return str(runs[0]["run_id"]) if len(runs) == number else ""
