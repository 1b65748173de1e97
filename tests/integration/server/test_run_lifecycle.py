"""Runs in Postgres: one active per thread, one claim, leases."""

import asyncio
from uuid import UUID

import psycopg
import pytest

from server.db.pool import Pool
from server.runs import lifecycle, repository
from server.runs.repository import Run
from tests.integration.server.rows import new_run, new_thread


async def expire(pool: Pool, run_id: UUID) -> None:
    """Let the run's lease have ended a moment ago."""
    async with pool.connection() as connection:
        await connection.execute(
            "update runs set lease_until = clock_timestamp() - interval '1 second' where run_id = %s", (run_id,)
        )


async def taken_back(pool: Pool) -> list[UUID]:
    """The runs that are queued again."""
    async with pool.connection() as connection:
        return [run.run_id for run in await lifecycle.take_back_expired(connection)]


async def claim(pool: Pool, run_id: UUID) -> Run | None:
    """An attempt at the run, if there is one to be had."""
    async with pool.connection() as connection:
        return await lifecycle.claim(connection, run_id)


async def test_the_database_lets_one_run_of_a_thread_be_active(pool: Pool) -> None:
    thread_id = await new_thread(pool)
    first, second = [await new_run(pool, thread_id) for _ in range(2)]
    elsewhere = await new_run(pool)
    async with pool.connection() as connection:
        await lifecycle.dispatch(connection, first)
        await lifecycle.dispatch(connection, elsewhere)
        with pytest.raises(psycopg.errors.UniqueViolation):
            await lifecycle.dispatch(connection, second)
        assert await repository.next_waiting(connection, thread_id) is None
        await lifecycle.finish(connection, first, "success")
        waiting = await repository.next_waiting(connection, thread_id)
        assert waiting is not None
        assert waiting.run_id == second
        await lifecycle.dispatch(connection, second)


async def test_a_run_is_claimed_once_however_many_try(pool: Pool) -> None:
    run_id = await new_run(pool, dispatched=True)
    claims = await asyncio.gather(*[claim(pool, run_id) for _ in range(20)])
    (claimed,) = [run for run in claims if run is not None]
    assert (claimed.status, claimed.attempt) == ("running", 1)


async def test_a_run_is_claimed_where_it_is_admitted_if_it_is_next_and_its_time_has_come(pool: Pool) -> None:
    thread_id = await new_thread(pool)
    here = await new_run(pool, thread_id, claim=True)
    behind = await new_run(pool, thread_id, claim=True)
    later = await new_run(pool, claim=True, delay=60)
    async with pool.connection() as connection:
        cursor = await connection.execute("select run_id, status, dispatched, attempt, lease_until from runs")
        rows = {row["run_id"]: row for row in await cursor.fetchall()}
        assert await lifecycle.renew(connection, {here: 1}) == [(here, None)]
    assert (rows[here]["status"], rows[here]["attempt"], rows[here]["dispatched"]) == ("running", 1, True)
    assert (rows[behind]["status"], rows[behind]["dispatched"]) == ("pending", False)
    assert (rows[later]["status"], rows[later]["attempt"], rows[later]["dispatched"]) == ("pending", 0, True)
    assert await claim(pool, here) is None, "nobody else gets it"


async def test_an_attempt_that_lost_its_run_cannot_end_it(pool: Pool) -> None:
    thread_id = await new_thread(pool)
    run_id = await new_run(pool, thread_id, claim=True)
    await expire(pool, run_id)
    await taken_back(pool)
    async with pool.connection() as connection:
        assert await lifecycle.end_attempt(connection, run_id, 1, "success") is None
        assert await lifecycle.take_out(connection, run_id, 1) is None
        await lifecycle.claim(connection, run_id)
        await new_run(pool, thread_id)
        ended = await lifecycle.end_attempt(connection, run_id, 2, "success")
        assert ended is not None
        assert ended.others_wait
        assert await lifecycle.end_attempt(connection, run_id, 2, "success") is None


async def test_only_dispatched_pending_runs_can_be_claimed(pool: Pool) -> None:
    thread_id = await new_thread(pool)
    _, waiting = [await new_run(pool, thread_id) for _ in range(2)]
    assert await claim(pool, waiting) is None
    cancelled = await new_run(pool, dispatched=True)
    async with pool.connection() as connection:
        await lifecycle.finish(connection, cancelled, "interrupted")
    assert await claim(pool, cancelled) is None


async def test_a_silent_workers_run_is_taken_over_by_one(pool: Pool) -> None:
    run_id = await new_run(pool, dispatched=True)
    first = await claim(pool, run_id)
    assert first is not None
    assert await taken_back(pool) == [], "its lease lasts"
    await expire(pool, run_id)
    several = await asyncio.gather(*[taken_back(pool) for _ in range(5)])
    assert sorted(len(runs) for runs in several) == [0, 0, 0, 0, 1]
    second = await claim(pool, run_id)
    assert second is not None
    assert (second.attempt, second.lost_attempts) == (2, 1)
    async with pool.connection() as connection:
        assert await lifecycle.renew(connection, {run_id: 1}) == [], "the first worker learns that it lost it"
        assert await lifecycle.renew(connection, {run_id: 2}) == [(run_id, None)]


async def test_a_renewed_lease_keeps_the_run(pool: Pool) -> None:
    run_id = await new_run(pool, dispatched=True)
    await claim(pool, run_id)
    await expire(pool, run_id)
    async with pool.connection() as connection:
        await lifecycle.renew(connection, {run_id: 1})
    assert await taken_back(pool) == []


async def test_a_dispatched_run_that_nobody_claimed_is_queued_again(pool: Pool) -> None:
    run_id = await new_run(pool, dispatched=True)
    await expire(pool, run_id)
    assert await taken_back(pool) == [run_id]
    claimed = await claim(pool, run_id)
    assert claimed is not None
    assert claimed.attempt == 1


async def test_a_run_handed_back_is_free_at_once_but_only_by_its_worker(pool: Pool) -> None:
    run_id = await new_run(pool, dispatched=True)
    await claim(pool, run_id)
    async with pool.connection() as connection:
        assert await lifecycle.hand_back(connection, run_id, 7) is None
        assert await claim(pool, run_id) is None
        assert await lifecycle.hand_back(connection, run_id, 1) is not None
        assert await lifecycle.hand_back(connection, run_id, 1) is None
    second = await claim(pool, run_id)
    assert second is not None
    assert (second.attempt, second.lost_attempts) == (2, 0)


async def test_a_cancel_reaches_the_worker_and_a_rollback_is_not_weakened(pool: Pool) -> None:
    run_id = await new_run(pool, dispatched=True)
    await claim(pool, run_id)
    async with pool.connection() as connection:
        for asked, noted in (("interrupt", "interrupt"), ("rollback", "rollback"), ("interrupt", "rollback")):
            await lifecycle.request_cancel(connection, run_id, asked, "asked")  # type: ignore[arg-type]
            assert await lifecycle.renew(connection, {run_id: 1}) == [(run_id, noted)]


async def test_runs_wait_in_the_order_they_came(pool: Pool) -> None:
    thread_id = await new_thread(pool)
    runs = [await new_run(pool, thread_id) for _ in range(4)]
    async with pool.connection() as connection:
        await lifecycle.dispatch(connection, runs[0])
        await lifecycle.claim(connection, runs[0])
        assert [run.run_id for run in await repository.unfinished(connection, thread_id)] == runs
        listed = await repository.page(connection, thread_id, status=None, limit=2, offset=1)
        assert [run.run_id for run in listed] == [runs[2], runs[1]]
