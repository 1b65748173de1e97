"""What MCP offers: the assistants that a caller may see, as tools, and their runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from server.assistants.repository import Assistant
from server.assistants.schemas import AssistantSearch
from server.assistants.service import AssistantService
from server.auth.access import SYSTEM, Access, bound_to
from server.db.pool import Pool
from server.protocols.mcp import repository
from server.protocols.mcp.calls import ToolCall, tool_call
from server.protocols.mcp.live_calls import LiveCalls
from server.protocols.mcp.messages import INVALID_PARAMS, RpcError
from server.protocols.mcp.tools import ToolShape, described, named
from server.runs.repository import Run
from server.runs.service import RunService

PAGE = 100
"""Tools on a page of `tools/list`."""

_AT_ONCE = 1000


@dataclass(frozen=True)
class StartedCall:
    """A call whose run is admitted."""

    call: ToolCall
    shape: ToolShape
    run: Run


class McpService:
    """MCP over the assistants and their runs."""

    def __init__(self, pool: Pool, assistants: AssistantService, runs: RunService, live_calls: LiveCalls) -> None:
        self._pool = pool
        self._assistants = assistants
        self.runs = runs
        self.live_calls = live_calls
        self._access: Access = SYSTEM

    def on_behalf_of(self, access: Access) -> Self:
        """The same for a caller: it does and shows what that caller may."""
        bound = bound_to(access, self)
        bound._assistants = self._assistants.on_behalf_of(access)
        bound.runs = self.runs.on_behalf_of(access)
        return bound

    async def page(self, cursor: object) -> dict[str, Any]:
        """A page of tools, those of the newest assistants first. Raises `RpcError` for a cursor that no page gave."""
        first = _offset(cursor)
        tools = sorted((await self._tools()).items(), key=lambda item: item[1].created_at, reverse=True)
        shown = [
            described(name, assistant, ToolShape.of(await self._assistants.interface(assistant)))
            for name, assistant in tools[first : first + PAGE]
        ]
        more = {"nextCursor": str(first + PAGE)} if len(tools) > first + PAGE else {}
        return {"tools": shown, **more}

    async def start(self, name: object, arguments: Mapping[str, Any], *, tells: bool) -> StartedCall:
        """Admit the run that a call asks for; `tells` if its progress is wanted.

        Raises `RpcError` if there is no such tool, and what `RunService.admit` raises.
        """
        assistant = (await self._tools()).get(name) if isinstance(name, str) else None
        if assistant is None:
            raise RpcError(INVALID_PARAMS, f"Unknown tool: {name}")
        shape = ToolShape.of(await self._assistants.interface(assistant))
        call = tool_call(assistant, shape, arguments, tells=tells)
        run = await self.runs.admit(call.thread_id, call.request, reads=True, keeps_question=True)
        return StartedCall(call, shape, run)

    async def cancel(self, key: str) -> None:
        """Cancel the live calls of that key, whichever process answers them."""
        async with self._pool.connection() as connection:
            await repository.tell_of_cancel(connection, key)

    async def _tools(self) -> dict[str, Assistant]:
        """All tools that the caller may see, by name: a name depends on who else has it."""
        found: list[Assistant] = []
        more = True
        while more:
            asked = AssistantSearch(sort_by="created_at", sort_order="asc", limit=_AT_ONCE, offset=len(found))
            page = await self._assistants.search(asked)
            found += page.found
            more = page.more
        return {name: one for name, one in named(found).items() if self._assistants.serves(one)}


def _offset(cursor: object) -> int:
    if cursor is None:
        return 0
    if isinstance(cursor, str) and cursor.isascii() and cursor.isdigit() and len(cursor) < 10:
        return int(cursor)
    raise RpcError(INVALID_PARAMS, "Invalid cursor: give the nextCursor of the page before")
