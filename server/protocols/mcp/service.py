"""What MCP offers: the assistants that a caller may see, as tools, and their runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from server.assistants.repository import Assistant
from server.assistants.schemas import AssistantSearch
from server.assistants.service import AssistantService
from server.auth.access import SYSTEM, Access, bound_to
from server.auth.filters import Filter
from server.db.pool import Pool
from server.protocols.mcp import repository
from server.protocols.mcp.calls import ToolCall, tool_call
from server.protocols.mcp.live_calls import LiveCalls
from server.protocols.mcp.messages import INVALID_PARAMS, RpcError
from server.protocols.mcp.tool_names import ToolNames, possible_names
from server.protocols.mcp.tools import ToolShape, described
from server.runs.repository import Run
from server.runs.service import RunService

PAGE = 100
"""Tools on a page of `tools/list`."""


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
        asked = AssistantSearch(sort_by="created_at", sort_order="desc", limit=PAGE, offset=first)
        page = await self._assistants.search(asked)
        names = await self._names()
        await names.learn(name for one in page.found for name in possible_names(one))
        shown = []
        for assistant in page.found:
            name = await names.name_of(assistant) if self._assistants.serves(assistant) else None
            if name is not None:
                shape = ToolShape.of(await self._assistants.interface(assistant))
                shown.append(described(name, assistant, shape))
        more = {"nextCursor": str(first + PAGE)} if page.more else {}
        return {"tools": shown, **more}

    async def start(self, name: object, arguments: Mapping[str, Any], *, tells: bool) -> StartedCall:
        """Admit the run that a call asks for; `tells` if its progress is wanted.

        Raises `RpcError` if there is no such tool, and what `RunService.admit` raises.
        """
        assistant = await (await self._names()).owner(name) if isinstance(name, str) else None
        if assistant is None or not self._assistants.serves(assistant):
            raise RpcError(INVALID_PARAMS, f"Unknown tool: {name}")
        shape = ToolShape.of(await self._assistants.interface(assistant))
        call = tool_call(assistant, shape, arguments, tells=tells)
        run = await self.runs.admit(call.thread_id, call.request, reads=True, keeps_question=True)
        return StartedCall(call, shape, run)

    async def cancel(self, key: str) -> None:
        """Cancel the live calls of that key, whichever process answers them."""
        async with self._pool.connection() as connection:
            await repository.tell_of_cancel(connection, key)

    async def _names(self) -> ToolNames:
        """The names of the tools that the caller may see: a name depends on who else has it."""
        asked: dict[str, Any] = {"graph_id": None, "metadata": {}, "limit": PAGE, "offset": 0}
        allowed = await self._access.may("assistants", "search", asked)
        allowed &= Filter.of_search(asked["metadata"])

        async def find(names: list[str]) -> list[Assistant]:
            async with self._pool.connection() as connection:
                return await repository.candidates(connection, allowed, names)

        return ToolNames(find)


def _offset(cursor: object) -> int:
    if cursor is None:
        return 0
    if isinstance(cursor, str) and cursor.isascii() and cursor.isdigit() and len(cursor) < 10:
        return int(cursor)
    raise RpcError(INVALID_PARAMS, "Invalid cursor: give the nextCursor of the page before")
