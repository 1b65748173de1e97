"""What can be done with assistants."""

from contextlib import AbstractAsyncContextManager
from typing import Any, Self, cast
from uuid import UUID, uuid4, uuid5

from langchain_core.runnables import RunnableConfig

from server.assistants import introspection, repository
from server.assistants.context import mirrored
from server.assistants.introspection import GraphInterface
from server.assistants.repository import Assistant, AssistantContent, AssistantFilter, AssistantVersion
from server.assistants.schemas import AssistantCount, AssistantCreate, AssistantPatch, AssistantSearch, VersionSearch
from server.auth.access import NOBODY_KNOWN, SYSTEM, Access, bound_to
from server.auth.filters import EVERYTHING, Filter
from server.db.pool import Connection, Pool
from server.db.searches import Page
from server.errors import Conflict, Malformed, NotFound
from server.graph_loader import Graphs

SYSTEM_NAMESPACE = UUID("6ba7b821-9dad-11d1-80b4-00c04fd430c8")
"""A graph's system assistant is `uuid5` of this and the graph's name, on every LangGraph server."""

UNTITLED = "Untitled"
"""The name of an assistant that was given none."""


class AssistantNotFoundError(NotFound):
    """There is no such assistant."""


def system_assistant_id(graph_id: str) -> UUID:
    """The id of a graph's system assistant."""
    return uuid5(SYSTEM_NAMESPACE, graph_id)


class AssistantService:
    """Assistants over the graphs that are served.

    A `reference` is an assistant's id, or a graph's name for the system assistant of that graph; a method that takes one
    raises `Malformed` if it is neither, and `AssistantNotFoundError` if there is no such assistant.
    """

    def __init__(self, pool: Pool, graphs: Graphs) -> None:
        self._pool = pool
        self._graphs = graphs
        self._access: Access = SYSTEM
        self._interfaces: dict[str, GraphInterface] = {}

    def on_behalf_of(self, access: Access) -> Self:
        """The same for a caller: it does and shows what that caller may."""
        return bound_to(access, self)

    async def ensure_system_assistants(self) -> None:
        """Make the system assistant of every graph that has none; what an operator changed on one stays."""
        async with self._pool.connection() as connection:
            for graph_id in self._graphs.ids:
                description = self._graphs.get(graph_id).description
                content = AssistantContent(graph_id, graph_id, description, {}, {}, {"created_by": "system"})
                await repository.insert(connection, system_assistant_id(graph_id), content)

    # --- reading

    async def get(self, reference: str) -> Assistant:
        """The assistant."""
        assistant_id = self.id_of(reference)
        allowed = await self._access.may("assistants", "read", {"assistant_id": assistant_id})
        async with self._pool.connection() as connection:
            assistant = await repository.get(connection, assistant_id)
        if assistant is None or not allowed.matches(assistant.metadata):
            raise AssistantNotFoundError("Not Found")
        return assistant

    async def runnable(self, reference: str) -> Assistant:
        """The assistant, for those who may run it: a graph's own one has no owner, so no filter hides it from them."""
        assistant_id = self.id_of(reference)
        allowed = await self._access.may("assistants", "read", {"assistant_id": assistant_id})
        async with self._pool.connection() as connection:
            assistant = await repository.get(connection, assistant_id)
        if assistant is None or not (self._is_of_graph(assistant_id) or allowed.matches(assistant.metadata)):
            raise AssistantNotFoundError(f"Assistant '{reference}' not found")
        return assistant

    def id_for_run(self, reference: str) -> UUID:
        """The id of the assistant that a run names, by id or graph name. Raises `Malformed`."""
        try:
            return self.id_of(reference)
        except Malformed as error:
            raise Malformed(
                f"Invalid assistant: '{reference}'. Must be either:\n- A valid assistant UUID, or\n"
                f"- One of the registered graphs: {', '.join(self._graphs.ids)}"
            ) from error

    async def may_run(self, assistant_id: UUID) -> Filter:
        """Which assistants the caller may run. A graph's own one has no owner: who may start a run may run it."""
        if self._is_of_graph(assistant_id):
            return EVERYTHING
        return await self._access.may("assistants", "read", {"assistant_id": assistant_id})

    async def resolve_for_run(self, connection: Connection, assistant_id: UUID, allowed: Filter) -> Assistant:
        """The assistant that a run names, if it is one of the `allowed`. Raises `AssistantNotFoundError`."""
        assistant = await repository.get(connection, assistant_id)
        if assistant is None or not allowed.matches(assistant.metadata):
            raise AssistantNotFoundError("Thread or assistant not found.")
        self._graphs.get(assistant.graph_id)
        return assistant

    async def search(self, request: AssistantSearch) -> Page[Assistant]:
        """A page of assistants. Raises `NotFound` for a graph that is not served."""
        wanted = await self._wanted(request, request.limit, request.offset)
        async with self._pool.connection() as connection:
            return await repository.search(connection, wanted, request.part)

    async def count(self, request: AssistantCount) -> int:
        """How many assistants match. Raises `NotFound` for a graph that is not served."""
        wanted = await self._wanted(request, 0, 0)
        async with self._pool.connection() as connection:
            return await repository.count(connection, wanted)

    async def versions(self, reference: str, request: VersionSearch) -> list[AssistantVersion]:
        """A page of an assistant's versions, newest first."""
        assistant_id = self.id_of(reference)
        allowed = await self._access.may("assistants", "read", {"assistant_id": assistant_id})
        async with self._pool.connection() as connection:
            assistant = await repository.get(connection, assistant_id)
            if assistant is None or not allowed.matches(assistant.metadata):
                raise _not_found(assistant_id)
            return await repository.versions(
                connection, assistant_id, request.metadata, limit=request.limit, offset=request.offset
            )

    # --- writing

    async def create(self, request: AssistantCreate) -> Assistant:
        """A new assistant. Raises `Conflict` if one of that id exists, unless `if_exists` is `do_nothing`."""
        self._graphs.get(request.graph_id)
        config, context = mirrored({}, {}, request.given_config, request.context)
        assistant_id = request.assistant_id or uuid4()
        value: dict[str, Any] = {
            "assistant_id": assistant_id,
            "graph_id": request.graph_id,
            "config": config,
            "context": context,
            "metadata": dict(request.metadata or {}),
            "if_exists": request.if_exists,
            "name": request.name or UNTITLED,
            "description": request.description,
        }
        allowed = await self._access.may("assistants", "create", value)
        content = AssistantContent(
            request.graph_id,
            value["name"],
            value["description"],
            value["config"],
            value["context"],
            value["metadata"],
        )
        async with self._pool.connection() as connection:
            created = await repository.insert(connection, assistant_id, content)
            if created is not None:
                return created
            existing = await repository.get(connection, assistant_id)
        if existing is None or not allowed.matches(existing.metadata) or request.if_exists == "raise":
            raise Conflict(f"Assistant {assistant_id} already exists")
        return existing

    async def patch(self, reference: str, request: AssistantPatch) -> Assistant:
        """A new version of an assistant: metadata are merged, whatever else is given replaces what was."""
        assistant_id = self.id_of(reference)
        if request.graph_id is not None:
            self._graphs.get(request.graph_id)
        value: dict[str, Any] = {"assistant_id": assistant_id, **request.model_dump(exclude_none=True)}
        value["metadata"] = dict(request.metadata or {})
        allowed = await self._access.may("assistants", "update", value)
        async with self._pool.connection() as connection, connection.transaction():
            before = await repository.lock(connection, assistant_id)
            if before is None or not allowed.matches(before.metadata):
                raise _not_found(assistant_id)
            config, context = mirrored(before.config, before.context, request.given_config, request.context)
            content = AssistantContent(
                request.graph_id or before.graph_id,
                request.name or before.name,
                before.description if request.description is None else request.description,
                config,
                context,
                {**before.metadata, **value["metadata"]},
            )
            return await repository.write_version(connection, assistant_id, content)

    async def set_latest(self, reference: str, version: int | None) -> Assistant:
        """Make an assistant what it was at `version`, graph and context included. Raises `NotFound` if it never was."""
        assistant_id = self.id_of(reference)
        allowed = await self._access.may("assistants", "update", {"assistant_id": assistant_id, "version": version})
        async with self._pool.connection() as connection, connection.transaction():
            before = await repository.lock(connection, assistant_id)
            if before is None or not allowed.matches(before.metadata):
                raise _not_found(assistant_id)
            restored = await repository.restore(connection, assistant_id, version) if version is not None else None
        if restored is None:
            raise NotFound(f"Version {version} not found for assistant {assistant_id}")
        return restored

    async def delete(self, reference: str) -> UUID:
        """Delete an assistant with its versions; its id."""
        assistant_id = self.id_of(reference)
        allowed = await self._access.may("assistants", "delete", {"assistant_id": assistant_id})
        async with self._pool.connection() as connection, connection.transaction():
            before = await repository.lock(connection, assistant_id)
            if before is None or not allowed.matches(before.metadata):
                raise AssistantNotFoundError(f"Assistant with ID {assistant_id} not found")
            await repository.delete(connection, assistant_id)
        return assistant_id

    # --- the assistant's graph

    async def schemas(self, reference: str) -> dict[str, Any]:
        """The JSON Schemas of an assistant's graph; null for what cannot be expressed."""
        assistant = await self.get(reference)
        async with self._open(assistant) as graph:
            return {"graph_id": assistant.graph_id, **introspection.schemas(graph, assistant.graph_id)}

    def serves(self, assistant: Assistant) -> bool:
        """Whether the assistant's graph is one of those that are served (still)."""
        return assistant.graph_id in self._graphs.ids

    async def interface(self, assistant: Assistant) -> GraphInterface:
        """What the graph of an assistant takes and gives. Remembered, unless a factory makes the graph."""
        known = self._interfaces.get(assistant.graph_id)
        if known is not None:
            return known
        async with self._open(assistant) as graph:
            made = introspection.interface(graph, assistant.graph_id)
        if not self._graphs.get(assistant.graph_id).is_made:
            self._interfaces[assistant.graph_id] = made
        return made

    async def drawing(self, reference: str, xray: bool | int) -> dict[str, Any]:
        """The nodes and edges of an assistant's graph; `xray` opens its subgraphs, to that depth if it is a number."""
        assistant = await self.get(reference)
        async with self._open(assistant) as graph:
            return await introspection.drawing(graph, xray)

    async def subgraphs(self, reference: str, namespace: str | None, *, recurse: bool) -> dict[str, Any]:
        """The schemas of the subgraphs of an assistant's graph, by namespace."""
        assistant = await self.get(reference)
        async with self._open(assistant) as graph:
            return await introspection.subgraphs(graph, namespace, recurse=recurse)

    def _open(self, assistant: Assistant) -> AbstractAsyncContextManager[introspection.AnyGraph]:
        # a factory may make another graph of another config
        configurable = {**NOBODY_KNOWN, **assistant.config.get("configurable", {}), **self._access.identity}
        config = cast("RunnableConfig", {**assistant.config, "configurable": configurable})
        return self._graphs.open(assistant.graph_id, config, access="assistants.read", user=self._access.user)

    def id_of(self, reference: str) -> UUID:
        """The id that a reference stands for. Raises `Malformed`."""
        try:
            return UUID(reference)
        except ValueError as error:
            if reference in self._graphs.ids:
                return system_assistant_id(reference)
            raise Malformed("Invalid assistant ID: must be a UUID") from error

    def _is_of_graph(self, assistant_id: UUID) -> bool:
        return any(assistant_id == system_assistant_id(graph_id) for graph_id in self._graphs.ids)

    async def _wanted(self, request: AssistantCount, limit: int, offset: int) -> AssistantFilter:
        if request.graph_id is not None:
            self._graphs.get(request.graph_id)
        value: dict[str, Any] = {
            "graph_id": request.graph_id,
            "metadata": dict(request.metadata or {}),
            "limit": limit,
            "offset": offset,
        }
        allowed = await self._access.may("assistants", "search", value)
        return AssistantFilter(allowed, value["metadata"], request.graph_id, request.name)


def _not_found(assistant_id: UUID) -> AssistantNotFoundError:
    return AssistantNotFoundError(f"Assistant {assistant_id} not found")
