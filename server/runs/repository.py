"""Runs in Postgres. What changes the runs of a thread holds the thread's lock (see `server.threads`)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from server.auth.filters import Filter
from server.db.pool import Connection
from server.db.rows import document, utc, utc_or_none
from server.runs.schemas import CancelAction, MultitaskStrategy, RunStatus

CANCEL_CHANNEL = "planloom_cancel"

LEASE = timedelta(seconds=12)
"""For how long a worker vouches for a run; it renews several times in that."""

UNCLAIMED_LEASE = timedelta(seconds=60)
"""For how long the queue may take to hand a dispatched run to a worker before it is queued again."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run. Its `kwargs` are the API's plus what the executor needs, resolved at admission."""

    run_id: UUID
    thread_id: UUID
    assistant_id: UUID
    graph_id: str
    status: RunStatus
    kwargs: dict[str, Any]
    metadata: dict[str, Any]
    multitask_strategy: MultitaskStrategy
    dispatched: bool
    cancel_action: CancelAction | None
    attempt: int
    handed_back: int
    scheduled_at: datetime
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    ended_at: datetime | None

    @classmethod
    def from_row(cls, row: DictRow) -> Self:
        """The record of a row of `runs`."""
        return cls(
            run_id=row["run_id"],
            thread_id=row["thread_id"],
            assistant_id=row["assistant_id"],
            graph_id=row["graph_id"],
            status=row["status"],
            kwargs=document(row, "kwargs"),
            metadata=document(row, "metadata"),
            multitask_strategy=row["multitask_strategy"],
            dispatched=row["dispatched"],
            cancel_action=row["cancel_action"],
            attempt=row["attempt"],
            handed_back=row["handed_back"],
            scheduled_at=utc(row, "scheduled_at"),
            created_at=utc(row, "created_at"),
            updated_at=utc(row, "updated_at"),
            started_at=utc_or_none(row, "started_at"),
            ended_at=utc_or_none(row, "ended_at"),
        )

    @property
    def is_over(self) -> bool:
        """Whether the run will not change any more."""
        return self.status not in ("pending", "running")

    @property
    def lost_attempts(self) -> int:
        """How many of its attempts ended with their worker, before this one; one that was handed back is not lost."""
        return self.attempt - 1 - self.handed_back

    @property
    def is_resumable(self) -> bool:
        """Whether its events carry ids that a reader can come back with."""
        return bool(self.kwargs.get("resumable"))

    @property
    def is_temporary(self) -> bool:
        """Whether its thread goes when it is over."""
        return bool(self.kwargs.get("temporary"))

    @property
    def keeps_question(self) -> bool:
        """Whether its thread stays nevertheless if it stopped to ask something."""
        return bool(self.kwargs.get("keeps_question"))

    def to_wire(self) -> dict[str, Any]:
        """The run object of the API."""
        return {
            "run_id": self.run_id,
            "thread_id": self.thread_id,
            "assistant_id": self.assistant_id,
            "metadata": self.metadata,
            "status": self.status,
            "kwargs": {name: value for name, value in self.kwargs.items() if name != "trace"},
            "multitask_strategy": self.multitask_strategy,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "langsmith_session_name": self.kwargs.get("trace", {}).get("project"),
        }


@dataclass(frozen=True, slots=True)
class Finished:
    """An attempt that is over; `others_wait` for their turn on its thread."""

    others_wait: bool
    started_at: datetime | None
    ended_at: datetime
    cancel_reason: str | None

    @classmethod
    def from_row(cls, row: DictRow) -> Self:
        """What a statement returned of a run that it ended."""
        return cls(row["others_wait"], utc_or_none(row, "started_at"), utc(row, "ended_at"), row["cancel_reason"])


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run to insert. With `claim` the caller executes it, if it is the thread's next and its time has come. One that
    `continues` goes on with what the run before it was about."""

    run_id: UUID
    thread_id: UUID
    assistant_id: UUID
    graph_id: str
    kwargs: dict[str, Any]
    metadata: dict[str, Any]
    multitask_strategy: MultitaskStrategy
    delay: timedelta
    claim: bool
    continues: bool = False


async def insert(connection: Connection, run: NewRun) -> Run:
    """Insert a run: dispatched if its thread has no other that is not over, and then claimed at once if that is asked for."""
    cursor = await connection.execute(
        """with thread as (
               select exists (
                   select from runs where thread_id = %(thread)s and status in ('pending', 'running')
               ) as has_others
           ), now as (select clock_timestamp() as at)
           insert into runs (run_id, thread_id, assistant_id, graph_id, kwargs, metadata, multitask_strategy,
                             continues, scheduled_at, created_at, dispatched, status, attempt, started_at, lease_until)
           select %(run)s, %(thread)s, %(assistant)s, %(graph)s, %(kwargs)s, %(metadata)s, %(strategy)s,
                  %(continues)s, at + %(delay)s, at + %(delay)s, not has_others,
                  case when claimed then 'running' else 'pending' end,
                  case when claimed then 1 else 0 end,
                  case when claimed then at end,
                  case when claimed then at + %(lease)s
                       when not has_others then at + %(delay)s + %(unclaimed_lease)s end
           from thread, now, lateral (select %(claim)s::boolean and not has_others as claimed) as choice
           returning *""",
        {
            "run": run.run_id,
            "thread": run.thread_id,
            "assistant": run.assistant_id,
            "graph": run.graph_id,
            "kwargs": Jsonb(run.kwargs),
            "metadata": Jsonb(run.metadata),
            "strategy": run.multitask_strategy,
            "continues": run.continues,
            "delay": run.delay,
            "claim": run.claim and not run.delay,
            "lease": LEASE,
            "unclaimed_lease": UNCLAIMED_LEASE,
        },
    )
    return Run.from_row(await _one(cursor))


async def get(connection: Connection, thread_id: UUID, run_id: UUID) -> Run | None:
    """The run of that id on that thread."""
    cursor = await connection.execute("select * from runs where run_id = %s and thread_id = %s", (run_id, thread_id))
    row = await cursor.fetchone()
    return None if row is None else Run.from_row(row)


async def find(connection: Connection, run_id: UUID) -> Run | None:
    """The run of that id, on whichever thread."""
    cursor = await connection.execute("select * from runs where run_id = %s", (run_id,))
    row = await cursor.fetchone()
    return None if row is None else Run.from_row(row)


async def page(connection: Connection, thread_id: UUID, *, status: str | None, limit: int, offset: int) -> list[Run]:
    """A page of the thread's runs, newest first."""
    cursor = await connection.execute(
        """select * from runs where thread_id = %(thread)s and (%(status)s::text is null or status = %(status)s)
           order by created_at desc, run_id desc limit %(limit)s offset %(offset)s""",
        {"thread": thread_id, "status": status, "limit": limit, "offset": offset},
    )
    return [Run.from_row(row) for row in await cursor.fetchall()]


async def unfinished(connection: Connection, thread_id: UUID) -> list[Run]:
    """The thread's runs that are not over, in the order they will run."""
    cursor = await connection.execute(
        """select * from runs where thread_id = %s and status in ('pending', 'running')
           order by status = 'running' desc, created_at, run_id""",
        (thread_id,),
    )
    return [Run.from_row(row) for row in await cursor.fetchall()]


async def depth(connection: Connection) -> dict[str, int]:
    """How many runs of all threads are queued, scheduled for later, and running."""
    cursor = await connection.execute(
        """select count(*) filter (where status = 'pending' and scheduled_at <= now()) as queued,
                  count(*) filter (where status = 'pending' and scheduled_at > now()) as scheduled,
                  count(*) filter (where status = 'running') as running
           from runs where status in ('pending', 'running')"""
    )
    row = await cursor.fetchone()
    return dict(row or {})


async def unfinished_of(
    connection: Connection, allowed: Filter, *, status: str | None, thread_id: UUID | None, run_ids: list[UUID] | None
) -> list[Run]:
    """Runs that are not over, on one of the `allowed` threads: all of a status (None: of any), or those named of a thread."""
    conditions, values = allowed.as_sql(sql.Identifier("threads", "metadata"))
    query = sql.SQL(
        """select runs.* from runs join threads using (thread_id) where runs.status in ('pending', 'running')
               and (%s::text is null or runs.status = %s)
               and (%s::uuid is null or thread_id = %s)
               and (%s::uuid[] is null or run_id = any(%s))
               and {allowed}
           order by thread_id, runs.created_at"""
    ).format(allowed=sql.SQL(" and ").join([sql.SQL("true"), *conditions]))
    cursor = await connection.execute(query, [status, status, thread_id, thread_id, run_ids, run_ids, *values])
    return [Run.from_row(row) for row in await cursor.fetchall()]


async def dispatch(connection: Connection, run_id: UUID) -> None:
    """Mark a run as handed to the queue. The unique index lets one run of a thread be so at a time."""
    await connection.execute(
        """update runs set dispatched = true, lease_until = greatest(scheduled_at, clock_timestamp()) + %s
           where run_id = %s""",
        (UNCLAIMED_LEASE, run_id),
    )


async def claim(connection: Connection, run_id: UUID) -> Run | None:
    """Take a dispatched pending run for execution; None if another worker has it or it is not to run any more."""
    cursor = await connection.execute(
        """update runs set status = 'running', attempt = attempt + 1, lease_until = clock_timestamp() + %s,
               started_at = coalesce(started_at, clock_timestamp()), updated_at = clock_timestamp()
           where run_id = %s and status = 'pending' and dispatched
           returning *""",
        (LEASE, run_id),
    )
    row = await cursor.fetchone()
    return None if row is None else Run.from_row(row)


_RENEW = """update runs set lease_until = clock_timestamp() + %s
            from unnest(%s::uuid[], %s::int[]) as ours (run_id, attempt)
            where runs.run_id = ours.run_id and runs.attempt = ours.attempt and runs.status = 'running'
            returning runs.run_id, runs.cancel_action"""


async def renew(connection: Connection, attempts: dict[UUID, int]) -> list[tuple[UUID, CancelAction | None]]:
    """Vouch for these attempts for another lease. Those returned are still ours, each with what was asked of it."""
    cursor = await connection.execute(_RENEW, (LEASE, list(attempts), list(attempts.values())))
    return [(row["run_id"], row["cancel_action"]) for row in await cursor.fetchall()]


def renew_beside_the_loop(connection: psycopg.Connection, attempts: dict[UUID, int]) -> None:
    """`renew` for a thread whose event loop cannot."""
    connection.execute(_RENEW, (LEASE, list(attempts), list(attempts.values())))


async def hand_back(connection: Connection, run_id: UUID, attempt: int) -> Run | None:
    """Make the run of an attempt that its worker will not finish pending again; None if it is not that worker's any more."""
    cursor = await connection.execute(
        """update runs set status = 'pending', handed_back = handed_back + 1,
               lease_until = clock_timestamp() + %s, updated_at = clock_timestamp()
           where run_id = %s and attempt = %s and status = 'running'
           returning *""",
        (UNCLAIMED_LEASE, run_id, attempt),
    )
    row = await cursor.fetchone()
    return None if row is None else Run.from_row(row)


async def take_back_expired(connection: Connection) -> list[Run]:
    """Make the runs whose worker went silent pending again; they keep their place and their dispatch."""
    cursor = await connection.execute(
        """update runs set status = 'pending', lease_until = clock_timestamp() + %s, updated_at = clock_timestamp()
           where run_id in (select run_id from runs where dispatched and lease_until < clock_timestamp()
                            for update skip locked)
           returning *""",
        (UNCLAIMED_LEASE,),
    )
    return [Run.from_row(row) for row in await cursor.fetchall()]


async def request_cancel(connection: Connection, run_id: UUID, action: CancelAction, reason: str) -> None:
    """Note durably that a running run is to stop, and why. A rollback is not weakened to an interrupt."""
    await connection.execute(
        """update runs set cancel_action = %s, cancel_reason = %s
           where run_id = %s and cancel_action is distinct from 'rollback'""",
        (action, reason, run_id),
    )


async def tell_worker(connection: Connection, run_id: UUID) -> None:
    """Wake the worker that executes a run, wherever it is, to look at what is asked of it."""
    await connection.execute("select pg_notify(%s, %s)", (CANCEL_CHANNEL, str(run_id)))


async def finish(connection: Connection, run_id: UUID, status: RunStatus) -> None:
    """The run is over."""
    await connection.execute(
        """update runs set status = %s, dispatched = false, lease_until = null, ended_at = clock_timestamp(),
               updated_at = clock_timestamp() where run_id = %s""",
        (status, run_id),
    )


async def end_attempt(
    connection: Connection, run_id: UUID, attempt: int, status: RunStatus, *, waits: bool = False
) -> Finished | None:
    """The run is over, and `waits` if it stopped at an interrupt, if this attempt at it still counts; else None."""
    cursor = await connection.execute(
        """update runs set status = %(status)s, waits = %(waits)s, dispatched = false, lease_until = null,
               ended_at = clock_timestamp(), updated_at = clock_timestamp()
           where run_id = %(run)s and attempt = %(attempt)s and status = 'running'
           returning exists (
               select from runs as other where other.thread_id = runs.thread_id and other.status = 'pending'
           ) as others_wait, started_at, ended_at, cancel_reason""",
        {"run": run_id, "attempt": attempt, "status": status, "waits": waits},
    )
    row = await cursor.fetchone()
    return None if row is None else Finished.from_row(row)


async def take_out(connection: Connection, run_id: UUID, attempt: int) -> Finished | None:
    """The run is over and leaves no trace, if this attempt at it is still the one that counts; else None."""
    cursor = await connection.execute(
        """delete from runs where run_id = %(run)s and attempt = %(attempt)s and status = 'running'
           returning exists (
               select from runs as other where other.thread_id = runs.thread_id and other.status = 'pending'
           ) as others_wait, started_at, clock_timestamp() as ended_at, cancel_reason""",
        {"run": run_id, "attempt": attempt},
    )
    row = await cursor.fetchone()
    return None if row is None else Finished.from_row(row)


async def delete(connection: Connection, run_id: UUID) -> None:
    """Delete a run; its log stays for its readers until it is forgotten or swept."""
    await connection.execute("delete from runs where run_id = %s", (run_id,))


async def ids_of_thread(connection: Connection, thread_id: UUID) -> list[UUID]:
    """The ids of all runs of a thread."""
    cursor = await connection.execute("select run_id from runs where thread_id = %s", (thread_id,))
    return [row["run_id"] for row in await cursor.fetchall()]


async def ended_last(connection: Connection, thread_id: UUID) -> UUID | None:
    """The thread's run that ended last."""
    cursor = await connection.execute(
        "select run_id from runs where thread_id = %s and ended_at is not null order by ended_at desc limit 1",
        (thread_id,),
    )
    row = await cursor.fetchone()
    return None if row is None else row["run_id"]


async def next_waiting(connection: Connection, thread_id: UUID) -> Run | None:
    """The thread's next run that waits for its turn, if none is dispatched."""
    cursor = await connection.execute(
        """select * from runs where thread_id = %(thread)s and status = 'pending'
               and not exists (select from runs where thread_id = %(thread)s and dispatched)
           order by created_at, run_id limit 1""",
        {"thread": thread_id},
    )
    row = await cursor.fetchone()
    return None if row is None else Run.from_row(row)


async def _one(cursor: Any) -> DictRow:
    row: DictRow | None = await cursor.fetchone()
    if row is None:
        raise RuntimeError("the statement returned no row")
    return row
