"""Threads whose values are put together from older checkpoints: copied whole, thinned out without loss."""

import operator
from typing import Annotated, Any
from uuid import UUID

import pytest
from langgraph.channels.delta import DeltaChannel
from langgraph.graph import START, StateGraph
from langgraph.store.memory import InMemoryStore
from langgraph.types import Command, Overwrite, interrupt
from typing_extensions import TypedDict

from server.db.pool import Pool
from server.events.log import EventLog
from server.graph_loader import GraphNotFoundError, Graphs, LoadedGraph
from server.runs.thread_sweeper import ThreadSweeper
from server.threads.schemas import CheckpointRef, HistoryRequest, StateUpdate, ThreadCreate, ThreadPatch, ThreadTtl
from server.threads.service import ThreadService
from server.threads.state import config_of
from server.threads.ttl import TtlPolicy


def _added(held: list[str], writes: list[list[str]]) -> list[str]:
    return [*held, *(text for write in writes for text in write)]


class DeltaState(TypedDict, total=False):
    log: Annotated[list[str], DeltaChannel(_added)]


class WholeState(TypedDict, total=False):
    log: Annotated[list[str], operator.add]


def _writing(state: Any) -> Any:
    builder = StateGraph(state)
    builder.add_node("write", lambda _: {"log": ["written"]})
    builder.add_edge(START, "write")
    return builder.compile()


def _asking() -> Any:
    inner = StateGraph(DeltaState)
    inner.add_node("note", lambda _: {"log": ["noted"]})
    inner.add_node("ask", lambda _: {"log": [interrupt("well?")]})
    inner.add_edge(START, "note").add_edge("note", "ask")
    outer = StateGraph(DeltaState)
    outer.add_node("before", lambda _: {"log": ["before"]})
    outer.add_node("inner", inner.compile())
    outer.add_edge(START, "before").add_edge("before", "inner")
    return outer.compile()


def _graphs(pool: Pool, **made: Any) -> Graphs:
    graphs = Graphs({name: LoadedGraph(name, None, graph) for name, graph in made.items()})
    graphs.bind(pool, InMemoryStore())
    return graphs


def _threads(pool: Pool, **made: Any) -> ThreadService:
    return ThreadService(pool, _graphs(pool, **(made or {"delta": _writing(DeltaState)})))


async def _written(threads: ThreadService, *texts: str) -> UUID:
    thread = await threads.create(ThreadCreate(metadata={"graph_id": "delta"}))
    for text in texts:
        await threads.states.update(thread.thread_id, StateUpdate(values={"log": [text]}, as_node="write"))
    return thread.thread_id


async def _log(threads: ThreadService, thread_id: UUID) -> list[str]:
    values = (await threads.states.read(thread_id))["values"]
    log: list[str] = values["log"]
    return log


async def _history(threads: ThreadService, thread_id: UUID, checkpoint_ns: str = "") -> list[dict[str, Any]]:
    of = CheckpointRef(checkpoint_ns=checkpoint_ns)
    return await threads.states.history(thread_id, HistoryRequest(limit=100, checkpoint=of))


async def test_a_copy_has_all_that_its_values_build_on(pool: Pool) -> None:
    threads = _threads(pool)
    source = await _written(threads, "one", "two", "three")
    copied = await threads.copy(source)
    assert await _log(threads, copied.thread_id) == await _log(threads, source) == ["one", "two", "three"]


async def test_keep_latest_keeps_the_values_and_the_thread_goes_on(pool: Pool) -> None:
    threads = _threads(pool)
    thread_id = await _written(threads, "one", "two", "three")
    (newest, *_) = await _history(threads, thread_id)
    assert await threads.keep_latest([thread_id]) == 1
    (left,) = await _history(threads, thread_id)
    assert (left["checkpoint_id"], left["values"], left["parent_checkpoint"]) == (
        newest["checkpoint_id"],
        {"log": ["one", "two", "three"]},
        None,
    )
    await threads.states.update(thread_id, StateUpdate(values={"log": ["four"]}, as_node="write"))
    async with threads.states._graphs.open("delta") as graph:
        await graph.ainvoke({"log": ["five"]}, config_of(thread_id))
    assert await _log(threads, thread_id) == ["one", "two", "three", "four", "five", "written"]
    assert await threads.keep_latest([thread_id, thread_id]) == 1, "again, and on a snapshot"
    assert await _log(threads, thread_id) == ["one", "two", "three", "four", "five", "written"]


async def test_keep_latest_keeps_an_interrupted_subgraph_answerable(pool: Pool) -> None:
    threads = _threads(pool, delta=_asking())
    thread_id = (await threads.create(ThreadCreate(metadata={"graph_id": "delta"}))).thread_id
    async with threads.states._graphs.open("delta") as graph:
        await graph.ainvoke({"log": ["start"]}, config_of(thread_id))
        before = await threads.states.read(thread_id, subgraphs=True)
        await threads.keep_latest([thread_id])
        after = await threads.states.read(thread_id, subgraphs=True)
        assert after["tasks"][0]["state"]["values"] == {"log": ["start", "before", "noted"]}
        assert (after["values"], after["tasks"][0]["interrupts"]) == (
            before["values"],
            before["tasks"][0]["interrupts"],
        )
        answered = await graph.ainvoke(Command(resume="yes"), config_of(thread_id))
    assert answered == {"log": ["start", "before", "start", "before", "noted", "yes"]}


async def test_a_thread_written_before_its_graph_used_a_delta_channel_goes_on(pool: Pool) -> None:
    thread_id = await _written(_threads(pool, delta=_writing(WholeState)), "one", "two")
    threads = _threads(pool)
    assert await _log(threads, thread_id) == ["one", "two"]
    await threads.states.update(thread_id, StateUpdate(values={"log": ["three"]}, as_node="write"))
    assert [state["values"].get("log") for state in await _history(threads, thread_id)] == [
        ["one", "two", "three"],
        ["one", "two"],
        ["one"],
    ]
    back = _threads(pool, delta=_writing(WholeState))
    assert await _log(back, thread_id) == ["one", "two", "three"], "nor does the way back lose anything"
    await back.keep_latest([thread_id])
    assert await _log(back, thread_id) == ["one", "two", "three"]


async def test_an_overwrite_is_kept(pool: Pool) -> None:
    threads = _threads(pool)
    thread_id = await _written(threads, "one", "two")
    async with threads.states._graphs.open("delta") as graph:
        await graph.aupdate_state(config_of(thread_id), {"log": Overwrite(["new"])}, as_node="write")
    await threads.states.update(thread_id, StateUpdate(values={"log": ["three"]}, as_node="write"))
    await threads.keep_latest([thread_id])
    assert await _log(threads, thread_id) == ["new", "three"]


async def test_keep_latest_says_so_when_nothing_can_tell_the_values(pool: Pool) -> None:
    thread_id = await _written(_threads(pool), "one", "two")
    with pytest.raises(GraphNotFoundError, match="delta"):
        await _threads(pool, other=_writing(DeltaState)).keep_latest([thread_id])
    assert await _log(_threads(pool), thread_id) == ["one", "two"]


async def test_a_sweep_thins_out_what_it_can_and_passes_over_the_rest(pool: Pool) -> None:
    threads = _threads(pool)
    thread_id = await _written(threads, "one", "two")
    await threads.patch(thread_id, ThreadPatch(ttl=ThreadTtl(strategy="keep_latest", ttl=0.0001)))
    for served, left in ((_threads(pool, other=_writing(DeltaState)), 2), (threads, 1)):
        async with pool.connection() as connection:
            await connection.execute("update threads set expires_at = now() - interval '1 minute', ttl_minutes = 60")
        sweeper = ThreadSweeper(pool, served, EventLog(pool), TtlPolicy())
        assert [await sweeper.sweep(), await sweeper.sweep()] == [1, 0], "it is looked at again when its time is over"
        assert len(await _history(threads, thread_id)) == left
        assert await _log(threads, thread_id) == ["one", "two"]


async def test_a_run_that_is_taken_back_leaves_no_input_behind(pool: Pool) -> None:
    threads = _threads(pool)
    thread_id = await _written(threads, "one")
    async with threads.states._graphs.open("delta") as graph:
        for run_id, text in (("first", "two"), ("second", "three")):
            await graph.ainvoke({"log": [text]}, {**config_of(thread_id), "metadata": {"run_id": run_id}})
    async with pool.connection() as connection, connection.transaction():
        await threads.delete_run_checkpoints(connection, thread_id, "second")
        cursor = await connection.execute("select max(checkpoint_id) as id from checkpoints")
        newest = await cursor.fetchone()
        assert newest is not None
        cursor = await connection.execute("select from checkpoint_writes where checkpoint_id = %s", (newest["id"],))
        assert cursor.rowcount == 0
    assert await _log(threads, thread_id) == ["one", "two", "written"]
    async with threads.states._graphs.open("delta") as graph:
        await graph.ainvoke({"log": ["four"]}, config_of(thread_id))
    assert await _log(threads, thread_id) == ["one", "two", "written", "four", "written"]
