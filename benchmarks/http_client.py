"""An HTTP/1.1 client that costs as little as it can: on few cores it competes with the server that it measures.

It knows keep-alive, chunked bodies and nothing else: no TLS, no redirects, no compression.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self, cast
from urllib.parse import urlsplit

import httptools
import orjson

_REUSABLE_SECONDS = 2.0  # servers close idle connections, some after five seconds: a request could meet that

OnChunk = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Answer:
    """A response. The body of a streamed one is what its reader was given: here it is empty."""

    status: int
    body: bytes

    def json(self) -> object:
        """The body, decoded."""
        return orjson.loads(self.body)


class UnexpectedAnswerError(RuntimeError):
    """A server answered with an error, or hung up."""


class HttpClient:
    """Requests to one server over as many connections as are in use at once; finished ones are used again."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or "127.0.0.1"
        self._port = parts.port or 80
        self._head = f" HTTP/1.1\r\nhost: {self._host}:{self._port}\r\ncontent-type: application/json\r\n".encode()
        self._free: list[tuple[float, _Connection]] = []
        self._all: set[_Connection] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for connection in self._all:
            connection.close()

    async def get(self, path: str) -> Answer:
        """GET. Raises `UnexpectedAnswerError` for anything but a success, as all requests here do."""
        return await self.request("GET", path)

    async def post(self, path: str, body: object, on_chunk: OnChunk | None = None) -> Answer:
        """POST `body` as JSON; `on_chunk` gets the body as it comes, instead of the answer."""
        return await self.request("POST", path, orjson.dumps(body), on_chunk)

    async def request(self, method: str, path: str, body: bytes = b"", on_chunk: OnChunk | None = None) -> Answer:
        """One request."""
        connection = await self._connection()
        head = method.encode() + b" " + path.encode() + self._head
        if method != "GET":
            head += b"content-length: " + str(len(body)).encode() + b"\r\n"
        answer = await connection.send(head + b"\r\n" + body, on_chunk)
        if connection.is_open:
            self._free.append((time.monotonic(), connection))
        else:
            self._all.discard(connection)
        if not 200 <= answer.status < 300:
            raise UnexpectedAnswerError(
                f"{method} {path}: {answer.status} {answer.body[:300].decode(errors='replace')}"
            )
        return answer

    async def _connection(self) -> "_Connection":
        while self._free:
            used, connection = self._free.pop()
            if connection.is_open and time.monotonic() - used < _REUSABLE_SECONDS:
                return connection
            connection.close()
            self._all.discard(connection)
        loop = asyncio.get_running_loop()
        _, protocol = await loop.create_connection(_Connection, self._host, self._port)
        self._all.add(protocol)
        return protocol


class _Connection(asyncio.Protocol):
    """One request at a time."""

    def __init__(self) -> None:
        self.is_open = False
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Answer] | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._on_chunk: OnChunk | None = None
        self._body: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.is_open = True

    async def send(self, request: bytes, on_chunk: OnChunk | None) -> Answer:
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._parser = httptools.HttpResponseParser(self)
        self._on_chunk = on_chunk
        self._body = []
        self._transport.write(request)
        return await self._answer

    def data_received(self, data: bytes) -> None:
        if self._parser is not None:
            self._parser.feed_data(data)

    def on_body(self, chunk: bytes) -> None:
        if self._on_chunk is None:
            self._body.append(chunk)
        else:
            self._on_chunk(chunk)

    def on_message_complete(self) -> None:
        assert self._parser is not None
        if not self._parser.should_keep_alive():
            self.close()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(Answer(self._parser.get_status_code(), b"".join(self._body)))

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(UnexpectedAnswerError(f"the server hung up in the middle of an answer: {exc}"))

    def close(self) -> None:
        self.is_open = False
        if self._transport is not None:
            self._transport.close()
