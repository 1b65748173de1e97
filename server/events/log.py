"""The event log: every event of a run numbered, durable in Postgres, readable from any process, by any number.

Writers append without waiting for the disk. One task per process writes what has gathered in one statement and only then
shows it to readers, so no reader sees an event that a crash could lose. A run's last events are written in the transaction
that finishes it. Readers in this process are served from memory while the run is live; those in others wake up by NOTIFY and
read the table, or have their memory filled over Redis where there is one. A slow reader holds nothing up: it has a place in
the log, not a buffer. Places have no gaps, so whoever misses one knows it, and reads on in Postgres.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from server.db.pool import Connection, Pool
from server.errors import PlanloomError
from server.events import repository
from server.events.feed import Feed
from server.events.pace import Pace
from server.events.repository import CHANNEL, Written
from server.events.types import END, Event, LoggedEvent
from server.metrics.runs import EVENTS, seconds_since
from server.metrics.storage import EVENT_LOG_LAG

if TYPE_CHECKING:
    from server.events.redis_carrier import RedisCarrier

__all__ = ["CHANNEL", "EventLog", "EventsGoneError", "RunLog"]

_MAX_PENDING = 10_000  # appended but not yet written, in this process; past it, writers wait
_LOOK_AGAIN_SECONDS = 5.0  # a reader of another process's run looks by itself when there is no news of it
_FIRST_OF_GRAPH = 2  # the number of the first event that a run's graph emits: it does not wait for another's burst
_FEW_RUNS = 4  # as long as no more are live; with many, their bursts are one that never ends
_CLOSE_SECONDS = 3.0  # for the last events; runs flush before they are over, so these are of runs that will be repeated
_RETRY_SECONDS = (0.05, 0.2, 0.5, 1.0, 2.0)

log = structlog.get_logger("planloom.events")


class EventsGoneError(PlanloomError):
    """Of the events after a reader's place, some are not kept any more."""

    def __init__(self, run_id: UUID) -> None:
        super().__init__(
            f"the events of run {run_id} after your Last-Event-ID are no longer kept; "
            "the run is over: read its outcome from GET /threads/{thread_id}/runs/{run_id}/join or its thread's state"
        )


class RunLog:
    """The writing end of one run's log. Made by `EventLog.write`."""

    def __init__(self, owner: "EventLog", run_id: UUID, attempt: int | None, last_seq: int) -> None:
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

    async def flush(self) -> None:
        """Return when everything appended so far is durable."""
        await self._owner.flush()

    async def take_unwritten(self) -> list[LoggedEvent]:
        """The events that are not durable yet, for `EventLog.end` to write; the writer will not. Nothing may be appended after."""
        return await self._owner.take_unwritten(self.run_id, self._attempt)

    def ended(self, last: Sequence[LoggedEvent] = ()) -> None:
        """Tell this process's readers that `EventLog.end` was committed with these last events: they need not ask Postgres."""
        self._owner.show_end(self.run_id, last, self.last_seq + 1)


class EventLog:
    """The log over Postgres. Start it with `start`, stop it with `close`, which writes what is pending.

    With `redis_url`, other processes' readers get their events over Redis and ask Postgres only for what they missed.
    """

    def __init__(self, pool: Pool, redis_url: str | None = None) -> None:
        self._pool = pool
        self._id = uuid4().hex[:12]
        self._feeds: dict[UUID, Feed] = {}
        self._carrier = None if redis_url is None else self._carried_by(redis_url)
        self._untold: set[UUID] = set()  # runs with durable events that Redis did not take: to be told of by NOTIFY
        self._pending: list[Written] = []
        self._appended = asyncio.Event()
        self._is_awaited = asyncio.Event()
        self._is_writing = asyncio.Lock()
        self._written = asyncio.Event()  # set when what is pending now is durable; the next batch has another
        self._task: asyncio.Task[None] | None = None

    def _carried_by(self, redis_url: str) -> "RedisCarrier":
        from server.events.redis_carrier import RedisCarrier  # noqa: PLC0415 - its client takes 17 MB, Redis or not

        return RedisCarrier(redis_url, self._take_in, self._doubt_all, self._note_untold)

    def start(self) -> None:
        """Start the writer."""
        self._task = asyncio.create_task(self._write_forever(), name="event-log")
        if self._carrier is not None:
            self._carrier.start()

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
        if self._carrier is not None:
            await self._carrier.close()

    @property
    def pending(self) -> int:
        """How many events are not durable yet."""
        return len(self._pending)

    @property
    def has_carrier(self) -> bool:
        """Whether there should be a Redis."""
        return self._carrier is not None

    async def ping_carrier(self) -> None:
        """Ask Redis, if there should be one, whether it is there. Raises what it or the way to it answers."""
        if self._carrier is not None:
            await self._carrier.ping()

    @property
    def is_carried(self) -> bool:
        """Whether Redis carries what is written here; otherwise, Postgres notifies of it."""
        return self._carrier is not None and self._carrier.is_up

    # --- writing

    @contextlib.asynccontextmanager
    async def write(self, run_id: UUID, *, is_new: bool, attempt: int | None = None) -> AsyncIterator[RunLog]:
        """The writing end of a run's log, going on after what is there (nothing, when `is_new`).

        Events of an `attempt` are kept and shown while it is the run's: a worker that was taken over adds nothing.
        """
        feed = self._use(run_id)
        try:
            last_seq = 0
            if not is_new:
                async with self._pool.connection() as connection:
                    last_seq = await repository.last_seq(connection, run_id)
            self._unwatch(run_id, feed)
            feed.begin(last_seq, is_current=True)
            feed.written_here = True
            yield RunLog(self, run_id, attempt, last_seq)
        finally:
            if not feed.has_ended:
                feed.written_here = False
                feed.doubt()
            self._release(run_id, feed)

    def show_end(self, run_id: UUID, last: Sequence[LoggedEvent], seq: int) -> None:
        """Show readers the last events and the end of a run's log that are already durable."""
        closing = [*last, LoggedEvent(seq, END, b"null", datetime.now(UTC))]
        feed = self._feeds.get(run_id)
        if feed is not None and feed.written_here:
            feed.add(closing)
            feed.wake()
        if self._carrier is not None and self.is_carried:  # if it is not, the end was told of by NOTIFY
            self._carrier.publish([(run_id, event) for event in closing])

    async def enqueue(self, events: Sequence[Written]) -> None:
        """Hand numbered events to the writer."""
        while len(self._pending) >= _MAX_PENDING:
            await self._written.wait()
        self.enqueue_now(events)

    def enqueue_now(self, events: Sequence[Written]) -> None:
        """As `enqueue`, without waiting for room."""
        self._pending.extend(events)
        self._appended.set()
        if len(self._feeds) <= _FEW_RUNS and any(one.event.seq == _FIRST_OF_GRAPH for one in events):
            self._is_awaited.set()

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

    async def kept(
        self, run_id: UUID, after: int, modes: Sequence[str] | None, limit: int
    ) -> tuple[list[LoggedEvent], int | None]:
        """What is durable of a run's log now (see `repository.kept`), and how far it went if retention took it."""
        async with self._pool.connection() as connection:
            events = await repository.kept(connection, run_id, after, modes, limit)
            return events, (await repository.whereabouts(connection, run_id)).swept_seq

    async def read(self, run_id: UUID, after: int | None = 0) -> AsyncGenerator[LoggedEvent, None]:
        """The run's events one by one; see `pages`."""
        async with contextlib.aclosing(self.pages(run_id, after)) as pages:
            async for page in pages:
                for event in page:
                    yield event

    async def pages(
        self, run_id: UUID, after: int | None = 0, data_of: Collection[str] | None = None
    ) -> AsyncGenerator[Sequence[LoggedEvent], None]:
        """The run's events after place `after` (None: only those from now on), then new ones until the run is over.

        In pages (none is empty) of all that is there to be read at the moment. Holds no connection between pages. Ends at
        once for a run that is over or gone. With `data_of`, others than events of those names may come without their data.
        Raises `EventsGoneError` when some of them are not kept any more.
        """
        feed = self._use(run_id)
        try:
            if after is None:
                async with self._pool.connection() as connection:
                    after = await repository.last_seq(connection, run_id)
                    if not (await repository.whereabouts(connection, run_id)).is_live:
                        return
            place, is_silent = after, False
            while True:
                changed = feed.changed
                events = None if is_silent else feed.after(place)
                is_silent = False
                if events is None:
                    try:
                        events, live = await self._page(run_id, place, data_of)
                    except (psycopg.OperationalError, PoolTimeout) as error:
                        # a reader outlives Postgres being away: it has its place, and nothing is lost
                        log.warning("event log: Postgres is away, a reader waits", error=str(error))
                        await asyncio.sleep(_RETRY_SECONDS[-1])
                        continue
                    if not events:
                        if not live:
                            return
                        self._watch(run_id, feed, place)
                is_over = bool(events) and events[-1].name == END
                if page := events[:-1] if is_over else events:
                    yield page
                    place = page[-1].seq
                if is_over:
                    return
                if not events:
                    try:
                        # not wait_for: on Python 3.11 it loses the cancellation of who is woken at the same moment
                        async with asyncio.timeout(_LOOK_AGAIN_SECONDS):
                            await changed.wait()
                    except TimeoutError:
                        is_silent = not feed.written_here
        finally:
            self._release(run_id, feed)

    def on_notification(self, payload: str) -> None:
        """Wake the readers of the runs that another process (or a finished transaction) wrote to."""
        sender, _, runs = payload.partition(":")
        if sender == self._id:
            return
        named = [feed for run in runs.split(",") if run and (feed := self._feeds.get(UUID(run)))]
        for feed in named if payload else list(self._feeds.values()):
            # the end is written with the run's status, by whoever finishes it; other processes write to theirs
            if not feed.has_ended and ((payload and not sender) or not feed.written_here):
                feed.doubt()
            feed.wake()

    # --- inside

    def _use(self, run_id: UUID) -> Feed:
        feed = self._feeds.setdefault(run_id, Feed())
        feed.users += 1
        return feed

    def _release(self, run_id: UUID, feed: Feed) -> None:
        feed.users -= 1
        feed.wake()
        if feed.users == 0:
            self._unwatch(run_id, feed)
            self._feeds.pop(run_id, None)

    def _watch(self, run_id: UUID, feed: Feed, place: int) -> None:
        """Have the memory of a run that another process writes filled over Redis, from a place on."""
        if self._carrier is not None and not feed.written_here and not feed.is_watched:
            feed.is_watched = True
            feed.begin(place, is_current=False)  # until Redis says that it listens
            self._carrier.watch(run_id, place)

    def _unwatch(self, run_id: UUID, feed: Feed) -> None:
        if self._carrier is not None and feed.is_watched:
            feed.is_watched = False
            self._carrier.unwatch(run_id)

    def _take_in(self, run_id: UUID, events: Sequence[LoggedEvent]) -> None:
        """What another process wrote came over Redis."""
        feed = self._feeds.get(run_id)
        if feed is not None and not feed.written_here:
            feed.add(events)
            feed.is_current = True
            feed.wake()

    def _doubt_all(self) -> None:
        """Redis is away: what other processes write is in Postgres only."""
        for feed in self._feeds.values():
            if not feed.written_here:
                feed.doubt()
                feed.wake()

    def _note_untold(self, run_ids: Sequence[UUID]) -> None:
        self._untold.update(run_ids)
        self._appended.set()

    async def _page(self, run_id: UUID, after: int, data_of: Collection[str] | None) -> tuple[list[LoggedEvent], bool]:
        """The next events after place `after`, and whether there may be more to come."""
        async with self._pool.connection() as connection:
            events = await repository.page(connection, run_id, after, data_of)
            if events:
                return events, True
            run = await repository.whereabouts(connection, run_id)
            if run.is_live:
                return events, True
            if run.swept_seq is not None and after + 1 < run.swept_seq:
                raise EventsGoneError(run_id)
            # the run may have written its last and ended between the two looks: now nothing is added any more
            return await repository.page(connection, run_id, after, data_of), False

    async def _write_forever(self) -> None:
        loop = asyncio.get_running_loop()
        pace = Pace()
        while True:
            await self._appended.wait()
            if early := pace.early(loop.time()):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(early):
                        await self._is_awaited.wait()
            async with self._is_writing:
                self._appended.clear()
                self._is_awaited.clear()
                batch, self._pending = self._pending, []
                pace.written(loop.time(), len({one.run_id for one in batch}))
                untold, self._untold = self._untold, set()
                written, self._written = self._written, asyncio.Event()
                if batch or untold:
                    self._show(await self._write(batch, untold))
                if batch:
                    EVENT_LOG_LAG.observe(seconds_since(batch[0].event.at))
                written.set()

    def _show(self, durable: Sequence[Written]) -> None:
        """Let this process's readers see events that are durable."""
        shown: dict[UUID, list[LoggedEvent]] = {}
        for one in durable:
            shown.setdefault(one.run_id, []).append(one.event)
        for run_id, events in shown.items():
            feed = self._feeds.get(run_id)
            if feed is not None:
                if feed.written_here:
                    feed.add(events)
                feed.wake()

    async def _write(self, batch: Sequence[Written], untold: Collection[UUID]) -> Sequence[Written]:
        """Make the batch durable, and tell the other processes of it and of the runs that are still untold.

        Returns what was kept: all but events of runs that are gone, or another worker's by now.
        """
        failures = 0
        while True:
            carrier = self._carrier if self.is_carried else None
            told = {*untold} if carrier is not None else {*untold, *(one.run_id for one in batch)}
            try:
                async with self._pool.connection() as connection:
                    owners = await repository.insert(connection, self._id, batch, told)
                kept = [one for one in batch if one.owner in owners]
                if carrier is not None:
                    carrier.publish([(one.run_id, one.event) for one in kept])
                return kept
            except (psycopg.OperationalError, PoolTimeout) as error:
                log.warning("event log: Postgres is away, will retry", events=len(batch), error=str(error))
                await asyncio.sleep(_RETRY_SECONDS[min(failures, len(_RETRY_SECONDS) - 1)])
                failures += 1
