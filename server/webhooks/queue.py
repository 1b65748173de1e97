"""Who sends which webhook next: jobs in two queues, since only processes that serve can send to the project's own routes."""

from collections.abc import Awaitable, Callable
from typing import Literal
from uuid import UUID

from server.db.jobs import Jobs
from server.db.pool import Connection
from server.webhooks.repository import Queued

Where = Literal["webhooks", "webhooks.own"]
"""The queue of what goes out, and that of what goes to the project's own routes."""

Deliver = Callable[[UUID, int, str], Awaitable[None]]


class WebhookQueue:
    """Attempts to make. `put` is called inside the transaction that makes one due."""

    def __init__(self, jobs: Jobs) -> None:
        self.jobs = jobs
        self._deliver: Deliver | None = None
        for where in ("webhooks", "webhooks.own"):
            jobs.add_task(f"planloom.send_{where}", where, self._send)

    def deliver_by(self, deliver: Deliver) -> None:
        """Have jobs that this process takes done by `deliver`: it gets the id, how many attempts were begun before, the host."""
        self._deliver = deliver

    async def put(self, connection: Connection, queued: Queued) -> None:
        """Queue an attempt for when it is due."""
        where: Where = "webhooks.own" if queued.url.startswith("/") else "webhooks"
        await self.jobs.put(
            connection,
            f"planloom.send_{where}",
            where,
            queued.due_at,
            delivery_id=str(queued.delivery_id),
            attempt=queued.attempt,
            host=queued.host,
        )

    async def _send(self, delivery_id: str, attempt: int, host: str) -> None:
        if self._deliver is not None:
            await self._deliver(UUID(delivery_id), attempt, host)
