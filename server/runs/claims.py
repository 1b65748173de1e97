"""What a worker does with runs besides executing them: claims them, vouches for them, hands them back, finishes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from server.auth.filters import EVERYTHING
from server.db.pipelines import pipelined_transaction
from server.db.pool import Connection, Pool
from server.events.log import EventLog
from server.events.types import LoggedEvent
from server.runs import lifecycle, repository
from server.runs.config import runnable_config, user_of
from server.runs.final_notices import FinalNotices, cancelled_error
from server.runs.lifecycle import Finished
from server.runs.queue import RunQueue
from server.runs.repository import Run
from server.runs.schemas import CancelAction, RunStatus
from server.runs.turns import Turns
from server.threads.repository import ThreadOutcome
from server.threads.service import ThreadNotFoundError, ThreadService

CANCEL_CHANNEL = lifecycle.CANCEL_CHANNEL
"""Where a worker hears of a run that it is to stop."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended: its status, what it left on its thread, its events that are not written yet."""

    status: RunStatus
    outcome: ThreadOutcome
    last_events: Sequence[LoggedEvent] = ()
    rolled_back: bool = False


class Claims:
    """The runs that workers have claimed, or may."""

    def __init__(
        self, pool: Pool, queue: RunQueue, log: EventLog, threads: ThreadService, notices: FinalNotices
    ) -> None:
        self._pool = pool
        self._queue = queue
        self._log = log
        self._threads = threads
        self._notices = notices
        self._turns = Turns(queue, threads)

    async def claim(self, run_id: UUID) -> Run | None:
        """Take a run for execution; None if it is not to be executed (any more)."""
        async with self._pool.connection() as connection:
            return await lifecycle.claim(connection, run_id)

    async def renew(self, attempts: dict[UUID, int]) -> list[tuple[UUID, CancelAction | None]]:
        """Vouch for runs in execution; see `lifecycle.renew`."""
        async with self._pool.connection() as connection:
            return await lifecycle.renew(connection, attempts)

    async def hand_back(self, run: Run) -> None:
        """This worker stops: queue the run for another at once, instead of when its lease ends."""
        async with self._pool.connection() as connection, connection.transaction():
            pending = await lifecycle.hand_back(connection, run.run_id, run.attempt)
            if pending is not None:
                await self._queue.put(connection, pending.run_id, pending.scheduled_at)

    async def take_over_expired(self) -> list[Run]:
        """Queue again the runs whose worker went silent."""
        async with self._pool.connection() as connection, connection.transaction():
            expired = await lifecycle.take_back_expired(connection)
            for run in expired:
                await self._queue.put(connection, run.run_id, run.scheduled_at)
        return expired

    async def sweep_events(self, retention: timedelta) -> None:
        """Delete the event logs that nobody needs any more; see `EventLog.sweep`."""
        while await self._log.sweep(retention):
            pass

    async def outcome(self, run: Run, error: dict[str, str] | None) -> ThreadOutcome:
        """What the run left on its thread, read from the newest checkpoint."""
        return await self._threads.outcome(run.thread_id, run.graph_id, runnable_config(run), error, user_of(run))

    async def outcome_without_state(self, run: Run, error: dict[str, str]) -> ThreadOutcome:
        """What is left of a run whose graph cannot even be opened: the thread as it was, and the error."""
        try:
            thread = await self._threads.one_of(EVERYTHING, run.thread_id)
        except ThreadNotFoundError:
            return ThreadOutcome("error", None, "{}", error)
        return ThreadOutcome("error", thread.values, thread.interrupts or "{}", error)

    async def run_before(self, run: Run) -> UUID | None:
        """The run that ended last on the run's thread: the one that a resumed run goes on from."""
        async with self._pool.connection() as connection:
            return await repository.ended_last(connection, run.thread_id)

    async def take_back(self, run: Run) -> None:
        """Undo a run's checkpoints, before it is finished as rolled back."""
        async with self._pool.connection() as connection, connection.transaction():
            await self._threads.delete_run_checkpoints(connection, run.thread_id, run.run_id)

    async def finish(self, run: Run, ending: Ending) -> bool:
        """Make run and thread final together, close the run's log and let the thread's next run go.

        Returns False, and cleans up, if the run was deleted or taken over meanwhile.
        """
        async with pipelined_transaction(self._pool) as connection:
            thread = await self._threads.lock(connection, run.thread_id)
            if thread is None:
                # deleted while it ran: what the graph wrote after that goes too
                await self._threads.delete_in(connection, run.thread_id)
                return False
            if ending.rolled_back:
                finished = await lifecycle.take_out(connection, run.run_id, run.attempt)
            else:
                waits = ending.outcome.status == "interrupted"
                finished = await lifecycle.end_attempt(connection, run.run_id, run.attempt, ending.status, waits=waits)
            if finished is None:
                return False
            asks = run.keeps_question and ending.status == "success" and ending.outcome.status == "interrupted"
            thread_goes = run.is_temporary and not asks
            run_goes = ending.rolled_back or thread_goes
            await self._log.end(connection, run.run_id, run_goes=run_goes, last=ending.last_events)
            await self._tell_webhook(connection, run, thread.metadata, ending, finished)
            if ending.rolled_back:
                await self._threads.note_gone_events(connection, run.thread_id, run.run_id)
            if thread_goes:
                await self._threads.delete_in(connection, run.thread_id)
            else:
                await self._threads.settle(connection, run.thread_id, ending.outcome)
                if finished.others_wait:
                    await self._turns.go_on(connection, run.thread_id)
                if finished.is_watched:
                    await self._notices.settled(connection, run.thread_id)
        return True

    async def _tell_webhook(
        self, connection: Connection, run: Run, thread_metadata: dict[str, Any], ending: Ending, finished: Finished
    ) -> None:
        error, values = ending.outcome.error, ending.outcome.values
        if ending.rolled_back:
            error, values = cancelled_error("rollback", finished.cancel_reason), None
        elif ending.status == "interrupted":
            error = cancelled_error("interrupt", finished.cancel_reason)
        await self._notices.write(
            connection,
            run,
            thread_metadata,
            "rollback" if ending.rolled_back else ending.status,
            started_at=finished.started_at,
            ended_at=finished.ended_at,
            values=values,
            error=error,
        )
