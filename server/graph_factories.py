"""Graph factories: callables that a project exports in place of a graph, called anew for every use of it.

A factory may take the run's config, the server's runtime (`langgraph_sdk.runtime.ServerRuntime`), both in any order, or
nothing. Which parameter is which is told by its annotation, else by its name (`config`, `runtime`); a single parameter of
another name is the config. It may be sync, async, or make an (async) context manager that is left when the use is over.
"""

import contextlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from langchain_core.runnables import RunnableConfig
from langgraph.graph.state import StateGraph
from langgraph.pregel import Pregel
from langgraph.store.base import BaseStore
from langgraph_sdk import runtime as sdk_runtime
from langgraph_sdk.auth.types import BaseUser
from langgraph_sdk.runtime import AccessContext, ServerRuntime

from server.errors import PlanloomError, StartupError
from server.graph_context import fitting, is_model

_EXECUTION = sdk_runtime._ExecutionRuntime
_READ = sdk_runtime._ReadRuntime

IS_FOR_EXECUTION = "__is_for_execution__"
"""Key of `configurable` that tells a factory whether its graph will run or is only looked at."""


class GraphFactoryError(PlanloomError):
    """A graph's factory raised or returned something that is no graph."""


@dataclass(frozen=True)
class GraphUse:
    """What a graph is wanted for. `context` is the run's, and of no meaning in any other use."""

    access: AccessContext
    config: RunnableConfig
    store: BaseStore | None = None
    user: BaseUser | None = None
    context: Any = None

    @property
    def is_execution(self) -> bool:
        """Whether the graph will run."""
        return self.access == "threads.create_run"


@dataclass(frozen=True)
class _Parameter:
    name: str
    holds: Literal["config", "runtime"]
    context_schema: Any
    positional: bool


class GraphFactory:
    """A factory whose parameters are understood. Raises `StartupError` for one that asks for something else."""

    def __init__(self, graph_id: str, call: Callable[..., Any]) -> None:
        self._graph_id = graph_id
        self._call = call
        self._parameters = _parameters(call)

    async def make(self, use: GraphUse, stack: contextlib.AsyncExitStack) -> Pregel[Any, Any, Any, Any]:
        """The graph for `use`; what it holds open is closed with `stack`. Raises `GraphFactoryError`."""
        positional: list[Any] = []
        named: dict[str, Any] = {}
        for parameter in self._parameters:
            value = _config(use) if parameter.holds == "config" else _runtime(use, parameter.context_schema)
            if parameter.positional:
                positional.append(value)
            else:
                named[parameter.name] = value
        made = self._call(*positional, **named)
        if inspect.isawaitable(made):
            made = await made
        if isinstance(made, contextlib.AbstractAsyncContextManager) and not isinstance(made, Pregel):
            made = await stack.enter_async_context(made)
        elif isinstance(made, contextlib.AbstractContextManager) and not isinstance(made, Pregel):
            made = stack.enter_context(made)
        return compiled(self._graph_id, made)


def compiled(graph_id: str, made: object) -> Pregel[Any, Any, Any, Any]:
    """`made`, compiled if it is a `StateGraph`. Raises `GraphFactoryError` if it is no graph."""
    if isinstance(made, StateGraph):
        made = made.compile(name=graph_id)
    if not isinstance(made, Pregel):
        raise GraphFactoryError(f"graph '{graph_id}': its factory returned a {type(made).__name__}, not a graph")
    return made


def _parameters(call: Callable[..., Any]) -> list[_Parameter]:
    try:
        given = inspect.signature(call, eval_str=True).parameters.values()
    except (NameError, AttributeError, TypeError):  # annotations that only a type checker can resolve
        given = inspect.signature(call).parameters.values()
    except ValueError as error:
        raise StartupError(f"its parameters cannot be told: {error}") from error
    found: list[_Parameter] = []
    for parameter in given:
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        holds = _meaning(parameter)
        required = parameter.default is parameter.empty
        if holds is None and required and not found and len(given) == 1:
            holds = "config"
        if holds is None and required:
            raise StartupError(
                f"its factory asks for {parameter.name!r}; a factory may take config: RunnableConfig and "
                "runtime: ServerRuntime"
            )
        if holds is not None:
            positional = parameter.kind is parameter.POSITIONAL_ONLY
            found.append(_Parameter(parameter.name, holds, _context_schema(parameter.annotation), positional))
    return found


def _meaning(parameter: inspect.Parameter) -> Literal["config", "runtime"] | None:
    annotation = parameter.annotation
    if annotation is not parameter.empty:
        if isinstance(annotation, str):
            if "RunnableConfig" in annotation:
                return "config"
            if "ServerRuntime" in annotation:
                return "runtime"
        elif any(part is RunnableConfig for part in _parts(annotation)):
            return "config"
        elif any(part in (ServerRuntime, _EXECUTION, _READ) for part in _parts(annotation)):
            return "runtime"
    if parameter.name == "config":
        return "config"
    return "runtime" if parameter.name == "runtime" else None


def _parts(annotation: Any) -> list[Any]:
    """An annotation, what it is a form of, and those of its alternatives."""
    return [annotation, get_origin(annotation), *(part for inner in get_args(annotation) for part in _parts(inner))]


def _context_schema(annotation: Any) -> Any:
    """`X` of `ServerRuntime[X]`."""
    for part in (annotation, *get_args(annotation)):
        if get_origin(part) in (ServerRuntime, _EXECUTION):
            return get_args(part)[0]
    return None


def _config(use: GraphUse) -> RunnableConfig:
    configurable = {**use.config.get("configurable", {}), IS_FOR_EXECUTION: use.is_execution}
    config: RunnableConfig = {"metadata": {}, "tags": [], "recursion_limit": 25, "callbacks": None}
    return {**config, **use.config, "configurable": configurable}


def _runtime(use: GraphUse, context_schema: Any) -> Any:
    if use.store is None:
        raise GraphFactoryError("a factory that takes the runtime needs the server's store")
    if use.is_execution:
        context = _typed(use.context, context_schema)
        return _EXECUTION(access_context=use.access, user=use.user, store=use.store, context=context)
    return _READ(access_context=use.access, user=use.user, store=use.store)


def _typed(context: Any, schema: Any) -> Any:
    """The run's context, which comes as JSON, as the class that the factory's annotation names."""
    return schema(**(fitting(schema, context) or {})) if is_model(schema) and isinstance(context, Mapping) else context
