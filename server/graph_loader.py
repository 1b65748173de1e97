"""The graphs that `langgraph.json` names, loaded once and opened per use with the server's checkpointer and store.

A graph may be exported as a compiled graph (an `@entrypoint` is one), an uncompiled `StateGraph`, or a factory of either
(`server.graph_factories`).
"""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.graph.state import StateGraph
from langgraph.pregel import Pregel
from langgraph.store.base import BaseStore
from langgraph_sdk.auth.types import BaseUser
from langgraph_sdk.runtime import AccessContext

from server.db.checkpoints.decoded import DecodedPieces
from server.db.checkpoints.saver import CheckpointSaver
from server.db.checkpoints.write_behind import WriteBehindSaver
from server.db.pool import Connection, Pool
from server.errors import NotFound, StartupError
from server.graph_factories import GraphFactory, GraphFactoryError, GraphUse, compiled
from server.langgraph_json import ProjectConfig
from server.langgraph_sections import GraphSpec, SerdeSpec
from server.project_code import load_attribute, make_importable, one_line

__all__ = ["GraphFactoryError", "GraphNotFoundError", "Graphs", "LoadedGraph", "load_graphs"]


class GraphNotFoundError(NotFound):
    """No graph of that name is served."""


@dataclass(frozen=True)
class LoadedGraph:
    """What a `graphs` entry names: a graph or a factory of one."""

    graph_id: str
    description: str | None
    exported: Pregel[Any, Any, Any, Any] | GraphFactory

    @property
    def is_made(self) -> bool:
        """Whether a factory makes the graph, which may be another each time."""
        return isinstance(self.exported, GraphFactory)

    async def make(self, use: GraphUse, stack: contextlib.AsyncExitStack) -> Pregel[Any, Any, Any, Any]:
        """The graph for `use`. Raises `GraphFactoryError`."""
        if isinstance(self.exported, GraphFactory):
            return await self.exported.make(use, stack)
        return self.exported


class Graphs:
    """All graphs of a project. `bind` gives them the database; `open` yields one ready to use."""

    def __init__(self, graphs: dict[str, LoadedGraph], serde: JsonPlusSerializer | None = None) -> None:
        self._graphs = graphs
        self._serde = serde or serializer(SerdeSpec())
        self._pool: Pool | None = None
        self._in_pieces = True
        self._decoded = DecodedPieces()
        self._store: BaseStore | None = None

    def bind(self, pool: Pool, store: BaseStore, *, in_pieces: bool = True) -> None:
        """Checkpoints go to `pool`, `runtime.store` is `store`, for every graph opened from now on; lists are stored
        `in_pieces`, or whole for others who read the tables."""
        self._in_pieces = in_pieces
        self._pool = pool
        self._store = store

    @property
    def ids(self) -> list[str]:
        """The names of the graphs, sorted."""
        return sorted(self._graphs)

    def get(self, graph_id: str) -> LoadedGraph:
        """The entry of that name. Raises `GraphNotFoundError`."""
        if graph_id not in self._graphs:
            raise GraphNotFoundError(f"Graph '{graph_id}' not found. Expected one of: {self.ids}")
        return self._graphs[graph_id]

    @property
    def serde(self) -> JsonPlusSerializer:
        """How what the graphs' checkpoints hold is read back."""
        return self._serde

    @contextlib.asynccontextmanager
    async def open(
        self,
        graph_id: str,
        config: RunnableConfig | None = None,
        *,
        access: AccessContext = "assistants.read",
        user: BaseUser | None = None,
        context: Any = None,
        connection: Connection | None = None,
        saver: type[CheckpointSaver] = CheckpointSaver,
    ) -> AsyncIterator[Pregel[Any, Any, Any, Any]]:
        """The graph with checkpointer and store, a copy of its own for this use.

        With `connection`, checkpoints are read and written on it, as part of its transaction; `saver` is what does so.
        `access`, `user` and `context` tell a factory what for, for whom and with what. Raises `GraphNotFoundError`, or
        `GraphFactoryError` if what the factory makes is no graph.
        """
        entry = self.get(graph_id)
        async with contextlib.AsyncExitStack() as stack:
            graph = await entry.make(GraphUse(access, config or {}, self._store, user, context), stack)
            update: dict[str, Any] = {}
            if self._pool is not None:
                made = self._saver(saver, connection or self._pool, graph)
                if isinstance(made, WriteBehindSaver):
                    stack.push_async_callback(made.flush)
                update["checkpointer"] = made
            if self._store is not None and graph.store is None:
                update["store"] = self._store
            yield graph.copy(update=update)

    def _saver(
        self, saver_type: type[CheckpointSaver], source: Pool | Connection, graph: Pregel[Any, Any, Any, Any]
    ) -> Any:
        # One saver per use: a saver serialises everything that shares it on one asyncio.Lock, even on a pool.
        saver = saver_type(source, serde=self._serde)
        saver.cuts = self._in_pieces
        saver.decoded = self._decoded
        # what the graph's own schemas name may be read back; the library forgets it in a copy of the graph
        allowed: set[tuple[str, ...]] | None = getattr(graph, "_serde_allowlist", None)
        return saver.with_allowlist(allowed) if allowed else saver


def load_graphs(project: ProjectConfig) -> Graphs:
    """Import every graph of `project`. Raises `StartupError` naming the graph, its file and the cause."""
    make_importable(project)
    loaded = {name: _load(name, spec, project) for name, spec in project.graphs.items()}
    return Graphs(loaded, serializer(project.checkpointer.serde))


def serializer(spec: SerdeSpec) -> JsonPlusSerializer:
    """How checkpoints are written and read back: never by unpickling, and only into types that are allowed.

    Where `spec` is silent on msgpack, these are the safe ones and those that a graph's schemas name (see `server`).
    """
    chosen: dict[str, Any] = {}
    if "allowed_msgpack_modules" in spec.model_fields_set:
        chosen["allowed_msgpack_modules"] = spec.allowed_msgpack_modules
    return JsonPlusSerializer(pickle_fallback=False, allowed_json_modules=spec.allowed_json_modules, **chosen)


def _load(graph_id: str, spec: GraphSpec, project: ProjectConfig) -> LoadedGraph:
    try:
        exported = load_attribute(spec.path, project.folder)
        if isinstance(exported, Pregel | StateGraph):
            return LoadedGraph(graph_id, spec.description, compiled(graph_id, exported))
        if callable(exported):
            return LoadedGraph(graph_id, spec.description, GraphFactory(graph_id, exported))
    except StartupError as error:
        raise StartupError(f"graph {graph_id!r} ({spec.path}): {error}") from error
    except Exception as error:
        raise StartupError(
            f"graph {graph_id!r} ({spec.path}) cannot be imported: {type(error).__name__}: {one_line(error)}"
        ) from error
    raise StartupError(
        f"graph {graph_id!r} ({spec.path}) is a {type(exported).__name__}; export a compiled graph, a StateGraph or a factory"
    )
