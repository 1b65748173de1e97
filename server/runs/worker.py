"""A worker: takes runs from the queue, vouches for those it executes, takes over those whose worker died, hears cancels."""

import asyncio
import contextlib
from datetime import timedelta

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from server.runs.executor import RunExecutor
from server.runs.queue import QueueAwayError, RunQueue
from server.runs.repository import LEASE
from server.runs.service import RunService

SWEEP_SECONDS = 60.0
"""How often event logs that nobody needs any more are deleted."""

DRAIN_SECONDS = 10.0
"""How long a worker that is asked to stop lets its runs go on. Those left are taken over by another worker."""

log = structlog.get_logger("planloom.worker")


class Worker:
    """Executes up to `concurrency` runs at once until `close`."""

    def __init__(
        self, runs: RunService, queue: RunQueue, executor: RunExecutor, concurrency: int, event_retention: timedelta
    ) -> None:
        self._runs = runs
        self._queue = queue
        self._executor = executor
        self._concurrency = concurrency
        self._event_retention = event_retention
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start working in the background."""
        self._tasks = [
            asyncio.create_task(self._work(), name="worker"),
            asyncio.create_task(self._keep_leases(), name="leases"),
            asyncio.create_task(self._sweep(), name="sweep"),
        ]
        for task in self._tasks:
            task.add_done_callback(_report_death)

    async def close(self) -> None:
        """Take no more runs, let those in execution finish for a while, then stop."""
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._tasks = []

    async def _work(self) -> None:
        while True:
            try:
                await self._queue.work(self._executor.execute, self._concurrency, DRAIN_SECONDS)
            except QueueAwayError as error:
                log.warning("the queue is away; trying again", error=str(error))
            await asyncio.sleep(1)

    async def _keep_leases(self) -> None:
        """Renew our runs' leases, hear what notifications may have missed, and take over what others left."""
        while True:
            try:
                if attempts := self._executor.attempts:
                    ours = await self._runs.renew(attempts)
                    for run_id, action in ours:
                        if action is not None:
                            self._executor.cancel(run_id)
                    for run_id in attempts.keys() - {run_id for run_id, _ in ours}:
                        self._executor.cancel(run_id)  # deleted, or taken over by another worker
                for run in await self._runs.take_over_expired():
                    log.warning(
                        "taking over a run whose worker went silent", run_id=str(run.run_id), attempt=run.attempt
                    )
            except (psycopg.OperationalError, PoolTimeout) as error:
                log.warning("cannot renew leases; trying again", error=str(error))
            await asyncio.sleep(LEASE.total_seconds() / 3)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                await self._runs.sweep_events(self._event_retention)
                await self._queue.forget_dead_jobs()
            except (psycopg.OperationalError, PoolTimeout) as error:
                log.warning("cannot sweep event logs; trying again", error=str(error))


def _report_death(task: asyncio.Task[None]) -> None:
    """A worker that dies silently looks like a slow one."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("the worker died; restart the process", task=task.get_name(), exc_info=error)
