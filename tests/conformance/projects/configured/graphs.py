"""Graphs in every form that a `langgraph.json` may name."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import interrupt
from langgraph_sdk.runtime import ServerRuntime
from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12


class Said(TypedDict, total=False):
    said: Any


def _saying(what: Any) -> StateGraph[Said, Any, Any, Any]:
    def say(_: Said) -> Said:
        return {"said": what}

    graph = StateGraph(Said)
    graph.add_node("say", say)
    graph.add_edge(START, "say")
    return graph


def _configured(_: Said, config: RunnableConfig) -> Said:
    configurable = config.get("configurable", {})
    mine = {key: value for key, value in configurable.items() if key.startswith("x-")}
    return {"said": {"headers": mine, "greeting": os.environ.get("GREETING")}}


chat = StateGraph(Said)
chat.add_node("say", _configured)
chat.add_edge(START, "say")

compiled = _saying("compiled").compile()


def without_arguments() -> Any:
    """A factory."""
    return _saying("made without arguments")


def factory(config: RunnableConfig) -> Any:
    """A factory that reads the run's config."""
    return _saying(["made with", config.get("configurable", {}).get("name", "nobody")]).compile()


def of_steps(config: RunnableConfig) -> Any:
    """A factory whose graph has the nodes that the config names, one after the other; `ask` asks."""
    graph = StateGraph(Said)
    last = START
    for name in config.get("configurable", {}).get("steps", ["only"]):
        graph.add_node(
            name, (lambda _: {"said": interrupt("well?")}) if name == "ask" else (lambda _, n=name: {"said": n})
        )
        graph.add_edge(last, name)
        last = name
    return graph


async def async_factory(config: RunnableConfig) -> Any:
    """A factory that waits."""
    return _saying(["awaited with", config.get("configurable", {}).get("name", "nobody")])


@contextmanager
def context(config: RunnableConfig) -> Iterator[Any]:
    """A factory with something to close."""
    yield _saying(["entered with", config.get("configurable", {}).get("name", "nobody")]).compile()


@asynccontextmanager
async def async_context(config: RunnableConfig) -> AsyncIterator[Any]:
    """A factory with something to close, that waits."""
    yield _saying(["entered and awaited with", config.get("configurable", {}).get("name", "nobody")])


def for_runtime(runtime: ServerRuntime) -> Any:
    """A factory that knows what it is wanted for."""
    return _saying(runtime.access_context)


async def _remember(state: Said, runtime: Runtime[Any]) -> Said:
    assert runtime.store is not None
    namespace = ("remembered", str(state["said"]["space"]))
    for text in state["said"]["texts"]:
        await runtime.store.aput(namespace, text, {"text": text})
    found = await runtime.store.asearch(namespace, query=state["said"]["query"], limit=1)
    return {"said": [item.key for item in found]}


remembers = StateGraph(Said)
remembers.add_node("remember", _remember)
remembers.add_edge(START, "remember")


async def _do(state: Said) -> Said:
    wanted = state.get("said")
    if wanted == "fail":
        raise ValueError("shown to the caller")
    if wanted == "fail in secret":
        raise ZeroDivisionError("not shown")
    if wanted == "ask":
        return {"said": interrupt("well?")}
    if wanted == "sleep":
        await asyncio.sleep(60)
    return {"said": "done"}


does = StateGraph(Said)
does.add_node("do", _do)
does.add_edge(START, "do")
