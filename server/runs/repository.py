"""Runs in Postgres: what is read of them. What changes them is in `server.runs.lifecycle`."""

from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, Self
from uuid import UUID

from psycopg import sql
from psycopg.rows import DictRow

from server.auth.filters import Filter
from server.db.pool import Connection
from server.db.rows import document, first, only, utc, utc_or_none
from server.runs.schemas import CancelAction, MultitaskStrategy, RunStatus


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


async def get(connection: Connection, thread_id: UUID, run_id: UUID) -> Run | None:
    """The run of that id on that thread."""
    cursor = await connection.execute("select * from runs where run_id = %s and thread_id = %s", (run_id, thread_id))
    return await first(cursor, Run.from_row)


async def find(connection: Connection, run_id: UUID) -> Run | None:
    """The run of that id, on whichever thread."""
    cursor = await connection.execute("select * from runs where run_id = %s", (run_id,))
    return await first(cursor, Run.from_row)


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
    return await only(cursor, dict[str, int])


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
    return await first(cursor, itemgetter("run_id"))


async def next_waiting(connection: Connection, thread_id: UUID) -> Run | None:
    """The thread's next run that waits for its turn, if none is dispatched."""
    cursor = await connection.execute(
        """select * from runs where thread_id = %(thread)s and status = 'pending'
               and not exists (select from runs where thread_id = %(thread)s and dispatched)
           order by created_at, run_id limit 1""",
        {"thread": thread_id},
    )
    return await first(cursor, Run.from_row)
