"""What can be done with assistants."""

from typing import Any
from uuid import UUID, uuid5

from langchain_core.runnables.graph import Graph
from langgraph.channels.base import BaseChannel
from langgraph.pregel import Pregel
from pydantic import create_model
from pydantic.errors import PydanticUserError

from server.assistants import repository
from server.assistants.repository import Assistant, AssistantFilter
from server.assistants.schemas import AssistantCount, AssistantSearch
from server.db.pool import Connection, Pool
from server.errors import Malformed, NotFound
from server.graph_loader import Graphs

SYSTEM_NAMESPACE = UUID("6ba7b821-9dad-11d1-80b4-00c04fd430c8")
"""A graph's system assistant is `uuid5` of this and the graph's name, on every LangGraph server."""


class AssistantNotFoundError(NotFound):
    """There is no such assistant."""


def system_assistant_id(graph_id: str) -> UUID:
    """The id of a graph's system assistant."""
    return uuid5(SYSTEM_NAMESPACE, graph_id)


class AssistantService:
    """Assistants over the graphs that are served."""

    def __init__(self, pool: Pool, graphs: Graphs) -> None:
        self._pool = pool
        self._graphs = graphs

    async def ensure_system_assistants(self) -> None:
        """Make the system assistant of every graph."""
        async with self._pool.connection() as connection:
            for graph_id in self._graphs.ids:
                description = self._graphs.get(graph_id).description
                await repository.upsert_system(connection, system_assistant_id(graph_id), graph_id, description)

    async def get(self, reference: str) -> Assistant:
        """The assistant of that id, or the system assistant of that graph name. Raises `AssistantNotFoundError`."""
        async with self._pool.connection() as connection:
            assistant = await repository.get(connection, self._id_of(reference, f"Assistant {reference} not found"))
        if assistant is None:
            raise AssistantNotFoundError(f"Assistant {reference} not found")
        return assistant

    async def resolve_for_run(self, connection: Connection, reference: str) -> Assistant:
        """The assistant that a run names, by id or graph name. Raises `Malformed` or `AssistantNotFoundError`."""
        try:
            assistant_id = self._id_of(reference, "")
        except NotFound as error:
            raise Malformed(
                f"Invalid assistant: '{reference}'. Must be either:\n- A valid assistant UUID, or\n"
                f"- One of the registered graphs: {', '.join(self._graphs.ids)}"
            ) from error
        assistant = await repository.get(connection, assistant_id)
        if assistant is None:
            raise AssistantNotFoundError("Thread or assistant not found.")
        self._graphs.get(assistant.graph_id)
        return assistant

    async def search(self, request: AssistantSearch) -> tuple[list[Assistant], bool]:
        """A page of assistants, and whether there are more after it. Raises `NotFound` for a graph that is not served."""
        if request.graph_id is not None:
            self._graphs.get(request.graph_id)
        async with self._pool.connection() as connection:
            found = await repository.search(
                connection,
                _filter(request),
                sort_by=request.sort_by,
                descending=request.sort_order == "desc",
                limit=request.limit + 1,
                offset=request.offset,
            )
        return found[: request.limit], len(found) > request.limit

    async def count(self, request: AssistantCount) -> int:
        """How many assistants match."""
        async with self._pool.connection() as connection:
            return await repository.count(connection, _filter(request))

    async def schemas(self, reference: str) -> dict[str, Any]:
        """The JSON Schemas of an assistant's graph; null for one that cannot be expressed."""
        assistant = await self.get(reference)
        async with self._graphs.open(assistant.graph_id) as graph:
            return {"graph_id": assistant.graph_id, **graph_schemas(graph, assistant.graph_id)}

    async def drawing(self, reference: str, xray: bool | int) -> dict[str, Any]:
        """The nodes and edges of an assistant's graph; `xray` opens its subgraphs, to that depth if it is a number."""
        assistant = await self.get(reference)
        async with self._graphs.open(assistant.graph_id) as graph:
            drawable: Graph = await graph.aget_graph(xray=xray)
            drawn: dict[str, Any] = drawable.to_json()
        for node in drawn["nodes"]:
            if isinstance(node.get("data"), dict):
                # classes are named by path for those who import them; a drawing only needs the name
                node["data"].pop("id", None)
        return drawn

    def _id_of(self, reference: str, missing: str) -> UUID:
        try:
            return UUID(reference)
        except ValueError as error:
            if reference in self._graphs.ids:
                return system_assistant_id(reference)
            raise AssistantNotFoundError(missing) from error


def graph_schemas(graph: Pregel[Any, Any, Any, Any], graph_id: str) -> dict[str, Any]:
    """Input, output, state, config and context schema of a graph; null for one that has no JSON Schema."""
    state = _or_none(lambda: _state_schema(graph, graph_id))
    context = _or_none(graph.get_context_jsonschema)
    return {
        "input_schema": _or_none(graph.get_input_jsonschema),
        "output_schema": _or_none(graph.get_output_jsonschema),
        "state_schema": state,
        "config_schema": context or {},
        "context_schema": context,
    }


def _state_schema(graph: Pregel[Any, Any, Any, Any], graph_id: str) -> dict[str, Any]:
    """The whole state, input and output or not: every channel that may be streamed, none of them required."""
    streamed = graph.stream_channels_asis
    if isinstance(streamed, str):
        output: dict[str, Any] = graph.get_output_jsonschema()
        return output
    channels = {name: graph.channels[name] for name in streamed}
    fields: dict[str, Any] = {
        name: (channel.UpdateType, None) for name, channel in channels.items() if isinstance(channel, BaseChannel)
    }
    state = create_model(f"{graph_id}_state", **fields)
    described: dict[str, Any] = state.model_json_schema()
    return described


def _or_none(make: Any) -> dict[str, Any] | None:
    try:
        made: dict[str, Any] | None = make()
    except PydanticUserError:
        return None
    return made


def _filter(request: AssistantCount) -> AssistantFilter:
    return AssistantFilter(metadata=request.metadata, graph_id=request.graph_id, name=request.name)
