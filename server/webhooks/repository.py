"""Webhook deliveries in Postgres: the outbox that a run's last transaction writes to, and what came of each attempt."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Self
from urllib.parse import urlsplit
from uuid import UUID

from psycopg import sql
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from server.auth.filters import Filter
from server.db.pool import Connection
from server.db.rows import document, utc, utc_or_none

DeliveryStatus = Literal["pending", "delivered", "failed"]
DeliveryKind = Literal["run", "a2a"]
"""Whether it is a run's own webhook, or tells the client of an A2A task of it."""

QUEUED_LEASE = timedelta(seconds=60)
"""How late the queue may be with an attempt before it is queued again."""

_SWEPT_AT_ONCE = 500
_KEPT_ATTEMPTS = 50


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is told of one run. `attempt` counts those begun; after `last_attempt` it is given up. `payload` is gone once
    delivered."""

    delivery_id: UUID
    kind: DeliveryKind
    run_id: UUID
    thread_id: UUID
    thread_metadata: dict[str, Any]
    run_status: str
    url: str
    status: DeliveryStatus
    payload: str | None
    attempt: int
    last_attempt: int
    attempts: list[dict[str, Any]]
    due_at: datetime | None
    created_at: datetime
    ended_at: datetime | None

    @classmethod
    def from_row(cls, row: DictRow) -> Self:
        """The record of a row of `webhook_deliveries`."""
        return cls(
            delivery_id=row["delivery_id"],
            kind=row["kind"],
            run_id=row["run_id"],
            thread_id=row["thread_id"],
            thread_metadata=document(row, "thread_metadata"),
            run_status=row["run_status"],
            url=row["url"],
            status=row["status"],
            payload=row.get("payload"),
            attempt=row["attempt"],
            last_attempt=row["last_attempt"],
            attempts=row["attempts"],
            due_at=utc_or_none(row, "due_at"),
            created_at=utc(row, "created_at"),
            ended_at=utc_or_none(row, "ended_at"),
        )


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A webhook to send. A run's own has the run's id, and its `payload` is a JSON object, to which the time of sending is
    added; the payload of others says what is to be told then."""

    delivery_id: UUID
    kind: DeliveryKind
    run_id: UUID
    thread_id: UUID
    thread_metadata: dict[str, Any]
    run_status: str
    url: str
    payload: bytes
    attempts: int


@dataclass(frozen=True, slots=True)
class Queued:
    """An attempt to queue: the next after `attempt`."""

    delivery_id: UUID
    attempt: int
    due_at: datetime
    url: str

    @property
    def host(self) -> str:
        """Whom it goes to, for counting; empty if to the project's own routes."""
        return urlsplit(self.url).netloc.lower()

    @classmethod
    def from_row(cls, row: DictRow) -> Self:
        """What a statement returned of a delivery."""
        return cls(row["delivery_id"], row["attempt"], utc(row, "due_at"), row["url"])


async def insert(connection: Connection, new: NewDelivery) -> Queued | None:
    """Write down a webhook, due at once; None if it is there already."""
    cursor = await connection.execute(
        """insert into webhook_deliveries
               (delivery_id, kind, run_id, thread_id, thread_metadata, run_status, url, payload, last_attempt, due_at,
                lease_until)
           values (%(delivery)s, %(kind)s, %(run)s, %(thread)s, %(metadata)s, %(status)s, %(url)s, %(payload)s,
                   %(attempts)s, clock_timestamp(), clock_timestamp() + %(lease)s)
           on conflict do nothing returning delivery_id, attempt, due_at, url""",
        {
            "delivery": new.delivery_id,
            "kind": new.kind,
            "run": new.run_id,
            "thread": new.thread_id,
            "metadata": Jsonb(new.thread_metadata),
            "status": new.run_status,
            "url": new.url,
            "payload": new.payload.decode(),
            "attempts": new.attempts,
            "lease": QUEUED_LEASE,
        },
    )
    row = await cursor.fetchone()
    return None if row is None else Queued.from_row(row)


async def claim(connection: Connection, delivery_id: UUID, attempt: int, lease: timedelta) -> Delivery | None:
    """Begin the attempt after `attempt`; None if it was begun elsewhere, or is not to be made any more."""
    cursor = await connection.execute(
        """update webhook_deliveries set attempt = attempt + 1, lease_until = clock_timestamp() + %(lease)s
           where delivery_id = %(delivery)s and attempt = %(attempt)s and status = 'pending' returning *""",
        {"delivery": delivery_id, "attempt": attempt, "lease": lease},
    )
    row = await cursor.fetchone()
    return None if row is None else Delivery.from_row(row)


async def end(connection: Connection, delivery: Delivery, status: DeliveryStatus, noted: dict[str, Any]) -> None:
    """The delivery is over: delivered, or given up. What was sent is kept only if it may be sent again."""
    await connection.execute(
        """update webhook_deliveries set status = %(status)s, due_at = null, lease_until = null,
               ended_at = clock_timestamp(), payload = case when %(status)s = 'failed' then payload end,
               attempts = (case when jsonb_array_length(attempts) < %(kept)s then attempts else attempts - 0 end)
                   || %(noted)s
           where delivery_id = %(delivery)s and attempt = %(attempt)s and status = 'pending'""",
        {
            "status": status,
            "delivery": delivery.delivery_id,
            "attempt": delivery.attempt,
            "noted": Jsonb([noted]),
            "kept": _KEPT_ATTEMPTS,
        },
    )


async def postpone(
    connection: Connection, delivery: Delivery, delay: timedelta, noted: dict[str, Any]
) -> Queued | None:
    """The attempt failed and another is due after `delay`; None if the delivery is not that attempt's any more."""
    cursor = await connection.execute(
        """update webhook_deliveries set due_at = clock_timestamp() + %(delay)s,
               lease_until = clock_timestamp() + %(delay)s + %(lease)s,
               attempts = (case when jsonb_array_length(attempts) < %(kept)s then attempts else attempts - 0 end)
                   || %(noted)s
           where delivery_id = %(delivery)s and attempt = %(attempt)s and status = 'pending'
           returning delivery_id, attempt, due_at, url""",
        {
            "delay": delay,
            "lease": QUEUED_LEASE,
            "delivery": delivery.delivery_id,
            "attempt": delivery.attempt,
            "noted": Jsonb([noted]),
            "kept": _KEPT_ATTEMPTS,
        },
    )
    row = await cursor.fetchone()
    return None if row is None else Queued.from_row(row)


async def defer(connection: Connection, delivery_id: UUID, attempt: int, delay: timedelta) -> Queued | None:
    """Make the attempt after `attempt` due later; None if it was begun elsewhere, or is not to be made any more."""
    cursor = await connection.execute(
        """update webhook_deliveries set due_at = clock_timestamp() + %(delay)s,
               lease_until = clock_timestamp() + %(delay)s + %(lease)s
           where delivery_id = %(delivery)s and attempt = %(attempt)s and status = 'pending'
           returning delivery_id, attempt, due_at, url""",
        {"delay": delay, "lease": QUEUED_LEASE, "delivery": delivery_id, "attempt": attempt},
    )
    row = await cursor.fetchone()
    return None if row is None else Queued.from_row(row)


async def hand_back(connection: Connection, delivery: Delivery) -> Queued | None:
    """The attempt was broken off because its process stops; another is due at once, and it does not count."""
    cursor = await connection.execute(
        """update webhook_deliveries set due_at = clock_timestamp(), lease_until = clock_timestamp() + %(lease)s,
               last_attempt = last_attempt + 1
           where delivery_id = %(delivery)s and attempt = %(attempt)s and status = 'pending'
           returning delivery_id, attempt, due_at, url""",
        {"lease": QUEUED_LEASE, "delivery": delivery.delivery_id, "attempt": delivery.attempt},
    )
    row = await cursor.fetchone()
    return None if row is None else Queued.from_row(row)


async def take_back_expired(connection: Connection) -> list[Queued]:
    """The deliveries that nobody vouches for any more: their worker died, or their job was lost. To be queued again."""
    cursor = await connection.execute(
        """update webhook_deliveries set lease_until = clock_timestamp() + %(lease)s
           where delivery_id in (select delivery_id from webhook_deliveries
                                 where status = 'pending' and lease_until < clock_timestamp()
                                 order by lease_until limit %(batch)s for update skip locked)
           returning delivery_id, attempt, due_at, url""",
        {"lease": QUEUED_LEASE, "batch": _SWEPT_AT_ONCE},
    )
    return [Queued.from_row(row) for row in await cursor.fetchall()]


async def send_again(connection: Connection, delivery_id: UUID, attempts: int) -> Queued | None:
    """Give a delivery that failed that many attempts more, the first at once; None if it did not fail."""
    cursor = await connection.execute(
        """update webhook_deliveries set status = 'pending', last_attempt = attempt + %(attempts)s, ended_at = null,
               due_at = clock_timestamp(), lease_until = clock_timestamp() + %(lease)s
           where delivery_id = %(delivery)s and status = 'failed' returning delivery_id, attempt, due_at, url""",
        {"delivery": delivery_id, "attempts": attempts, "lease": QUEUED_LEASE},
    )
    row = await cursor.fetchone()
    return None if row is None else Queued.from_row(row)


# as its thread is now, or was when the run ended
_SHOWN = """select delivery_id, kind, deliveries.run_id, deliveries.thread_id,
                   coalesce(threads.metadata, thread_metadata) as thread_metadata,
                   run_status, url, deliveries.status, attempt, last_attempt, attempts, due_at, deliveries.created_at, ended_at
            from webhook_deliveries as deliveries left join threads using (thread_id)"""


async def get(connection: Connection, run_id: UUID) -> Delivery | None:
    """The delivery of a run's own webhook, without what is sent."""
    cursor = await connection.execute(f"{_SHOWN} where delivery_id = %s and kind = 'run'", (run_id,))
    row = await cursor.fetchone()
    return None if row is None else Delivery.from_row(row)


async def by_id(connection: Connection, delivery_id: UUID) -> Delivery | None:
    """The delivery of that id, without what is sent."""
    cursor = await connection.execute(f"{_SHOWN} where delivery_id = %s", (delivery_id,))
    row = await cursor.fetchone()
    return None if row is None else Delivery.from_row(row)


async def page(
    connection: Connection,
    allowed: Filter,
    *,
    metadata: dict[str, Any],
    status: DeliveryStatus | None,
    limit: int,
    offset: int,
) -> list[Delivery]:
    """A page of the deliveries on `allowed` threads that have that metadata, newest first, without what is sent."""
    of_thread = sql.SQL("coalesce(threads.metadata, thread_metadata)")
    conditions, values = allowed.as_sql(of_thread)
    if metadata:
        conditions.append(sql.SQL("{} @> %s").format(of_thread))
        values.append(Jsonb(metadata))
    if status is not None:
        conditions.append(sql.SQL("deliveries.status = %s"))
        values.append(status)
    query = sql.SQL(
        "{shown} where {allowed} order by deliveries.created_at desc, delivery_id desc limit %s offset %s"
    ).format(shown=sql.SQL(_SHOWN), allowed=sql.SQL(" and ").join([sql.SQL("true"), *conditions]))
    cursor = await connection.execute(query, [*values, limit, offset])
    return [Delivery.from_row(row) for row in await cursor.fetchall()]


async def forget(connection: Connection, run_ids: Sequence[UUID]) -> None:
    """Delete the deliveries of these runs that are over; what is still to be sent is sent."""
    await connection.execute(
        "delete from webhook_deliveries where run_id = any(%s) and status <> 'pending'", (list(run_ids),)
    )


async def sweep(connection: Connection, retention: timedelta) -> int:
    """Delete a batch of the deliveries that ended that long ago; how many went."""
    cursor = await connection.execute(
        """delete from webhook_deliveries where delivery_id in (
               select delivery_id from webhook_deliveries where ended_at < clock_timestamp() - %(retention)s::interval
               order by ended_at limit %(batch)s for update skip locked)""",
        {"retention": retention, "batch": _SWEPT_AT_ONCE},
    )
    return cursor.rowcount
