"""The event log: every event of a run numbered, durable in Postgres, readable from any process, by any number.

Writers append without waiting for the disk. One task per process writes what has gathered in one statement and only then
shows it to readers, so no reader sees an event that a crash could lose (`log_writer.py`). A run's last events are written in
the transaction that finishes it. Readers in this process are served from memory while the run is live; those in others wake
up by NOTIFY and read the table, or have their memory filled over Redis where there is one (`live_feeds.py`). A slow reader
holds nothing up: it has a place in the log, not a buffer (`log_reader.py`). Places have no gaps, so whoever misses one knows
it, and reads on in Postgres.
"""

import contextlib
from collections.abc import AsyncGenerator, Collection, Sequence
from datetime import timedelta
from uuid import UUID, uuid4

from server.db.pool import Connection, Pool
from server.events import repository
from server.events.live_feeds import LiveFeeds
from server.events.log_reader import EventsGoneError, LogReader
from server.events.log_writer import LogWriter, RunLog
from server.events.repository import CHANNEL
from server.events.types import LoggedEvent

__all__ = ["CHANNEL", "EventLog", "EventsGoneError", "RunLog"]


class EventLog:
    """The log over Postgres. Start it with `start`, stop it with `close`, which writes what is pending.

    With `redis_url`, other processes' readers get their events over Redis and ask Postgres only for what they missed.
    """

    def __init__(self, pool: Pool, redis_url: str | None = None) -> None:
        self._pool = pool
        self._sender = uuid4().hex[:12]
        self._feeds = LiveFeeds(self._sender, redis_url, self._note_untold)
        self._writer = LogWriter(pool, self._feeds, self._sender)
        self._reader = LogReader(pool, self._feeds)

    def start(self) -> None:
        """Start the writer."""
        self._writer.start()
        self._feeds.start()

    async def close(self) -> None:
        """Write what is pending and stop."""
        await self._writer.close()
        await self._feeds.close()

    @property
    def pending(self) -> int:
        """How many events are not durable yet."""
        return self._writer.pending

    @property
    def has_carrier(self) -> bool:
        """Whether there should be a Redis."""
        return self._feeds.has_carrier

    async def ping_carrier(self) -> None:
        """Ask Redis, if there should be one, whether it is there. Raises what it or the way to it answers."""
        await self._feeds.ping_carrier()

    @property
    def is_carried(self) -> bool:
        """Whether Redis carries what is written here; otherwise, Postgres notifies of it."""
        return self._feeds.is_carried

    def on_notification(self, payload: str) -> None:
        """Wake the readers of the runs that another process (or a finished transaction) wrote to."""
        self._feeds.on_notification(payload)

    def _note_untold(self, run_ids: Sequence[UUID]) -> None:
        self._writer.note_untold(run_ids)

    # --- writing

    def write(
        self, run_id: UUID, *, is_new: bool, attempt: int | None = None
    ) -> contextlib.AbstractAsyncContextManager[RunLog]:
        """The writing end of a run's log, going on after what is there (nothing, when `is_new`).

        Events of an `attempt` are kept and shown while it is the run's: a worker that was taken over adds nothing.
        """
        return self._writer.write(run_id, is_new=is_new, attempt=attempt)

    async def end(
        self, connection: Connection, run_id: UUID, *, run_goes: bool = False, last: Sequence[LoggedEvent] | None = None
    ) -> None:
        """Close a run's log, in the transaction that finishes the run; `run_goes` when its row is deleted there too.

        With `last`, the run's last events are written before, and its writer here tells this process's readers (`ended`).
        """
        sender = "" if last is None else self._sender
        await repository.end(connection, sender, run_id, run_goes=run_goes, last=last or ())

    async def forget(self, connection: Connection, run_ids: Sequence[UUID]) -> None:
        """Delete the logs of runs that are deleted on request, after them: then nobody can write any more of them."""
        await repository.forget(connection, run_ids)

    async def sweep(self, retention: timedelta) -> int:
        """Delete logs that nobody needs any more: those of runs over for `retention`, and of runs that are gone.

        Returns how many events went; at most a batch, so call it again while it deletes.
        """
        async with self._pool.connection() as connection:
            return await repository.sweep(connection, retention)

    # --- reading

    async def kept(
        self, run_id: UUID, after: int, modes: Sequence[str] | None, limit: int
    ) -> tuple[list[LoggedEvent], int | None]:
        """What is durable of a run's log now (see `repository.kept`), and how far it went if retention took it."""
        return await self._reader.kept(run_id, after, modes, limit)

    async def read(self, run_id: UUID, after: int | None = 0) -> AsyncGenerator[LoggedEvent, None]:
        """The run's events one by one; see `pages`."""
        async with contextlib.aclosing(self.pages(run_id, after)) as pages:
            async for page in pages:
                for event in page:
                    yield event

    def pages(
        self, run_id: UUID, after: int | None = 0, data_of: Collection[str] | None = None
    ) -> AsyncGenerator[Sequence[LoggedEvent], None]:
        """The run's events after place `after` (None: only those from now on), then new ones until the run is over.

        In pages (none is empty) of all that is there to be read at the moment. Holds no connection between pages. Ends at
        once for a run that is over or gone. With `data_of`, others than events of those names may come without their data.
        Raises `EventsGoneError` when some of them are not kept any more.
        """
        return self._reader.pages(run_id, after, data_of)
