"""Threads in Postgres."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

import orjson
from psycopg import sql
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from server.db.pool import Connection
from server.db.rows import document, utc

ThreadStatus = Literal["idle", "busy", "interrupted", "error"]


@dataclass(frozen=True, slots=True)
class Thread:
    """One thread. `values` and `interrupts` are JSON text as it was encoded; null until a run or state write."""

    thread_id: UUID
    created_at: datetime
    updated_at: datetime
    state_updated_at: datetime
    metadata: dict[str, Any]
    status: ThreadStatus
    config: dict[str, Any]
    values: str | None
    error: dict[str, Any] | None
    interrupts: str | None
    touched: bool

    @classmethod
    def from_row(cls, row: DictRow) -> Self:
        """The record of a row of `threads`."""
        return cls(
            thread_id=row["thread_id"],
            created_at=utc(row, "created_at"),
            updated_at=utc(row, "updated_at"),
            state_updated_at=utc(row, "state_updated_at"),
            metadata=document(row, "metadata"),
            status=row["status"],
            config=document(row, "config"),
            values=row["values"],
            error=row["error"],
            interrupts=row["interrupts"],
            touched=row["touched"],
        )

    def to_wire(self) -> dict[str, Any]:
        """The thread object of the API; a fresh thread has neither error nor interrupts."""
        wire: dict[str, Any] = {
            "thread_id": self.thread_id,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "state_updated_at": self.state_updated_at,
            "metadata": self.metadata,
            "status": self.status,
            "config": self.config,
            "values": None if self.values is None else orjson.Fragment(self.values),
        }
        if self.touched:
            wire["error"] = self.error
            wire["interrupts"] = orjson.Fragment(self.interrupts or "{}")
        return wire


@dataclass(frozen=True, slots=True)
class ThreadOutcome:
    """What a run or a state write leaves on its thread; `values` and `interrupts` are JSON text."""

    status: ThreadStatus
    values: str | None
    interrupts: str
    error: dict[str, str] | None


@dataclass(frozen=True, slots=True)
class ThreadFilter:
    """What a search asks for; every field narrows it."""

    ids: list[UUID] | None = None
    metadata: dict[str, Any] | None = None
    values: dict[str, Any] | None = None
    status: ThreadStatus | None = None


async def insert(connection: Connection, thread_id: UUID, metadata: dict[str, Any]) -> Thread | None:
    """A new thread, or None if one of that id exists."""
    cursor = await connection.execute(
        "insert into threads (thread_id, metadata) values (%s, %s) on conflict do nothing returning *",
        (thread_id, Jsonb(metadata)),
    )
    row = await cursor.fetchone()
    return None if row is None else Thread.from_row(row)


async def get(connection: Connection, thread_id: UUID) -> Thread | None:
    """The thread of that id."""
    cursor = await connection.execute("select * from threads where thread_id = %s", (thread_id,))
    row = await cursor.fetchone()
    return None if row is None else Thread.from_row(row)


async def lock(connection: Connection, thread_id: UUID) -> Thread | None:
    """The thread of that id, locked until the transaction ends: whatever changes its runs takes this lock first."""
    cursor = await connection.execute("select * from threads where thread_id = %s for update", (thread_id,))
    row = await cursor.fetchone()
    return None if row is None else Thread.from_row(row)


async def merge_metadata(connection: Connection, thread_id: UUID, metadata: dict[str, Any]) -> Thread | None:
    """Merge `metadata` shallowly into the thread's."""
    cursor = await connection.execute(
        "update threads set metadata = metadata || %s, updated_at = now() where thread_id = %s returning *",
        (Jsonb(metadata), thread_id),
    )
    row = await cursor.fetchone()
    return None if row is None else Thread.from_row(row)


async def mark_busy(connection: Connection, thread_id: UUID, metadata: dict[str, Any], config: dict[str, Any]) -> None:
    """A run was accepted: the thread is busy and takes the run's graph, assistant and config."""
    await connection.execute(
        """update threads set status = 'busy', touched = true, metadata = metadata || %s, config = %s, updated_at = now()
           where thread_id = %s""",
        (Jsonb(metadata), Jsonb(config), thread_id),
    )


async def settle(connection: Connection, thread_id: UUID, outcome: ThreadOutcome) -> None:
    """Record what a run or state write left."""
    await connection.execute(
        """update threads set status = %(status)s, values = %(values)s, interrupts = %(interrupts)s, error = %(error)s,
               touched = true, updated_at = now(), state_updated_at = now() where thread_id = %(id)s""",
        {
            "id": thread_id,
            "status": outcome.status,
            "values": outcome.values,
            "interrupts": outcome.interrupts,
            "error": None if outcome.error is None else Jsonb(outcome.error),
        },
    )


async def set_status(connection: Connection, thread_id: UUID, status: ThreadStatus) -> None:
    """Set a thread's status alone."""
    await connection.execute(
        "update threads set status = %s, updated_at = now() where thread_id = %s", (status, thread_id)
    )


async def delete(connection: Connection, thread_id: UUID) -> bool:
    """Delete a thread with its runs, their events and its checkpoints; whether there was one."""
    cursor = await connection.execute("delete from threads where thread_id = %s", (thread_id,))
    await delete_checkpoints(connection, thread_id)
    return cursor.rowcount > 0


async def delete_checkpoints(connection: Connection, thread_id: UUID) -> None:
    """Delete all checkpoints of a thread, in the saver's three tables."""
    for table in ("checkpoint_writes", "checkpoint_blobs", "checkpoints"):
        await connection.execute(
            sql.SQL("delete from {} where thread_id = %s").format(sql.Identifier(table)), (str(thread_id),)
        )


async def delete_run_checkpoints(connection: Connection, thread_id: UUID, run_id: UUID) -> None:
    """Delete the checkpoints that one run wrote, so that the thread's newest is the one before the run."""
    await connection.execute(
        """with gone as (
               delete from checkpoints where thread_id = %(thread)s and metadata ->> 'run_id' = %(run)s
               returning checkpoint_ns, checkpoint_id
           ) delete from checkpoint_writes using gone
             where checkpoint_writes.thread_id = %(thread)s
               and checkpoint_writes.checkpoint_ns = gone.checkpoint_ns
               and checkpoint_writes.checkpoint_id = gone.checkpoint_id""",
        {"thread": str(thread_id), "run": str(run_id)},
    )


async def search(
    connection: Connection, wanted: ThreadFilter, *, sort_by: str, descending: bool, limit: int, offset: int
) -> list[Thread]:
    """A page of the threads that match. `sort_by` is a column name that the caller has checked."""
    conditions, values = _conditions(wanted)
    query = sql.SQL("select * from threads {where} order by {column} {order}, thread_id limit %s offset %s").format(
        where=_where(conditions),
        column=sql.Identifier(sort_by),
        order=sql.SQL("desc" if descending else "asc"),
    )
    cursor = await connection.execute(query, [*values, limit, offset])
    return [Thread.from_row(row) for row in await cursor.fetchall()]


async def count(connection: Connection, wanted: ThreadFilter) -> int:
    """How many threads match."""
    conditions, values = _conditions(wanted)
    cursor = await connection.execute(
        sql.SQL("select count(*) as n from threads {where}").format(where=_where(conditions)), values
    )
    row = await cursor.fetchone()
    return int(row["n"]) if row else 0


def _conditions(wanted: ThreadFilter) -> tuple[list[sql.SQL], list[Any]]:
    conditions: list[sql.SQL] = []
    values: list[Any] = []
    if wanted.ids:
        conditions.append(sql.SQL("thread_id = any(%s)"))
        values.append(wanted.ids)
    if wanted.metadata:
        conditions.append(sql.SQL("metadata @> %s"))
        values.append(Jsonb(wanted.metadata))
    if wanted.values:
        conditions.append(sql.SQL("values::jsonb @> %s"))
        values.append(Jsonb(wanted.values))
    if wanted.status is not None:
        conditions.append(sql.SQL("status = %s"))
        values.append(wanted.status)
    return conditions, values


def _where(conditions: Iterable[sql.SQL]) -> sql.Composable:
    joined = list(conditions)
    return sql.SQL("where ") + sql.SQL(" and ").join(joined) if joined else sql.SQL("")
