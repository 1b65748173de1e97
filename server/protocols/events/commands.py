"""Carries out the protocol's commands, wherever they come from: each by the services that serve the rest of the API."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Self
from uuid import UUID

from server.auth.access import SYSTEM, Access, bound_to
from server.error_handlers import status_of
from server.errors import Denied, Malformed, RequestError
from server.protocols.events.agent_tree import AgentTree
from server.protocols.events.envelopes import Command, CommandError, Done
from server.protocols.events.params import AgentGetTreeParams, read
from server.protocols.events.run_commands import RunCommands
from server.protocols.events.session import ThreadEvents
from server.protocols.events.state_commands import StateCommands

SUBSCRIPTIONS = ("subscription.subscribe", "subscription.unsubscribe", "subscription.reconnect")
"""The commands that are about a connection."""

_Handler = Callable[[UUID, Command], Awaitable[Done]]


class Commands:
    """The commands on threads, but for those about a connection."""

    def __init__(self, runs: RunCommands, states: StateCommands, events: ThreadEvents) -> None:
        self._runs = runs
        self._states = states
        self._events = events
        self._access: Access = SYSTEM

    def on_behalf_of(self, access: Access) -> Self:
        """The same for a caller: it does what that caller may."""
        bound = bound_to(access, self)
        bound._runs = self._runs.on_behalf_of(access)
        bound._states = self._states.on_behalf_of(access)
        bound._events = self._events.on_behalf_of(access)
        return bound

    async def carry_out(self, thread: str, command: Command) -> Done:
        """Carry the command out, on the thread that the path names. Raises `CommandError`."""
        try:
            try:
                return await self._handler(command.method)(_thread_id(thread), command)
            except CommandError:
                await self._ask_at_least(thread)
                raise
        except Denied as error:
            raise CommandError("permission_denied", f"{error.status}: {error.detail}") from error
        except RequestError as error:
            raise CommandError("unknown_error", f"{status_of(error)}: {error.detail}") from error

    async def _ask_at_least(self, thread: str) -> None:
        """What is wrong with a command is for those to hear who may read threads. Raises `Denied`."""
        if not self._access.was_asked:
            await self._access.may("threads", "read", {"thread_id": _thread_id(thread)})

    def _handler(self, method: str) -> _Handler:
        if method in SUBSCRIPTIONS:
            raise CommandError(
                "not_supported",
                f"{method} is for a WebSocket; over HTTP each POST of /threads/{{thread_id}}/stream/events is one.",
            )
        try:
            return self._handlers()[method]
        except KeyError:
            raise CommandError("unknown_command", f"Unknown protocol command: {method}") from None

    def _handlers(self) -> dict[str, _Handler]:
        return {
            "run.start": self._runs.start,
            "input.respond": self._runs.respond,
            "input.inject": self._runs.inject,
            "state.get": self._states.get,
            "state.listCheckpoints": self._states.list_checkpoints,
            "state.fork": self._runs.fork,
            "agent.getTree": self._tree,
        }

    async def _tree(self, thread_id: UUID, command: Command) -> Done:
        params = read(AgentGetTreeParams, command)
        tree = AgentTree(params.run_id)
        async with aclosing(await self._events.so_far(thread_id, ("lifecycle",))) as pages:
            async for page in pages:
                tree.follow(page)
        return Done(tree.result())


def _thread_id(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError as error:
        raise Malformed("Invalid thread ID") from error
