"""Who works next on runs. The run's row is the truth; a job only says that a run may be claimed now."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from server.db.jobs import Jobs, QueueAwayError
from server.db.pool import Connection
from server.runs.slots import Slots

__all__ = ["QueueAwayError", "RunQueue"]

_QUEUE = "runs"
_TASK = "planloom.execute_run"

Execute = Callable[[UUID], Awaitable[None]]


class RunQueue:
    """The queue of runs. `put` is called inside the transaction that makes a run ready."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._execute: Execute | None = None
        jobs.add_task(_TASK, _QUEUE, self._execute_job)

    async def put(self, connection: Connection, run_id: UUID, at: datetime) -> None:
        """Queue a run for `at` or later; seen by workers when the transaction commits."""
        await self._jobs.put(connection, _TASK, _QUEUE, at, run_id=str(run_id))

    async def forget_dead_jobs(self) -> None:
        """Delete the jobs whose worker died: their runs were queued anew when their leases ended."""
        await self._jobs.forget_dead(_QUEUE)

    async def work(self, execute: Execute, slots: Slots, drain_seconds: float) -> None:
        """Hand queued runs to `execute`, one a slot, until cancelled; then let them finish for `drain_seconds`.

        Raises `QueueAwayError` when Postgres goes away.
        """
        self._execute = execute
        await self._jobs.work(_QUEUE, slots.for_queue(), drain_seconds=drain_seconds)

    async def _execute_job(self, run_id: str) -> None:
        if self._execute is not None:
            await self._execute(UUID(run_id))
