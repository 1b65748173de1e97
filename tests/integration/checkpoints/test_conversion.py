"""Stored checkpoints in either form: what our saver wrote is read by the library's, and the other way round."""

from typing import Any
from uuid import UUID, uuid4

from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver

from server.db.checkpoints.command import convert_all
from server.db.checkpoints.saver import CheckpointSaver
from server.db.pool import Pool
from tests.integration.checkpoints.test_pieces import _config, _count, _outer, _talk


async def _rows(pool: Pool, thread_id: UUID) -> Any:
    async with pool.connection() as connection:
        cursor = await connection.execute(
            """select checkpoint_ns || channel || version as at, type, blob from checkpoint_blobs where thread_id = %(id)s
               union all
               select checkpoint_ns || checkpoint_id || task_id || idx, type, blob from checkpoint_writes
               where thread_id = %(id)s order by at""",
            {"id": str(thread_id)},
        )
        return await cursor.fetchall()


async def _history(saver: Any, thread_id: UUID) -> list[Any]:
    return [state async for state in _outer(saver).aget_state_history(_config(thread_id))]


async def test_the_librarys_saver_reads_what_was_converted_and_ours_takes_it_back(
    pool: Pool, database_url: str
) -> None:
    thread_id = uuid4()
    await _talk(_outer(CheckpointSaver(pool)), thread_id, 12)
    in_pieces, expected = await _rows(pool, thread_id), await _history(CheckpointSaver(pool), thread_id)
    threads, values = await convert_all(database_url, "whole")
    assert (threads, values > 20) == (1, True)
    assert await _count(pool, thread_id) == 0
    async with pool.connection() as connection:
        assert await _history(AsyncPostgresSaver(connection), thread_id) == expected
    assert await _history(CheckpointSaver(pool), thread_id) == expected
    assert await convert_all(database_url, "whole") == (0, 0)
    assert await convert_all(database_url, "pieces") == (1, values)
    assert await _rows(pool, thread_id) == in_pieces
    assert await _history(CheckpointSaver(pool), thread_id) == expected


async def test_what_the_librarys_saver_wrote_can_be_brought_into_pieces(pool: Pool, database_url: str) -> None:
    thread_id = uuid4()
    async with pool.connection() as connection:
        await _talk(_outer(AsyncPostgresSaver(connection)), thread_id, 12)
        whole, expected = await _rows(pool, thread_id), await _history(AsyncPostgresSaver(connection), thread_id)
    await convert_all(database_url, "pieces")
    assert await _history(CheckpointSaver(pool), thread_id) == expected
    after = await _rows(pool, thread_id)
    assert sum(len(row["blob"]) for row in after) < sum(len(row["blob"]) for row in whole) / 5
    await convert_all(database_url, "whole")
    assert await _rows(pool, thread_id) == whole, "the very bytes"


async def test_a_saver_may_write_what_the_librarys_reads(pool: Pool) -> None:
    thread_id = uuid4()
    saver = CheckpointSaver(pool)
    saver.cuts = False
    await _talk(_outer(saver), thread_id, 12)
    async with pool.connection() as connection:
        assert await _history(AsyncPostgresSaver(connection), thread_id) == await _history(saver, thread_id)
