"""What the transaction that makes a run final writes: a webhook is never sent before that, and never lost after it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from server.db.pool import Connection
from server.webhooks import repository
from server.webhooks.queue import WebhookQueue
from server.webhooks.repository import NewDelivery


class Outbox:
    """Takes webhooks to send. One that is not open (`http.disable_webhooks`) takes them and sends nothing."""

    def __init__(self, queue: WebhookQueue, attempts: int, *, is_open: bool = True) -> None:
        self._queue = queue
        self._attempts = attempts
        self.is_open = is_open

    async def write(
        self,
        connection: Connection,
        run_id: UUID,
        thread_id: UUID,
        thread_metadata: dict[str, Any],
        run_status: str,
        url: str,
        payload: bytes,
    ) -> None:
        """Send a run's own webhook, `payload`, a JSON object, to `url` when the transaction has committed."""
        await self._write(
            connection,
            NewDelivery(run_id, "run", run_id, thread_id, thread_metadata, run_status, url, payload, self._attempts),
        )

    async def write_push(
        self,
        connection: Connection,
        delivery_id: UUID,
        run_id: UUID,
        thread_id: UUID,
        thread_metadata: dict[str, Any],
        state: str,
        url: str,
        reference: str,
    ) -> None:
        """Tell `url` of an A2A task when the transaction has committed, once for each `delivery_id`. What is told is asked for by
        `reference` when it is sent: see `Courier.tell_by`."""
        await self._write(
            connection,
            NewDelivery(
                delivery_id, "a2a", run_id, thread_id, thread_metadata, state, url, reference.encode(), self._attempts
            ),
        )

    async def _write(self, connection: Connection, new: NewDelivery) -> None:
        if not self.is_open:
            return
        queued = await repository.insert(connection, new)
        if queued is not None:
            await self._queue.put(connection, queued)


async def forget_webhooks(connection: Connection, run_ids: Sequence[UUID]) -> None:
    """Delete what is kept of the webhooks of runs that are deleted on request; those that are still to be sent are sent."""
    await repository.forget(connection, run_ids)
