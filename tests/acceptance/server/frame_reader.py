"""A reader of the frames of server-sent events, beside what a test does meanwhile."""

import asyncio
from collections.abc import Callable
from typing import Self

import httpx

SECONDS = 60

Frame = dict[str, str]


class FrameReader:
    """Reads in the background, from the moment the response's headers are there."""

    def __init__(self, http: httpx.AsyncClient, request: httpx.Request) -> None:
        self._http = http
        self._request = request
        self._news = asyncio.Condition()
        self.frames: list[Frame] = []

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
        frame: Frame = {}
        async for line in self.response.aiter_lines():
            if not line and frame:
                async with self._news:
                    self.take(frame)
                    self._news.notify_all()
                frame = {}
            elif line and not line.startswith(":"):
                field, _, value = line.partition(": ")
                frame[field] = value

    def take(self, frame: Frame) -> None:
        """A frame has come."""
        self.frames.append(frame)

    async def until_there(self, is_there: Callable[[], bool]) -> None:
        """Return when that holds of what was taken."""
        async with asyncio.timeout(SECONDS), self._news:
            await self._news.wait_for(is_there)
