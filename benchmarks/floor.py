"""The floor: the same graphs in this process, driven with `astream` on LangGraph's own Postgres checkpointer.

Nothing that serves a graph with durable checkpoints can cost less. Each run has a saver of its own, as a saver lets one
of its users at a time through.
"""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.graph import StateGraph
from langgraph.types import StreamMode

from benchmarks import graphs
from benchmarks.processes import CpuClock
from benchmarks.streamed import Streamed
from server.db.pool import Pool, create_pool

_POOL_SIZE = 16  # as the server's by default


@dataclass(frozen=True)
class Floor:
    """Runs graphs here."""

    pool: Pool
    compiled: Mapping[str, Any]
    cpu: CpuClock
    name: str = "floor"

    async def stream(
        self, graph_id: str, given: Any, modes: list[StreamMode], thread_id: str | None = None
    ) -> Streamed:
        """Run a graph and read what it emits."""
        saver = AsyncPostgresSaver(self.pool)
        graph = self.compiled[graph_id].copy({"checkpointer": saver})
        config = {"configurable": {"thread_id": thread_id or str(uuid4())}}
        started = time.perf_counter()
        first = first_token = 0.0
        tokens = 0
        async for mode, _ in graph.astream(given, config, stream_mode=modes):
            now = time.perf_counter()
            first = first or now
            if mode == "messages":
                first_token = first_token or now
                tokens += 1
        ended = time.perf_counter()
        return Streamed(
            first_ms=(first - started) * 1000,
            first_token_ms=(first_token - started) * 1000 if tokens else None,
            total_ms=(ended - started) * 1000,
            token_events=tokens,
        )

    async def wait(self, graph_id: str, given: Any, thread_id: str | None = None) -> float:
        """Run a graph to its end; the milliseconds that took."""
        return (await self.stream(graph_id, given, ["values"], thread_id)).total_ms

    async def state_after(self, graph_id: str, given: Any) -> Any:
        """Run a graph to its end; its values then."""
        graph = self.compiled[graph_id].copy({"checkpointer": AsyncPostgresSaver(self.pool)})
        return await graph.ainvoke(given, {"configurable": {"thread_id": str(uuid4())}})


@asynccontextmanager
async def opened_floor(database_url: str, postgres_cpu: Callable[[], float]) -> AsyncIterator[Floor]:
    """The floor on a database of its own. It has this process to itself while it is measured."""
    async with create_pool(database_url, _POOL_SIZE) as pool:
        await pool.wait()
        await AsyncPostgresSaver(pool).setup()
        compiled = {
            name: builder.compile() for name, builder in vars(graphs).items() if isinstance(builder, StateGraph)
        }
        yield Floor(pool, compiled, CpuClock(time.process_time, postgres_cpu))
