"""One stream of all that happens on a thread: the events of its runs, one run after the other, and its state writes.

Every frame has an id, the same as in its run's own stream, that a reader can come back with. The stream never ends by itself.
A reader whose place is before what retention kept is told so once, by an error event, and reads what is left.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Self, get_args
from uuid import UUID

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from server.auth.access import SYSTEM, Access, bound_to
from server.db.patience import RETRY_SECONDS, answered
from server.db.pool import Pool
from server.errors import Malformed, PlanloomError
from server.events.convert import error_event
from server.events.failures import public_error
from server.events.log import EventLog, EventsGoneError
from server.events.thread_news import ThreadNews, ThreadWatch
from server.events.types import LoggedEvent
from server.runs import thread_order
from server.runs.thread_order import Place
from server.threads.schemas import CheckpointRef
from server.threads.service import ThreadService
from server.wire_json import encode

ThreadStreamMode = Literal["run_modes", "lifecycle", "state_update"]

_LOOK_AGAIN_SECONDS = 15.0  # in case a notification was lost
_POSTGRES_AWAY = (psycopg.OperationalError, PoolTimeout)

log = structlog.get_logger("planloom.threads")


@dataclass(frozen=True, slots=True)
class ResumePoint:
    """Where a reader comes back to: after the event with this id; `from_start` before all of them."""

    milliseconds: int
    seq: int

    @property
    def from_start(self) -> bool:
        return self.milliseconds == 0


class ThreadStream:
    """Reads threads over their runs' logs, the thread service and notifications."""

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
        self, thread_id: UUID, modes: frozenset[ThreadStreamMode], resume: ResumePoint | None = None
    ) -> AsyncGenerator[LoggedEvent, None]:
        """What happens on the thread from the moment this returns (or after `resume`), in the modes asked for.

        The generator never ends by itself. Raises `ThreadNotFoundError` if the thread is none that the caller may read.
        """
        allowed = await self._access.may("threads", "read", {"thread_id": thread_id})
        if allowed.conditions:
            await self._threads.one_of(allowed, thread_id)
        watch = self._news.watch(thread_id)
        place, started = await self._begin(thread_id, resume)
        return self._read(thread_id, modes, watch, place, started)

    async def _read(
        self,
        thread_id: UUID,
        modes: frozenset[ThreadStreamMode],
        watch: ThreadWatch,
        place: Place | None,
        started: datetime | None,
    ) -> AsyncGenerator[LoggedEvent, None]:
        follows_runs, knows_of_gap = bool(modes & {"run_modes", "lifecycle"}), False
        try:
            while True:
                if place is None or not follows_runs:
                    watch.forget_changes()
                    for event in await self._written(thread_id, watch) if "state_update" in modes else ():
                        yield event
                    place = await self._following(thread_id, started) if follows_runs else None
                if place is None:
                    await watch.changed(_LOOK_AGAIN_SECONDS)
                    continue
                async with aclosing(self._run(place)) as events:
                    async for event in events:
                        is_gap = event.name == "error" and event.seq == 0
                        if (
                            (is_gap and not knows_of_gap)
                            or event.name == "metadata"
                            or ("run_modes" in modes and not is_gap)
                        ):
                            yield event
                        knows_of_gap = knows_of_gap or is_gap
                started = await self._started(place) or started
                place = None
        finally:
            self._news.unwatch(thread_id, watch)

    async def _begin(self, thread_id: UUID, resume: ResumePoint | None) -> tuple[Place | None, datetime | None]:
        """The run to read first, if it is known, and after which start to look for the next."""
        if resume is not None and resume.from_start:
            return None, None
        async with self._pool.connection() as connection:
            if resume is not None:
                place = await thread_order.locate(connection, thread_id, resume.milliseconds, resume.seq)
                return place, place.started_at if place else None
            place = await thread_order.newest(connection, thread_id)
        return place, place.started_at if place else None

    async def _run(self, place: Place) -> AsyncGenerator[LoggedEvent, None]:
        """A run's events after the place, and a last one that says it is done; an error without a place if some are gone."""
        any_read = False
        try:
            async with aclosing(self._log.read(place.run_id, place.after)) as events:
                async for event in events:
                    any_read = True
                    yield event
        except EventsGoneError as gone:
            told = error_event(public_error(gone))
            yield LoggedEvent(0, told.name, told.data, datetime.now(UTC))
        end = await answered(self._pool, lambda connection: thread_order.end_of(connection, place.run_id))
        done = encode({"status": "run_done", "run_id": place.run_id})
        if end.seq is not None and end.at is not None:
            # a run that was cancelled before it began has an end and nothing else: nobody has heard of it
            if end.seq > max(1, place.after):
                yield LoggedEvent(end.seq, "metadata", done, end.at)
        elif any_read:
            yield LoggedEvent(0, "metadata", done, datetime.now(UTC))

    async def _started(self, place: Place) -> datetime | None:
        if place.started_at is not None:
            return place.started_at
        end = await answered(self._pool, lambda connection: thread_order.end_of(connection, place.run_id))
        return end.started_at

    async def _following(self, thread_id: UUID, started_after: datetime | None) -> Place | None:
        return await answered(
            self._pool, lambda connection: thread_order.following(connection, thread_id, started_after)
        )

    async def _written(self, thread_id: UUID, watch: ThreadWatch) -> list[LoggedEvent]:
        events = []
        for checkpoint_id in watch.take_written():
            try:
                state = await self._threads.states.read(thread_id, CheckpointRef(checkpoint_id=checkpoint_id))
            except PlanloomError as error:  # the thread is gone, or its graph
                log.warning("cannot show a state that was written", thread_id=str(thread_id), error=str(error))
                continue
            except _POSTGRES_AWAY as error:
                log.warning("thread stream: Postgres is away, a reader waits", error=str(error))
                watch.tell(checkpoint_id)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            at = datetime.fromisoformat(state["created_at"]) if state["created_at"] else datetime.now(UTC)
            data = encode({"state": state, "thread_id": thread_id})
            events.append(LoggedEvent(0, "state_update", data, at))
        return events


def named_modes(asked: Iterable[str]) -> frozenset[ThreadStreamMode]:
    """The modes that query parameters name, singly or with commas; `run_modes` if none. Raises `Malformed`."""
    known: tuple[ThreadStreamMode, ...] = get_args(ThreadStreamMode)
    names = [name.strip() for value in asked for name in value.split(",") if name.strip()]
    for name in names:
        if name not in known:
            raise Malformed(f"Invalid stream mode: {name}")
    return frozenset(mode for mode in known if mode in names) or frozenset({"run_modes"})


def resume_point(last_event_id: str | None) -> ResumePoint | None:
    """The place that a `Last-Event-ID` names: `-` and `0` stand for the start. Raises `Malformed`."""
    if not last_event_id:
        return None
    if last_event_id == "-":
        return ResumePoint(0, 0)
    milliseconds, _, seq = last_event_id.partition("-")
    parts = [milliseconds, seq] if "-" in last_event_id else [milliseconds, "0"]
    if not all(part.isascii() and part.isdigit() and len(part) <= 18 for part in parts):
        raise Malformed("Invalid last-event-id: must be a valid Redis stream ID")
    return ResumePoint(int(parts[0]), int(parts[1]))
