"""The runs of a thread in the order in which they ran, and places in all their events together.

Runs of a thread never overlap, and Postgres' one clock says when each was started, whoever executed it.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg.rows import DictRow

from server.db.pool import Connection
from server.db.rows import first, only, utc_or_none
from server.events.types import END


@dataclass(frozen=True, slots=True)
class Place:
    """A run of the thread and the event in it after which to read on. `started_at` is None before the run is claimed."""

    run_id: UUID
    started_at: datetime | None
    after: int


@dataclass(frozen=True, slots=True)
class RunEnd:
    """What is known of a run that was read to its end; `seq` and `at` are its end marker's, None if its log is gone."""

    started_at: datetime | None
    seq: int | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class OrderedRun:
    """A run of the thread, with what its events do not say of it."""

    run_id: UUID
    graph_id: str
    is_protocol: bool
    """Whether its log has the events of event streaming v2."""
    is_temporary: bool
    """Whether it goes with its thread when it is over."""
    status: str
    at: datetime | None
    """When it was started; if it was cancelled before that, when that was. None while it waits."""
    waits: bool
    """Whether it stopped at an interrupt."""
    ended_at: datetime | None
    is_swept: bool
    """Whether retention took its log."""
    length: int | None
    """How many events its log has, or had; None while there may be more."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes of it."""
        return self.ended_at is not None


_LENGTH = "coalesce(swept_seq, (select max(seq) from run_events where run_events.run_id = runs.run_id), 0)"
_ORDERED = f"""select run_id, graph_id, status, waits, coalesce(started_at, ended_at) as at, ended_at,
                  coalesce(kwargs #>> '{{config,configurable,__event_streaming_v2}}' = 'true', false) as is_protocol,
                  coalesce((kwargs ->> 'temporary')::boolean, false) as is_temporary,
                  swept_seq is not null as is_swept, case when ended_at is not null then {_LENGTH} end as length
           from runs"""


async def ordered_after(connection: Connection, thread_id: UUID, at: datetime | None, limit: int) -> list[OrderedRun]:
    """The next runs in the order in which they ran, and of those that wait only the one whose turn it is."""
    cursor = await connection.execute(
        f"""{_ORDERED}
           where thread_id = %(thread)s
             and (coalesce(started_at, ended_at) > coalesce(%(at)s::timestamptz, '-infinity')
                  or (dispatched and started_at is null and ended_at is null))
           order by coalesce(started_at, ended_at) nulls last limit %(limit)s""",
        {"thread": thread_id, "at": at, "limit": limit},
    )
    return [_ordered(row) for row in await cursor.fetchall()]


async def ordered_run(connection: Connection, run_id: UUID) -> OrderedRun | None:
    """The same of one run; None if it is gone."""
    cursor = await connection.execute(f"{_ORDERED} where run_id = %s", (run_id,))
    return await first(cursor, _ordered)


async def length_of_past(connection: Connection, thread_id: UUID) -> int:
    """How many events the logs of the runs have, or had, that were over before any that is not."""
    cursor = await connection.execute(
        f"""select coalesce(sum({_LENGTH}), 0) as length from runs
            where thread_id = %(thread)s and ended_at is not null and coalesce(started_at, ended_at) < coalesce(
                (select min(started_at) from runs where thread_id = %(thread)s and status = 'running'), 'infinity')""",
        {"thread": thread_id},
    )
    return await only(cursor, lambda row: int(row["length"]))


def _ordered(row: DictRow) -> OrderedRun:
    return OrderedRun(
        run_id=row["run_id"],
        graph_id=row["graph_id"],
        is_protocol=row["is_protocol"],
        is_temporary=row["is_temporary"],
        status=row["status"],
        waits=row["waits"],
        at=utc_or_none(row, "at"),
        ended_at=utc_or_none(row, "ended_at"),
        is_swept=row["is_swept"],
        length=row["length"],
    )


async def newest(connection: Connection, thread_id: UUID) -> Place | None:
    """The last event so far of the thread's last started run; None if none was started."""
    cursor = await connection.execute(
        """select run_id, started_at, (
               select coalesce(max(seq), 0) from run_events where run_events.run_id = runs.run_id
           ) as seq
           from runs where thread_id = %s and started_at is not null order by started_at desc limit 1""",
        (thread_id,),
    )
    return await first(cursor, lambda row: _place(row, int(row["seq"])))


async def following(connection: Connection, thread_id: UUID, started_after: datetime | None) -> Place | None:
    """The run to read next: the first one started since, else the one that waits to be claimed."""
    cursor = await connection.execute(
        """select run_id, started_at from runs
           where thread_id = %(thread)s
             and (started_at > coalesce(%(after)s::timestamptz, '-infinity') or (dispatched and started_at is null))
           order by started_at nulls last limit 1""",
        {"thread": thread_id, "after": started_after},
    )
    return await first(cursor, lambda row: _place(row, 0))


async def locate(connection: Connection, thread_id: UUID, milliseconds: int, seq: int) -> Place | None:
    """The place of the event with the id `<milliseconds>-<seq>`; if it is gone, of what was the last by then.

    None if nothing had happened by then.
    """
    parameters = {"thread": thread_id, "ms": milliseconds, "seq": seq}
    cursor = await connection.execute(
        """select runs.run_id, runs.started_at from runs join run_events using (run_id)
           where runs.thread_id = %(thread)s and run_events.seq = %(seq)s
             and abs(extract(epoch from run_events.at) * 1000 - %(ms)s::bigint) < 2
           order by abs(extract(epoch from run_events.at) * 1000 - %(ms)s::bigint), runs.started_at limit 1""",
        parameters,
    )
    row = await cursor.fetchone()
    if row is not None:
        return _place(row, seq)
    cursor = await connection.execute(
        """select run_id, started_at, case
               when swept_seq is null then (
                   select coalesce(max(seq), 0) from run_events
                   where run_events.run_id = runs.run_id and extract(epoch from at) * 1000 < %(ms)s::bigint + 1)
               when extract(epoch from ended_at) * 1000 < %(ms)s::bigint + 1 then swept_seq
               else least(%(seq)s, swept_seq) end as seq
           from runs
           where thread_id = %(thread)s and extract(epoch from started_at) * 1000 < %(ms)s::bigint + 1
           order by started_at desc limit 1""",
        parameters,
    )
    return await first(cursor, lambda row: _place(row, int(row["seq"])))


async def end_of(connection: Connection, run_id: UUID) -> RunEnd:
    """The end of a run that was read to it."""
    cursor = await connection.execute(
        """select runs.started_at, ended.seq, ended.at from (select %(run)s::uuid as run_id) as asked
           left join runs on runs.run_id = asked.run_id
           left join run_events as ended on ended.run_id = asked.run_id and ended.event = %(end)s
           order by ended.seq limit 1""",
        {"run": run_id, "end": END},
    )
    row = await cursor.fetchone()
    if row is None:
        return RunEnd(None, None, None)
    return RunEnd(utc_or_none(row, "started_at"), row["seq"], utc_or_none(row, "at"))


def _place(row: DictRow, after: int) -> Place:
    return Place(row["run_id"], utc_or_none(row, "started_at"), after)
