"""Whose turn it is on a thread. Called under the thread's lock."""

from uuid import UUID

from server.db.pool import Connection
from server.runs import lifecycle, repository
from server.runs.queue import RunQueue
from server.threads.service import ThreadService


class Turns:
    """Hands a thread's next run to the queue."""

    def __init__(self, queue: RunQueue, threads: ThreadService) -> None:
        self._queue = queue
        self._threads = threads

    async def go_on(self, connection: Connection, thread_id: UUID) -> bool:
        """Whether the thread has more to run; sees to it that it is busy and its next run queued."""
        await self.dispatch_next(connection, thread_id)
        if not await repository.unfinished(connection, thread_id):
            return False
        await self._threads.set_busy(connection, thread_id)
        return True

    async def dispatch_next(self, connection: Connection, thread_id: UUID) -> None:
        """Queue the thread's next run, unless one is queued or in execution."""
        following = await repository.next_waiting(connection, thread_id)
        if following is not None:
            await lifecycle.dispatch(connection, following.run_id)
            await self._queue.put(connection, following.run_id, following.scheduled_at)
