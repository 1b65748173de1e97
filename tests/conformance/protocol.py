"""A thread as event streaming v2 shows it: events over SSE or a WebSocket, read aside, and commands."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect

from tests.conformance.peer import Peer

EVENT_SECONDS = 60
QUIET_SECONDS = 0.4
"""For how long nothing more comes before it is taken that nothing will."""

ALL = ["values", "updates", "messages", "tools", "lifecycle", "input", "tasks", "custom", "checkpoints"]
ENDS = ("completed", "failed", "interrupted")

Event = dict[str, Any]


def is_end(event: Event) -> bool:
    """Whether it says that a run is over."""
    data = event["params"]["data"]
    return event["method"] == "lifecycle" and event["params"]["namespace"] == [] and data["event"] in ENDS


class Watch:
    """The events of one subscription, as they come."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._news = asyncio.Condition()

    async def take(self, event: Event) -> None:
        """One more."""
        async with self._news:
            self.events.append(event)
            self._news.notify_all()

    async def until(self, holds: Callable[[Event], bool], times: int = 1) -> list[Event]:
        """All events, once `holds` of so many of them and nothing more comes for a while."""
        async with asyncio.timeout(EVENT_SECONDS), self._news:
            await self._news.wait_for(lambda: sum(map(holds, self.events)) >= times)
        await self.quiet()
        return self.events

    async def quiet(self) -> list[Event]:
        """All events, once nothing more comes for a while."""
        seen = -1
        while seen != len(self.events):
            seen = len(self.events)
            await asyncio.sleep(QUIET_SECONDS)
        return self.events


class Thread:
    """One thread of a server, which need not exist yet."""

    def __init__(self, peer: Peer, thread_id: str | None = None) -> None:
        self.peer = peer
        self.id = thread_id or str(uuid4())
        self._next_id = 1

    async def command(self, method: str, **params: Any) -> Any:
        """What a command answers."""
        body = {"id": self._next_id, "method": method, "params": params}
        self._next_id += 1
        reply = (await self.peer.ask("POST", f"/threads/{self.id}/commands", body)).body
        return {key: value for key, value in reply.items() if key != "meta"}  # places are compared nowhere

    async def start(self, graph: str, given: Any, **params: Any) -> str:
        """The id of a run that a command started."""
        answer = await self.command("run.start", assistant_id=graph, input=given, **params)
        return str(answer["result"]["run_id"])

    async def over(self, graph: str, given: Any, **params: Any) -> str:
        """The id of a run that a command started, once it is over."""
        run_id = await self.start(graph, given, **params)
        await self.finished(run_id)
        return run_id

    async def finished(self, run_id: str) -> None:
        """Return once the run is over. The official server's `join` may return before a queued run begins."""
        async with asyncio.timeout(EVENT_SECONDS):
            while (await self.peer.sdk.runs.get(self.id, run_id))["status"] in ("pending", "running"):  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    async def asleep(self) -> None:
        """Return once its run of `slow` sleeps, or has slept."""
        async with asyncio.timeout(EVENT_SECONDS):
            while True:
                state = await self.state()
                if state["next"] == ["sleeper"] or "slept" in (state["values"] or {}).get("log", []):
                    return
                await asyncio.sleep(0.05)

    async def state(self) -> Any:
        """Its state."""
        return await self.peer.sdk.threads.get_state(self.id)

    async def questions(self) -> list[str]:
        """The ids of its open interrupts."""
        return [one["id"] for one in (await self.state())["interrupts"]]

    @asynccontextmanager
    async def watched(self, *channels: str, **params: Any) -> AsyncIterator[Watch]:
        """Its events of those channels (all if none is named), by SSE."""
        watch = Watch()
        body = {"channels": list(channels) or ALL, **params}
        async with self.peer.http.stream("POST", f"/threads/{self.id}/stream/events", json=body) as response:
            assert response.status_code == 200, await response.aread()

            async def read() -> None:
                async for line in response.aiter_lines():
                    if line.startswith("data: "):
                        await watch.take(json.loads(line.removeprefix("data: ")))

            reader = asyncio.create_task(read())
            try:
                yield watch
            finally:
                reader.cancel()
                await asyncio.gather(reader, return_exceptions=True)

    @asynccontextmanager
    async def socket(self, **headers: str) -> AsyncIterator["Socket"]:
        """A WebSocket on its events."""
        url = f"{self.peer.url.replace('http', 'ws', 1)}/threads/{self.id}/stream/events"
        async with connect(url, additional_headers=headers) as connection:
            yield Socket(connection)


class Socket:
    """A WebSocket, as its client sees it: what came, in order."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._next_id = 1

    async def says(self, text: str | bytes) -> list[Any]:
        """What comes after a message."""
        await self._connection.send(text)
        return await self.came()

    async def command(self, method: str, **params: Any) -> list[Any]:
        """What comes after a command, until nothing more does after its reply."""
        command = {"id": self._next_id, "method": method, "params": params}
        self._next_id += 1
        await self._connection.send(json.dumps(command))
        return await self.came(lambda message: message.get("id") == command["id"])

    async def came(self, holds: Callable[[Any], bool] = lambda message: True) -> list[Any]:
        """What comes, once `holds` of something of it and nothing more does for a while."""
        came: list[Any] = []
        async with asyncio.timeout(EVENT_SECONDS):
            while not any(map(holds, came)):
                came.append(json.loads(await self._connection.recv()))
        with contextlib.suppress(TimeoutError):
            while True:
                came.append(json.loads(await asyncio.wait_for(self._connection.recv(), QUIET_SECONDS)))
        return came


def shown(messages: Sequence[Any]) -> list[Any]:
    """Events as they are compared: method, namespace and data; replies as they are.

    Numbers are left out: they count events of channels that the official server has for few graphs, and ours for all.
    """
    return [_shown(message) for message in messages]


def _shown(message: Any) -> Any:
    if message.get("type") != "event":
        return {**message, "meta": None}
    params = message["params"]
    return {"method": message["method"], "namespace": params["namespace"], "data": params["data"]}
