"""Readers that do not read, on real sockets: bounded, let go with a reason, and nobody else's trouble."""

import asyncio
import socket
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, closing

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from server.events import slow_readers
from server.events.slow_readers import EventStreamResponse

FRAME = b"event: custom\r\ndata: " + b"x" * 16_000 + b"\r\n\r\n"
FRAMES = 1_000


class Source:
    """A stream of 16 MB for each who asks; knows what was taken by the last one, and whether that one was let go."""

    def __init__(self) -> None:
        self.taken = 0
        self.closed = asyncio.Event()
        self.answered = asyncio.Event()

    async def frames(self) -> AsyncGenerator[bytes, None]:
        self.taken = 0
        try:
            for _ in range(FRAMES):
                self.taken += 1
                yield FRAME
        finally:
            self.closed.set()

    async def serve(self, _: Request) -> Response:
        self.closed.clear()
        return _Told(self.frames(), self.answered)


class _Told(EventStreamResponse):
    def __init__(self, frames: AsyncGenerator[bytes, None], answered: asyncio.Event) -> None:
        super().__init__(frames)
        self._answered = answered

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._answered.set()


@asynccontextmanager
async def served(source: Source) -> AsyncIterator[int]:
    """The port of a server of the source."""
    app = Starlette(routes=[Route("/", source.serve)])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, timeout_graceful_shutdown=1))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - it has no event for that
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await task


def opened(port: int) -> socket.socket:
    """A connection that has asked for the stream and takes little ahead."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32_768)
    connection.settimeout(60)
    connection.connect(("127.0.0.1", port))
    connection.sendall(b"GET / HTTP/1.1\r\nhost: here\r\n\r\n")
    return connection


def rest(connection: socket.socket) -> bytes:
    """All that still comes."""
    received = bytearray()
    while chunk := connection.recv(65_536):
        received += chunk
        if received.endswith(b"\r\n0\r\n\r\n"):
            break
    return bytes(received)


async def test_one_who_reads_late_gets_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow_readers, "STALLED_SECONDS", 2.0)
    monkeypatch.setattr(slow_readers, "FAREWELL_SECONDS", 60.0)
    source = Source()
    async with served(source) as port:
        with closing(await asyncio.to_thread(opened, port)) as connection:
            await source.closed.wait()
            assert source.taken < FRAMES / 2, "what is buffered for it is bounded"
            async with httpx.AsyncClient(timeout=60) as client:  # meanwhile others read as ever
                whole = await client.get(f"http://127.0.0.1:{port}/")
            assert whole.content == FRAME * FRAMES
            received = await asyncio.to_thread(rest, connection)
    assert b"event: error\r\ndata: " in received
    assert b"SlowReaderError" in received
    assert b"Last-Event-ID" in received
    assert received.endswith(b"\r\n0\r\n\r\n"), "the stream ends in order"


async def test_one_who_never_reads_is_disconnected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow_readers, "STALLED_SECONDS", 0.2)
    monkeypatch.setattr(slow_readers, "FAREWELL_SECONDS", 0.2)
    source = Source()
    async with served(source) as port:
        with closing(await asyncio.to_thread(opened, port)) as connection:
            await source.closed.wait()
            await source.answered.wait()
            received = await asyncio.to_thread(rest, connection)
    assert b"SlowReaderError" not in received
    assert not received.endswith(b"\r\n0\r\n\r\n"), "an end that is none: it may come back"
