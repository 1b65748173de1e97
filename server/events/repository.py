"""Events in Postgres: the rows of the event log, and the notifications that tell other processes of them."""

from collections.abc import Sequence
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


async def insert(connection: Connection, sender: str, batch: Sequence[tuple[UUID, LoggedEvent]]) -> None:
    """Write numbered events of any runs, and tell the other processes, of which `sender` is not one.

    Events of runs that are gone are left out, those that are there already are passed over: a try may be repeated.
    """
    runs = list(dict.fromkeys(str(run_id) for run_id, _ in batch))
    payloads = [
        f"{sender}:{','.join(runs[start : start + _RUNS_PER_NOTIFY])}"
        for start in range(0, len(runs), _RUNS_PER_NOTIFY)
    ]
    await connection.execute(
        """with live as (
               -- as a foreign key would: a run cannot be deleted while its events are being written, nor they after it
               select run_id from runs where run_id = any(%(live)s::uuid[]) for key share
           ), written as (
               insert into run_events (run_id, seq, event, data, at)
               select given.run_id, given.seq, given.event, given.data, given.at
               from unnest(%(runs)b::uuid[], %(seqs)b::bigint[], %(names)b::text[], %(data)b::text[],
                           %(ats)b::timestamptz[]) as given (run_id, seq, event, data, at)
               join live using (run_id)
               on conflict do nothing
           ) select pg_notify(%(channel)s, payload) from unnest(%(payloads)s::text[]) as payload""",
        {
            "live": runs,
            "runs": [run_id for run_id, _ in batch],
            "seqs": [event.seq for _, event in batch],
            "names": [event.name for _, event in batch],
            "data": [event.data.decode() for _, event in batch],
            "ats": [event.at for _, event in batch],
            "channel": CHANNEL,
            "payloads": payloads,
        },
    )


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
    """Delete a batch of the logs that nobody needs any more; how many events went. See `EventLog.sweep`."""
    cursor = await connection.execute(
        """delete from run_events where run_id in (
                   (select run_id from run_events
                    where event = %(end)s and at < clock_timestamp() - %(retention)s::interval limit %(batch)s)
                   union all
                   (select run_id from run_events
                    where event = %(end)s and data = %(gone)s
                        and at < clock_timestamp() - %(grace)s::interval limit %(batch)s))""",
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


async def page(connection: Connection, run_id: UUID, after: int) -> list[LoggedEvent]:
    """The next events of a run after place `after`, in order; a page of them at most."""
    cursor = await connection.execute(
        "select seq, event, data, at from run_events where run_id = %s and seq > %s order by seq limit %s",
        (run_id, after, _PAGE),
    )
    rows = await cursor.fetchall()
    return [LoggedEvent(row["seq"], row["event"], row["data"].encode(), row["at"]) for row in rows]


async def is_live(connection: Connection, run_id: UUID) -> bool:
    """Whether the run is there and has not ended. One that is over may have no end in its log: it was swept."""
    cursor = await connection.execute(
        """select ended_at is null and not exists (
               select from run_events where run_id = %(run)s and event = %(end)s and seq =
                   (select max(seq) from run_events where run_id = %(run)s)) as live
           from runs where run_id = %(run)s""",
        {"run": run_id, "end": END},
    )
    row = await cursor.fetchone()
    return row is not None and bool(row["live"])
