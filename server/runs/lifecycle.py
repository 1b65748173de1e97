"""What happens to a run, in Postgres: admitted, dispatched, claimed, vouched for, handed back, cancelled, over, deleted.

Each step says in its statement from where it may be taken. What changes the runs of a thread holds the thread's lock (see
`server.threads`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

import psycopg
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from server.db.pool import Connection
from server.db.rows import first, only, utc, utc_or_none
from server.runs.repository import Run
from server.runs.schemas import CancelAction, MultitaskStrategy, RunStatus

CANCEL_CHANNEL = "planloom_cancel"

LEASE = timedelta(seconds=12)
"""For how long a worker vouches for a run; it renews several times in that."""

UNCLAIMED_LEASE = timedelta(seconds=60)
"""For how long the queue may take to hand a dispatched run to a worker before it is queued again."""


@dataclass(frozen=True, slots=True)
class Finished:
    """An attempt that is over; `others_wait` for their turn on its thread, and somebody wants to be told how it goes on there
    (`is_watched`)."""

    others_wait: bool
    is_watched: bool
    started_at: datetime | None
    ended_at: datetime
    cancel_reason: str | None

    @classmethod
    def from_row(cls, row: DictRow) -> Self:
        """What a statement returned of a run that it ended."""
        return cls(
            row["others_wait"],
            row["is_watched"],
            utc_or_none(row, "started_at"),
            utc(row, "ended_at"),
            row["cancel_reason"],
        )


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
    return await only(cursor, Run.from_row)


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
    return await first(cursor, Run.from_row)


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
    return await first(cursor, Run.from_row)


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
           ) as others_wait, exists (
               select from push_configs where push_configs.thread_id = runs.thread_id and not is_over
           ) as is_watched, started_at, ended_at, cancel_reason""",
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
           ) as others_wait, exists (
               select from push_configs where push_configs.thread_id = runs.thread_id and not is_over
           ) as is_watched, started_at, clock_timestamp() as ended_at, cancel_reason""",
        {"run": run_id, "attempt": attempt},
    )
    row = await cursor.fetchone()
    return None if row is None else Finished.from_row(row)


async def delete(connection: Connection, run_id: UUID) -> None:
    """Delete a run; its log stays for its readers until it is forgotten or swept."""
    await connection.execute("delete from runs where run_id = %s", (run_id,))
