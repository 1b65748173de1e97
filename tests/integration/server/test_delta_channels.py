"""Threads whose values are put together from older checkpoints: copied whole, and never thinned out."""

from typing import Annotated, Any

import pytest
from langgraph.channels.delta import DeltaChannel
from langgraph.graph import START, StateGraph
from langgraph.store.memory import InMemoryStore
from typing_extensions import TypedDict

from server.db.pool import Pool
from server.errors import Invalid
from server.events.log import EventLog
from server.graph_loader import Graphs, LoadedGraph
from server.runs.thread_sweeper import ThreadSweeper
from server.threads.schemas import StateUpdate, ThreadCreate, ThreadPatch, ThreadTtl
from server.threads.service import ThreadService
from server.threads.ttl import TtlPolicy

pytestmark = pytest.mark.filterwarnings("ignore:.*DeltaChannel")  # the library calls it beta


def _added(held: list[str], writes: list[list[str]]) -> list[str]:
    return [*held, *(text for write in writes for text in write)]


class DeltaState(TypedDict, total=False):
    log: Annotated[list[str], DeltaChannel(_added)]


def _graphs(pool: Pool) -> Graphs:
    builder = StateGraph(DeltaState)
    builder.add_node("write", lambda _: {"log": ["written"]})
    builder.add_edge(START, "write")
    graphs = Graphs({"delta": LoadedGraph("delta", None, builder.compile())})
    graphs.bind(pool, InMemoryStore())
    return graphs


async def _written(threads: ThreadService, *texts: str) -> Any:
    thread = await threads.create(ThreadCreate(metadata={"graph_id": "delta"}))
    for text in texts:
        await threads.states.update(thread.thread_id, StateUpdate(values={"log": [text]}, as_node="write"))
    return thread.thread_id


async def _log(threads: ThreadService, thread_id: Any) -> list[str]:
    values = (await threads.states.read(thread_id))["values"]
    log: list[str] = values["log"]
    return log


async def test_a_copy_has_all_that_its_values_build_on(pool: Pool) -> None:
    threads = ThreadService(pool, _graphs(pool))
    source = await _written(threads, "one", "two", "three")
    copied = await threads.copy(source)
    assert await _log(threads, copied.thread_id) == await _log(threads, source) == ["one", "two", "three"]


async def test_keep_latest_refuses_what_it_would_destroy(pool: Pool) -> None:
    threads = ThreadService(pool, _graphs(pool))
    thread_id = await _written(threads, "one", "two")
    with pytest.raises(Invalid, match="DeltaChannel"):
        await threads.keep_latest([thread_id])
    assert await _log(threads, thread_id) == ["one", "two"]


async def test_a_sweep_passes_over_what_it_would_destroy(pool: Pool) -> None:
    threads = ThreadService(pool, _graphs(pool))
    thread_id = await _written(threads, "one", "two")
    await threads.patch(thread_id, ThreadPatch(ttl=ThreadTtl(strategy="keep_latest", ttl=0.0001)))
    async with pool.connection() as connection:
        await connection.execute("update threads set expires_at = now() - interval '1 minute', ttl_minutes = 60")
    sweeper = ThreadSweeper(pool, threads, EventLog(pool), TtlPolicy())
    assert [await sweeper.sweep(), await sweeper.sweep()] == [1, 0], "it is looked at again when its time is over again"
    assert await _log(threads, thread_id) == ["one", "two"]
