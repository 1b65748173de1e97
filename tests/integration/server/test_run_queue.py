"""The job queue: a process works on as many jobs as it has slots, and what a worker that died was doing is forgotten."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg
import pytest

from server.db.jobs import Jobs
from server.db.notifications import Notifications
from server.db.pool import Pool
from server.ids import new_id
from server.runs.queue import RunQueue
from server.runs.slots import Slots


async def test_as_many_queued_runs_are_executed_at_once_as_there_are_slots(pool: Pool, database_url: str) -> None:
    jobs = Jobs(pool)
    queue = RunQueue(jobs)
    await jobs.open()
    notifications = Notifications(database_url, jobs.notification_handlers())
    await notifications.start()
    together, at_once, most = asyncio.Barrier(4), 0, 0

    async def execute(_: UUID) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await together.wait()  # three runs, and the test
        at_once -= 1

    working = asyncio.create_task(queue.work(execute, Slots(3), drain_seconds=1))
    try:
        async with asyncio.timeout(60):
            for _ in range(2):
                for _ in range(3):
                    async with pool.connection() as connection:
                        await queue.put(connection, new_id(), datetime.now(UTC))
                await together.wait()
        assert most == 3
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        await notifications.close()


async def test_a_dead_workers_jobs_are_forgotten(pool: Pool) -> None:
    jobs = Jobs(pool)
    queue = RunQueue(jobs)
    await jobs.open()
    async with pool.connection() as connection:
        workers = {}
        for name, silent_for in (("dead", "5 minutes"), ("alive", "5 seconds")):
            cursor = await connection.execute(
                "insert into procrastinate_workers (last_heartbeat) values (now() - %s::interval) returning id",
                (silent_for,),
            )
            row = await cursor.fetchone()
            assert row is not None
            workers[name] = row["id"]
        await queue.put(connection, waiting := new_id(), datetime.now(UTC))
        for worker in workers.values():
            await connection.execute(
                """insert into procrastinate_jobs (queue_name, task_name, args, status, worker_id)
                   values ('runs', 'planloom.execute_run', jsonb_build_object('run_id', %s::text), 'doing', %s)""",
                (str(uuid4()), worker),
            )
        await queue.forget_dead_jobs()
        cursor = await connection.execute(
            "select status::text, worker_id, args->>'run_id' as run_id from procrastinate_jobs"
        )
        found = {(row["status"], row["worker_id"]): row["run_id"] for row in await cursor.fetchall()}
    assert set(found) == {("todo", None), ("doing", workers["alive"])}
    assert found["todo", None] == str(waiting)


async def test_a_connection_that_is_lost_while_queueing_is_told_as_psycopg_tells_it(pool: Pool) -> None:
    jobs = Jobs(pool)
    queue = RunQueue(jobs)
    await jobs.open()
    async with pool.connection() as connection, pool.connection() as other:
        await other.execute("select pg_terminate_backend(%s)", (connection.info.backend_pid,))
        with pytest.raises(psycopg.OperationalError):
            await queue.put(connection, new_id(), datetime.now(UTC))


async def test_a_connection_that_is_lost_while_looking_for_dead_workers_is_told_so_too(pool: Pool) -> None:
    jobs = Jobs(pool)
    queue = RunQueue(jobs)
    await jobs.open()
    async with pool.connection() as other, other.transaction():
        await other.execute("lock table procrastinate_workers")
        forgetting = asyncio.create_task(queue.forget_dead_jobs())
        ended: list[object] = []
        while not ended:
            cursor = await other.execute(
                "select pg_terminate_backend(pid) from pg_locks where not granted and relation = "
                "'procrastinate_workers'::regclass"
            )
            ended = await cursor.fetchall()
        with pytest.raises(psycopg.OperationalError):
            await forgetting
