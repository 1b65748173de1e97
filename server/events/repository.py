"""Events in Postgres: the rows of the event log, and the notifications that tell other processes of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from server.db.pool import Connection
from server.events.types import END, LoggedEvent

CHANNEL = "planloom_events"

_PAGE = 500
_RUNS_PER_NOTIFY = 200  # 36 characters each; a payload may have 8,000
_GONE = '"gone"'  # data of the end of a run that was deleted when it was over
_GRACE = timedelta(minutes=5)  # for how long the readers of such a run may still read
_SWEPT_AT_ONCE = 500


Owner = tuple[UUID, int | None]
"""A run and the attempt at it that writes; None: whoever asks."""


@dataclass(frozen=True, slots=True)
class Written:
    """An event of a run, as an attempt at it wrote it."""

    run_id: UUID
    attempt: int | None
    event: LoggedEvent

    @property
    def owner(self) -> Owner:
        """Who wrote it."""
        return self.run_id, self.attempt

    def is_of(self, run_id: UUID, attempt: int | None) -> bool:
        """Whether that attempt wrote it."""
        return self.run_id == run_id and self.attempt == attempt


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a run is: not over yet, or how far its log went before it was swept (None: it was not)."""

    is_live: bool
    swept_seq: int | None


async def insert(
    connection: Connection, sender: str, batch: Sequence[Written], told: Collection[UUID]
) -> frozenset[Owner]:
    """Write numbered events of any runs, and tell the other processes, of which `sender` is not one, of the runs `told`.

    Events of runs that are gone or another attempt's by now are left out, those that are there already are passed over: a try
    may be repeated. Returns whose events were kept.
    """
    owners = list(dict.fromkeys(one.owner for one in batch))
    names = [str(run_id) for run_id in told]
    payloads = [
        f"{sender}:{','.join(names[start : start + _RUNS_PER_NOTIFY])}"
        for start in range(0, len(names), _RUNS_PER_NOTIFY)
    ]
    cursor = await connection.execute(
        """with live as (
               -- as a foreign key would: a run cannot be deleted while its events are being written, nor they after it
               select runs.run_id, owner.attempt
               from unnest(%(owned)s::uuid[], %(attempts)s::int[]) as owner (run_id, attempt)
               join runs on runs.run_id = owner.run_id and runs.attempt = coalesce(owner.attempt, runs.attempt)
               for key share of runs
           ), written as (
               insert into run_events (run_id, seq, event, data, at)
               select given.run_id, given.seq, given.event, given.data, given.at
               from unnest(%(runs)b::uuid[], %(writers)b::int[], %(seqs)b::bigint[], %(names)b::text[], %(data)b::text[],
                           %(ats)b::timestamptz[]) as given (run_id, attempt, seq, event, data, at)
               join live on live.run_id = given.run_id and live.attempt is not distinct from given.attempt
               on conflict do nothing
           ), told as (
               select pg_notify(%(channel)s, payload) from unnest(%(payloads)s::text[]) as payload
           ) select run_id, attempt from live union all select null, count(*)::int from told""",
        {
            "owned": [run_id for run_id, _ in owners],
            "attempts": [attempt for _, attempt in owners],
            "runs": [one.run_id for one in batch],
            "writers": [one.attempt for one in batch],
            "seqs": [one.event.seq for one in batch],
            "names": [one.event.name for one in batch],
            "data": [one.event.data.decode() for one in batch],
            "ats": [one.event.at for one in batch],
            "channel": CHANNEL,
            "payloads": payloads,
        },
    )
    return frozenset((row["run_id"], row["attempt"]) for row in await cursor.fetchall() if row["run_id"] is not None)


async def end(
    connection: Connection, sender: str, run_id: UUID, *, run_goes: bool, last: Sequence[LoggedEvent]
) -> None:
    """Write a run's last events and close its log, in the transaction that finishes the run.

    `run_goes` when its row is deleted there too. Tells all processes but `sender` (empty: all).
    """
    await connection.execute(
        """with closing as (
               select coalesce(max(seq), 0) as seq, coalesce(bool_or(event = %(end)s), false) as is_closed
               from (select seq, event from run_events where run_id = %(run)s order by seq desc limit 1) as newest
           ), written as (
               insert into run_events (run_id, seq, event, data, at)
               select %(run)s, given.seq, given.event, given.data, given.at
               from unnest(%(seqs)b::bigint[], %(names)b::text[], %(data)b::text[], %(ats)b::timestamptz[])
                        as given (seq, event, data, at), closing
               where not closing.is_closed
               on conflict do nothing
           ), ended as (
               insert into run_events (run_id, seq, event, data, at)
               select %(run)s, greatest(seq, %(last)s) + 1, %(end)s, %(mark)s, clock_timestamp()
               from closing where not is_closed
           ) select pg_notify(%(channel)s, %(payload)s)""",
        {
            "run": run_id,
            "seqs": [event.seq for event in last],
            "names": [event.name for event in last],
            "data": [event.data.decode() for event in last],
            "ats": [event.at for event in last],
            "last": max((event.seq for event in last), default=0),
            "end": END,
            "mark": _GONE if run_goes else "null",
            "channel": CHANNEL,
            "payload": f"{sender}:{run_id}",
        },
    )


async def forget(connection: Connection, run_ids: Sequence[UUID]) -> None:
    """Delete the logs of runs that are deleted on request."""
    await connection.execute("delete from run_events where run_id = any(%s)", (list(run_ids),))


async def sweep(connection: Connection, retention: timedelta) -> int:
    """Delete a batch of the logs that nobody needs any more, noting with their runs how far they went; how many events went."""
    cursor = await connection.execute(
        """with over as (
               (select run_id, seq from run_events
                where event = %(end)s and at < clock_timestamp() - %(retention)s::interval limit %(batch)s)
               union
               (select run_id, seq from run_events
                where event = %(end)s and data = %(gone)s
                    and at < clock_timestamp() - %(grace)s::interval limit %(batch)s)
           ), noted as (
               update runs set swept_seq = over.seq from over where runs.run_id = over.run_id
           ) delete from run_events using over where run_events.run_id = over.run_id""",
        {"end": END, "gone": _GONE, "retention": retention, "grace": _GRACE, "batch": _SWEPT_AT_ONCE},
    )
    return cursor.rowcount


async def last_seq(connection: Connection, run_id: UUID) -> int:
    """The number of the newest durable event of a run; 0 if there is none."""
    cursor = await connection.execute(
        "select coalesce(max(seq), 0) as seq from run_events where run_id = %s", (run_id,)
    )
    row = await cursor.fetchone()
    return int(row["seq"]) if row else 0


async def page(
    connection: Connection, run_id: UUID, after: int, data_of: Collection[str] | None = None
) -> list[LoggedEvent]:
    """The next events of a run after place `after`, in order; a page of them at most.

    With `data_of`, only events whose names begin with those words have their data, which may be large; the others' is empty.
    """
    data = (
        "data"
        if data_of is None
        else "case when substring(event from '^[^|:]*') = any(%(named)s) then data else '' end"
    )
    cursor = await connection.execute(
        f"""select seq, event, {data} as data, at from run_events
            where run_id = %(run)s and seq > %(after)s order by seq limit %(page)s""",
        {"run": run_id, "after": after, "page": _PAGE, "named": list(data_of or ())},
    )
    rows = await cursor.fetchall()
    return [LoggedEvent(row["seq"], row["event"], row["data"].encode(), row["at"]) for row in rows]


async def kept(
    connection: Connection, run_id: UUID, after: int, modes: Sequence[str] | None, limit: int
) -> list[LoggedEvent]:
    """The next `limit` events of a run after place `after` that are kept, in order; `modes` are the stream modes wanted.

    `error` and `metadata` belong to all modes, the marker of the end to none.
    """
    cursor = await connection.execute(
        """select seq, event, data, at from run_events
           where run_id = %(run)s and seq > %(after)s and event <> %(end)s
               and (%(modes)s::text[] is null
                    or split_part(split_part(event, '|', 1), '/', 1) = any(%(modes)s::text[] || '{error,metadata}'))
           order by seq limit %(limit)s""",
        {
            "run": run_id,
            "after": after,
            "end": END,
            "modes": None if modes is None else list(modes),
            "limit": limit,
        },
    )
    return [LoggedEvent(row["seq"], row["event"], row["data"].encode(), row["at"]) for row in await cursor.fetchall()]


async def whereabouts(connection: Connection, run_id: UUID) -> Whereabouts:
    """Whether the run is there and has not ended. One that is over may have no end in its log: it was swept."""
    cursor = await connection.execute(
        """select ended_at is null and not exists (
               select from run_events where run_id = %(run)s and event = %(end)s and seq =
                   (select max(seq) from run_events where run_id = %(run)s)) as live, swept_seq
           from runs where run_id = %(run)s""",
        {"run": run_id, "end": END},
    )
    row = await cursor.fetchone()
    return Whereabouts(False, None) if row is None else Whereabouts(bool(row["live"]), row["swept_seq"])
