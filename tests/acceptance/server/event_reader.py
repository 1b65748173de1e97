"""A reader of a thread's events, as event streaming v2 sends them."""

import asyncio
import json
from collections.abc import Callable
from typing import Any, Self

import httpx

ALL = ["values", "updates", "messages", "tools", "lifecycle", "input", "tasks", "checkpoints", "custom"]
SECONDS = 60

ProtocolEvent = dict[str, Any]


class EventReader:
    """Reads in the background, from the moment the response's headers are there."""

    def __init__(self, http: httpx.AsyncClient, thread_id: str, **subscription: Any) -> None:
        asked = {"channels": ALL, **subscription}
        path = f"/threads/{thread_id}/stream/events"
        self._request = http.build_request("POST", path, json=asked, timeout=SECONDS)
        self._http = http
        self._news = asyncio.Condition()
        self.events: list[ProtocolEvent] = []

    async def __aenter__(self) -> Self:
        self.response = await self._http.send(self._request, stream=True)
        assert self.response.status_code == 200, await self.response.aread()
        self._task = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self.response.aclose()

    async def _read(self) -> None:
        frame: dict[str, str] = {}
        async for line in self.response.aiter_lines():
            if not line and frame:
                event = json.loads(frame["data"])
                assert (frame["event"], frame["id"]) == (event["method"], str(event["seq"]))
                async with self._news:
                    self.events.append(event)
                    self._news.notify_all()
                frame = {}
            elif line and not line.startswith(":"):
                field, _, value = line.partition(": ")
                frame[field] = value

    async def until(self, is_last: Callable[[ProtocolEvent], bool], times: int = 1) -> list[ProtocolEvent]:
        """The events up to the `times`-th of those, once it is there."""

        def ends() -> list[int]:
            return [place for place, event in enumerate(self.events) if is_last(event)]

        async with asyncio.timeout(SECONDS), self._news:
            await self._news.wait_for(lambda: len(ends()) >= times)
        return self.events[: ends()[times - 1] + 1]

    async def until_over(self, times: int = 1) -> list[ProtocolEvent]:
        """The events up to the end of the `times`-th run."""
        return await self.until(is_end, times)


def is_end(event: ProtocolEvent) -> bool:
    """Whether a run is over with this, well or badly."""
    return (
        not event["params"]["namespace"] and event["params"]["data"]["event"] in ("completed", "failed")
        if (event["method"] == "lifecycle")
        else False
    )


def data(events: list[ProtocolEvent], method: str) -> list[Any]:
    """The data of the events of one method."""
    return [event["params"]["data"] for event in events if event["method"] == method]


async def start(http: httpx.AsyncClient, thread_id: str, assistant: str, given: Any, **params: Any) -> str:
    """The id of a run that the protocol starts."""
    asked = {"assistant_id": assistant, "input": given, **params}
    command = {"id": 1, "method": "run.start", "params": asked}
    reply = (await http.post(f"/threads/{thread_id}/commands", json=command)).json()
    assert reply["type"] == "success", reply
    run_id: str = reply["result"]["run_id"]
    return run_id
