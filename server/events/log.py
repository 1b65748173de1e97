"""The event log: every event of a run numbered, durable in Postgres, readable from any process, by any number.

Writers append without waiting for the disk. One task per process writes what has gathered in one statement and only then
shows it to readers, so no reader sees an event that a crash could lose. A run's last events are written in the transaction
that finishes it. Readers in this process are served from memory while the run is live; others wake up by NOTIFY and read the
table. A slow reader holds nothing up: it has a place in the log, not a buffer.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from server.db.pool import Connection, Pool
from server.events import repository
from server.events.repository import CHANNEL
from server.events.types import END, Event, LoggedEvent

__all__ = ["CHANNEL", "EventLog", "RunLog"]

_KEPT_IN_MEMORY = 2_000  # events of a live run that its readers get without asking Postgres
_MAX_PENDING = 10_000  # appended but not yet written, in this process; past it, writers wait
_LOOK_AGAIN_SECONDS = 2.0  # a reader of another process's run looks by itself when notifications are silent
_CLOSE_SECONDS = 3.0  # for the last events; runs flush before they are over, so these are of runs that will be repeated
_RETRY_SECONDS = (0.05, 0.2, 0.5, 1.0, 2.0)
_PACE_SECONDS = 0.005  # between two writes, unless somebody waits for one: tokens come faster than commits are worth

log = structlog.get_logger("planloom.events")


@dataclass
class _Feed:
    """What this process knows of one run's log: who waits, and, while it writes the run, the newest events."""

    users: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    written_here: bool = False
    recent: deque[LoggedEvent] = field(default_factory=lambda: deque(maxlen=_KEPT_IN_MEMORY))

    def wake(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()

    def after(self, seq: int) -> list[LoggedEvent] | None:
        """The events after `seq`, if memory surely has all of them."""
        if not self.written_here or not self.recent or self.recent[0].seq > seq + 1:
            return None
        first = self.recent[0].seq
        return [self.recent[index] for index in range(max(0, seq + 1 - first), len(self.recent))]


class RunLog:
    """The writing end of one run's log. Made by `EventLog.write`."""

    def __init__(self, owner: "EventLog", run_id: UUID, last_seq: int) -> None:
        self._owner = owner
        self.run_id = run_id
        self.last_seq = last_seq

    async def append(self, events: Iterable[Event]) -> None:
        """Number `events` and hand them to the writer; waits only when the process has too much unwritten."""
        now = datetime.now(UTC)
        numbered = []
        for event in events:
            self.last_seq += 1
            numbered.append((self.run_id, LoggedEvent(self.last_seq, event.name, event.data, now)))
        await self._owner.enqueue(numbered)

    async def flush(self) -> None:
        """Return when everything appended so far is durable."""
        await self._owner.flush()

    async def take_unwritten(self) -> list[LoggedEvent]:
        """The events that are not durable yet, for `EventLog.end` to write; the writer will not. Nothing may be appended after."""
        return await self._owner.take_unwritten(self.run_id)

    def ended(self, last: Sequence[LoggedEvent] = ()) -> None:
        """Tell this process's readers that `EventLog.end` was committed with these last events: they need not ask Postgres."""
        self._owner.show_end(self.run_id, last, self.last_seq + 1)


class EventLog:
    """The log over Postgres. Start it with `start`, stop it with `close`, which writes what is pending."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._id = uuid4().hex[:12]
        self._feeds: dict[UUID, _Feed] = {}
        self._pending: list[tuple[UUID, LoggedEvent]] = []
        self._appended = asyncio.Event()
        self._is_awaited = asyncio.Event()
        self._is_writing = asyncio.Lock()
        self._written = asyncio.Event()  # set when what is pending now is durable; the next batch has another
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the writer."""
        self._task = asyncio.create_task(self._write_forever(), name="event-log")

    async def close(self) -> None:
        """Write what is pending and stop."""
        if self._task is None:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.flush(), timeout=_CLOSE_SECONDS)
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    # --- writing

    @contextlib.asynccontextmanager
    async def write(self, run_id: UUID, *, is_new: bool) -> AsyncIterator[RunLog]:
        """The writing end of a run's log, going on after what is there (nothing, when `is_new`)."""
        feed = self._use(run_id)
        try:
            last_seq = 0
            if not is_new:
                async with self._pool.connection() as connection:
                    last_seq = await repository.last_seq(connection, run_id)
            feed.recent.clear()
            feed.written_here = True
            yield RunLog(self, run_id, last_seq)
        finally:
            if not (feed.recent and feed.recent[-1].name == END):
                feed.written_here = False
            self._release(run_id, feed)

    def show_end(self, run_id: UUID, last: Sequence[LoggedEvent], seq: int) -> None:
        """Show readers in this process the last events and the end of a run's log that are already durable."""
        feed = self._feeds.get(run_id)
        if feed is not None and feed.written_here:
            feed.recent.extend(last)
            feed.recent.append(LoggedEvent(seq, END, b"null", datetime.now(UTC)))
            feed.wake()

    async def enqueue(self, events: Sequence[tuple[UUID, LoggedEvent]]) -> None:
        """Hand numbered events to the writer."""
        while len(self._pending) >= _MAX_PENDING:
            await self._written.wait()
        self._pending.extend(events)
        self._appended.set()

    async def flush(self) -> None:
        """Return when everything enqueued so far is durable."""
        if self._pending:
            self._is_awaited.set()
            await self._written.wait()
        else:
            async with self._is_writing:  # the batch before is on its way
                pass

    async def take_unwritten(self, run_id: UUID) -> list[LoggedEvent]:
        """Take from the writer what it has not written of a run; what it is writing is durable when this returns."""
        async with self._is_writing:
            taken = [event for run, event in self._pending if run == run_id]
            if taken:
                self._pending = [pending for pending in self._pending if pending[0] != run_id]
        return taken

    async def end(
        self, connection: Connection, run_id: UUID, *, run_goes: bool = False, last: Sequence[LoggedEvent] | None = None
    ) -> None:
        """Close a run's log, in the transaction that finishes the run; `run_goes` when its row is deleted there too.

        With `last`, the run's last events are written before, and its writer here tells this process's readers (`ended`).
        """
        sender = "" if last is None else self._id
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

    async def read(self, run_id: UUID, after: int | None = 0) -> AsyncGenerator[LoggedEvent, None]:
        """The run's events one by one; see `pages`."""
        async with contextlib.aclosing(self.pages(run_id, after)) as pages:
            async for page in pages:
                for event in page:
                    yield event

    async def pages(self, run_id: UUID, after: int | None = 0) -> AsyncGenerator[Sequence[LoggedEvent], None]:
        """The run's events after place `after` (None: only those from now on), then new ones until the run is over.

        In pages (none is empty) of all that is there to be read at the moment. Holds no connection between pages. Ends at
        once for a run that is over or gone.
        """
        feed = self._use(run_id)
        try:
            if after is None:
                async with self._pool.connection() as connection:
                    after = await repository.last_seq(connection, run_id)
                    if not await repository.is_live(connection, run_id):
                        return
            place = after
            while True:
                changed = feed.changed
                events = feed.after(place)
                if events is None:
                    try:
                        events, live = await self._page(run_id, place)
                    except (psycopg.OperationalError, PoolTimeout) as error:
                        # a reader outlives Postgres being away: it has its place, and nothing is lost
                        log.warning("event log: Postgres is away, a reader waits", error=str(error))
                        await asyncio.sleep(_RETRY_SECONDS[-1])
                        continue
                    if not events and not live:
                        return
                is_over = bool(events) and events[-1].name == END
                if page := events[:-1] if is_over else events:
                    yield page
                    place = page[-1].seq
                if is_over:
                    return
                if not events:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(changed.wait(), _LOOK_AGAIN_SECONDS)
        finally:
            self._release(run_id, feed)

    def on_notification(self, payload: str) -> None:
        """Wake the readers of the runs that another process (or a finished transaction) wrote to."""
        sender, _, runs = payload.partition(":")
        if sender == self._id:
            return
        named = [feed for run in runs.split(",") if run and (feed := self._feeds.get(UUID(run)))]
        for feed in named if payload else list(self._feeds.values()):
            if payload and not sender and not (feed.recent and feed.recent[-1].name == END):
                feed.written_here = False  # the end was written with the run's status: read on from the table
            feed.wake()

    # --- inside

    def _use(self, run_id: UUID) -> _Feed:
        feed = self._feeds.setdefault(run_id, _Feed())
        feed.users += 1
        return feed

    def _release(self, run_id: UUID, feed: _Feed) -> None:
        feed.users -= 1
        feed.wake()
        if feed.users == 0:
            self._feeds.pop(run_id, None)

    async def _page(self, run_id: UUID, after: int) -> tuple[list[LoggedEvent], bool]:
        """The next events after place `after`, and whether there may be more to come."""
        async with self._pool.connection() as connection:
            events = await repository.page(connection, run_id, after)
            if events or await repository.is_live(connection, run_id):
                return events, True
            # the run may have written its last and ended between the two looks: now nothing is added any more
            return await repository.page(connection, run_id, after), False

    async def _write_forever(self) -> None:
        loop = asyncio.get_running_loop()
        next_due = 0.0
        while True:
            await self._appended.wait()
            if (early := next_due - loop.time()) > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._is_awaited.wait(), early)
            next_due = loop.time() + _PACE_SECONDS
            async with self._is_writing:
                self._appended.clear()
                self._is_awaited.clear()
                batch, self._pending = self._pending, []
                written, self._written = self._written, asyncio.Event()
                if batch:
                    await self._write(batch)
                    self._show(batch)
                written.set()

    def _show(self, batch: Sequence[tuple[UUID, LoggedEvent]]) -> None:
        """Let this process's readers see events that are durable."""
        shown: dict[UUID, _Feed] = {}
        for run_id, event in batch:
            feed = self._feeds.get(run_id)
            if feed is not None:
                shown[run_id] = feed
                if feed.written_here:
                    feed.recent.append(event)
        for feed in shown.values():
            feed.wake()

    async def _write(self, batch: list[tuple[UUID, LoggedEvent]]) -> None:
        failures = 0
        while True:
            try:
                async with self._pool.connection() as connection:
                    await repository.insert(connection, self._id, batch)
                return
            except (psycopg.OperationalError, PoolTimeout) as error:
                log.warning("event log: Postgres is away, will retry", events=len(batch), error=str(error))
                await asyncio.sleep(_RETRY_SECONDS[min(failures, len(_RETRY_SECONDS) - 1)])
                failures += 1
