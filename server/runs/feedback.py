"""What callers say of runs: a score and why, recorded in LangSmith against the run's trace."""

from typing import Self
from uuid import UUID

from server.auth.access import SYSTEM, Access, bound_to
from server.db.pool import Pool
from server.errors import Conflict
from server.runs import repository
from server.runs.repository import Run
from server.runs.service import RunNotFoundError
from server.runs.traced import traced
from server.threads.service import ThreadNotFoundError, ThreadService
from server.tracing.feedback import Score
from server.tracing.service import Tracing


class RunFeedback:
    """Records feedback, over runs, their threads and tracing."""

    def __init__(self, pool: Pool, threads: ThreadService, tracing: Tracing) -> None:
        self._pool = pool
        self._threads = threads
        self._tracing = tracing
        self._access: Access = SYSTEM

    def on_behalf_of(self, access: Access) -> Self:
        """The same for a caller. Runs are their thread's: who may read it, may say something of them."""
        bound = bound_to(access, self)
        bound._threads = self._threads.on_behalf_of(access)
        return bound

    async def record(self, thread_id: UUID | None, run_id: UUID, score: Score) -> UUID:
        """Record it; the feedback's id. `thread_id` is None where only the run is named.

        Raises `RunNotFoundError`, `Conflict` if there is no trace to record it against or it has words that traces of the
        graph do not show, `Unavailable`.
        """
        run = await self._run(thread_id, run_id)
        if run.attempt == 0:
            raise Conflict("The run has not started, so it has no trace yet: send the feedback when it has.")
        said_by = None if self._access.user is None else self._access.user.identity
        return await self._tracing.record(traced(run), score, said_by)

    async def _run(self, thread_id: UUID | None, run_id: UUID) -> Run:
        async with self._pool.connection() as connection:
            run = await repository.find(connection, run_id)
        if run is not None and thread_id not in (None, run.thread_id):
            run = None
        # who may not read the thread must not learn that it has such a run: it is asked for either way
        asked = {"thread_id": thread_id or (run.thread_id if run else None), "run_id": run_id}
        allowed = await self._access.may("threads", "read", asked)
        gone = RunNotFoundError(
            f"Run with ID {run_id} not found. Runs without a thread, and those that are rolled back or deleted, are gone: "
            "feedback on them goes to the URLs that `feedback_keys` asks for."
        )
        if run is None:
            raise gone
        if allowed.conditions:
            try:
                await self._threads.one_of(allowed, run.thread_id)
            except ThreadNotFoundError as error:
                raise gone from error
        return run
