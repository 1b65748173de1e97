"""Checkpoints whose lists are stored in pieces: read, shared, thinned out, copied and deleted, whoever else is at it."""

import asyncio
from collections.abc import Callable
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, RemoveMessage
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import Overwrite

from server.db.checkpoints import of_thread
from server.db.checkpoints.pieces import PieceNotFoundError
from server.db.checkpoints.saver import CheckpointSaver
from server.db.pool import Pool

LONG = "word " * 100


def _answer(state: MessagesState) -> dict[str, Any]:
    return {"messages": [AIMessage(f"You said {state['messages'][-1].text} {LONG}")]}


def _graph(saver: Any) -> Any:
    return StateGraph(MessagesState).add_node("answer", _answer).add_edge(START, "answer").compile(checkpointer=saver)


def _outer(saver: Any) -> Any:
    inner = StateGraph(MessagesState).add_node("answer", _answer).add_edge(START, "answer").compile()
    return StateGraph(MessagesState).add_node("inner", inner).add_edge(START, "inner").compile(checkpointer=saver)


def _config(thread_id: UUID | str) -> Any:
    return {"configurable": {"thread_id": str(thread_id)}}


async def _talk(graph: Any, thread_id: UUID | str, turns: int, **metadata: Any) -> list[AnyMessage]:
    state: Any = {}
    for turn in range(turns):
        config = {**_config(thread_id), "metadata": metadata}
        state = await graph.ainvoke({"messages": [HumanMessage(f"{turn} {LONG}")]}, config)
    messages: list[AnyMessage] = state["messages"]
    return messages


async def _messages(saver: Any, thread_id: UUID | str) -> list[AnyMessage]:
    messages: list[AnyMessage] = (await _graph(saver).aget_state(_config(thread_id))).values["messages"]
    return messages


async def _count(pool: Pool, thread_id: UUID | str, table: str = "checkpoint_pieces") -> int:
    async with pool.connection() as connection:
        cursor = await connection.execute(
            f"select count(*) as n from {table} where thread_id = %s",
            (str(thread_id),),
        )
        row = await cursor.fetchone()
        assert row is not None
        return int(row["n"])


async def _bytes(pool: Pool, thread_id: UUID) -> int:
    async with pool.connection() as connection:
        found = await of_thread.storage(connection, thread_id)
    return int(found.to_wire(thread_id)["total_bytes"])


async def test_a_turn_takes_as_much_late_as_early_and_each_state_is_read(pool: Pool) -> None:
    thread_id = uuid4()
    sizes = [0]
    for _ in range(3):
        messages = await _talk(_graph(CheckpointSaver(pool)), thread_id, 20)
        sizes.append(await _bytes(pool, thread_id))
    grown = [after - before for before, after in pairwise(sizes)]
    assert grown[2] < 1.2 * grown[0]
    history = [state async for state in _graph(CheckpointSaver(pool)).aget_state_history(_config(thread_id))]
    assert [state.values["messages"] for state in history if state.metadata["source"] == "loop"][:60:2] == [
        messages[: 2 * turn] for turn in range(60, 30, -1)
    ]


async def test_a_subgraph_shares_the_messages_of_its_parent(pool: Pool) -> None:
    alone, within = uuid4(), uuid4()
    await _talk(_graph(CheckpointSaver(pool)), alone, 20)
    await _talk(_outer(CheckpointSaver(pool)), within, 20)
    stock = uuid4()
    async with pool.connection() as connection:
        await _talk(_outer(AsyncPostgresSaver(connection)), stock, 20)
    assert await _bytes(pool, within) < 4 * await _bytes(pool, alone)
    assert await _bytes(pool, within) < await _bytes(pool, stock) / 3


async def test_a_thread_of_the_librarys_saver_is_read_and_goes_on(pool: Pool) -> None:
    thread_id = uuid4()
    async with pool.connection() as connection:
        before = await _talk(_graph(AsyncPostgresSaver(connection)), thread_id, 10)
    assert await _messages(CheckpointSaver(pool), thread_id) == before
    after = await _talk(_graph(CheckpointSaver(pool)), thread_id, 1)
    assert after[:20] == before
    assert await _count(pool, thread_id) > 0
    async with pool.connection() as connection:
        with pytest.raises(NotImplementedError, match="planloom-pieces"):
            await _messages(AsyncPostgresSaver(connection), thread_id)


async def test_edits_removals_and_overwrites_are_read_as_written(pool: Pool) -> None:
    graph, thread_id = _graph(CheckpointSaver(pool)), uuid4()
    messages = await _talk(graph, thread_id, 12)
    writes: list[Any] = [
        [messages[3].model_copy(update={"content": "edited"})],
        [RemoveMessage(id=str(messages[5].id))],
        Overwrite(messages[:9]),
    ]
    for write in writes:
        await graph.aupdate_state(_config(thread_id), {"messages": write}, as_node="answer")
    history = [state async for state in _graph(CheckpointSaver(pool)).aget_state_history(_config(thread_id), limit=4)]
    edited = [*messages[:3], messages[3].model_copy(update={"content": "edited"}), *messages[4:]]
    assert [state.values["messages"] for state in history] == [
        messages[:9],
        [*edited[:5], *edited[6:]],
        edited,
        messages,
    ]


async def test_thinning_out_leaves_the_newest_and_only_what_it_needs(pool: Pool) -> None:
    thread_id = uuid4()
    graph = _graph(CheckpointSaver(pool))
    messages = await _talk(graph, thread_id, 30)
    await graph.aupdate_state(_config(thread_id), {"messages": Overwrite(messages[:10])}, as_node="answer")
    before = await _count(pool, thread_id)
    await CheckpointSaver(pool).aprune([str(thread_id)])
    assert await _messages(CheckpointSaver(pool), thread_id) == messages[:10]
    assert 0 < await _count(pool, thread_id) < before / 2
    assert (await _talk(graph, thread_id, 1))[:10] == messages[:10], "also by a saver that knew what is gone now"
    assert (await _messages(CheckpointSaver(pool), thread_id))[:10] == messages[:10]


async def test_what_was_taken_away_behind_a_savers_back_is_written_again(pool: Pool) -> None:
    thread_id = uuid4()
    saver = CheckpointSaver(pool)
    messages = await _talk(_graph(saver), thread_id, 12)
    async with pool.connection() as connection, connection.transaction():
        await of_thread.delete_all(connection, thread_id)
    known = await saver.aget_tuple(_config(thread_id))
    assert known is None
    await _graph(saver).aupdate_state(_config(thread_id), {"messages": messages}, as_node="answer")
    assert await _messages(CheckpointSaver(pool), thread_id) == messages


async def test_savers_and_pruners_at_once_never_leave_a_piece_missing(pool: Pool) -> None:
    thread_id = uuid4()
    savers = [CheckpointSaver(pool) for _ in range(3)]
    messages = await _talk(_graph(savers[0]), thread_id, 12)
    for saver in savers[1:]:
        await saver.aget_tuple(_config(thread_id))

    async def write(saver: CheckpointSaver, turn: int) -> None:
        # now with fewer, now with all: pieces come to be unused and used again
        kept = messages[: 24 - 8 * (turn % 3)]
        await _graph(saver).aupdate_state(_config(thread_id), {"messages": Overwrite(kept)}, as_node="answer")

    for turn in range(12):
        await asyncio.gather(
            *(write(saver, turn + at) for at, saver in enumerate(savers)),
            CheckpointSaver(pool).aprune([str(thread_id)]),
        )
        assert len(await _messages(CheckpointSaver(pool), thread_id)) in {8, 16, 24}


async def test_reading_a_checkpoint_that_goes_meanwhile_finds_it_or_not(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread_id = uuid4()
    await _talk(_graph(CheckpointSaver(pool)), thread_id, 12)
    saver = CheckpointSaver(pool)
    complete: Callable[..., Any] = CheckpointSaver._complete
    times = 0

    async def pruned_between(self: CheckpointSaver, cursor: Any, rows: Any) -> None:
        nonlocal times
        times += 1
        if times == 1:
            async with pool.connection() as connection, connection.transaction():
                await of_thread.delete_all(connection, thread_id)
        await complete(self, cursor, rows)

    monkeypatch.setattr(CheckpointSaver, "_complete", pruned_between)
    assert await saver.aget_tuple(_config(thread_id)) is None
    assert times == 2


async def test_a_damaged_thread_is_said_to_be_damaged(pool: Pool) -> None:
    thread_id = uuid4()
    await _talk(_graph(CheckpointSaver(pool)), thread_id, 12)
    async with pool.connection() as connection:
        await connection.execute("delete from checkpoint_pieces where thread_id = %s", (str(thread_id),))
    with pytest.raises(PieceNotFoundError):
        await _messages(CheckpointSaver(pool), thread_id)


async def test_a_copy_stands_alone_and_nothing_is_left_of_what_is_deleted(pool: Pool) -> None:
    source, target = uuid4(), uuid4()
    messages = await _talk(_graph(CheckpointSaver(pool)), source, 12)
    await CheckpointSaver(pool).acopy_thread(str(source), str(target))
    await CheckpointSaver(pool).adelete_thread(str(source))
    assert await _messages(CheckpointSaver(pool), target) == messages
    for table in ("checkpoint_pieces", "checkpoint_blobs", "checkpoint_writes", "checkpoints"):
        assert await _count(pool, source, table) == 0
        assert await _count(pool, target, table) > 0


async def test_a_run_that_is_taken_back_leaves_what_was_before(pool: Pool) -> None:
    thread_id = uuid4()
    graph = _graph(CheckpointSaver(pool))
    before = await _talk(graph, thread_id, 12, run_id="one")
    sizes = [await _count(pool, thread_id, table) for table in ("checkpoint_pieces", "checkpoint_blobs")]
    await _talk(graph, thread_id, 3, run_id="two")
    await CheckpointSaver(pool).adelete_for_runs(["two"])
    assert await _messages(CheckpointSaver(pool), thread_id) == before
    assert [await _count(pool, thread_id, table) for table in ("checkpoint_pieces", "checkpoint_blobs")] == sizes
    assert (await _talk(graph, thread_id, 1, run_id="three"))[:-2] == before


async def test_pieces_are_part_of_what_a_thread_takes_up(pool: Pool) -> None:
    thread_id = uuid4()
    await _talk(_outer(CheckpointSaver(pool)), thread_id, 12)
    async with pool.connection() as connection:
        found = await of_thread.storage(connection, thread_id)
        cursor = await connection.execute(
            """select (select sum(octet_length(piece)) from checkpoint_pieces where thread_id = %(thread)s)
                      + (select sum(octet_length(blob)) from checkpoint_blobs where thread_id = %(thread)s)
                      + (select sum(octet_length(blob)) from checkpoint_writes where thread_id = %(thread)s) as n""",
            {"thread": str(thread_id)},
        )
        stored = await cursor.fetchone()
    assert stored is not None
    inline = sum(size for channel, (_, size) in found.by_channel.items() if channel.startswith("branch:"))
    wire = found.to_wire(thread_id)
    assert wire["channel_values"]["bytes"] + wire["pending_writes"]["bytes"] - inline == int(stored["n"])
    assert found.by_channel["messages"][1] > found.by_channel["__start__"][1]
