"""The graphs that `langgraph.json` names, loaded once and opened per use with the server's checkpointer and store.

A graph may be exported as a compiled graph, an uncompiled `StateGraph`, or a factory: a callable with no argument or with the
run's config, sync, async or an (async) context manager.
"""

import contextlib
import hashlib
import importlib
import importlib.util
import inspect
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.graph.state import StateGraph
from langgraph.pregel import Pregel
from langgraph.store.base import BaseStore

from server.db.pool import Pool
from server.errors import NotFound, PlanloomError, StartupError
from server.langgraph_json import ProjectConfig
from server.langgraph_sections import GraphSpec


class GraphFactoryError(PlanloomError):
    """A graph's factory raised or returned something that is no graph."""


class GraphNotFoundError(NotFound):
    """No graph of that name is served."""


@dataclass(frozen=True)
class LoadedGraph:
    """What a `graphs` entry names: a graph or a factory of one."""

    graph_id: str
    description: str | None
    exported: Any


class Graphs:
    """All graphs of a project. `bind` gives them the database; `open` yields one ready to use."""

    def __init__(self, graphs: dict[str, LoadedGraph]) -> None:
        self._graphs = graphs
        self._pool: Pool | None = None
        self._store: BaseStore | None = None

    def bind(self, pool: Pool, store: BaseStore) -> None:
        """Checkpoints go to `pool`, `runtime.store` is `store`, for every graph opened from now on."""
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

    @contextlib.asynccontextmanager
    async def open(
        self, graph_id: str, config: RunnableConfig | None = None
    ) -> AsyncIterator[Pregel[Any, Any, Any, Any]]:
        """The graph with checkpointer and store, a copy of its own for this use.

        Raises `GraphNotFoundError`, or `GraphFactoryError` if its factory fails.
        """
        entry = self.get(graph_id)
        async with contextlib.AsyncExitStack() as stack:
            graph = await _materialise(entry, config or {}, stack)
            update: dict[str, Any] = {}
            if self._pool is not None:
                update["checkpointer"] = _saver(self._pool)
            if self._store is not None and graph.store is None:
                update["store"] = self._store
            yield graph.copy(update=update)


def load_graphs(project: ProjectConfig) -> Graphs:
    """Import every graph of `project`. Raises `StartupError` naming the graph, its file and the cause."""
    for dependency in ["."] if not project.dependencies else project.dependencies:
        folder = (project.folder / dependency).resolve()
        if folder.is_dir() and str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
    return Graphs({name: _load(name, spec, project.folder) for name, spec in project.graphs.items()})


def load_attribute(path: str, folder: Path) -> Any:
    """What `./file.py:name` or `package.module:name` names, relative to `folder`.

    Raises `StartupError` if there is no such file, module or attribute; errors of the module itself pass through.
    """
    where, _, name = path.rpartition(":")
    module = _module_of_file(folder / where) if where.endswith(".py") or "/" in where else _module_by_name(where)
    try:
        return getattr(module, name)
    except AttributeError as error:
        raise StartupError(f"{where} has no {name!r}") from error


def _load(graph_id: str, spec: GraphSpec, folder: Path) -> LoadedGraph:
    try:
        exported = load_attribute(spec.path, folder)
    except StartupError as error:
        raise StartupError(f"graph {graph_id!r} ({spec.path}): {error}") from error
    except Exception as error:
        raise StartupError(
            f"graph {graph_id!r} ({spec.path}) cannot be imported: {type(error).__name__}: {_one_line(error)}"
        ) from error
    if not isinstance(exported, Pregel | StateGraph) and not callable(exported):
        raise StartupError(
            f"graph {graph_id!r} ({spec.path}) is a {type(exported).__name__}; export a compiled graph, a StateGraph or a factory"
        )
    return LoadedGraph(graph_id, spec.description, exported)


def _module_by_name(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and name.startswith(error.name):
            raise StartupError(f"there is no module {name!r}") from error
        raise


def _module_of_file(file: Path) -> ModuleType:
    file = file.resolve()
    if not file.is_file():
        raise StartupError(f"there is no file {file}")
    for root in map(Path, sys.path):
        # a file inside an importable package is imported by its name, so that it is one module however it is reached
        if root != Path() and file.is_relative_to(root.resolve()):
            parts = file.relative_to(root.resolve()).with_suffix("").parts
            packages = [root.joinpath(*parts[:count]) / "__init__.py" for count in range(1, len(parts))]
            if len(parts) > 1 and all(part.isidentifier() for part in parts) and all(map(Path.is_file, packages)):
                return importlib.import_module(".".join(parts))
    name = f"planloom_graph_{file.stem}_{hashlib.sha256(str(file).encode()).hexdigest()[:8]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise StartupError(f"{file} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


async def _materialise(
    entry: LoadedGraph, config: RunnableConfig, stack: contextlib.AsyncExitStack
) -> Pregel[Any, Any, Any, Any]:
    made = entry.exported
    if not isinstance(made, Pregel | StateGraph):
        made = _call(made, config)
        if inspect.isawaitable(made):
            made = await made
        if isinstance(made, contextlib.AbstractAsyncContextManager):
            made = await stack.enter_async_context(made)
        elif isinstance(made, contextlib.AbstractContextManager):
            made = stack.enter_context(made)
    if isinstance(made, StateGraph):
        made = made.compile(name=entry.graph_id)
    if not isinstance(made, Pregel):
        raise GraphFactoryError(f"graph '{entry.graph_id}': its factory returned a {type(made).__name__}, not a graph")
    return made


def _call(factory: Callable[..., Any], config: RunnableConfig) -> Any:
    parameters = inspect.signature(factory).parameters
    return factory(config) if parameters else factory()


def _saver(pool: Pool) -> Any:
    # One saver per use: a saver serialises everything that shares it on one asyncio.Lock, even on a pool.

    return AsyncPostgresSaver(pool)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or "no message"
