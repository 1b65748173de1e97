"""Running graphs with tracing on, as the server's executor does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from langchain_core.runnables import RunnableConfig

from server.ids import new_id
from server.tracing.facts import TracedRun
from server.tracing.policy import GraphPolicy
from server.tracing.run_trace import Outcome
from server.tracing.service import Tracing, TracingOptions, opened_tracing
from tests.langsmith_server import LangSmithServer, ReceivedRun

KEY = "lsv2_pt_0123456789abcdef0123456789abcdef"


def options_for(langsmith: LangSmithServer, **options: Any) -> TracingOptions:
    """Tracing to the stand-in."""
    shown = {graph_id: GraphPolicy(graph_id) for graph_id in ("mine", "coach", "made")}
    return TracingOptions(url=langsmith.url, api_key=KEY, project="reviews", **{"policies": shown, **options})


def a_run(**facts: Any) -> TracedRun:
    """A run's first attempt."""
    defaults: dict[str, Any] = {"thread_id": new_id(), "assistant_id": new_id(), "graph_id": "mine", "attempt": 1}
    return TracedRun(**{"run_id": new_id(), **defaults, **facts})


async def run_in(
    tracing: Tracing, graph: Any, given: Any, run: TracedRun, outcome: Outcome = "success", **config: Any
) -> Any:
    """Run a graph with its trace; what it returns."""
    trace = tracing.begin(run)
    called: RunnableConfig = {
        "run_id": run.root_id,
        "run_name": run.graph_id,
        "callbacks": trace.callbacks(),
        "metadata": {**run.metadata, "thread_id": str(run.thread_id), "run_id": str(run.run_id)},
        "tags": list(run.tags),
        "configurable": {"thread_id": str(run.thread_id)},
        **config,
    }
    try:
        return await graph.ainvoke(given, called)
    except RuntimeError as error:
        trace.failed(error)
        outcome = "error"
        return error
    except asyncio.CancelledError:
        outcome = "cancelled"
        raise
    finally:
        trace.close(outcome)


async def trace_of(
    langsmith: LangSmithServer, graph: Any, given: Any, run: TracedRun | None = None, **more: Any
) -> ReceivedRun:
    """Run a graph with tracing of its own; the root that arrived. `options` are those of `TracingOptions`."""
    run = run or a_run()
    async with opened_tracing(options_for(langsmith, **more.pop("options", {}))) as tracing:
        await run_in(tracing, graph, given, run, **more)
    return langsmith.trace(str(run.root_id))


@asynccontextmanager
async def tracing_to(langsmith: LangSmithServer, **options: Any) -> AsyncIterator[Tracing]:
    """Tracing that is on for as long as the context lasts."""
    async with opened_tracing(options_for(langsmith, **options)) as tracing:
        yield tracing


def ids(runs: list[ReceivedRun]) -> set[UUID]:
    """The ids of runs."""
    return {UUID(run["id"]) for run in runs}
