"""What callers see of webhooks, and may do with them: deliveries are their thread's, as runs are."""

from typing import Any, Self
from uuid import UUID

from server.auth.access import SYSTEM, Access, bound_to
from server.auth.policy import Action
from server.db.pool import Pool
from server.errors import Conflict, NotFound
from server.webhooks import repository
from server.webhooks.queue import WebhookQueue
from server.webhooks.repository import Delivery, DeliveryStatus


class DeliveryNotFoundError(NotFound):
    """There is no delivery of that run's."""

    def __init__(self) -> None:
        super().__init__("This run has no webhook delivery: it has no webhook, is not over, or is over for too long")


class WebhookService:
    """Deliveries. `attempts` is how often one that is sent again on request is tried."""

    def __init__(self, pool: Pool, queue: WebhookQueue, attempts: int) -> None:
        self._pool = pool
        self._queue = queue
        self._attempts = attempts
        self._access: Access = SYSTEM

    def on_behalf_of(self, access: Access) -> Self:
        """The same for a caller: it does and shows what that caller may."""
        return bound_to(access, self)

    async def get(self, thread_id: UUID, run_id: UUID) -> Delivery:
        """The delivery of a run of that thread, which may be gone. Raises `DeliveryNotFoundError`."""
        return await self._get("read", thread_id, run_id)

    async def page(self, *, status: DeliveryStatus | None, limit: int, offset: int) -> list[Delivery]:
        """A page of deliveries, newest first."""
        asked: dict[str, Any] = {"metadata": {}, "values": {}, "status": None, "limit": limit, "offset": offset}
        allowed = await self._access.may("threads", "search", asked)
        async with self._pool.connection() as connection:
            return await repository.page(
                connection, allowed, metadata=asked["metadata"], status=status, limit=limit, offset=offset
            )

    async def send_again(self, thread_id: UUID, run_id: UUID) -> Delivery:
        """Send a webhook again that was given up. Raises `DeliveryNotFoundError`, `Conflict` if it was not."""
        return await self._send_again(await self._get("update", thread_id, run_id))

    async def send_again_by_id(self, delivery_id: UUID) -> Delivery:
        """The same for any delivery: a run may have several."""
        async with self._pool.connection() as connection:
            delivery = await repository.by_id(connection, delivery_id)
        if delivery is None:
            self._access.any_user_may()
            raise DeliveryNotFoundError
        whose = {"thread_id": delivery.thread_id, "run_id": delivery.run_id}
        allowed = await self._access.may("threads", "update", whose)
        if not allowed.matches(delivery.thread_metadata):
            raise DeliveryNotFoundError
        return await self._send_again(delivery)

    async def _send_again(self, delivery: Delivery) -> Delivery:
        async with self._pool.connection() as connection, connection.transaction():
            queued = await repository.send_again(connection, delivery.delivery_id, self._attempts)
            if queued is None:
                raise Conflict(f"the webhook is {delivery.status}: only one that failed can be sent again")
            await self._queue.put(connection, queued)
            return await repository.by_id(connection, delivery.delivery_id) or delivery

    async def _get(self, action: Action, thread_id: UUID, run_id: UUID) -> Delivery:
        allowed = await self._access.may("threads", action, {"thread_id": thread_id, "run_id": run_id})
        async with self._pool.connection() as connection:
            delivery = await repository.get(connection, run_id)
        if delivery is None or delivery.thread_id != thread_id or not allowed.matches(delivery.thread_metadata):
            raise DeliveryNotFoundError
        return delivery
