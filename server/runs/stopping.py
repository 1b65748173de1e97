"""How runs stop that no worker ends: cancelled while they wait, or deleted. Called under the thread's lock."""

from contextlib import suppress
from datetime import UTC, datetime

from server.db.pool import Connection
from server.events.log import EventLog
from server.graph_loader import GraphNotFoundError
from server.runs import lifecycle, repository
from server.runs.config import user_of
from server.runs.final_notices import FinalNotices, cancelled_error
from server.runs.repository import Run
from server.runs.schemas import CancelAction
from server.runs.turns import Turns
from server.threads.repository import Thread
from server.threads.service import ThreadService
from server.webhooks.outbox import forget_webhooks


class Stopping:
    """Stops runs, and sees to their logs, their checkpoints, their webhooks and their thread."""

    def __init__(self, log: EventLog, threads: ThreadService, turns: Turns, notices: FinalNotices) -> None:
        self._log = log
        self._threads = threads
        self._turns = turns
        self._notices = notices

    async def cancel(self, connection: Connection, thread: Thread, run: Run, action: CancelAction, reason: str) -> None:
        """Stop a run: a running one is for its worker to end; one that waits is over now, and its thread waits for
        `go_on_without` or another run."""
        if run.status == "running":
            await lifecycle.request_cancel(connection, run.run_id, action, reason)
            await lifecycle.tell_worker(connection, run.run_id)
            return
        await self._tell_webhook(connection, thread, run, action, reason)
        if action == "rollback":
            await self._threads.delete_run_checkpoints(connection, run.thread_id, run.run_id)
            await self._log.end(connection, run.run_id, run_goes=True)
            await self._threads.note_gone_events(connection, run.thread_id, run.run_id)
            await lifecycle.delete(connection, run.run_id)
        else:
            await self._log.end(connection, run.run_id, run_goes=run.is_temporary)
            await lifecycle.finish(connection, run.run_id, "interrupted")

    async def go_on_without(self, connection: Connection, run: Run) -> None:
        """A run that waited was taken out: the thread goes on, or is what its last checkpoint says."""
        if run.is_temporary:
            await self._threads.delete_in(connection, run.thread_id)
        elif not await self._turns.go_on(connection, run.thread_id):
            await self._threads.settle_from_state(connection, run.thread_id, run.graph_id, user_of(run))
        if not run.is_temporary:
            await self._notices.settled(connection, run.thread_id)

    async def delete_thread(self, connection: Connection, thread: Thread) -> None:
        """Delete a thread with its runs; workers hear of those that they execute."""
        for run in await repository.unfinished(connection, thread.thread_id):
            await lifecycle.tell_worker(connection, run.run_id)
            await self._tell_webhook(connection, thread, run, "rollback", "its thread was deleted")
        run_ids = await repository.ids_of_thread(connection, thread.thread_id)
        await self._threads.delete_in(connection, thread.thread_id)
        await self._log.forget(connection, run_ids)
        await forget_webhooks(connection, run_ids)

    async def delete(self, connection: Connection, run: Run) -> None:
        """Delete a run that is over, or was when it was stopped for this: its events, checkpoints and webhook go with it."""
        thread_id, run_id = run.thread_id, run.run_id
        newest = await repository.page(connection, thread_id, status=None, limit=1, offset=0)
        await self._threads.delete_run_checkpoints(connection, thread_id, run_id)
        await lifecycle.delete(connection, run_id)
        await self._threads.note_gone_events(connection, thread_id, run_id)
        await self._log.forget(connection, [run_id])
        await forget_webhooks(connection, [run_id])
        if newest and newest[0].run_id == run_id and run.is_over:
            # the thread showed what this run left; a graph that is not served any more cannot say what is there now
            with suppress(GraphNotFoundError):
                await self._threads.settle_from_state(connection, thread_id, run.graph_id, user_of(run))

    async def _tell_webhook(
        self, connection: Connection, thread: Thread, run: Run, action: CancelAction, reason: str
    ) -> None:
        """A run ends here and now, without a worker that would tell."""
        await self._notices.write(
            connection,
            run,
            thread.metadata,
            "rollback" if action == "rollback" else "interrupted",
            started_at=run.started_at,
            ended_at=datetime.now(UTC),
            values=None if action == "rollback" else thread.values,
            error=cancelled_error(action, reason),
        )
