"""Threads in Postgres."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from server.auth.filters import Filter
from server.db.checkpoints import of_thread as checkpoints
from server.db.pool import Connection
from server.db.rows import document, first, only, utc, utc_or_none
from server.db.searches import Conditions, Page, SearchedTable, Slice, narrowed
from server.events.thread_news import CHANNEL
from server.threads.ttl import Ttl
from server.wire_json import EncodedJson

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
    ttl: Ttl | None
    expires_at: datetime | None

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
            ttl=None if row["ttl_minutes"] is None else Ttl(row["ttl_strategy"], row["ttl_minutes"]),
            expires_at=utc_or_none(row, "expires_at"),
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
            "values": None if self.values is None else EncodedJson(self.values),
        }
        if self.touched:
            wire["error"] = self.error
            wire["interrupts"] = EncodedJson(self.interrupts or "{}")
        return wire

    def ttl_to_wire(self) -> dict[str, Any] | None:
        """The thread's time to live as the API shows it."""
        if self.ttl is None:
            return None
        return {"strategy": self.ttl.strategy, "ttl_minutes": self.ttl.minutes, "expires_at": self.expires_at}


@dataclass(frozen=True, slots=True)
class ThreadOutcome:
    """What a run or a state write leaves on its thread; `values` and `interrupts` are JSON text."""

    status: ThreadStatus
    values: str | None
    interrupts: str
    error: dict[str, str] | None


@dataclass(frozen=True, slots=True)
class ThreadFilter:
    """What a search asks for, and what its caller may see; every field narrows it."""

    allowed: Filter
    ids: list[UUID] | None = None
    metadata: dict[str, Any] | None = None
    values: dict[str, Any] | None = None
    status: ThreadStatus | None = None


_SEARCHED = SearchedTable("threads", key="thread_id", read=Thread.from_row)


async def insert(
    connection: Connection, thread_id: UUID, metadata: dict[str, Any], ttl: Ttl | None = None
) -> Thread | None:
    """A new thread, or None if one of that id exists."""
    cursor = await connection.execute(
        """insert into threads (thread_id, metadata, ttl_strategy, ttl_minutes, expires_at)
           values (%(id)s, %(metadata)s, %(strategy)s, %(minutes)s, now() + %(minutes)s * interval '1 minute')
           on conflict do nothing returning *""",
        {"id": thread_id, "metadata": Jsonb(metadata), **_ttl_values(ttl)},
    )
    return await first(cursor, Thread.from_row)


async def copy(connection: Connection, source: UUID, target: UUID) -> Thread | None:
    """A new thread with all that `source` has but its runs, or None if there is no such thread."""
    cursor = await connection.execute(
        """insert into threads (thread_id, status, metadata, config, values, interrupts, error, touched,
                                ttl_strategy, ttl_minutes, expires_at)
           select %(target)s, case when status = 'busy' then 'idle' else status end, metadata, config, values, interrupts,
                  error, touched, ttl_strategy, ttl_minutes, now() + ttl_minutes * interval '1 minute'
           from threads where thread_id = %(source)s returning *""",
        {"source": source, "target": target},
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    await checkpoints.copy(connection, source, target)
    return Thread.from_row(row)


async def get(connection: Connection, thread_id: UUID) -> Thread | None:
    """The thread of that id."""
    cursor = await connection.execute("select * from threads where thread_id = %s", (thread_id,))
    return await first(cursor, Thread.from_row)


async def get_all(connection: Connection, thread_ids: list[UUID]) -> dict[UUID, Thread]:
    """Those of the threads that exist, by id."""
    cursor = await connection.execute("select * from threads where thread_id = any(%s)", (thread_ids,))
    return {row["thread_id"]: Thread.from_row(row) for row in await cursor.fetchall()}


async def has_run_to_begin(connection: Connection, thread_id: UUID, begun: str | None) -> bool:
    """Whether the thread has a live run that has left no checkpoint; `begun` is the run that left the newest one."""
    cursor = await connection.execute(
        """
        select exists(select from runs where thread_id = %(thread)s and dispatched and run_id::text is distinct from %(begun)s)
            or exists(select from runs where thread_id = %(thread)s and status = 'pending') as is_to_begin
        """,
        {"thread": thread_id, "begun": begun},
    )
    return await only(cursor, lambda row: bool(row["is_to_begin"]))


async def lock(connection: Connection, thread_id: UUID) -> Thread | None:
    """The thread of that id, locked until the transaction ends: whatever changes its runs takes this lock first."""
    cursor = await connection.execute("select * from threads where thread_id = %s for update", (thread_id,))
    return await first(cursor, Thread.from_row)


async def lock_if_free(connection: Connection, thread_id: UUID) -> bool:
    """Lock the thread until the transaction ends, as `lock` does; False if it is not there, or somebody has it locked."""
    cursor = await connection.execute(
        "select thread_id from threads where thread_id = %s for update skip locked", (thread_id,)
    )
    return await cursor.fetchone() is not None


async def note_gone_events(connection: Connection, thread_id: UUID, run_id: UUID) -> None:
    """Note that the events of a run go before retention would take them: places of later ones must not be taken for theirs."""
    await connection.execute(
        """update threads set gone_events = gone_events +
               (select coalesce(max(seq), 0) from run_events where run_events.run_id = %s)
           where thread_id = %s""",
        (run_id, thread_id),
    )


async def gone_events(connection: Connection, thread_id: UUID) -> int:
    """How many events of the thread went with their runs; 0 if there is no such thread."""
    cursor = await connection.execute("select gone_events from threads where thread_id = %s", (thread_id,))
    return await first(cursor, lambda row: int(row["gone_events"])) or 0


async def lock_all(connection: Connection, thread_ids: list[UUID]) -> list[Thread]:
    """Those of the threads that exist, locked until the transaction ends, in one order for all callers."""
    cursor = await connection.execute(
        "select * from threads where thread_id = any(%s) order by thread_id for update", (thread_ids,)
    )
    return [Thread.from_row(row) for row in await cursor.fetchall()]


async def lock_expired(connection: Connection) -> Thread | None:
    """An expired thread that no run is on and nobody else has locked, locked until the transaction ends."""
    cursor = await connection.execute(
        """select * from threads where expires_at < clock_timestamp() and status <> 'busy'
           order by expires_at limit 1 for update skip locked"""
    )
    return await first(cursor, Thread.from_row)


async def change(connection: Connection, thread_id: UUID, metadata: dict[str, Any], ttl: Ttl | None) -> Thread | None:
    """Merge `metadata` shallowly into the thread's, and give it a new time to live if there is one."""
    cursor = await connection.execute(
        """update threads set metadata = metadata || %(metadata)s, updated_at = now(),
               ttl_strategy = coalesce(%(strategy)s, ttl_strategy), ttl_minutes = coalesce(%(minutes)s, ttl_minutes),
               expires_at = coalesce(now() + %(minutes)s * interval '1 minute', expires_at)
           where thread_id = %(id)s returning *""",
        {"id": thread_id, "metadata": Jsonb(metadata), **_ttl_values(ttl)},
    )
    return await first(cursor, Thread.from_row)


async def renew_ttl(connection: Connection, thread_id: UUID) -> None:
    """Count the thread's time to live from now."""
    await connection.execute(
        "update threads set expires_at = clock_timestamp() + ttl_minutes * interval '1 minute' where thread_id = %s",
        (thread_id,),
    )


async def mark_busy(connection: Connection, thread_id: UUID, metadata: dict[str, Any], config: dict[str, Any]) -> None:
    """A run was accepted: the thread is busy and takes the run's graph, assistant and config. Readers are told."""
    await connection.execute(
        """with busy as (
               update threads set status = 'busy', touched = true, metadata = metadata || %(metadata)s,
                   config = %(config)s, updated_at = now(), expires_at = now() + ttl_minutes * interval '1 minute'
               where thread_id = %(id)s returning thread_id
           ) select pg_notify(%(channel)s, thread_id::text) from busy""",
        {"id": thread_id, "metadata": Jsonb(metadata), "config": Jsonb(config), "channel": CHANNEL},
    )


async def announce_state(connection: Connection, thread_id: UUID, checkpoint_id: str) -> None:
    """Tell readers of the thread, when the transaction commits, that its state was written."""
    await connection.execute("select pg_notify(%s, %s)", (CHANNEL, f"{thread_id} {checkpoint_id}"))


async def settle(connection: Connection, thread_id: UUID, outcome: ThreadOutcome) -> None:
    """Record what a run or state write left."""
    await connection.execute(
        """update threads set status = %(status)s, values = %(values)s, interrupts = %(interrupts)s, error = %(error)s,
               touched = true, updated_at = now(), state_updated_at = now(),
               expires_at = now() + ttl_minutes * interval '1 minute'
           where thread_id = %(id)s""",
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
    await checkpoints.delete_all(connection, thread_id)
    return cursor.rowcount > 0


async def search(connection: Connection, wanted: ThreadFilter, part: Slice) -> Page[Thread]:
    """A part of the threads that match, sorted by a field of the API that the caller has checked."""
    return await _SEARCHED.page(connection, _conditions(wanted), part)


async def count(connection: Connection, wanted: ThreadFilter) -> int:
    """How many threads match."""
    return await _SEARCHED.count(connection, _conditions(wanted))


def _ttl_values(ttl: Ttl | None) -> dict[str, Any]:
    # a float even when it is whole, so that Postgres knows the parameter's type from the first statement on
    return {"strategy": ttl and ttl.strategy, "minutes": None if ttl is None else float(ttl.minutes)}


def _conditions(wanted: ThreadFilter) -> Conditions:
    return narrowed(
        wanted.allowed.as_sql(),
        ("thread_id = any(%s)", wanted.ids or None),
        ("metadata @> %s", Jsonb(wanted.metadata) if wanted.metadata else None),
        ("values::jsonb @> %s", Jsonb(wanted.values) if wanted.values else None),
        ("status = %s", wanted.status),
    )
