"""Who works next: a procrastinate queue. The run's row is the truth; a job only says that a run may be claimed now."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from uuid import UUID

import procrastinate
import psycopg
from procrastinate.connector import Notify
from procrastinate.exceptions import ConnectorException
from procrastinate.worker import Worker
from psycopg import AsyncConnection, sql
from psycopg_pool import PoolTimeout

from server.db.pool import Connection, Pool
from server.errors import PlanloomError
from server.runs.slots import Slots

_QUEUE = "runs"
_TASK = "planloom.execute_run"
_LISTEN_AGAIN_SECONDS = 1.0
_SILENT_SECONDS = 30.0  # a worker says every 10 seconds that it lives


class QueueAwayError(PlanloomError):
    """The queue cannot reach Postgres at the moment."""


Execute = Callable[[UUID], Awaitable[None]]


class _Connector(procrastinate.PsycopgConnector):
    """Listens on a connection of its own that it renews, past any pooler; the library's goes where its pool goes."""

    def __init__(self, listen_url: str) -> None:
        super().__init__()
        self._listen_url = listen_url

    async def listen_notify(self, on_notification: Notify, channels: Iterable[str]) -> None:
        """Hand notifications on until cancelled. Jobs whose notification was missed are found by polling."""
        while True:
            try:
                async with await AsyncConnection.connect(self._listen_url, autocommit=True) as connection:
                    for channel in channels:
                        await connection.execute(sql.SQL("listen {}").format(sql.Identifier(channel)))
                    async for heard in connection.notifies():
                        await on_notification(channel=heard.channel, payload=heard.payload)
            except psycopg.OperationalError:
                await asyncio.sleep(_LISTEN_AGAIN_SECONDS)


class RunQueue:
    """The queue over the process's pool. `put` is called inside the transaction that makes a run ready."""

    def __init__(self, pool: Pool, listen_url: str) -> None:
        self._pool = pool
        self._app = procrastinate.App(connector=_Connector(listen_url))
        self._execute: Execute | None = None
        self._app.task(name=_TASK, queue=_QUEUE)(self._execute_job)

    async def open(self) -> None:
        """Use the process's pool."""
        await self._app.open_async(self._pool)  # it sets the row factory it needs per cursor

    async def put(self, connection: Connection, run_id: UUID, at: datetime) -> None:
        """Queue a run for `at` or later; seen by workers when the transaction commits."""
        # a job without a time wakes the workers by NOTIFY, one with a time is found by polling
        later = at if at > datetime.now(UTC) else None
        task = self._app.configure_task(
            _TASK, queue=_QUEUE, schedule_at=later, allow_unknown=True, connection=connection
        )
        await task.defer_async(run_id=str(run_id))

    async def forget_dead_jobs(self) -> None:
        """Delete the jobs whose worker died: their runs were queued anew when their leases ended."""
        await self._app.job_manager.prune_stalled_workers(_SILENT_SECONDS)
        async with self._pool.connection() as connection:
            await connection.execute(
                "delete from procrastinate_jobs where queue_name = %s and status = 'doing' and worker_id is null",
                (_QUEUE,),
            )

    async def work(self, execute: Execute, slots: Slots, drain_seconds: float) -> None:
        """Hand queued runs to `execute`, one a slot, until cancelled; then let them finish for `drain_seconds`.

        Raises `QueueAwayError` when Postgres goes away.
        """
        self._execute = execute
        worker = Worker(
            self._app,
            queues=[_QUEUE],
            delete_jobs="always",
            install_signal_handlers=False,
            shutdown_graceful_timeout=drain_seconds,
            fetch_job_polling_interval=1.0,
        )
        # the library counts for itself only, but a slot may also be taken by a run that never was in the queue
        worker._job_semaphore = slots.for_queue()
        try:
            await worker.run()  # type: ignore[no-untyped-call]
        except (ConnectorException, psycopg.OperationalError, PoolTimeout) as error:
            raise QueueAwayError(str(error)) from error

    async def _execute_job(self, run_id: str) -> None:
        if self._execute is not None:
            await self._execute(UUID(run_id))
