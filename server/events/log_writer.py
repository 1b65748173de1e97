"""Writing the event log: events are numbered as they come, and become durable in batches before anybody sees them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from server.db.pool import Pool
from server.events import repository
from server.events.live_feeds import LiveFeeds
from server.events.pace import Pace
from server.events.repository import Written
from server.events.types import END, Event, LoggedEvent
from server.metrics.runs import EVENTS, seconds_since
from server.metrics.storage import EVENT_LOG_LAG

_MAX_PENDING = 10_000  # appended but not yet written, in this process; past it, writers wait
_FIRST_OF_GRAPH = 2  # the number of the first event that a run's graph emits: it does not wait for another's burst
_FEW_RUNS = 4  # as long as no more are live; with many, their bursts are one that never ends
_CLOSE_SECONDS = 3.0  # for the last events; runs flush before they are over, so these are of runs that will be repeated
_RETRY_SECONDS = (0.05, 0.2, 0.5, 1.0, 2.0)

log = structlog.get_logger("planloom.events")


class RunLog:
    """The writing end of one run's log. Made by `LogWriter.write`."""

    def __init__(self, owner: "LogWriter", run_id: UUID, attempt: int | None, last_seq: int) -> None:
        self._owner = owner
        self.run_id = run_id
        self._attempt = attempt
        self.last_seq = last_seq

    async def append(self, events: Iterable[Event]) -> None:
        """Number `events` and hand them to the writer; waits only when the process has too much unwritten."""
        await self._owner.enqueue(self._numbered(events))

    def post(self, events: Iterable[Event]) -> None:
        """As `append`, without waiting: for a few that must not be overtaken by those that are appended next."""
        self._owner.enqueue_now(self._numbered(events))

    def _numbered(self, events: Iterable[Event]) -> list[Written]:
        now = datetime.now(UTC)
        numbered = []
        for event in events:
            self.last_seq += 1
            logged = LoggedEvent(self.last_seq, event.name, event.data, now)
            numbered.append(Written(self.run_id, self._attempt, logged))
        EVENTS.inc(len(numbered))
        return numbered

    @property
    def batch(self) -> int:
        """How many batches the process' writer has begun."""
        return self._owner.batch

    def next_batch(self) -> asyncio.Future[None] | None:
        """Done when the next batch is about to be taken, what is appended right then being part of it; None if that is now."""
        return self._owner.next_batch()

    async def flush(self) -> None:
        """Return when everything appended so far is durable."""
        await self._owner.flush()

    async def take_unwritten(self) -> list[LoggedEvent]:
        """The events that are not durable yet, for `EventLog.end` to write; the writer will not. Nothing may be appended after."""
        return await self._owner.take_unwritten(self.run_id, self._attempt)

    def ended(self, last: Sequence[LoggedEvent] = ()) -> None:
        """Tell this process's readers that `EventLog.end` was committed with these last events: they need not ask Postgres."""
        self._owner.show_end(self.run_id, last, self.last_seq + 1)


class LogWriter:
    """Writes what the runs of this process emit. Start with `start`, stop with `close`, which writes what is pending."""

    def __init__(self, pool: Pool, feeds: LiveFeeds, sender: str) -> None:
        self._pool = pool
        self._feeds = feeds
        self._sender = sender
        self._untold: set[UUID] = set()  # runs with durable events that Redis did not take: to be told of by NOTIFY
        self._pending: list[Written] = []
        self._appended = asyncio.Event()
        self._is_awaited = asyncio.Event()
        self._is_writing = asyncio.Lock()
        self._written = asyncio.Event()  # set when what is pending now is durable; the next batch has another
        self._pace = Pace()
        self._waiting: list[asyncio.Future[None]] = []  # for the next batch
        self.batch = 0
        """How many batches were begun."""
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start to write."""
        self._task = asyncio.create_task(self._write_forever(), name="event-log")

    async def close(self) -> None:
        """Write what is pending and stop."""
        if self._task is None:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self.flush()
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    @property
    def pending(self) -> int:
        """How many events are not durable yet."""
        return len(self._pending)

    @contextlib.asynccontextmanager
    async def write(self, run_id: UUID, *, is_new: bool, attempt: int | None = None) -> AsyncIterator[RunLog]:
        """The writing end of a run's log, going on after what is there (nothing, when `is_new`).

        Events of an `attempt` are kept and shown while it is the run's: a worker that was taken over adds nothing.
        """
        feed = self._feeds.use(run_id)
        try:
            last_seq = 0
            if not is_new:
                async with self._pool.connection() as connection:
                    last_seq = await repository.last_seq(connection, run_id)
            self._feeds.begin_writing(run_id, feed, last_seq)
            yield RunLog(self, run_id, attempt, last_seq)
        finally:
            if not feed.has_ended:
                feed.written_here = False
                feed.doubt()
            self._feeds.release(run_id, feed)

    async def enqueue(self, events: Sequence[Written]) -> None:
        """Hand numbered events to the writer; waits for room."""
        while len(self._pending) >= _MAX_PENDING:
            await self._written.wait()
        self.enqueue_now(events)

    def enqueue_now(self, events: Sequence[Written]) -> None:
        """As `enqueue`, without waiting for room."""
        self._pending.extend(events)
        self._appended.set()
        if len(self._feeds) <= _FEW_RUNS and any(one.event.seq == _FIRST_OF_GRAPH for one in events):
            self._is_awaited.set()

    def note_untold(self, run_ids: Sequence[UUID]) -> None:
        """Redis did not take durable events of these runs: tell of them by NOTIFY."""
        self._untold.update(run_ids)
        self._appended.set()

    def next_batch(self) -> asyncio.Future[None] | None:
        """See `RunLog.next_batch`."""
        loop = asyncio.get_running_loop()
        if not self._pace.early(loop.time()):
            return None
        waiting: asyncio.Future[None] = loop.create_future()
        self._waiting.append(waiting)
        return waiting

    async def flush(self) -> None:
        """Return when everything enqueued so far is durable."""
        if self._pending:
            self._is_awaited.set()
            await self._written.wait()
        else:
            async with self._is_writing:  # the batch before is on its way
                pass

    async def take_unwritten(self, run_id: UUID, attempt: int | None) -> list[LoggedEvent]:
        """Take from the writer what it has not written of an attempt; what it is writing is durable when this returns."""
        async with self._is_writing:
            taken = [one.event for one in self._pending if one.is_of(run_id, attempt)]
            if taken:
                self._pending = [one for one in self._pending if not one.is_of(run_id, attempt)]
        return taken

    def show_end(self, run_id: UUID, last: Sequence[LoggedEvent], seq: int) -> None:
        """Show readers the last events and the end of a run's log that are already durable."""
        closing = [*last, LoggedEvent(seq, END, b"null", datetime.now(UTC))]
        self._feeds.show({run_id: closing})
        if self._feeds.is_carried:  # if it is not, the end was told of by NOTIFY
            self._feeds.publish([(run_id, event) for event in closing])

    async def _write_forever(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._appended.wait()
            if early := self._pace.early(loop.time()):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(early):
                        await self._is_awaited.wait()
            await self._call_for_events()
            async with self._is_writing:
                self._appended.clear()
                self._is_awaited.clear()
                batch, self._pending = self._pending, []
                self._pace.written(loop.time(), len({one.run_id for one in batch}))
                untold, self._untold = self._untold, set()
                written, self._written = self._written, asyncio.Event()
                if batch or untold:
                    self._show(await self._write(batch, untold))
                if batch:
                    EVENT_LOG_LAG.observe(seconds_since(batch[0].event.at))
                written.set()

    async def _call_for_events(self) -> None:
        """A batch is about to be taken: let those who wait for that append what they have."""
        self.batch += 1
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            if not one.done():
                one.set_result(None)
        if waiting:
            await asyncio.sleep(0)  # they run before this goes on

    def _show(self, durable: Sequence[Written]) -> None:
        shown: dict[UUID, list[LoggedEvent]] = {}
        for one in durable:
            shown.setdefault(one.run_id, []).append(one.event)
        self._feeds.show(shown)

    async def _write(self, batch: Sequence[Written], untold: Collection[UUID]) -> Sequence[Written]:
        """Make the batch durable, and tell the other processes of it and of the runs that are still untold.

        Returns what was kept: all but events of runs that are gone, or another worker's by now.
        """
        failures = 0
        while True:
            is_carried = self._feeds.is_carried
            told = {*untold} if is_carried else {*untold, *(one.run_id for one in batch)}
            try:
                async with self._pool.connection() as connection:
                    owners = await repository.insert(connection, self._sender, batch, told)
                kept = [one for one in batch if one.owner in owners]
                if is_carried:
                    self._feeds.publish([(one.run_id, one.event) for one in kept])
                return kept
            except (psycopg.OperationalError, PoolTimeout) as error:
                log.warning("event log: Postgres is away, will retry", events=len(batch), error=str(error))
                await asyncio.sleep(_RETRY_SECONDS[min(failures, len(_RETRY_SECONDS) - 1)])
                failures += 1
