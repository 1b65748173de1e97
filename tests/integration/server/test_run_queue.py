"""The job queue's leftovers: what a worker that died was doing is forgotten, what others do is not."""

from datetime import UTC, datetime
from uuid import uuid4

from server.db.pool import Pool
from server.ids import new_id
from server.runs.queue import RunQueue


async def test_a_dead_workers_jobs_are_forgotten(pool: Pool, database_url: str) -> None:
    queue = RunQueue(pool, database_url)
    await queue.open()
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
        jobs = {(row["status"], row["worker_id"]): row["run_id"] for row in await cursor.fetchall()}
    assert set(jobs) == {("todo", None), ("doing", workers["alive"])}
    assert jobs["todo", None] == str(waiting)
