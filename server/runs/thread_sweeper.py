"""Sweeps threads whose time to live is over: deletes them, or their older checkpoints."""

import asyncio
import contextlib

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from server.db.pool import Pool
from server.events.log import EventLog
from server.runs import repository
from server.threads.service import ThreadService
from server.threads.ttl import TtlPolicy
from server.webhooks.outbox import forget_webhooks

log = structlog.get_logger("planloom.threads")


class ThreadSweeper:
    """Looks for expired threads as often as the policy says until `close`. Any number of processes may do so at once:
    each thread is swept by one of them. Threads with a run are left alone; their time is counted anew when it is over.
    """

    def __init__(self, pool: Pool, threads: ThreadService, event_log: EventLog, policy: TtlPolicy) -> None:
        self._pool = pool
        self._threads = threads
        self._log = event_log
        self._policy = policy
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start sweeping in the background."""
        self._task = asyncio.create_task(self._sweep_forever(), name="thread-sweeper")

    async def close(self) -> None:
        """Stop; a thread that is being swept stays as it was."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def sweep(self) -> int:
        """Treat the threads that are expired now, at most as many as the policy says at a time; how many there were."""
        swept = 0
        while swept < self._policy.sweep_limit and await self._sweep_one():
            swept += 1
        return swept

    async def _sweep_one(self) -> bool:
        async with self._pool.connection() as connection, connection.transaction():
            thread = await self._threads.lock_expired(connection)
            if thread is None or thread.ttl is None:
                return False
            if thread.ttl.strategy == "delete":
                run_ids = await repository.ids_of_thread(connection, thread.thread_id)
                await self._threads.delete_in(connection, thread.thread_id)
                await self._log.forget(connection, run_ids)
                await forget_webhooks(connection, run_ids)
                log.info("deleted an expired thread", thread_id=str(thread.thread_id))
            elif await self._threads.thin_out(connection, thread):
                log.info("kept the latest of an expired thread", thread_id=str(thread.thread_id))
            else:
                log.warning("cannot thin out a thread: its graph is not served", thread_id=str(thread.thread_id))
        return True

    async def _sweep_forever(self) -> None:
        while True:
            await asyncio.sleep(self._policy.sweep_interval_minutes * 60)
            try:
                await self.sweep()
            except (psycopg.OperationalError, PoolTimeout) as error:
                log.warning("cannot sweep threads; trying again", error=str(error))
