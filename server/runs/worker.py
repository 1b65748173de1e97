"""A worker: takes runs from the queue and from admissions, keeps their leases, takes over what others left, hears cancels."""

import asyncio
import contextlib
import contextvars
from datetime import timedelta

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from server.background import watch_over
from server.runs.claims import Claims
from server.runs.executor import RunExecutor
from server.runs.lease_guard import LeaseGuard
from server.runs.queue import QueueAwayError, RunQueue
from server.runs.repository import Run
from server.runs.slots import Slots

KEEP_SECONDS = 2.5
"""How often leases are renewed and looked after. A run whose worker died is taken over a lease and this later, at most."""

SWEEP_SECONDS = 60.0
"""How often event logs that nobody needs any more are deleted."""

DRAIN_SECONDS = 10.0
"""How long a worker that is asked to stop lets its runs go on. Those left are handed back to the queue."""

_FORMALITIES_SECONDS = 3.0  # for handing back and signing off; a database that is away may not hold up the end

log = structlog.get_logger("planloom.worker")


class Worker:
    """Executes up to `concurrency` runs at once until `close`."""

    def __init__(
        self,
        claims: Claims,
        queue: RunQueue,
        executor: RunExecutor,
        concurrency: int,
        event_retention: timedelta,
        direct_url: str,
    ) -> None:
        self._claims = claims
        self._queue = queue
        self._executor = executor
        self.slots = Slots(concurrency)
        self._event_retention = event_retention
        self._guard = LeaseGuard(direct_url, lambda: executor.attempts)
        self._direct: set[asyncio.Task[None]] = set()
        # runs know nothing of the request that admitted them
        self._context = contextvars.copy_context()
        self._working: asyncio.Task[None] | None = None
        self._keeping: list[asyncio.Task[None]] = []
        self._stopping = False

    @property
    def busy(self) -> int:
        """How many runs it executes."""
        return len(self._executor.attempts)

    @property
    def is_working(self) -> bool:
        """Whether it takes runs."""
        tasks = (self._working, *self._keeping)
        return not self._stopping and all(task is not None and not task.done() for task in tasks)

    def start(self) -> None:
        """Start working in the background."""
        self._working = asyncio.create_task(self._work(), name="worker")
        self._keeping = [
            asyncio.create_task(self._keep_leases(), name="leases"),
            asyncio.create_task(self._sweep(), name="sweep"),
        ]
        self._guard.start()
        for task in (self._working, *self._keeping):
            watch_over(task, "the worker does not do all that it should")

    def start_claimed(self, run: Run) -> None:
        """Execute a run that was claimed for this process, in a slot that was taken for it."""
        task = asyncio.create_task(
            self._executor.execute_claimed(run), name=f"admitted {run.run_id}", context=self._context.copy()
        )
        self._direct.add(task)
        task.add_done_callback(self._end_direct)

    def _end_direct(self, task: asyncio.Task[None]) -> None:
        self._direct.discard(task)
        self.slots.give_back()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a run could not be finished; it will be taken over", exc_info=error)

    def stop_taking(self) -> None:
        """Take no more runs; those in execution may go on for `DRAIN_SECONDS`."""
        self.slots.close()
        if self._working is not None and not self._stopping:
            self._stopping = True
            self._working.cancel()

    async def close(self) -> None:
        """Take no more runs, let those in execution finish for a while, then stop."""
        self.stop_taking()
        draining = asyncio.create_task(self._drain_direct(), name="drain")
        if self._working is not None:
            drain = DRAIN_SECONDS if self._executor.attempts else 0.0
            _, late = await asyncio.wait({self._working, draining}, timeout=drain + _FORMALITIES_SECONDS)
            if late:
                log.warning("cannot sign off from the queue; its runs are taken over when their leases end")
                for task in late:
                    task.cancel()
        for task in self._keeping:  # until here: runs that go on must not lose their leases
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._guard.stop()

    async def _drain_direct(self) -> None:
        """Let admitted runs go on for a while, then hand them back."""
        if self._direct:
            await asyncio.wait(self._direct, timeout=DRAIN_SECONDS)
        for task in self._direct:
            task.cancel()
        await asyncio.gather(*self._direct, return_exceptions=True)

    async def _work(self) -> None:
        while not self._stopping:
            try:
                await self._queue.work(self._executor.execute, self.slots, DRAIN_SECONDS)
            except QueueAwayError as error:
                # a queue that is away while we are cancelled swallows that: hence the flag
                log.warning("the queue is away; trying again", error=str(error))
            if not self._stopping:
                await asyncio.sleep(1)

    async def _keep_leases(self) -> None:
        """Renew our runs' leases, hear what notifications may have missed, and take over what others left."""
        while True:
            try:
                if attempts := self._executor.attempts:
                    ours = await self._claims.renew(attempts)
                    for run_id, action in ours:
                        if action is not None:
                            self._executor.cancel(run_id)
                    for run_id in attempts.keys() - {run_id for run_id, _ in ours}:
                        self._executor.cancel(run_id)  # deleted, or taken over by another worker
                self._guard.renewed()
                for run in await self._claims.take_over_expired():
                    log.warning(
                        "taking over a run whose worker went silent", run_id=str(run.run_id), attempt=run.attempt
                    )
            except (psycopg.OperationalError, PoolTimeout) as error:
                log.warning("cannot renew leases; trying again", error=str(error))
            await asyncio.sleep(KEEP_SECONDS)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                await self._claims.sweep_events(self._event_retention)
                await self._queue.forget_dead_jobs()
            except (psycopg.OperationalError, PoolTimeout) as error:
                log.warning("cannot sweep event logs; trying again", error=str(error))
