"""Sweeping from several processes at once."""

import asyncio
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from server.db.pool import Pool, create_pool
from server.events.log import EventLog
from server.graph_loader import Graphs
from server.runs.thread_sweeper import ThreadSweeper
from server.threads.service import ThreadService
from server.threads.ttl import TtlPolicy


def _sweeper(pool: Pool, limit: int = 1000) -> ThreadSweeper:
    policy = TtlPolicy(sweep_limit=limit)
    return ThreadSweeper(pool, ThreadService(pool, Graphs({}), policy), EventLog(pool), policy)


async def _expired(pool: Pool, count: int, *, status: str = "idle") -> list[UUID]:
    ids = [uuid4() for _ in range(count)]
    async with pool.connection() as connection:
        for thread_id in ids:
            await connection.execute(
                """insert into threads (thread_id, metadata, status, ttl_strategy, ttl_minutes, expires_at)
                   values (%s, %s, %s, 'delete', 1, now() - interval '1 minute')""",
                (thread_id, Jsonb({}), status),
            )
    return ids


async def _left(pool: Pool) -> set[UUID]:
    async with pool.connection() as connection:
        cursor = await connection.execute("select thread_id from threads")
        return {row["thread_id"] for row in await cursor.fetchall()}


async def test_each_expired_thread_is_swept_by_one_process(database_url: str) -> None:
    async with create_pool(database_url, 4) as one, create_pool(database_url, 4) as other:
        await _expired(one, 60)
        busy = await _expired(one, 2, status="busy")
        swept = await asyncio.gather(*(_sweeper(pool).sweep() for pool in (one, other, one, other)))
        assert sum(swept) == 60
        assert await _left(one) == set(busy)


async def test_a_sweep_stops_at_its_limit(database_url: str) -> None:
    async with create_pool(database_url, 2) as pool:
        await _expired(pool, 5)
        sweeper = _sweeper(pool, limit=3)
        assert [await sweeper.sweep(), await sweeper.sweep(), await sweeper.sweep()] == [3, 2, 0]


async def test_a_locked_thread_is_left_for_the_next_sweep(database_url: str) -> None:
    async with create_pool(database_url, 4) as pool:
        (locked, other) = await _expired(pool, 2)
        async with pool.connection() as connection, connection.transaction():
            await connection.execute("select from threads where thread_id = %s for update", (locked,))
            assert await _sweeper(pool).sweep() == 1
        assert await _left(pool) == {locked}
        assert other not in await _left(pool)
        assert await _sweeper(pool).sweep() == 1
