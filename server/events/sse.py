"""Server-sent events as the LangGraph API frames them: CRLF lines, `event`, `data`, then `id`; heartbeat comments."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from typing import Any

from anyio import CancelScope

from server.events.types import Event, LoggedEvent

HEARTBEAT = b": heartbeat\r\n\r\n"
HEARTBEAT_SECONDS = 5.0

_CHUNK_BYTES = 65_536
_INSIST_SECONDS = 5.0  # a source that is cancelled may have a connection to put in order

SSE_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}

# not the response class' media type: FastAPI would say it of the refusals, too
STREAMED: dict[int | str, dict[str, Any]] = {200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}}
"""The `responses` of a route that streams events."""


def frame(event: LoggedEvent, *, with_id: bool) -> bytes:
    """One event as bytes on the wire."""
    head = _head(event)
    return head + b"id: " + event.id.encode() + b"\r\n\r\n" if with_id else head + b"\r\n"


def unlogged_frame(event: Event) -> bytes:
    """An event for one reader only: it has no place in any log, so no id to come back with."""
    return _head(event) + b"\r\n"


def joined(frames: Iterable[bytes]) -> Iterator[bytes]:
    """The frames in chunks that are not much larger than what a reader's connection takes ahead."""
    chunk, size = list[bytes](), 0
    for one in frames:
        chunk.append(one)
        size += len(one)
        if size >= _CHUNK_BYTES:
            yield b"".join(chunk)
            chunk, size = [], 0
    if chunk:
        yield b"".join(chunk)


def _head(event: Event | LoggedEvent) -> bytes:
    return b"event: " + event.name.encode() + b"\r\ndata: " + event.data + b"\r\n"


async def with_keep_alive(
    source: AsyncGenerator[bytes, None],
    comment: bytes | Callable[[], bytes] = HEARTBEAT,
    seconds: float = HEARTBEAT_SECONDS,
) -> AsyncGenerator[bytes, None]:
    """`source`, with `comment` every `seconds` counted from the start: proxies and clients see a live connection."""
    loop = asyncio.get_running_loop()
    due = loop.time() + seconds
    pending = asyncio.ensure_future(anext(source))
    try:
        while True:
            done, _ = await asyncio.wait({pending}, timeout=max(0.0, due - loop.time()))
            if loop.time() >= due:
                yield comment if isinstance(comment, bytes) else comment()
                due += seconds
            if done:
                try:
                    chunk = pending.result()
                except StopAsyncIteration:
                    return
                pending = asyncio.ensure_future(anext(source))
                yield chunk
    finally:
        with CancelScope(shield=True):  # a reader that leaves cancels us again and again
            while not pending.done():  # libraries may lose a cancellation that comes together with what they wait for
                pending.cancel()
                await asyncio.wait({pending}, timeout=_INSIST_SECONDS)
            await asyncio.gather(pending, return_exceptions=True)
            await source.aclose()
