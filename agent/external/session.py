"""A connection to an MCP server for as long as one use of it: nothing is left open, and no two people share a session."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from agent.external.servers import LocalServer, Server

if TYPE_CHECKING:
    from mcp import ClientSession

Found = TypeVar("Found")

MOST_BYTES = 10_000_000
"""How much a server at a URL may answer within one use of it. One may answer for ever, and all of it would be read into memory."""

_LOGIN = 401
_URL = re.compile(r"\bhttps?://[^\s'\"]+")


class UnavailableError(Exception):
    """A server that cannot be reached, or does not answer in time. The message is for people."""


async def ask(name: str, server: Server, seconds: float, use: Callable[[ClientSession], Awaitable[Found]]) -> Found:
    """What `use` finds in a session of its own, within `seconds`, the connection included. Raises `UnavailableError`."""
    # It reads a good part of a second from disk, and most installations have no use for it.
    mcp, sessions = await asyncio.to_thread(_clients)
    limit = asyncio.timeout(seconds)
    meter = _Meter(limit)
    try:
        async with limit, sessions.create_session(_connection(server, seconds, meter)) as session:
            await session.initialize()
            found = await use(session)
    except (ExceptionGroup, OSError, RuntimeError, ValueError, httpx.HTTPError, mcp.McpError) as error:
        # What is cut off in the middle may fail in its own way while it is closed.
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise asyncio.CancelledError from error
        if meter.is_exceeded:
            raise UnavailableError(f"{name} answered more than {MOST_BYTES // 1_000_000} MB") from error
        if limit.expired():
            raise UnavailableError(f"{name} did not answer within {seconds:g} seconds") from error
        raise UnavailableError(f"{name} cannot be used: {_why(_cause(error))}") from error
    return found


def _clients() -> tuple[Any, Any]:
    return import_module("mcp"), import_module("langchain_mcp_adapters.sessions")


class _Meter:
    """Counts what a server answers, and ends its use when that is too much: the client of the protocol would only go on."""

    def __init__(self, limit: asyncio.Timeout) -> None:
        self._limit = limit
        self._left = MOST_BYTES
        self.is_exceeded = False

    def client(self, *args: Any, **options: Any) -> httpx.AsyncClient:
        """A client as the protocol's transports make theirs, whose answers are counted."""
        client: httpx.AsyncClient = import_module("mcp.shared._httpx_utils").create_mcp_http_client(*args, **options)
        client.event_hooks = {**client.event_hooks, "response": [*client.event_hooks["response"], self._watch]}
        return client

    def count(self, size: int) -> None:
        """Take note of bytes that came. Raises `httpx.ReadError` if they are too many."""
        self._left -= size
        if self._left < 0:
            if not self.is_exceeded:
                self.is_exceeded = True
                self._limit.reschedule(asyncio.get_running_loop().time())
            raise httpx.ReadError("it answers too much")

    async def _watch(self, response: httpx.Response) -> None:
        if isinstance(response.stream, httpx.AsyncByteStream):
            response.stream = _Counted(response.stream, self)


class _Counted(httpx.AsyncByteStream):
    """A response's body, counted as it comes."""

    def __init__(self, body: httpx.AsyncByteStream, meter: _Meter) -> None:
        self._body = body
        self._meter = meter

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._body:
            self._meter.count(len(chunk))
            yield chunk

    async def aclose(self) -> None:
        await self._body.aclose()


def _connection(server: Server, seconds: float, meter: _Meter) -> dict[str, Any]:
    if isinstance(server, LocalServer):
        told: dict[str, Any] = {"command": server.command, "args": server.args, "env": server.env}
        return {"transport": "stdio", **told, **({"cwd": server.cwd} if server.cwd else {})}
    limits = {"timeout": seconds, "sse_read_timeout": seconds, "httpx_client_factory": meter.client}
    return {"transport": server.transport, "url": server.url, "headers": server.headers, **limits}


def _why(cause: BaseException) -> str:
    """What went wrong, for people, models and logs: without URLs, in which there may be keys."""
    if isinstance(cause, httpx.HTTPStatusError) and cause.response.status_code == _LOGIN:
        return "it wants to know who asks (401): name what it wants to be shown in its `headers`; nobody can log in to it here"
    if isinstance(cause, httpx.HTTPStatusError):
        return f"it answers {cause.response.status_code} {cause.response.reason_phrase}".rstrip()
    return _URL.sub("its URL", str(cause)) or type(cause).__name__


def _cause(error: BaseException) -> BaseException:
    """The one error in a group of one, as task groups raise them."""
    while isinstance(error, BaseExceptionGroup) and error.exceptions:
        error = error.exceptions[0]
    return error
