"""Sends the webhooks that are due, writes down what came of it, and sees to those that were forgotten or are long over."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from server.background import watch_over
from server.db.jobs import QueueAwayError
from server.db.pool import Pool
from server.metrics.runs import seconds_since
from server.metrics.webhooks import ATTEMPTS, DELIVERY_SECONDS
from server.webhooks import repository
from server.webhooks.backoff import delay
from server.webhooks.gate import LOOK_UP_SECONDS, Gate
from server.webhooks.host_limits import HostLimits
from server.webhooks.policy import WebhookRefusedError
from server.webhooks.queue import WebhookQueue, Where
from server.webhooks.repository import Delivery
from server.webhooks.sending import Receiver, Sent
from server.webhooks.signature import Secret, signed_headers
from server.wire_json import encode

AT_ONCE = 64
"""Webhooks that a process sends at once: most of the time it waits for receivers."""

KEEP_SECONDS = 5.0
"""How often deliveries that nobody vouches for are looked for."""

SWEEP_SECONDS = 600.0
"""How often deliveries that are over for longer than they are kept are deleted."""

DRAIN_SECONDS = 3.0
_FORMALITIES_SECONDS = 2.0
_MARGIN = timedelta(seconds=5)  # for writing down what came of an attempt
_POLL_SECONDS = 10.0  # for what others have put off
_POSTGRES_AWAY = (psycopg.OperationalError, PoolTimeout)

log = structlog.get_logger("planloom.webhooks")


@dataclass(frozen=True, slots=True)
class Told:
    """What is sent: a body of JSON, and headers besides those of all webhooks."""

    body: bytes
    headers: Mapping[str, str]


Tell = Callable[[UUID, str, str], Awaitable[Told | None]]
"""What to send of a run, by the reference that the outbox was given, to a URL; None if nothing is to be told there any more."""


class Courier:
    """The webhooks that this process sends, until `close`: those that go out, and once there is an app, those to its routes."""

    def __init__(
        self,
        pool: Pool,
        queue: WebhookQueue,
        gate: Gate,
        receiver: Receiver,
        *,
        headers: Mapping[str, str],
        secrets: Sequence[Secret],
        seconds: float,
        retention: timedelta,
        limits: HostLimits | None = None,
    ) -> None:
        self._pool = pool
        self._queue = queue
        self._gate = gate
        self._receivers: dict[bool, Receiver] = {False: receiver}
        self._headers = dict(headers)
        self._secrets = tuple(secrets)
        self._lease = timedelta(seconds=seconds + LOOK_UP_SECONDS) + _MARGIN
        self._retention = retention
        self._limits = limits or HostLimits()
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False
        self._tell: Tell | None = None
        queue.deliver_by(self.deliver)

    def tell_by(self, tell: Tell) -> None:
        """Have `tell` say what push notifications hold, whenever one is sent."""
        self._tell = tell

    def start(self) -> None:
        """Start sending what goes out, and looking after what nobody does."""
        self._start_working("webhooks")
        self._start("webhooks kept", self._keep())

    def start_own(self, receiver: Receiver) -> None:
        """Start sending to the project's own routes, too."""
        self._receivers[True] = receiver
        self._start_working("webhooks.own")

    async def close(self) -> None:
        """Take no more, let what is being sent end for a moment, and queue the rest for others."""
        self._stopping = True
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=DRAIN_SECONDS + _FORMALITIES_SECONDS)

    def _start_working(self, where: Where) -> None:
        self._start(where, self._work(where))

    def _start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name=name)
        watch_over(task, "webhooks are not seen to here any more")
        self._tasks.append(task)

    async def _work(self, where: Where) -> None:
        while not self._stopping:
            try:
                await self._queue.jobs.work(
                    where, asyncio.Semaphore(AT_ONCE), drain_seconds=DRAIN_SECONDS, poll_seconds=_POLL_SECONDS
                )
            except QueueAwayError as error:
                log.warning("the queue of webhooks is away; trying again", error=str(error))
            if not self._stopping:
                await asyncio.sleep(1)

    # --- one attempt

    async def deliver(self, delivery_id: UUID, attempt: int, host: str) -> None:
        """Make the attempt after `attempt`, unless it is made elsewhere, or later if the host is sent enough already.

        If Postgres goes away, it is made again.
        """
        try:
            if (pause := self._limits.pause(host)) is not None:
                await self._defer(delivery_id, attempt, pause)
                return
            with self._limits.sending(host):
                async with self._pool.connection() as connection:
                    delivery = await repository.claim(connection, delivery_id, attempt, self._lease)
                if delivery is None or delivery.payload is None:
                    return
                with structlog.contextvars.bound_contextvars(
                    run_id=str(delivery.run_id), thread_id=str(delivery.thread_id)
                ):
                    await self._deliver(delivery, delivery.payload)
        except _POSTGRES_AWAY as error:
            log.warning("Postgres is away; the webhook will be sent again", error=str(error))

    async def _defer(self, delivery_id: UUID, attempt: int, pause: timedelta) -> None:
        async with self._pool.connection() as connection, connection.transaction():
            later = await repository.defer(connection, delivery_id, attempt, pause)
            if later is not None:
                await self._queue.put(connection, later)

    async def _deliver(self, delivery: Delivery, payload: str) -> None:
        if delivery.attempt > delivery.last_attempt:  # the worker of the last one died
            await self._conclude(
                delivery, Sent(error="its last attempt was lost with its worker"), datetime.now(UTC), 0
            )
            return
        began, at = time.monotonic(), datetime.now(UTC)
        try:
            sent = await self._send(delivery, payload, at)
        except asyncio.CancelledError:  # this process stops
            await self._hand_back(delivery)
            raise
        await self._conclude(delivery, sent, at, round((time.monotonic() - began) * 1000))

    async def _send(self, delivery: Delivery, payload: str, at: datetime) -> Sent:
        told = await self._told(delivery, payload, at)
        if told is None:
            return Sent(error="its receiver asked for no more, or what it tells of is gone", is_wanted=False)
        headers = {
            "content-type": "application/json",
            "user-agent": "planloom-webhooks",
            **told.headers,
            **signed_headers(self._secrets, str(delivery.delivery_id), int(at.timestamp()), told.body),
        }
        try:
            target, addresses = await self._gate.open(delivery.url)
        except WebhookRefusedError as error:
            return Sent(error=error.detail)
        except OSError:
            return Sent(error="DNS resolution failed")
        receiver = self._receivers.get(target.is_own)
        if receiver is None:
            return Sent(error="this process does not serve the project's own routes")
        return await receiver.post(target, addresses, told.body, headers)

    async def _told(self, delivery: Delivery, payload: str, at: datetime) -> Told | None:
        if delivery.kind == "run":
            return Told(with_time_of_sending(payload, at), self._headers)
        # the project's headers are for the project's receivers, not for whoever asks to be told of a task
        return await self._tell(delivery.run_id, payload, delivery.url) if self._tell else None

    async def _conclude(self, delivery: Delivery, sent: Sent, at: datetime, milliseconds: int) -> None:
        noted = {
            "attempt": delivery.attempt,
            "at": at.isoformat(),
            "milliseconds": milliseconds,
            "status_code": sent.status,
            "error": sent.error,
        }
        told = {"attempt": delivery.attempt, "status_code": sent.status, "error": sent.error}
        async with self._pool.connection() as connection, connection.transaction():
            if sent.is_taken:
                await repository.end(connection, delivery, "delivered", noted)
            elif sent.is_refused_for_good or delivery.attempt >= delivery.last_attempt:
                await repository.end(connection, delivery, "failed", noted)
            else:
                later = await repository.postpone(
                    connection, delivery, delay(delivery.attempt, asked=sent.retry_after), noted
                )
                if later is not None:
                    await self._queue.put(connection, later)
                ATTEMPTS.labels("postponed").inc()
                log.warning(
                    "webhook not taken; it will be sent again", **told, due_at=later and later.due_at.isoformat()
                )
                return
        if sent.is_taken:
            ATTEMPTS.labels("delivered").inc()
            DELIVERY_SECONDS.observe(seconds_since(delivery.created_at))
            log.info("webhook delivered", **told)
        else:
            ATTEMPTS.labels("given_up").inc()
            log.error("webhook given up", **told)

    async def _hand_back(self, delivery: Delivery) -> None:
        async with self._pool.connection() as connection, connection.transaction():
            again = await repository.hand_back(connection, delivery)
            if again is not None:
                await self._queue.put(connection, again)

    # --- what nobody does

    async def _keep(self) -> None:
        swept = time.monotonic()
        while True:
            with contextlib.suppress(*_POSTGRES_AWAY):  # next time, then
                await self.take_over_expired()
                if time.monotonic() - swept > SWEEP_SECONDS:
                    swept = time.monotonic()
                    await self.sweep()
            await asyncio.sleep(KEEP_SECONDS)

    async def take_over_expired(self) -> int:
        """Queue again what nobody vouches for; how much that was."""
        async with self._pool.connection() as connection, connection.transaction():
            expired = await repository.take_back_expired(connection)
            for queued in expired:
                await self._queue.put(connection, queued)
        return len(expired)

    async def sweep(self) -> None:
        """Delete the deliveries that are not kept any longer, and the jobs of workers that died."""
        async with self._pool.connection() as connection:
            while await repository.sweep(connection, self._retention):
                pass
        for where in ("webhooks", "webhooks.own"):
            await self._queue.jobs.forget_dead(where)


def with_time_of_sending(payload: str, at: datetime) -> bytes:
    """The payload's JSON object with `webhook_sent_at`, without reading it anew: it may be large."""
    sent_at: Any = encode({"webhook_sent_at": at})
    return payload[:-1].encode() + b"," + bytes(sent_at[1:])
