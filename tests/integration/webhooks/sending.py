"""Couriers and outboxes for tests, over names that resolve as the test says."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from server.db.jobs import Jobs
from server.db.pool import Pool
from server.ids import new_id
from server.langgraph_sections import WebhookUrlSpec
from server.webhooks import repository
from server.webhooks.courier import Courier
from server.webhooks.gate import Gate
from server.webhooks.host_limits import HostLimits
from server.webhooks.outbox import Outbox
from server.webhooks.policy import UrlPolicy
from server.webhooks.queue import WebhookQueue
from server.webhooks.repository import Delivery
from server.webhooks.sending import HttpReceiver, Receiver

LENIENT = WebhookUrlSpec(require_https=False, disable_loopback=False)


class Names:
    """Look-ups: each of a host's answers in turn, the last one for ever."""

    def __init__(self, **answers: Sequence[list[str] | None]) -> None:
        self._answers = {name.replace("_", "."): list(several) for name, several in answers.items()}

    async def look_up(self, host: str, _port: int) -> list[str]:
        if host not in self._answers:
            return [host]
        several = self._answers[host]
        found = several.pop(0) if len(several) > 1 else several[0]
        if found is None:
            raise OSError("no such host")
        return found


class Sender:
    """A courier of a process, and an outbox to write to."""

    def __init__(
        self,
        pool: Pool,
        names: Names | None = None,
        receiver: Receiver | None = None,
        attempts: int = 3,
        limits: HostLimits | None = None,
    ) -> None:
        self.pool = pool
        self.queue = WebhookQueue(Jobs(pool))
        self.outbox = Outbox(self.queue, attempts)
        self._gate = Gate(UrlPolicy(LENIENT), (names or Names()).look_up)
        self._receiver = receiver or HttpReceiver(2)
        self.courier = Courier(
            pool, self.queue, self._gate, self._receiver,
            headers={}, secrets=(), seconds=2, retention=timedelta(hours=1), limits=limits,
        )  # fmt: skip

    async def open(self) -> "Sender":
        await self.queue.jobs.open()
        return self

    async def written(self, url: str) -> UUID:
        """The run of a webhook that is in the outbox."""
        run_id = new_id()
        async with self.pool.connection() as connection, connection.transaction():
            await self.outbox.write(connection, run_id, new_id(), {"owner": "ann"}, "success", url, b'{"a":1}')
        return run_id

    async def jobs(self) -> list[dict[str, Any]]:
        """The arguments of the jobs that wait, in their order."""
        async with self.pool.connection() as connection:
            cursor = await connection.execute("select args from procrastinate_jobs where status = 'todo' order by id")
            return [row["args"] for row in await cursor.fetchall()]

    async def delivery(self, run_id: UUID) -> Delivery:
        """What is known of a webhook."""
        async with self.pool.connection() as connection:
            found = await repository.get(connection, run_id)
        assert found is not None
        return found
