"""Reading the event log: from memory while a run is live, from Postgres for all else."""

import asyncio
from collections.abc import AsyncGenerator, Collection, Sequence
from uuid import UUID

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from server.db.pool import Pool
from server.errors import PlanloomError
from server.events import repository
from server.events.live_feeds import LiveFeeds
from server.events.types import END, LoggedEvent

_LOOK_AGAIN_SECONDS = 5.0  # a reader of another process's run looks by itself when there is no news of it
_AWAY_SECONDS = 2.0  # until a reader asks Postgres again that is away

log = structlog.get_logger("planloom.events")


class EventsGoneError(PlanloomError):
    """Of the events after a reader's place, some are not kept any more."""

    def __init__(self, run_id: UUID) -> None:
        super().__init__(
            f"the events of run {run_id} after your Last-Event-ID are no longer kept; "
            "the run is over: read its outcome from GET /threads/{thread_id}/runs/{run_id}/join or its thread's state"
        )


class LogReader:
    """Reads the logs of any runs, whichever process writes them."""

    def __init__(self, pool: Pool, feeds: LiveFeeds) -> None:
        self._pool = pool
        self._feeds = feeds

    async def kept(
        self, run_id: UUID, after: int, modes: Sequence[str] | None, limit: int
    ) -> tuple[list[LoggedEvent], int | None]:
        """What is durable of a run's log now (see `repository.kept`), and how far it went if retention took it."""
        async with self._pool.connection() as connection:
            events = await repository.kept(connection, run_id, after, modes, limit)
            return events, (await repository.whereabouts(connection, run_id)).swept_seq

    async def pages(
        self, run_id: UUID, after: int | None, data_of: Collection[str] | None
    ) -> AsyncGenerator[Sequence[LoggedEvent], None]:
        """See `EventLog.pages`."""
        feed = self._feeds.use(run_id)
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
                        await asyncio.sleep(_AWAY_SECONDS)
                        continue
                    if not events:
                        if not live:
                            return
                        self._feeds.watch(run_id, feed, place)
                is_over = bool(events) and events[-1].name == END
                if page := events[:-1] if is_over else events:
                    yield page
                    place = page[-1].seq
                if is_over:
                    return
                if not events:
                    is_silent = not await _has_news(changed) and not feed.written_here
        finally:
            self._feeds.release(run_id, feed)

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


async def _has_news(changed: asyncio.Event) -> bool:
    """Wait for news of a run; whether there is some, or only silence."""
    try:
        # not wait_for: on Python 3.11 it loses the cancellation of who is woken at the same moment
        async with asyncio.timeout(_LOOK_AGAIN_SECONDS):
            await changed.wait()
    except TimeoutError:
        return False
    return True
