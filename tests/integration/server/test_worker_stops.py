"""A worker that is asked to stop: its runs go on for a while, and then to another worker, at once."""

import asyncio
import operator
from typing import Annotated
from uuid import UUID

import orjson
import pytest
from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict

from server.db.pool import Pool
from server.events.types import LoggedEvent
from server.graph_loader import Graphs, LoadedGraph
from server.runs import worker
from server.runs.schemas import RunCreate
from server.runtime import Runtime, running
from server.settings import load_settings


class HeldState(TypedDict, total=False):
    log: Annotated[list[str], operator.add]


class Held:
    """A graph whose second step waits until it is released."""

    def __init__(self) -> None:
        self.released = asyncio.Event()
        builder = StateGraph(HeldState)
        builder.add_node("before", lambda _: {"log": ["before"]})
        builder.add_node("hold", self._hold)
        builder.add_edge(START, "before").add_edge("before", "hold")
        self.graphs = Graphs({"held": LoadedGraph("held", None, builder.compile())})

    async def _hold(self, _: HeldState) -> HeldState:
        await self.released.wait()
        return {"log": ["held"]}


async def test_a_run_that_does_not_end_in_time_goes_to_another_worker_at_once(
    pool: Pool, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "DRAIN_SECONDS", 0.1)
    settings, held = load_settings(database_url=database_url, workers=1), Held()
    async with running(settings, held.graphs, database_url) as first:
        request = RunCreate(assistant_id="held", input={}, stream_mode=["updates"], on_completion="keep")
        run = await first.runs.admit(None, request)
        await _read(first, run.run_id, until="before")
    async with pool.connection() as connection:
        cursor = await connection.execute("select status, attempt, handed_back from runs")
        assert await cursor.fetchall() == [{"status": "pending", "attempt": 1, "handed_back": 1}]
    held.released.set()
    async with running(settings, held.graphs, database_url) as second:
        events = await _read(second, run.run_id)
        assert [orjson.loads(event.data)["attempt"] for event in events if event.name == "metadata"] == [1, 2]
        assert [next(iter(orjson.loads(event.data))) for event in events if event.name == "updates"] == [
            "before",
            "hold",
        ]
        finished = await second.runs.get(run.thread_id, run.run_id)
        assert (finished.status, finished.lost_attempts) == ("success", 0)


async def _read(runtime: Runtime, run_id: UUID, until: str | None = None) -> list[LoggedEvent]:
    """The run's events, to its end or to the update of a node."""
    read: list[LoggedEvent] = []
    async for page in runtime.runs.events(run_id):
        read += page
        if until is not None and any(event.name == "updates" and until.encode() in event.data for event in page):
            break
    return read
