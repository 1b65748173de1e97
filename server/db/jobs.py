"""The process's face of the job queue: one procrastinate app for all that is queued, each kind of work with a queue of its own.

A job only says that something is due now. What is true stands in the rows of whoever queued it, so a job that is lost, or
comes twice, must do no harm: claim the row first.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial

import procrastinate
import psycopg
from procrastinate.connector import Notify
from procrastinate.exceptions import ConnectorException
from procrastinate.manager import get_channel_for_queues
from procrastinate.worker import Worker
from psycopg_pool import PoolTimeout

from server.db.notifications import Handler
from server.db.pool import Connection, Pool
from server.errors import PlanloomError

_SILENT_SECONDS = 30.0  # a worker says every 10 seconds that it lives
_LONGEST_TIMER = 60.0  # seconds; what is due later than that may be as late as polling finds it
_LATE = 0.02  # so that Postgres' clock says it is due, too
_LOOK = '{"type": "job_inserted", "job_id": 0}'


class QueueAwayError(PlanloomError):
    """The queue cannot reach Postgres at the moment."""


class Jobs:
    """Jobs over the process's pool. Tasks are added before `open`; `put` is called inside the transaction that makes work due."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._connector = _Connector()
        self._app = procrastinate.App(connector=self._connector)
        self._queues: set[str] = set()

    def add_task(self, name: str, queue: str, work: Callable[..., Awaitable[None]]) -> None:
        """Have `work` called with a job's arguments, where a worker of that queue takes it."""
        self._app.task(name=name, queue=queue)(work)
        self._queues.add(queue)

    async def open(self) -> None:
        """Use the process's pool."""
        await self._app.open_async(self._pool)  # it sets the row factory it needs per cursor

    def notification_handlers(self) -> dict[str, Handler]:
        """What the process's listening connection is to hand on: new jobs wake the queues' workers."""
        channels = [_channel(queue) for queue in sorted(self._queues)]
        return {channel: partial(self._connector.wake, channel) for channel in channels}

    async def put(self, connection: Connection, task: str, queue: str, at: datetime, **arguments: str | int) -> None:
        """Queue a job for `at`, of Postgres' clock, or later; seen by workers when the transaction commits. Raises what psycopg
        raises."""
        # a job without a time wakes the workers by NOTIFY, one with a time is found by polling, or by whoever put it there
        delay = await _seconds_until(connection, at)
        later = at if delay > 0 else None
        if later is not None and delay <= _LONGEST_TIMER:
            asyncio.get_running_loop().call_later(delay + _LATE, self._connector.wake, _channel(queue))
        deferrer = self._app.configure_task(
            task, queue=queue, schedule_at=later, allow_unknown=True, connection=connection
        )
        with _as_psycopg_tells_it():
            await deferrer.defer_async(**arguments)

    async def forget_dead(self, queue: str) -> None:
        """Delete the queue's jobs whose worker died: who queued them queues them anew when their leases end.

        Raises what psycopg raises.
        """
        with _as_psycopg_tells_it():
            await self._app.job_manager.prune_stalled_workers(_SILENT_SECONDS)
        async with self._pool.connection() as connection:
            await connection.execute(
                "delete from procrastinate_jobs where queue_name = %s and status = 'doing' and worker_id is null",
                (queue,),
            )

    async def work(
        self, queue: str, places: asyncio.Semaphore, *, drain_seconds: float, poll_seconds: float = 1.0
    ) -> None:
        """Work through the queue, a job a place, until cancelled; then let jobs finish for `drain_seconds`.

        Jobs for later are looked for every `poll_seconds`. Raises `QueueAwayError` when Postgres goes away.
        """
        try:
            worker = _Worker(self._app, queue, places, drain_seconds, poll_seconds)
            await worker.run()  # type: ignore[no-untyped-call]
        except (ConnectorException, psycopg.OperationalError, PoolTimeout) as error:
            raise QueueAwayError(str(error)) from error


async def _seconds_until(connection: Connection, at: datetime) -> float:
    """By Postgres' clock, which workers go by: a process whose own is wrong must make nobody early or late."""
    cursor = await connection.execute("select extract(epoch from %s - clock_timestamp())::float8 as seconds", (at,))
    row = await cursor.fetchone()
    if row is None:
        raise RuntimeError("the statement returned no row")
    return float(row["seconds"])


@contextmanager
def _as_psycopg_tells_it() -> Iterator[None]:
    """Callers know what to make of psycopg's errors; the library has words of its own."""
    try:
        yield
    except ConnectorException as error:
        if isinstance(error.__cause__, psycopg.Error):
            raise error.__cause__ from error
        raise


def _channel(queue: str) -> str:
    (channel,) = get_channel_for_queues([queue])
    return channel


class _Connector(procrastinate.PsycopgConnector):
    """Wakes workers by the notifications that the process listens to anyway; the library would hold a connection a worker."""

    def __init__(self) -> None:
        super().__init__()
        self._sleepers: dict[asyncio.Event, frozenset[str]] = {}

    def wake(self, channel: str, _payload: str = "") -> None:
        """Something came on the channel, or may have been missed."""
        for sleeper, channels in self._sleepers.items():
            if channel in channels:
                sleeper.set()

    async def listen_notify(self, on_notification: Notify, channels: Iterable[str]) -> None:
        """Tell a worker to look for jobs whenever it may find some, until cancelled."""
        sleeper, of = asyncio.Event(), frozenset(channels)
        self._sleepers[sleeper] = of
        try:
            while True:
                await sleeper.wait()
                sleeper.clear()
                await on_notification(channel=next(iter(of)), payload=_LOOK)
        finally:
            del self._sleepers[sleeper]


class _Worker(Worker):
    """The library's worker, in places that others may take as well: its own semaphore counts for itself only."""

    def __init__(
        self,
        app: procrastinate.App,
        queue: str,
        places: asyncio.Semaphore,
        drain_seconds: float,
        poll_seconds: float,
    ) -> None:
        self._places = places
        super().__init__(
            app,
            queues=[queue],
            delete_jobs="always",
            install_signal_handlers=False,
            shutdown_graceful_timeout=drain_seconds,
            fetch_job_polling_interval=poll_seconds,
        )

    @property
    def _job_semaphore(self) -> asyncio.Semaphore:
        return self._places

    @_job_semaphore.setter
    def _job_semaphore(self, _own: asyncio.Semaphore) -> None:
        """The library makes one at each start; ours stays."""
