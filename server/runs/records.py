"""What the server keeps of a run besides its result: when it waited, started and ended, its attempts, its events with times.

For reviews (`planloom review`): the API's run object has no such times, and a stream no time but in the ids of resumable runs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

import orjson

from server.auth.access import SYSTEM, Access, bound_to
from server.db.pool import Pool
from server.events.log import EventLog
from server.events.types import LoggedEvent
from server.runs import repository
from server.runs.repository import Run
from server.runs.service import RunNotFoundError
from server.threads.service import ThreadNotFoundError, ThreadService
from server.wire_json import encode

PAGE = 500
"""Events a page, at most."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run and a page of its kept events; `swept` of them went with retention. `next_after` when there may be more."""

    run: Run
    events: Sequence[LoggedEvent]
    swept: int | None
    next_after: int | None

    def to_wire(self) -> dict[str, Any]:
        """The record as `server.runs.record_routes.RunRecordOut` describes it."""
        run = self.run
        return {
            "run": orjson.Fragment(encode(run.to_wire())),  # integers of any size are `encode`'s to write
            "graph_id": run.graph_id,
            "scheduled_at": run.scheduled_at,
            "started_at": run.started_at,
            "ended_at": run.ended_at,
            "attempt": run.attempt,
            "handed_back": run.handed_back,
            "cancel_action": run.cancel_action,
            "events": [
                {"seq": event.seq, "event": event.name, "at": event.at, "data": orjson.Fragment(event.data)}
                for event in self.events
            ],
            "swept": self.swept,
            "next_after": self.next_after,
        }


class RunRecords:
    """Reads records, over runs, their threads and the event log."""

    def __init__(self, pool: Pool, log: EventLog, threads: ThreadService) -> None:
        self._pool = pool
        self._log = log
        self._threads = threads
        self._access: Access = SYSTEM

    def on_behalf_of(self, access: Access) -> Self:
        """The same for a caller. Runs are their thread's: who may read it, may them."""
        bound = bound_to(access, self)
        bound._threads = self._threads.on_behalf_of(access)
        return bound

    async def read(self, run_id: UUID, after: int, modes: Sequence[str] | None) -> RunRecord:
        """The run, with the events after place `after` of these stream modes (None: of all); raises `RunNotFoundError`."""
        async with self._pool.connection() as connection:
            run = await repository.find(connection, run_id)
        # who may not read the thread must not learn that it has such a run: it is asked for either way
        asked = {"thread_id": run.thread_id if run else None, "run_id": run_id}
        allowed = await self._access.may("threads", "read", asked)
        if run is None:
            raise RunNotFoundError(f"Run with ID {run_id} not found")
        if allowed.conditions:
            try:
                await self._threads.one_of(allowed, run.thread_id)
            except ThreadNotFoundError as error:
                raise RunNotFoundError(f"Run with ID {run_id} not found") from error
        events, swept = await self._log.kept(run_id, after, modes, PAGE)
        return RunRecord(run, events, swept, events[-1].seq if len(events) == PAGE else None)
