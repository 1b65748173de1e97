"""Crons in Postgres."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from psycopg import sql
from psycopg.errors import ForeignKeyViolation
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from server.auth.filters import Filter
from server.crons.history import Firing
from server.crons.schemas import OnRunCompleted
from server.db.pool import Connection
from server.db.rows import document, first, only, utc, utc_or_none
from server.db.searches import Conditions, Page, SearchedTable, Slice, narrowed


@dataclass(frozen=True, slots=True)
class Cron:
    """One cron. `caller` is who made it, as `server.crons.callers` keeps that; `firings` are its last, oldest first."""

    cron_id: UUID
    assistant_id: UUID
    thread_id: UUID | None
    user_id: str
    end_time: datetime | None
    schedule: str
    timezone: str | None
    payload: dict[str, Any]
    next_run_at: datetime | None
    metadata: dict[str, Any]
    on_run_completed: OnRunCompleted | None
    enabled: bool
    caller: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    firings: tuple[Firing, ...] = ()

    @classmethod
    def from_row(cls, row: DictRow) -> Self:
        """The record of a row of `crons`."""
        return cls(
            cron_id=row["cron_id"],
            assistant_id=row["assistant_id"],
            thread_id=row["thread_id"],
            user_id=row["user_id"],
            end_time=utc_or_none(row, "end_time"),
            schedule=row["schedule"],
            timezone=row["timezone"],
            payload=document(row, "payload"),
            next_run_at=utc_or_none(row, "next_run_at"),
            metadata=document(row, "metadata"),
            on_run_completed=row["on_run_completed"],
            enabled=row["enabled"],
            caller=document(row, "caller"),
            created_at=utc(row, "created_at"),
            updated_at=utc(row, "updated_at"),
            firings=tuple(Firing.from_stored(firing) for firing in row["firings"]),
        )

    def to_wire(self) -> dict[str, Any]:
        """The cron object of the API."""
        return {
            "cron_id": self.cron_id,
            "assistant_id": self.assistant_id,
            "thread_id": self.thread_id,
            "user_id": self.user_id,
            "end_time": self.end_time,
            "schedule": self.schedule,
            "timezone": self.timezone,
            "payload": self.payload,
            "next_run_date": self.next_run_at,
            "metadata": self.metadata,
            "on_run_completed": self.on_run_completed,
            "enabled": self.enabled,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "last_firing": self.firings[-1].to_wire() if self.firings else None,
        }


@dataclass(frozen=True, slots=True)
class CronContent:
    """What a caller decides about a cron, and when it fires next by that."""

    schedule: str
    timezone: str | None
    end_time: datetime | None
    enabled: bool
    on_run_completed: OnRunCompleted | None
    payload: dict[str, Any]
    metadata: dict[str, Any]
    next_run_at: datetime | None

    def parameters(self) -> dict[str, Any]:
        """The content as statement parameters of the same names."""
        return {
            "schedule": self.schedule,
            "timezone": self.timezone,
            "end_time": self.end_time,
            "enabled": self.enabled,
            "on_run_completed": self.on_run_completed,
            "payload": Jsonb(self.payload),
            "metadata": Jsonb(self.metadata),
            "next_run_at": self.next_run_at,
        }


@dataclass(frozen=True, slots=True)
class CronFilter:
    """What a search asks for, and what its caller may see: of the crons, and of the threads that they run on."""

    allowed: Filter
    allowed_threads: Filter
    assistant_id: UUID | None = None
    thread_id: UUID | None = None
    enabled: bool | None = None
    metadata: dict[str, Any] | None = None


_SEARCHED = SearchedTable(
    "crons",
    key="cron_id",
    read=Cron.from_row,
    columns={"next_run_date": "next_run_at"},
    nullable=frozenset({"thread_id", "next_run_date", "end_time"}),
)


async def now(connection: Connection) -> datetime:
    """What time it is for crons."""
    cursor = await connection.execute("select crons_now() as now")
    return await only(cursor, lambda row: utc(row, "now"))


# --- for callers


async def insert(
    connection: Connection,
    content: CronContent,
    *,
    cron_id: UUID,
    assistant_id: UUID,
    thread_id: UUID | None,
    user_id: str,
    caller: dict[str, Any],
) -> Cron | None:
    """A new cron; None if its assistant or its thread is gone."""
    try:
        cursor = await connection.execute(
            """insert into crons (cron_id, assistant_id, thread_id, schedule, timezone, end_time, enabled,
                                  on_run_completed, payload, metadata, user_id, caller, next_run_at)
               values (%(cron)s, %(assistant)s, %(thread)s, %(schedule)s, %(timezone)s, %(end_time)s, %(enabled)s,
                       %(on_run_completed)s, %(payload)s, %(metadata)s, %(user)s, %(caller)s, %(next_run_at)s)
               returning *""",
            {
                "cron": cron_id,
                "assistant": assistant_id,
                "thread": thread_id,
                "user": user_id,
                "caller": Jsonb(caller),
                **content.parameters(),
            },
        )
    except ForeignKeyViolation:
        return None
    return await first(cursor, Cron.from_row)


async def get(connection: Connection, cron_id: UUID) -> Cron | None:
    """The cron of that id."""
    cursor = await connection.execute("select * from crons where cron_id = %s", (cron_id,))
    return await first(cursor, Cron.from_row)


async def lock(connection: Connection, cron_id: UUID) -> Cron | None:
    """The cron of that id, locked until the transaction ends: it does not fire meanwhile."""
    cursor = await connection.execute("select * from crons where cron_id = %s for update", (cron_id,))
    return await first(cursor, Cron.from_row)


async def change(connection: Connection, cron_id: UUID, content: CronContent) -> Cron | None:
    """Give a cron that the caller has locked another content."""
    cursor = await connection.execute(
        """update crons set schedule = %(schedule)s, timezone = %(timezone)s, end_time = %(end_time)s,
               enabled = %(enabled)s, on_run_completed = %(on_run_completed)s, payload = %(payload)s,
               metadata = %(metadata)s, next_run_at = %(next_run_at)s, updated_at = now()
           where cron_id = %(cron)s returning *""",
        {"cron": cron_id, **content.parameters()},
    )
    return await first(cursor, Cron.from_row)


async def delete(connection: Connection, cron_id: UUID) -> None:
    """Delete a cron; what it has started goes on."""
    await connection.execute("delete from crons where cron_id = %s", (cron_id,))


async def search(connection: Connection, wanted: CronFilter, part: Slice) -> Page[Cron]:
    """A part of the crons that match, sorted by a field of the API that the caller has checked."""
    return await _SEARCHED.page(connection, _conditions(wanted), part)


async def count(connection: Connection, wanted: CronFilter) -> int:
    """How many crons match."""
    return await _SEARCHED.count(connection, _conditions(wanted))


def _conditions(wanted: CronFilter) -> Conditions:
    conditions, values = wanted.allowed.as_sql(sql.Identifier("crons", "metadata"))
    if wanted.allowed_threads.conditions:
        of_threads, bound = wanted.allowed_threads.as_sql(sql.Identifier("threads", "metadata"))
        conditions.append(
            sql.SQL(
                "(thread_id is null or exists (select from threads where threads.thread_id = crons.thread_id and {}))"
            ).format(sql.SQL(" and ").join(of_threads))
        )
        values.extend(bound)
    return narrowed(
        (conditions, values),
        ("assistant_id = %s", wanted.assistant_id),
        ("thread_id = %s", wanted.thread_id),
        ("enabled = %s", wanted.enabled),
        ("metadata @> %s", Jsonb(wanted.metadata) if wanted.metadata else None),
    )


# --- for those who fire


@dataclass(frozen=True, slots=True)
class DueCron(Cron):
    """A cron whose time has come."""

    next_run_at: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """What of what was asked for is due; if nothing at all is due `now`, in how many seconds something will be (None: never)."""

    now: datetime
    crons: Sequence[DueCron]
    wait: float | None


async def due(connection: Connection, limit: int, others: Sequence[UUID] = (), until: datetime | None = None) -> Due:
    """The crons that are to fire by now, or by `until`, but for `others`, those first that wait for longest."""
    cursor = await connection.execute(
        """select crons_now() as now, (select min(next_run_at) from crons where enabled) as first"""
    )
    now, earliest = await only(cursor, lambda row: (utc(row, "now"), utc_or_none(row, "first")))
    if earliest is None or earliest > now:
        return Due(now, [], None if earliest is None else (earliest - now).total_seconds())
    cursor = await connection.execute(
        """select * from crons where enabled and next_run_at <= %s and not cron_id = any(%s)
           order by next_run_at limit %s""",
        (until or now, list(others), limit),
    )
    return Due(now, [DueCron.from_row(row) for row in await cursor.fetchall()], None)


async def advance(
    connection: Connection, cron: DueCron, next_run_at: datetime | None, firings: Sequence[Firing]
) -> bool:
    """Move a due cron on to its next moment, for whoever sees to this one, and say what became of its firings: False if it is
    not as it was read any more, or if somebody has it locked."""
    cursor = await connection.execute(
        f"update crons set next_run_at = %(next)s, firings = %(firings)s where cron_id = ({_AS_READ}) returning cron_id",
        {"next": next_run_at, "firings": _stored(firings), **_as_read(cron)},
    )
    return await cursor.fetchone() is not None


async def note(connection: Connection, cron: DueCron, firings: Sequence[Firing]) -> None:
    """Say what became of a due cron's firings, and leave it due; nothing if it is not as it was read any more."""
    await connection.execute(
        f"update crons set firings = %(firings)s where cron_id = ({_AS_READ})",
        {"firings": _stored(firings), **_as_read(cron)},
    )


_AS_READ = """select cron_id from crons
              where cron_id = %(cron)s and enabled and next_run_at = %(due)s and updated_at = %(updated)s
              for update skip locked"""


def _as_read(cron: DueCron) -> dict[str, Any]:
    return {"cron": cron.cron_id, "due": cron.next_run_at, "updated": cron.updated_at}


def _stored(firings: Sequence[Firing]) -> Jsonb:
    return Jsonb([firing.to_wire() for firing in firings])
