"""A reader of a thread's events, as event streaming v2 sends them."""

import json
from collections.abc import Callable
from typing import Any

import httpx

from tests.acceptance.server.frame_reader import SECONDS, Frame, FrameReader

ALL = ["values", "updates", "messages", "tools", "lifecycle", "input", "tasks", "checkpoints", "custom"]

ProtocolEvent = dict[str, Any]


class EventReader(FrameReader):
    """Reads events in the background."""

    def __init__(self, http: httpx.AsyncClient, thread_id: str, **subscription: Any) -> None:
        asked = {"channels": ALL, **subscription}
        path = f"/threads/{thread_id}/stream/events"
        super().__init__(http, http.build_request("POST", path, json=asked, timeout=SECONDS))
        self.events: list[ProtocolEvent] = []

    def take(self, frame: Frame) -> None:
        """An event has come."""
        event = json.loads(frame["data"])
        assert (frame["event"], frame["id"]) == (event["method"], str(event["seq"]))
        self.events.append(event)

    async def until(self, is_last: Callable[[ProtocolEvent], bool], times: int = 1) -> list[ProtocolEvent]:
        """The events up to the `times`-th of those, once it is there."""

        def ends() -> list[int]:
            return [place for place, event in enumerate(self.events) if is_last(event)]

        await self.until_there(lambda: len(ends()) >= times)
        return self.events[: ends()[times - 1] + 1]

    async def until_over(self, times: int = 1) -> list[ProtocolEvent]:
        """The events up to the end of the `times`-th run."""
        return await self.until(is_end, times)


def is_end(event: ProtocolEvent) -> bool:
    """Whether a run is over with this, well or badly."""
    if event["method"] != "lifecycle" or event["params"]["namespace"]:
        return False
    return event["params"]["data"]["event"] in ("completed", "failed")


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
