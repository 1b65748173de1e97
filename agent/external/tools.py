"""The tools that MCP servers offer, as tools of an assistant.

What a server offers is asked once and remembered for a while, as is that it could not be reached: a server that is down
costs one turn its time limit, not each. A call opens a connection of its own.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from langchain_core.tools import BaseTool, ToolException

from agent.external.servers import VARIABLE, Server, servers
from agent.external.session import UnavailableError, ask
from agent.memory.tool_calls import MEMORY_TOOLS
from agent.schemas.plan_tools import CHANGING, READING
from tools.result import answer

if TYPE_CHECKING:
    from mcp import ClientSession
    from mcp.types import CallToolResult

DISCOVERY_SECONDS = 10.0
"""How long a server may take to say what it offers."""

REMEMBERED_SECONDS = 300.0
RETRIED_SECONDS = 60.0
DOUBTED_SECONDS = 10.0

MOST_TOOLS = 64
"""How many tools of a server are offered: models take about a hundred in all, and choose badly long before."""

_MOST_DESCRIPTION = 1024
_MOST_SCHEMA = 20_000
_MOST_TEXT = 20_000
_MOST_STRUCTURED = 4_000
_MOST_PAGES = 20
_MOST_OF_A_NAME = 64
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]+")
_RESERVED = MEMORY_TOOLS | CHANGING | READING

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Offered:
    """A tool as its server describes it."""

    name: str
    description: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class ExternalTools:
    """The tools of other servers for a turn, and the servers that could not be asked, each with the reason."""

    tools: tuple[ExternalTool, ...] = ()
    unavailable: Mapping[str, str] = field(default_factory=dict)


class ExternalTool(BaseTool):
    """A tool of an MCP server. Its arguments are the server's to check; what it answers goes into our envelope."""

    server_name: str
    server: Server
    tool_name: str
    """What the server calls it."""

    def _run(self, /, **arguments: Any) -> Any:
        raise NotImplementedError(f"{self.name} is called asynchronously")

    # `self` by position alone: an argument may have any name
    async def _arun(self, /, **arguments: Any) -> str:
        """The tool's answer in the envelope. Raises `ToolException` with what the server says is wrong."""

        async def call(session: ClientSession) -> CallToolResult:
            return await session.call_tool(self.tool_name, arguments)

        try:
            result = await ask(self.server_name, self.server, self.server.timeout, call)
        except UnavailableError as error:
            DISCOVERY.doubt(self.server_name, self.server)
            raise ToolException(f"{self.name} could not be called: {error}.") from error
        text = "\n".join(_told(block) for block in result.content)
        if result.isError:
            DISCOVERY.doubt(self.server_name, self.server)
            raise ToolException(text[:_MOST_TEXT] or f"{self.name} failed without saying why.")
        shortened = ["The answer was longer and is cut here."] if len(text) > _MOST_TEXT else []
        data = {"server": self.server_name, "tool": self.tool_name, **_structured(result, text)}
        source = f"the MCP server {self.server_name}"
        said = text[:_MOST_TEXT] or "It answered nothing."
        return answer("external", data, said, source, kind="provider", warnings=shortened)


@dataclass(frozen=True)
class _Known:
    """What was found out about a server, when, and until when that holds."""

    offered: tuple[Offered, ...]
    failure: str | None
    at: float
    until: float


class _Discovery:
    """What servers offer, for this process; on each event loop a server is asked by one task at a time."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], _Known] = {}
        self._locks: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, asyncio.Lock]] = WeakKeyDictionary()

    async def of(self, name: str, server: Server) -> _Known:
        """What is known of the server, asked anew if that is too old."""
        lock = self._locks.setdefault(asyncio.get_running_loop(), {}).setdefault(name, asyncio.Lock())
        key = (name, server.model_dump_json())
        async with lock:
            known = self._known.get(key)
            if known is None or known.until <= time.monotonic():
                known = self._known[key] = await _asked(name, server)
        return known

    def doubt(self, name: str, server: Server) -> None:
        """Ask the server anew for the next turn: a call of it failed, and it may offer something else by now."""
        key = (name, server.model_dump_json())
        known = self._known.get(key)
        if known is not None and known.failure is None:
            self._known[key] = replace(known, until=min(known.until, known.at + DOUBTED_SECONDS))

    def forget(self) -> None:
        """Ask all servers anew."""
        self._known.clear()


DISCOVERY = _Discovery()


async def external_tools(assistant: str, own: Iterable[BaseTool]) -> ExternalTools:
    """What the servers of the environment offer an assistant that has its `own` tools.

    Servers that cannot be asked are told of, and their tools are missing. Raises `BadServersError`.
    """
    if not os.environ.get(VARIABLE):
        return ExternalTools()
    told = await asyncio.to_thread(servers)
    asked = {name: one for name, one in told.items() if one.assistants is None or assistant in one.assistants}
    known = dict(zip(asked, await asyncio.gather(*(DISCOVERY.of(*one) for one in asked.items())), strict=True))
    offered = [
        (name, asked[name], tool) for name, found in known.items() for tool in _wanted(asked[name], found.offered)
    ]
    return ExternalTools(
        tuple(_named(offered, {tool.name for tool in own} | _RESERVED)),
        {name: found.failure for name, found in known.items() if found.failure is not None},
    )


async def offers(env: Mapping[str, str]) -> dict[str, int | str]:
    """How many tools each server of `env` offers, or why it cannot be asked. Raises `BadServersError`."""
    told = await asyncio.to_thread(servers, env)
    found = await asyncio.gather(*(_asked(name, server) for name, server in told.items()))
    return {name: one.failure or len(one.offered) for name, one in zip(told, found, strict=True)}


def _wanted(server: Server, offered: Iterable[Offered]) -> Sequence[Offered]:
    """What is taken of what a server offers."""
    wanted = [
        tool
        for tool in offered
        if (server.tools is None or tool.name in server.tools) and len(json.dumps(tool.parameters)) <= _MOST_SCHEMA
    ]
    return wanted[:MOST_TOOLS]


def _named(offered: list[tuple[str, Server, Offered]], taken: set[str]) -> Iterator[ExternalTool]:
    """The tools under names that are theirs alone: a server's name goes before one that others have too."""
    shared = Counter(_name(tool.name) for _, _, tool in offered)
    for server_name, server, tool in offered:
        name = _name(tool.name)
        if shared[name] > 1 or name in taken:
            name = _name(f"{server_name}_{tool.name}")
        if name in taken:
            log.warning("%s of %s is left out: there are two of that name", tool.name, server_name)
            continue
        taken.add(name)
        yield ExternalTool(
            name=name,
            description=tool.description or f"{tool.name} of {server_name}",
            args_schema=tool.parameters,
            server_name=server_name,
            server=server,
            tool_name=tool.name,
        )


async def _asked(name: str, server: Server) -> _Known:
    try:
        offered = await ask(name, server, DISCOVERY_SECONDS, _offered)
    except UnavailableError as error:
        log.warning("the MCP server %s is not available: %s", name, error)
        now = time.monotonic()
        return _Known((), str(error), now, now + RETRIED_SECONDS)
    taken = len(_wanted(server, offered))
    if taken < len([tool for tool in offered if server.tools is None or tool.name in server.tools]):
        log.warning(
            "%s offers %d tools, of which %d are taken: at most %d, and none whose schema is longer than %d characters. "
            "Name those you want in its `tools`", name, len(offered), taken, MOST_TOOLS, _MOST_SCHEMA,
        )  # fmt: skip
    now = time.monotonic()
    return _Known(tuple(offered), None, now, now + REMEMBERED_SECONDS)


async def _offered(session: ClientSession) -> list[Offered]:
    found: list[Offered] = []
    cursor: str | None = None
    for _ in range(_MOST_PAGES):
        page = await session.list_tools(cursor)
        found += [
            Offered(
                tool.name,
                _shortened(tool.description or tool.title or ""),
                {"properties": {}, **tool.inputSchema},
            )
            for tool in page.tools
        ]
        cursor = page.nextCursor
        if not cursor:
            break
    return found


def _name(name: str) -> str:
    return _NOT_IN_NAMES.sub("_", name)[:_MOST_OF_A_NAME]


def _shortened(description: str) -> str:
    return description if len(description) <= _MOST_DESCRIPTION else f"{description[: _MOST_DESCRIPTION - 1]}…"


def _structured(result: CallToolResult, text: str) -> dict[str, Any]:
    """What of an answer is for programs, unless it is long or says no more than the text."""
    content = result.structuredContent
    if content is None or content == {"result": text} or len(json.dumps(content)) > _MOST_STRUCTURED:
        return {}
    return {"content": content}


def _told(block: Any) -> str:
    """A piece of an answer as text; what is no text is named, since the conversation keeps none of it."""
    if block.type == "text":
        return str(block.text)
    if block.type == "resource" and hasattr(block.resource, "text"):
        return str(block.resource.text)
    if block.type == "resource_link":
        return f"[{block.name}: {block.uri}]"
    kind = getattr(block, "mimeType", None) or getattr(getattr(block, "resource", None), "mimeType", None)
    return f"[{kind or block.type}, left out]"
