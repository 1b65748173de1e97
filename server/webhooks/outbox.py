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
        self._is_open = is_open

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
        """Send `payload`, a JSON object, to `url` when the transaction has committed."""
        if not self._is_open:
            return
        new = NewDelivery(run_id, thread_id, thread_metadata, run_status, url, payload, self._attempts)
        queued = await repository.insert(connection, new)
        if queued is not None:
            await self._queue.put(connection, queued)


async def forget_webhooks(connection: Connection, run_ids: Sequence[UUID]) -> None:
    """Delete what is kept of the webhooks of runs that are deleted on request; those that are still to be sent are sent."""
    await repository.forget(connection, run_ids)
