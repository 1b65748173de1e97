"""Every kind of thing that a project may export as a graph, opened for every use."""

import contextlib
import functools
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import orjson
import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.func import entrypoint
from langgraph.graph import START, StateGraph
from langgraph.pregel import Pregel
from langgraph.store.memory import InMemoryStore
from langgraph_sdk.runtime import ServerRuntime
from typing_extensions import TypedDict

from server.errors import StartupError
from server.graph_factories import GraphFactory, GraphFactoryError, GraphUse, compiled
from server.graph_loader import load_graphs
from server.langgraph_json import read_project

AnyGraph = Pregel[Any, Any, Any, Any]


class Said(TypedDict, total=False):
    said: str


@dataclass
class Chosen:
    name: str = "nobody"


def _saying(text: str) -> "StateGraph[Said]":
    graph = StateGraph(Said)
    graph.add_node("say", lambda _: {"said": text})
    graph.add_edge(START, "say")
    return graph


async def _said(factory: Any, **use: Any) -> str:
    given = {"access": "threads.create_run", "config": {}, "store": InMemoryStore(), **use}
    async with contextlib.AsyncExitStack() as stack:
        graph = await GraphFactory("made", factory).make(GraphUse(**given), stack)
        return str((await graph.ainvoke({}))["said"])


async def test_a_factory_without_parameters_is_called() -> None:
    assert await _said(lambda: _saying("plain").compile()) == "plain"


async def test_an_uncompiled_graph_is_compiled_under_its_own_name() -> None:
    assert compiled("named", _saying("x")).name == "named"
    assert await _said(lambda: _saying("builder")) == "builder"


async def test_the_config_is_told_by_annotation_by_name_or_by_being_alone() -> None:
    def annotated(chosen: RunnableConfig) -> Any:
        return _saying(chosen["configurable"]["name"])

    def optional(chosen: RunnableConfig | None) -> Any:
        return _saying((chosen or {})["configurable"]["name"])

    def named(config) -> Any:  # type: ignore[no-untyped-def]
        return _saying(config["configurable"]["name"])

    def alone(whatever: dict[str, Any], /) -> Any:
        return _saying(whatever["configurable"]["name"])

    for factory in (annotated, optional, named, alone):
        assert await _said(factory, config={"configurable": {"name": "Ann"}}) == "Ann"


async def test_the_config_tells_whether_the_graph_will_run() -> None:
    def factory(config: RunnableConfig) -> Any:
        return _saying(str(config["configurable"]["__is_for_execution__"]) + str(config["recursion_limit"]))

    assert await _said(factory) == "True25"
    assert await _said(factory, access="threads.read", config={"recursion_limit": 7}) == "False7"


async def test_the_runtime_is_told_by_annotation_or_by_name_in_any_order() -> None:
    def annotated(server: ServerRuntime, options: RunnableConfig) -> Any:
        return _saying(server.access_context + options["configurable"]["name"])

    def typed(server: ServerRuntime[Chosen]) -> Any:
        return _saying(server.access_context + "Ann")

    def wrapped(server: Annotated[ServerRuntime, "ours"]) -> Any:
        return _saying(server.access_context + "Ann")

    def named(config, runtime) -> Any:  # type: ignore[no-untyped-def]
        return _saying(runtime.access_context + config["configurable"]["name"])

    for factory in (annotated, typed, wrapped, named):
        for access in ("threads.create_run", "threads.update", "threads.read", "assistants.read"):
            said = await _said(factory, access=access, config={"configurable": {"name": "Ann"}})
            assert said == f"{access}Ann"


async def test_only_a_run_has_a_context_and_it_has_the_type_that_is_asked_for() -> None:
    def factory(runtime: ServerRuntime[Chosen]) -> Any:
        execution = runtime.execution_runtime
        return _saying("none" if execution is None else f"{type(execution.context).__name__} {execution.context.name}")

    assert await _said(factory, context={"name": "Ann"}) == "Chosen Ann"
    assert await _said(factory, context={"name": "Ann"}, access="threads.update") == "none"


async def test_without_a_user_the_runtime_says_so_on_demand() -> None:
    def factory(runtime: ServerRuntime) -> Any:
        assert runtime.user is None
        return _saying(runtime.ensure_user().identity)

    with pytest.raises(PermissionError):
        await _said(factory)


async def test_sync_async_and_context_managers_make_graphs_and_are_left_after_use() -> None:
    log: list[str] = []

    async def coroutine(config: RunnableConfig) -> Any:
        return _saying("async")

    @contextlib.contextmanager
    def manager() -> Iterator[Any]:
        yield _saying("manager")
        log.append("manager left")

    @contextlib.asynccontextmanager
    async def async_manager(runtime: ServerRuntime) -> AsyncIterator[Any]:
        yield _saying("async manager").compile()
        log.append("async manager left")

    said = [await _said(factory) for factory in (coroutine, manager, async_manager)]
    assert said == ["async", "manager", "async manager"]
    assert log == ["manager left", "async manager left"]


async def test_partials_and_callable_objects_are_factories_too() -> None:
    class Maker:
        def __call__(self, config: RunnableConfig) -> Any:
            return _saying("object")

    assert await _said(Maker()) == "object"
    assert await _said(functools.partial(_saying, "partial")) == "partial"


async def test_a_factory_that_makes_no_graph_is_an_error_that_says_what_it_made() -> None:
    with pytest.raises(GraphFactoryError, match="its factory returned a str, not a graph"):
        await _said(lambda: "graph")


def test_a_factory_that_asks_for_something_else_is_refused_at_the_start() -> None:
    def factory(config: RunnableConfig, database: str) -> Any: ...

    with pytest.raises(StartupError, match="asks for 'database'"):
        GraphFactory("made", factory)


@pytest.mark.parametrize(
    ("exported", "told"),
    [
        ("graph = 3", "is a int; export"),
        ("raise RuntimeError('two\\nlines')", "RuntimeError: two lines"),
        ("x = 1", "has no 'graph'"),
    ],
)
def test_a_graph_that_cannot_be_had_is_named_with_the_cause(tmp_path: Path, exported: str, told: str) -> None:
    (tmp_path / "broken.py").write_text(exported)
    (tmp_path / "langgraph.json").write_bytes(orjson.dumps({"graphs": {"broken": "./broken.py:graph"}}))
    with pytest.raises(StartupError, match=told) as error:
        load_graphs(read_project(tmp_path / "langgraph.json"))
    assert "'broken' (./broken.py:graph)" in str(error.value)


async def test_a_project_serves_compiled_graphs_builders_entrypoints_and_factories(tmp_path: Path) -> None:
    (tmp_path / "kinds.py").write_text(
        "from tests.unit.server import test_graph_factories as t\n"
        "compiled = t._saying('compiled').compile()\nbuilder = t._saying('builder')\n"
        "function = t.function\ndef factory(runtime: t.ServerRuntime): return t._saying(runtime.access_context)\n"
    )
    names = ("compiled", "builder", "function", "factory")
    graphs = {name: f"./kinds.py:{name}" for name in names}
    (tmp_path / "langgraph.json").write_bytes(orjson.dumps({"graphs": graphs}))
    loaded = load_graphs(read_project(tmp_path / "langgraph.json"))
    assert loaded.ids == sorted(names)
    loaded._store = InMemoryStore()
    said = {}
    for name in names:
        async with loaded.open(name, access="threads.create_run") as graph:
            said[name] = (await graph.ainvoke({}))["said"]
    assert said == {name: name for name in names} | {"factory": "threads.create_run"}


@entrypoint()
async def function(_: Said) -> Said:
    """A graph of the functional API."""
    return {"said": "function"}
