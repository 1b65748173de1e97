"""How long a run's events are kept: counted from its end, shorter for runs that are gone with it."""

from datetime import timedelta
from uuid import UUID

from server.db.pool import Pool
from server.events.log import EventLog
from server.runs import lifecycle
from tests.integration.server.rows import new_run
from tests.integration.server.test_event_log import finish, numbered, seqs, started

DAY = timedelta(days=1)


async def _written(log: EventLog, pool: Pool) -> UUID:
    run_id = await new_run(pool, dispatched=True)
    async with log.write(run_id, is_new=True) as writer:
        await writer.append(numbered(3))
        await writer.flush()
    return run_id


async def _age(pool: Pool, run_id: UUID, by: timedelta) -> None:
    async with pool.connection() as connection:
        await connection.execute("update run_events set at = at - %s where run_id = %s", (by, run_id))


async def _kept(pool: Pool, run_id: UUID) -> int:
    async with pool.connection() as connection:
        cursor = await connection.execute("select count(*) as n from run_events where run_id = %s", (run_id,))
        row = await cursor.fetchone()
    assert row is not None
    return int(row["n"])


async def test_a_finished_runs_events_go_when_their_time_is_over(pool: Pool) -> None:
    async with started(pool) as log:
        old, recent, live = [await _written(log, pool) for _ in range(3)]
        await finish(log, pool, old)
        await finish(log, pool, recent)
        await _age(pool, old, DAY * 2)
        await _age(pool, recent, DAY / 2)
        await _age(pool, live, DAY * 9)
        assert await log.sweep(DAY) == 4
        assert [await _kept(pool, run) for run in (old, recent, live)] == [0, 4, 3]
        assert await log.sweep(DAY) == 0


async def test_a_gone_runs_end_is_still_read_and_swept_soon(pool: Pool, other_pool: Pool) -> None:
    async with started(pool) as log:
        run_id = await _written(log, pool)
        async with pool.connection() as connection, connection.transaction():
            await log.end(connection, run_id, run_goes=True)
            await lifecycle.delete(connection, run_id)
        assert await seqs(EventLog(other_pool), run_id) == [1, 2, 3]
        assert await log.sweep(DAY) == 0
        await _age(pool, run_id, timedelta(minutes=6))
        assert await log.sweep(DAY) == 4
        assert await seqs(log, run_id) == []


async def test_forgotten_runs_leave_nothing(pool: Pool) -> None:
    async with started(pool) as log:
        first, second = [await _written(log, pool) for _ in range(2)]
        async with pool.connection() as connection:
            await log.forget(connection, [first])
        assert [await _kept(pool, run) for run in (first, second)] == [0, 3]
