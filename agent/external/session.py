"""A connection to an MCP server for as long as one use of it: nothing is left open, and no two people share a session."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from agent.external.servers import LocalServer, Server

if TYPE_CHECKING:
    from mcp import ClientSession

Found = TypeVar("Found")

_URL = re.compile(r"\bhttps?://[^\s'\"]+")


class UnavailableError(Exception):
    """A server that cannot be reached, or does not answer in time. The message is for people."""


async def ask(name: str, server: Server, seconds: float, use: Callable[[ClientSession], Awaitable[Found]]) -> Found:
    """What `use` finds in a session of its own, within `seconds`, the connection included. Raises `UnavailableError`."""
    # It reads a good part of a second from disk, and most installations have no use for it.
    mcp, sessions = await asyncio.to_thread(_clients)
    limit = asyncio.timeout(seconds)
    try:
        async with limit, sessions.create_session(_connection(server, seconds)) as session:
            await session.initialize()
            found = await use(session)
    except (ExceptionGroup, OSError, RuntimeError, ValueError, httpx.HTTPError, mcp.McpError) as error:
        # What is cut off in the middle may fail in its own way while it is closed.
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise asyncio.CancelledError from error
        if limit.expired():
            raise UnavailableError(f"{name} did not answer within {seconds:g} seconds") from error
        raise UnavailableError(f"{name} cannot be used: {_why(_cause(error))}") from error
    return found


def _clients() -> tuple[Any, Any]:
    return import_module("mcp"), import_module("langchain_mcp_adapters.sessions")


def _connection(server: Server, seconds: float) -> dict[str, Any]:
    if isinstance(server, LocalServer):
        told: dict[str, Any] = {"command": server.command, "args": server.args, "env": server.env}
        return {"transport": "stdio", **told, **({"cwd": server.cwd} if server.cwd else {})}
    limits = {"timeout": seconds, "sse_read_timeout": seconds}
    return {"transport": server.transport, "url": server.url, "headers": server.headers, **limits}


def _why(cause: BaseException) -> str:
    """What went wrong, for people, models and logs: without URLs, in which there may be keys."""
    if isinstance(cause, httpx.HTTPStatusError):
        return f"it answers {cause.response.status_code} {cause.response.reason_phrase}".rstrip()
    return _URL.sub("its URL", str(cause)) or type(cause).__name__


def _cause(error: BaseException) -> BaseException:
    """The one error in a group of one, as task groups raise them."""
    while isinstance(error, BaseExceptionGroup) and error.exceptions:
        error = error.exceptions[0]
    return error
