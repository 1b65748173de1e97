"""The checkpointer that writes behind the graph: durable when it says so, read as it was written, failing aloud."""

from typing import Any
from uuid import uuid4

import psycopg
import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import Checkpoint, empty_checkpoint
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict

from server.db.checkpoints.saver import CheckpointSaver
from server.db.checkpoints.write_behind import WriteBehindSaver
from server.db.pool import Pool


class Count(TypedDict):
    """How many steps were taken."""

    count: int


def config_of(thread_id: str, checkpoint_id: str | None = None) -> RunnableConfig:
    """The config of a thread, or of one checkpoint of it."""
    named = {"checkpoint_id": checkpoint_id} if checkpoint_id else {}
    return {"configurable": {"thread_id": thread_id, "checkpoint_ns": "", **named}}


def checkpoint_with(number: int, value: Any) -> Checkpoint:
    """A checkpoint with one channel, later than those of lower numbers."""
    made = empty_checkpoint()
    made["id"] = f"1f000000-0000-6000-8000-{number:012d}"
    made["channel_values"] = {"value": value}
    made["channel_versions"] = {"value": str(number)}
    return made


async def put(saver: CheckpointSaver, thread_id: str, number: int, value: Any) -> RunnableConfig:
    """Write one checkpoint."""
    metadata: Any = {"source": "loop", "step": number, "parents": {}}
    return await saver.aput(config_of(thread_id), checkpoint_with(number, value), metadata, {"value": str(number)})


@pytest.fixture
async def saver(pool: Pool) -> WriteBehindSaver:
    """A saver of one run."""
    return WriteBehindSaver(pool, JsonPlusSerializer())


async def ids(pool: Pool, thread_id: str) -> list[str]:
    """The checkpoints of a thread that are durable, in order."""
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "select checkpoint_id from checkpoints where thread_id = %s order by checkpoint_id", (thread_id,)
        )
        return [row["checkpoint_id"] for row in await cursor.fetchall()]


async def test_what_was_written_is_read_at_once_and_durable_after_a_flush(pool: Pool, saver: WriteBehindSaver) -> None:
    thread_id = str(uuid4())
    for number in range(1, 4):
        at = await put(saver, thread_id, number, ["a", {"n": number}])
        await saver.aput_writes(at, [("value", number), ("other", {"n": number})], "task", "path")
    read = await saver.aget_tuple(config_of(thread_id))
    assert read is not None
    assert read.checkpoint["channel_values"] == {"value": ["a", {"n": 3}]}
    assert read.pending_writes == [("task", "value", 3), ("task", "other", {"n": 3})]
    await put(saver, thread_id, 4, {"a": 4})
    await saver.flush()
    assert len(await ids(pool, thread_id)) == 4
    listed = [one.metadata["step"] async for one in CheckpointSaver(pool).alist(config_of(thread_id))]
    assert listed == [4, 3, 2, 1]


async def test_many_writes_and_large_ones_go_in_order(pool: Pool, saver: WriteBehindSaver) -> None:
    thread_id = str(uuid4())
    for number in range(1, 301):
        await put(saver, thread_id, number, [f"item {item}" * 20 for item in range(number % 60)])
    await saver.flush()
    assert len(await ids(pool, thread_id)) == 300
    read = await CheckpointSaver(pool).aget_tuple(config_of(thread_id))
    assert read is not None
    assert read.checkpoint["channel_values"] == {"value": []}


async def test_a_write_that_fails_is_told_and_nothing_is_written_after_it(pool: Pool, saver: WriteBehindSaver) -> None:
    thread_id = str(uuid4())
    await put(saver, thread_id, 1, 1)
    await saver.flush()
    await saver.aput(
        config_of(thread_id),
        {**checkpoint_with(2, 2), "id": "no\0id"},
        {"source": "loop", "step": 2, "parents": {}},
        {},
    )
    with pytest.raises(psycopg.DataError):
        await saver.flush()
    with pytest.raises(psycopg.DataError):
        await put(saver, thread_id, 3, 3)
    with pytest.raises(psycopg.DataError):
        await saver.aget_tuple(config_of(thread_id))
    assert len(await ids(pool, thread_id)) == 1


async def test_a_graph_with_it_leaves_what_one_without_leaves(pool: Pool, saver: WriteBehindSaver) -> None:
    def step(state: Count) -> Count:
        return {"count": state["count"] + 1}

    builder = StateGraph(Count)
    for number in range(6):
        builder.add_node(f"step{number}", step)
        builder.add_edge(START if number == 0 else f"step{number - 1}", f"step{number}")
    histories = []
    for checkpointer in (saver, CheckpointSaver(pool)):
        graph = builder.compile(checkpointer=checkpointer)
        config: RunnableConfig = {"configurable": {"thread_id": str(uuid4())}}
        await graph.ainvoke({"count": 0}, config)
        await saver.flush()
        reading = builder.compile(checkpointer=CheckpointSaver(pool))
        histories.append([(one.values, one.next, one.metadata) async for one in reading.aget_state_history(config)])
    assert histories[0] == histories[1]
    assert len(histories[0]) == 8
