"""Tasks in Postgres: the runs of an assistant that start something, each with those that continue it. Nothing of a task is
kept elsewhere, so every process sees the same ones, and a restart changes none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from psycopg import sql
from psycopg.rows import DictRow

from server.auth.filters import Filter
from server.db.pool import Connection
from server.db.rows import utc
from server.protocols.a2a.model import TaskState

# Of every run that starts something, as `first`: its thread, the `next` such run, its `last`, and where it is (`seen`).
# The next start bounds a task: what continues comes before it. Both look-ups go along `runs_thread`.
TASKS = """
    from runs as first join threads using (thread_id)
    left join lateral (
        select created_at, run_id from runs as later
        where later.thread_id = first.thread_id and not later.continues
            and (later.created_at, later.run_id) > (first.created_at, first.run_id)
        order by later.created_at, later.run_id limit 1
    ) as next on true
    cross join lateral (
        select run_id, status, waits, updated_at, kwargs #> '{input,messages}' as said from runs as one
        where one.thread_id = first.thread_id
            and (one.created_at, one.run_id) >= (first.created_at, first.run_id)
            and (next.run_id is null or (one.created_at, one.run_id) < (next.created_at, next.run_id))
        order by one.created_at desc, one.run_id desc limit 1
    ) as last
    cross join lateral (select case
        when last.status = 'pending' and last.run_id = first.run_id then 'submitted'
        when last.status in ('pending', 'running') then 'working'
        when last.status = 'interrupted' then 'canceled'
        when last.status <> 'success' then 'failed'
        when not last.waits then 'completed'
        when next.run_id is null and threads.status = 'interrupted' then 'input-required'
        else 'canceled'  -- nobody can answer any more: the thread went on without it
    end as state) as seen
"""
_COLUMNS = """
    select first.thread_id, first.run_id, first.created_at, last.run_id as last_run_id, last.updated_at as at,
        last.said, seen.state, next.run_id is null as is_newest
"""
_IS_START = """not first.continues and not first.kwargs @> '{"temporary": true}'"""
_STARTS = f"first.assistant_id = %s and {_IS_START}"


# Follows from the task's state, and spares looking at all tasks there ever were for the few that are under way.
_THREAD_OF = {
    TaskState.SUBMITTED: "busy",
    TaskState.WORKING: "busy",
    TaskState.INPUT_REQUIRED: "interrupted",
}


@dataclass(frozen=True, slots=True)
class TaskRecord:
    """A task as its runs tell it. `said` are the messages that its last run was given."""

    thread_id: UUID
    run_id: UUID
    last_run_id: UUID
    created_at: datetime
    at: datetime
    state: TaskState
    is_newest: bool
    said: list[Any]

    @classmethod
    def from_row(cls, row: DictRow) -> Self:
        """The record of a row."""
        return cls(
            thread_id=row["thread_id"],
            run_id=row["run_id"],
            last_run_id=row["last_run_id"],
            created_at=utc(row, "created_at"),
            at=utc(row, "at"),
            state=TaskState(row["state"]),
            is_newest=row["is_newest"],
            said=row["said"] if isinstance(row["said"], list) else [],
        )

    @property
    def task_id(self) -> str:
        """Its id in A2A."""
        return f"{self.thread_id}:{self.run_id}"


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """Which of an assistant's tasks, on the `allowed` threads; every field narrows it. A page begins after a place."""

    assistant_id: UUID
    allowed: Filter
    thread_id: UUID | None = None
    state: TaskState | None = None
    changed_after: datetime | None = None
    after: tuple[datetime, UUID] | None = None


async def get(
    connection: Connection, assistant_id: UUID | None, thread_id: UUID, run_id: UUID, allowed: Filter
) -> TaskRecord | None:
    """The task that a run of an assistant, if one is named, started."""
    conditions, values = allowed.as_sql(sql.Identifier("threads", "metadata"))
    of_assistant = sql.SQL("(%s::uuid is null or first.assistant_id = %s)")
    where = [sql.SQL("first.run_id = %s and first.thread_id = %s"), of_assistant, sql.SQL(_IS_START), *conditions]
    query = sql.SQL(_COLUMNS + TASKS) + sql.SQL("where ") + sql.SQL(" and ").join(where)
    cursor = await connection.execute(query, [run_id, thread_id, assistant_id, assistant_id, *values])
    row = await cursor.fetchone()
    return None if row is None else TaskRecord.from_row(row)


async def page(connection: Connection, wanted: TaskFilter, limit: int) -> list[TaskRecord]:
    """The tasks that match, the newest first."""
    where, values = _where(wanted)
    order = sql.SQL("order by first.created_at desc, first.run_id desc limit %s")
    cursor = await connection.execute(sql.SQL(_COLUMNS + TASKS) + where + order, [*values, limit])
    return [TaskRecord.from_row(row) for row in await cursor.fetchall()]


async def count(connection: Connection, wanted: TaskFilter) -> int:
    """How many tasks match, whatever the page."""
    where, values = _where(wanted, counting=True)
    if wanted.state is not None or wanted.changed_after is not None:
        tasks = TASKS
    elif wanted.allowed.conditions:
        tasks = "from runs as first join threads using (thread_id)"
    else:
        tasks = "from runs as first"  # along the index alone
    cursor = await connection.execute(sql.SQL("select count(*) as n ") + sql.SQL(tasks) + where, values)
    row = await cursor.fetchone()
    return int(row["n"]) if row else 0


async def unfinished(connection: Connection, task: TaskRecord) -> list[UUID]:
    """The task's runs that are not over."""
    cursor = await connection.execute(
        """select run_id from runs where thread_id = %(thread)s and status in ('pending', 'running')
               and (created_at, run_id) >= (select created_at, run_id from runs where run_id = %(first)s)
               and (created_at, run_id) <= (select created_at, run_id from runs where run_id = %(last)s)""",
        {"thread": task.thread_id, "first": task.run_id, "last": task.last_run_id},
    )
    return [row["run_id"] for row in await cursor.fetchall()]


def _where(wanted: TaskFilter, *, counting: bool = False) -> tuple[sql.Composable, Sequence[Any]]:
    conditions: list[sql.Composable] = [sql.SQL(_STARTS)]
    values: list[Any] = [wanted.assistant_id]
    narrowing: list[tuple[str, Any]] = [
        ("first.thread_id = %s", wanted.thread_id),
        ("seen.state = %s", wanted.state and wanted.state.value),
        ("threads.status = %s", _THREAD_OF.get(wanted.state) if wanted.state else None),
        ("last.updated_at > %s", wanted.changed_after),
    ]
    if not counting and wanted.after is not None:
        conditions.append(sql.SQL("(first.created_at, first.run_id) < (%s, %s)"))
        values.extend(wanted.after)
    for condition, value in narrowing:
        if value is not None:
            conditions.append(sql.SQL(condition))
            values.append(value)
    allowed, bound = wanted.allowed.as_sql(sql.Identifier("threads", "metadata"))
    joined = sql.SQL(" and ").join([*conditions, *allowed])
    return sql.SQL(" where ") + joined + sql.SQL(" "), [*values, *bound]
