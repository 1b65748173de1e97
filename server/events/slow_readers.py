"""Streaming to readers that may not read: what is written for one is bounded, and one that takes nothing is let go.

The server's transport takes 64 KiB ahead of a reader; then sending waits, and with it only this reader's place in the log.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable
from contextlib import AsyncExitStack, aclosing

import structlog
from starlette.responses import StreamingResponse
from starlette.types import Message, Send

from server.errors import PlanloomError
from server.events.convert import error_event
from server.events.failures import public_error
from server.events.sse import SSE_HEADERS, unlogged_frame
from server.metrics.http import OPEN_STREAMS

STALLED_SECONDS = 30.0
"""For how long a reader may take nothing while there is something to send."""

FAREWELL_SECONDS = 30.0
"""How long the reason waits for a reader that was let go. After that, its connection is closed without a word."""

log = structlog.get_logger("planloom.events")


class SlowReaderError(PlanloomError):
    """A reader took nothing for too long."""

    def __init__(self) -> None:
        super().__init__(
            f"nothing was read for {STALLED_SECONDS:g} seconds while there was more to send; "
            "come back with the Last-Event-ID of the last event that you have"
        )


class PatientStreamingResponse(StreamingResponse):
    """Streams chunks as fast as they are read. A stream of events ends with an `error` event for a reader that was let go."""

    async def stream_response(self, send: Send) -> None:
        """Send headers and chunks; let go of a reader that takes nothing."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        try:
            with OPEN_STREAMS.track_inprogress():
                await self._send_chunks(send)
        except SlowReaderError as slow:
            log.warning("let go of a reader that takes nothing", seconds=STALLED_SECONDS)
            if self.media_type == "text/event-stream":
                await self._say_farewell(send, slow)
            return
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_chunks(self, send: Send) -> None:
        chunks: AsyncIterable[str | bytes | memoryview] = self.body_iterator
        async with AsyncExitStack() as stack:
            if isinstance(chunks, AsyncGenerator):
                await stack.enter_async_context(aclosing(chunks))
            async for chunk in chunks:
                body = chunk.encode(self.charset) if isinstance(chunk, str) else chunk
                if not await _sent(send, {"type": "http.response.body", "body": body, "more_body": True}):
                    raise SlowReaderError

    def farewell(self, reason: Exception) -> bytes:
        """The last frame of a stream of events that ends before its time."""
        return unlogged_frame(error_event(public_error(reason)))

    async def _say_farewell(self, send: Send, slow: SlowReaderError) -> None:
        last = self.farewell(slow)
        await _sent(send, {"type": "http.response.body", "body": last, "more_body": False}, FAREWELL_SECONDS)


class EventStreamResponse(PatientStreamingResponse):
    """A streamed response of SSE frames. Its headers go out at once, before the first frame exists."""

    # FastAPI reads the status code that it documents from this signature
    def __init__(
        self, frames: AsyncIterator[bytes], headers: dict[str, str] | None = None, status_code: int = 200
    ) -> None:
        super().__init__(
            frames, status_code, media_type="text/event-stream", headers={**SSE_HEADERS, **(headers or {})}
        )


async def taken(sending: Awaitable[None]) -> None:
    """Return once there was room for what is being sent. Raises `SlowReaderError` if there is none for too long."""
    try:
        async with asyncio.timeout(STALLED_SECONDS):
            await sending
    except TimeoutError as error:
        raise SlowReaderError from error


async def _sent(send: Send, message: Message, seconds: float | None = None) -> bool:
    """Whether there was room for the message in time; if not, nothing of it is sent."""
    limit = STALLED_SECONDS if seconds is None else seconds
    try:
        async with asyncio.timeout(limit):
            await send(message)
    except TimeoutError:
        return False
    return True
