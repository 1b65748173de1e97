"""Runs of `gated`, which wait until their file is there."""

import asyncio
from collections.abc import Callable

import httpx

from tests.scale.conversation import Frame


def sets_when_waiting(waits: asyncio.Event) -> Callable[[Frame], None]:
    """For a reader: sets `waits` once the run's first step is done, so that it waits in its second."""

    def look(frame: Frame) -> None:
        if frame.event == "updates" and "before" in frame.data:
            waits.set()

    return look


async def kept(client: httpx.AsyncClient, thread_id: str) -> None:
    """Return when the first step is in the thread's state: it is kept in the background."""
    while (await client.get(f"/threads/{thread_id}/state")).json()["next"] != ["wait"]:
        pass
