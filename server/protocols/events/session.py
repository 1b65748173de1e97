"""All events of a thread as the protocol numbers them: those of its runs so far, then those that come, in any process.

A connection counts from 1, over what is kept of the thread, so that all of them agree as long as nothing goes. What retention
took, or went with its run, is counted as more than it can have been: nobody who comes back with a place misses what is new,
and what it has already it knows by its id. No connection to Postgres is held between pages, and nothing is kept for a reader
but its place.
"""

from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Self
from uuid import UUID

from server.auth.access import SYSTEM, Access, bound_to
from server.auth.filters import Filter
from server.db.patience import answered, patiently
from server.db.pool import Pool
from server.events import repository as log_repository
from server.events.log import EventLog, EventsGoneError
from server.events.protocol import INPUT_REQUESTED
from server.events.thread_news import ThreadNews
from server.protocols.events.model import ProtocolEvent
from server.protocols.events.run_events import RunEvents
from server.runs import thread_order
from server.runs.thread_order import OrderedRun
from server.threads.service import ThreadNotFoundError, ThreadService

_LOOK_AGAIN_SECONDS = 15.0  # in case a notification was lost
_RUNS_AT_ONCE = 50
_MOST_OF_ONE = 64  # events of the protocol that one event of a log becomes
_TELLING = frozenset({"metadata", "error", "lifecycle", INPUT_REQUESTED})


class ThreadEvents:
    """Reads threads' events over their runs' logs and notifications."""

    def __init__(self, pool: Pool, event_log: EventLog, news: ThreadNews, threads: ThreadService) -> None:
        self._pool = pool
        self._log = event_log
        self._news = news
        self._threads = threads
        self._access: Access = SYSTEM

    def on_behalf_of(self, access: Access) -> Self:
        """The same for a caller, who reads only what that caller may."""
        bound = bound_to(access, self)
        bound._threads = self._threads.on_behalf_of(access)
        return bound

    async def open(
        self, thread_id: UUID, channels: Collection[str] | None = None
    ) -> AsyncGenerator[Sequence[ProtocolEvent], None]:
        """The thread's events from its first that is kept, then those to come, in pages of what is there at once.

        An empty page says once that all there was has been read. Never ends by itself. A thread that does not exist yet is
        silent until it has a run, and so is one that is hidden from the caller. With `channels`, events of others may have an
        empty body: it is not read. Raises `Denied`; the generator raises
        `EventsGoneError` when events that it is about to read are not kept any more.
        """
        allowed = await self._access.may("threads", "read", {"thread_id": thread_id})
        return self._read(thread_id, allowed, None if channels is None else _names(channels))

    async def so_far(
        self, thread_id: UUID, channels: Collection[str] | None = None
    ) -> AsyncGenerator[Sequence[ProtocolEvent], None]:
        """As `open`, but ends when all that there was has been read."""
        return self._until_live(await self.open(thread_id, channels))

    async def _until_live(
        self, pages: AsyncGenerator[Sequence[ProtocolEvent], None]
    ) -> AsyncGenerator[Sequence[ProtocolEvent], None]:
        async with aclosing(pages):
            async for page in pages:
                if not page:
                    return
                yield page

    async def _read(
        self, thread_id: UUID, allowed: Filter, names: frozenset[str] | None
    ) -> AsyncGenerator[Sequence[ProtocolEvent], None]:
        watch = self._news.watch(thread_id)
        try:
            reading = _Reading(_MOST_OF_ONE * await self._gone(thread_id), names)
            while True:
                watch.forget_changes()
                runs = await self._following(thread_id, allowed, reading.passed)
                if not runs and not reading.is_live:
                    reading.is_live = True
                    yield ()
                if not runs:
                    await watch.changed(_LOOK_AGAIN_SECONDS)
                for run in runs:
                    async with aclosing(self._run(run, reading)) as pages:
                        async for page in pages:
                            yield page
                    if not run.is_over:
                        break  # what follows it is not known yet
        finally:
            self._news.unwatch(thread_id, watch)

    async def _gone(self, thread_id: UUID) -> int:
        """How many events went with runs that were deleted or rolled back, at most."""
        return await answered(self._pool, lambda connection: self._threads.gone_events(connection, thread_id))

    async def _following(self, thread_id: UUID, allowed: Filter, passed: datetime | None) -> list[OrderedRun]:
        if allowed.conditions:
            try:
                await patiently(lambda: self._threads.one_of(allowed, thread_id))
            except ThreadNotFoundError:
                return []
        return await answered(
            self._pool,
            lambda connection: thread_order.ordered_after(connection, thread_id, passed, _RUNS_AT_ONCE),
        )

    async def _run(self, run: OrderedRun, reading: "_Reading") -> AsyncGenerator[Sequence[ProtocolEvent], None]:
        """A run's events to its end."""
        reading.passed = run.at or reading.passed
        if run.swept_seq is not None:
            reading.seq += run.swept_seq * _MOST_OF_ONE
            return
        events = RunEvents(run.run_id, run.graph_id, is_protocol=run.is_protocol, number=reading.next_seq)
        newest = 0 if run.is_over or reading.is_live else await self._newest(run)
        if not (run.is_over or reading.is_live or newest):
            reading.is_live = True
            yield ()
        data_of = reading.names if run.is_protocol else None  # what a classic run says depends on its data
        has_read = False
        try:
            async with aclosing(self._log.pages(run.run_id, data_of=data_of)) as pages:
                async for page in pages:
                    has_read = True
                    if made := [event for logged in page for event in events.of(logged)]:
                        yield made
                    if not run.is_over and not reading.is_live and page[-1].seq >= newest:
                        reading.is_live = True
                        yield ()
        except EventsGoneError:
            if has_read:
                raise
        final = run if run.is_over else await self._final(run)
        reading.passed = (final and final.at) or reading.passed
        if final is not None and final.swept_seq is not None:
            reading.seq += final.swept_seq * _MOST_OF_ONE
            return
        status, ended_at = (final.status, final.ended_at) if final else (None, None)
        if made := events.end(status, ended_at or datetime.now(UTC)):
            yield made

    async def _newest(self, run: OrderedRun) -> int:
        """How far the log of a run is that is not over."""
        return await answered(self._pool, lambda connection: log_repository.last_seq(connection, run.run_id))

    async def _final(self, run: OrderedRun) -> OrderedRun | None:
        return await answered(self._pool, lambda connection: thread_order.ordered_run(connection, run.run_id))


def _names(channels: Collection[str]) -> frozenset[str]:
    """The names in logs of what these channels show, and of what says how far a run is."""
    return _TELLING | {channel.partition(":")[0] for channel in channels}


class _Reading:
    """How far a connection is."""

    def __init__(self, seq: int, names: frozenset[str] | None) -> None:
        self.seq = seq
        self.names = names
        """What in a log to read whole; None for all of it."""
        self.passed: datetime | None = None
        """When the newest run that was read began."""
        self.is_live = False

    def next_seq(self) -> int:
        self.seq += 1
        return self.seq
