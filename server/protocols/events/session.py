"""All events of a thread as the protocol numbers them: those of its runs so far, then those that come, in any process.

A connection numbers from 1. Each run begins at a place that follows from how long the logs before it are, or were when they
went: so the place of an event is the same for all connections, a reader who comes back with one misses nothing, and runs
before it need not be read. No connection to Postgres is held between pages, and nothing is kept for a reader but its place.
"""

import asyncio
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self
from uuid import UUID

from server.auth.access import SYSTEM, Access, bound_to
from server.auth.filters import Filter
from server.db.patience import answered, patiently
from server.db.pool import Connection, Pool
from server.events import repository as log_repository
from server.events.log import EventLog, EventsGoneError
from server.events.protocol import INPUT_REQUESTED
from server.events.thread_news import ThreadNews, ThreadWatch
from server.protocols.events.model import ProtocolEvent
from server.protocols.events.run_events import RunEvents
from server.runs import thread_order
from server.runs.thread_order import OrderedRun
from server.threads.service import ThreadNotFoundError, ThreadService

_FOLLOWED_SECONDS = 0.5  # a client that enters a thread to start a run there does so within that
_LOOK_AGAIN_SECONDS = 15.0  # in case a notification was lost
_RUNS_AT_ONCE = 50
_PLACES = 16  # for each event of a log: more than it becomes, taking those of a run together

# what in a log says how far its run is
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
        self,
        thread_id: UUID,
        channels: Collection[str] | None = None,
        *,
        since: int | None = None,
        skips_settled: bool = False,
    ) -> AsyncGenerator[Sequence[ProtocolEvent], None]:
        """The thread's events from its first that is kept, then those to come, in pages of what is there at once.

        An empty page says once that all there was has been read. Never ends by itself. A thread that does not exist yet is
        silent until it has a run, and so is one that is hidden from the caller.

        What is not wanted need not be read, and keeps its number: with `channels`, events of others may have an empty body;
        with `since`, runs may be left out that end before that place; with `skips_settled`, runs that are over when the reader
        comes, but for the newest if it asked something or failed, or if no other comes after it at once.

        Raises `Denied`; the generator raises `EventsGoneError` when events that it is about to read are not kept any more.
        """
        allowed = await self._access.may("threads", "read", {"thread_id": thread_id})
        names = None if channels is None else _TELLING | {channel.partition(":")[0] for channel in channels}
        return self._read(thread_id, allowed, _Reading(names, since or 0, skips_settled))

    async def so_far(
        self, thread_id: UUID, channels: Collection[str] | None = None
    ) -> AsyncGenerator[Sequence[ProtocolEvent], None]:
        """As `open`, but ends when all that there was has been read."""
        return self._until_live(await self.open(thread_id, channels))

    async def applied_through(self, thread_id: UUID) -> int:
        """The place before the first event of the first run that is not over, or of the next one: nothing of it is passed."""

        async def length(connection: Connection) -> int:
            gone = await self._threads.gone_events(connection, thread_id)
            return gone + await thread_order.length_of_past(connection, thread_id)

        return _PLACES * await answered(self._pool, length)

    async def _until_live(
        self, pages: AsyncGenerator[Sequence[ProtocolEvent], None]
    ) -> AsyncGenerator[Sequence[ProtocolEvent], None]:
        async with aclosing(pages):
            async for page in pages:
                if not page:
                    return
                yield page

    async def _read(
        self, thread_id: UUID, allowed: Filter, reading: "_Reading"
    ) -> AsyncGenerator[Sequence[ProtocolEvent], None]:
        watch = self._news.watch(thread_id)
        try:
            reading.begin(await self._gone(thread_id))
            while True:
                watch.forget_changes()
                runs = await self._following(thread_id, allowed, reading.passed)
                if not runs and not reading.is_live:
                    reading.is_live = True
                    yield ()
                if not runs:
                    await watch.changed(_LOOK_AGAIN_SECONDS)
                for run in runs:
                    is_newest = run is runs[-1] and len(runs) < _RUNS_AT_ONCE
                    is_settled = reading.is_settled(run, is_newest=is_newest)
                    if is_settled and is_newest:
                        is_settled = await self._is_followed(thread_id, allowed, run, watch)
                    if is_settled or reading.is_past(run):
                        reading.pass_by(run, run.length or 0)
                        continue
                    async with aclosing(self._run(run, reading)) as pages:
                        async for page in pages:
                            yield page
                    if not run.is_over:
                        break  # what follows it is not known yet
        finally:
            self._news.unwatch(thread_id, watch)

    async def _is_followed(self, thread_id: UUID, allowed: Filter, run: OrderedRun, watch: ThreadWatch) -> bool:
        """Whether another run comes after a run that is over, at once.

        Who follows one run of its own may come just before it starts it, or when a quick one is over already.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + _FOLLOWED_SECONDS
        while True:
            watch.forget_changes()
            if await self._following(thread_id, allowed, run.at):
                return True
            if (left := until - loop.time()) <= 0:
                return False
            await watch.changed(left)

    async def _gone(self, thread_id: UUID) -> int:
        """How many events went with runs that were deleted or rolled back."""
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
        events = RunEvents(run.run_id, run.graph_id, is_protocol=run.is_protocol, number=reading.next_seq)
        newest = 0 if run.is_over or reading.is_live else await self._newest(run)
        if not (run.is_over or reading.is_live or newest):
            reading.is_live = True
            yield ()
        last = 0
        try:
            # what a classic run says depends on its data
            data_of = reading.names if run.is_protocol else None
            async with aclosing(self._log.pages(run.run_id, data_of=data_of)) as pages:
                async for page in pages:
                    last = page[-1].seq
                    if made := [event for logged in page for event in events.of(logged)]:
                        yield made
                    if not run.is_over and not reading.is_live and last >= newest:
                        reading.is_live = True
                        yield ()
        except EventsGoneError:
            if last:
                raise
        final = run if run.is_over else await self._final(run)
        if final is None or not final.is_swept:
            gone = "success" if run.is_temporary else None  # what is not temporary goes when it is rolled back
            status, ended_at = (final.status, final.ended_at) if final else (gone, None)
            if made := events.end(status, ended_at or datetime.now(UTC)):
                yield made
        length = final.length if final else last + 1  # as it was noted when the run went
        reading.pass_by(final or run, length or 0)

    async def _newest(self, run: OrderedRun) -> int:
        """How far the log of a run is that is not over."""
        return await answered(self._pool, lambda connection: log_repository.last_seq(connection, run.run_id))

    async def _final(self, run: OrderedRun) -> OrderedRun | None:
        return await answered(self._pool, lambda connection: thread_order.ordered_run(connection, run.run_id))


@dataclass
class _Reading:
    """What a connection wants, and how far it is."""

    names: frozenset[str] | None
    """What in a log to read whole; None for all of it."""
    since: int
    skips_settled: bool
    passed: datetime | None = None
    """When the newest run that was read began."""
    is_live: bool = False
    _base: int = 0
    _seq: int = 0

    def begin(self, gone: int) -> None:
        """Number from after these events."""
        self._base = self._seq = gone * _PLACES

    def next_seq(self) -> int:
        """The next event's number."""
        self._seq += 1
        return self._seq

    def is_past(self, run: OrderedRun) -> bool:
        """Whether nothing of the run is there, or comes after the reader's place."""
        return run.is_over and (run.is_swept or self._base + (run.length or 0) * _PLACES <= self.since)

    def is_settled(self, run: OrderedRun, *, is_newest: bool) -> bool:
        """Whether the reader wants no such run: one that was over when it came, and left nothing to be done."""
        if not self.skips_settled or self.is_live or not run.is_over or self.is_past(run):
            return False
        return not (is_newest and (run.waits or run.status in ("error", "timeout")))

    def pass_by(self, run: OrderedRun, length: int) -> None:
        """The run is behind; its log was so long."""
        self.passed = run.at or self.passed
        self._base += length * _PLACES
        self._seq = self._base
