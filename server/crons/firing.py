"""Starts the runs of crons when their time comes, in every process at once and each firing once.

The cron's row is the truth. Whoever moves its `next_run_at` on does so in the transaction that admits the run, under a lock
that the others pass by: so a firing happens with that, or has not happened and is there for the next to look. A process
that dies leaves nothing to be cleared up. All go by Postgres' clock.
"""

import asyncio
import os
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from server.auth.policy import Policy
from server.background import watch_over
from server.crons import repository
from server.crons.callers import access_of
from server.crons.due import Step, step
from server.crons.history import Firing, told, with_firing
from server.crons.repository import Due, DueCron
from server.crons.run_request import CRON_ID, SCHEDULED_AT, run_request
from server.crons.schedule import Schedule
from server.crons.schemas import ThreadCronCreate
from server.db.pool import Connection, Pool
from server.errors import Denied, RequestError, Unavailable
from server.ids import new_id
from server.metrics.crons import FIRINGS, LATE_SECONDS
from server.runs.service import RunService
from server.threads.service import ThreadService

LOOK_SECONDS = 1.0
"""How long a process does not look, at most: a new cron, or one that another process died over, waits no longer."""

_SOON_SECONDS = 0.02
_AT_A_LOOK = 32
_AT_ONCE = 4  # connections of the pool, which requests need as well
_POSTGRES_AWAY = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout)

log = structlog.get_logger("planloom.crons")


class CronFirer:
    """Fires until `close`. `policy` is asked anew for each run, on behalf of whoever made the cron."""

    def __init__(
        self, pool: Pool, runs: RunService, threads: ThreadService, policy: Policy | None, grace: timedelta
    ) -> None:
        self._pool = pool
        self._runs = runs
        self._threads = threads
        self._policy = policy
        self._grace = grace
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._watching: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start firing in the background."""
        self._watching = asyncio.create_task(self._watch(), name="crons")
        watch_over(self._watching, "crons do not fire here any more")

    async def close(self) -> None:
        """Fire no more. What is not committed is another process's to fire."""
        if self._watching is not None:
            self._watching.cancel()
            with suppress(asyncio.CancelledError):
                await self._watching

    async def fire_due(self) -> float:
        """Fire what is due; for how many seconds there is nothing to do then.

        In rounds: each goes up to the moment that it began at. So those that had to wait are looked at again though others
        are due anew before the rest of them has been seen to.
        """
        while True:
            found, moved = await self._round()
            if found.wait is not None:
                return min(max(found.wait, _SOON_SECONDS), LOOK_SECONDS)
            if not moved:
                return LOOK_SECONDS

    async def _round(self) -> tuple[Due, bool]:
        """Fire what is due by now; what was found in the end, and whether anything was moved on."""
        others: list[UUID] = []  # those that are another process's, or have to wait: what is due after them has not
        moved, until = False, None
        while True:
            async with self._pool.connection() as connection:
                found = await repository.due(connection, _AT_A_LOOK, others, until)
            until = until or found.now
            if not found.crons:
                return found, moved
            start = os.getpid() % len(found.crons)  # processes that look at the same moment begin at different places
            async with asyncio.TaskGroup() as group:
                tasks = {
                    cron.cron_id: group.create_task(self._in_place(cron, found.now))
                    for cron in (*found.crons[start:], *found.crons[:start])
                }
            left = [cron_id for cron_id, task in tasks.items() if not task.result()]
            moved = moved or len(left) < len(tasks)
            others += left

    async def _watch(self) -> None:
        while True:
            try:
                pause = await self.fire_due()
            except* _POSTGRES_AWAY as errors:
                log.warning("cannot look after crons; trying again", error=str(errors.exceptions[0]))
                pause = LOOK_SECONDS
            await asyncio.sleep(pause)

    async def _in_place(self, cron: DueCron, now: datetime) -> bool:
        async with self._places:
            return await self._fire(cron, now)

    async def _fire(self, cron: DueCron, now: datetime) -> bool:
        """Start the run of a cron that is due, or let the firing go; False if another process sees to it, or a later look."""
        with structlog.contextvars.bound_contextvars(cron_id=str(cron.cron_id), due=cron.next_run_at.isoformat()):
            due, error = await self._step(cron, now)
            if due.fires is None:
                return await self._let_go(cron, due, Firing(cron.next_run_at, now, "missed", error=error))
            try:
                run_id = await self._start(cron, due, due.fires, now)
            except _POSTGRES_AWAY:
                raise
            except Exception as error:  # a run's boundary: one cron that cannot run may not keep the others from it
                if _may_pass(error):
                    log.warning("a cron cannot start its run; trying again", error=str(error))
                    await self._note_waiting(cron, Firing(cron.next_run_at, now, "waiting", error=told(error)))
                    return False
                expected = isinstance(error, RequestError)
                log.warning("a cron cannot start its run", error=str(error), exc_info=None if expected else error)
                return await self._let_go(cron, due, Firing(due.fires, now, "refused", error=told(error)))
            if run_id is None:
                return False
            FIRINGS.labels("made_up" if due.missed else "started").inc()
            LATE_SECONDS.observe(max(0.0, (now - due.fires).total_seconds()))
            log.info("a cron started a run", run_id=str(run_id), missed=due.missed)
            return True

    async def _step(self, cron: DueCron, now: datetime) -> tuple[Step, str | None]:
        """What to do; and what is wrong with the schedule, if that is to stop."""
        try:
            schedule = await asyncio.to_thread(Schedule.parse, cron.schedule, cron.timezone, cron.cron_id)
            due = await asyncio.to_thread(
                step, schedule, cron.next_run_at, now=now, end_time=cron.end_time, grace=self._grace
            )
        except Exception as error:  # it was one when it was made; whatever it is now, the others fire
            expected = isinstance(error, RequestError)
            log.error(
                "a cron has no schedule any more, and stops", error=str(error), exc_info=None if expected else error
            )
            return Step(None, None), f"The schedule cannot be told any more, so the cron stops: {told(error)}"
        return due, None

    async def _start(self, cron: DueCron, due: Step, fires: datetime, now: datetime) -> UUID | None:
        """Admit the run and move the cron on, both or neither; None if somebody else has moved it on, or does."""
        body = ThreadCronCreate.model_validate(cron.payload)
        request = run_request(body, cron.assistant_id, cron.metadata, cron.on_run_completed)
        known = {CRON_ID: str(cron.cron_id), SCHEDULED_AT: fires.isoformat()}
        runs = self._runs.on_behalf_of(access_of(cron.caller, self._policy, known))
        firing = Firing(fires, now, "made_up" if due.missed else "started", run_id=new_id())
        take = partial(self._take, cron, due.next_run_at, firing)
        run = await runs.admit_if(take, cron.thread_id, request, run_id=firing.run_id)
        return None if run is None else run.run_id

    async def _take(self, cron: DueCron, next_run_at: datetime | None, firing: Firing, connection: Connection) -> bool:
        """Move the cron on if this is the process to do so."""
        # nobody is waited for: whoever deletes the thread has its lock and wants the cron's
        if cron.thread_id is not None and not await self._threads.lock_if_free(connection, cron.thread_id):
            return False
        return await repository.advance(connection, cron, next_run_at, with_firing(cron.firings, firing))

    async def _let_go(self, cron: DueCron, due: Step, firing: Firing) -> bool:
        """Move the cron on without a run."""
        firings = with_firing(cron.firings, firing)
        async with self._pool.connection() as connection:
            moved = await repository.advance(connection, cron, due.next_run_at, firings)
        if moved:
            FIRINGS.labels(firing.outcome).inc()
            log.warning("a cron did not fire", outcome=firing.outcome)
        return moved

    async def _note_waiting(self, cron: DueCron, firing: Firing) -> None:
        """Say why a firing has to wait, once."""
        said = cron.firings[-1] if cron.firings else None
        if said is not None and (said.outcome, said.error) == (firing.outcome, firing.error):
            return
        with suppress(*_POSTGRES_AWAY):  # which may be why it waits
            async with self._pool.connection() as connection:
                await repository.note(connection, cron, with_firing(cron.firings, firing))


def _may_pass(error: Exception) -> bool:
    """Whether what refused a run may not do so the next time: while it does the firing waits, for its grace at most."""
    cause: BaseException | None = error
    while cause is not None:  # the job queue says in words of its own that Postgres went away
        if isinstance(cause, (Unavailable, *_POSTGRES_AWAY)) or (isinstance(cause, Denied) and cause.status >= 500):
            return True
        cause = cause.__cause__
    return False
