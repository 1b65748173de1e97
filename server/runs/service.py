"""What callers do with runs: start, read, cancel, delete them. Each change is one transaction under the thread's lock."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Self
from uuid import UUID

from server.assistants.service import AssistantService
from server.auth.access import SYSTEM, Access, bound_to
from server.auth.filters import Filter
from server.db.pool import Connection, Pool
from server.errors import Denied, NotFound
from server.events.log import EventLog
from server.events.types import LoggedEvent
from server.runs import repository
from server.runs.admission import Admissions, WorkerHere
from server.runs.final_notices import FinalNotices
from server.runs.permission import PermittedRun, ask
from server.runs.queue import RunQueue
from server.runs.repository import Run
from server.runs.schemas import BatchedRun, CancelAction, CancelMany, RunCreate
from server.runs.stopping import Stopping
from server.runs.turns import Turns
from server.threads.repository import Thread
from server.threads.service import ThreadNotFoundError, ThreadService
from server.tracing.service import Tracing
from server.webhooks.gate import Gate


class RunNotFoundError(NotFound):
    """There is no such run on that thread."""


class RunService:
    """Runs over threads, assistants, the queue and the event log."""

    def __init__(
        self,
        pool: Pool,
        queue: RunQueue,
        log: EventLog,
        threads: ThreadService,
        assistants: AssistantService,
        gate: Gate,
        notices: FinalNotices,
        here: WorkerHere | None = None,
        tracing: Tracing | None = None,
    ) -> None:
        self._pool = pool
        self._log = log
        self._threads = threads
        self._assistants = assistants
        self._gate = gate
        turns = Turns(queue, threads)
        self._stopping = Stopping(log, threads, turns, notices)
        self._admissions = Admissions(pool, queue, threads, assistants, turns, self._stopping, here, tracing)
        self._access: Access = SYSTEM

    def on_behalf_of(self, access: Access) -> Self:
        """The same for a caller: it does and shows what that caller may. Runs are their thread's: who may read it, may them."""
        bound = bound_to(access, self)
        bound._threads = self._threads.on_behalf_of(access)
        bound._assistants = self._assistants.on_behalf_of(access)
        return bound

    # --- starting

    async def admit(
        self,
        thread_id: UUID | None,
        request: RunCreate,
        *,
        reads: bool = False,
        keeps_question: bool = False,
        run_id: UUID | None = None,
        continues: bool = False,
    ) -> Run:
        """Accept a run: once this returns, it will be executed, whatever happens to this process.

        Without `thread_id` the run gets a thread of its own, which goes with it unless `on_completion` is `keep`, or the run
        stops to ask something and `keeps_question`.
        `reads` says that its caller will read what it emits, `run_id` what it is to be called, `continues` that it goes on
        with what the run before it was about (as one that resumes does).
        Raises `NotFound`, `Malformed`, `Invalid`, or `RunAlreadyActiveError`.
        """
        run = await ask(self._access, self._assistants, thread_id, request, reads=reads, run_id=run_id)
        await self._require_webhooks([run])
        run = replace(run, keeps_question=keeps_question, said_to_continue=continues)
        return (await self._admissions.admit([run]))[0]

    async def admit_if(
        self,
        holds: Callable[[Connection], Awaitable[bool]],
        thread_id: UUID | None,
        request: RunCreate,
        *,
        run_id: UUID | None = None,
    ) -> Run | None:
        """Accept a run as `admit` does if `holds` says so, in the transaction that accepts it; None if not.

        Its webhook was found to be good before.
        """
        run = await ask(self._access, self._assistants, thread_id, request, reads=False, run_id=run_id)
        admitted = await self._admissions.admit([run], holds)
        return admitted[0] if admitted else None

    async def admit_all(self, requests: list[BatchedRun]) -> list[Run]:
        """Accept all of the runs, in order, or none. Raises as `admit` does."""
        permitted = [
            await ask(self._access, self._assistants, request.thread_id, request, reads=False) for request in requests
        ]
        await self._require_webhooks(permitted)
        return await self._admissions.admit(permitted)

    async def require_webhook(self, url: str | None, caller: str) -> None:
        """Raise `Malformed` unless a run could have this webhook."""
        if url is not None:
            await self._gate.require(url, caller)

    async def _require_webhooks(self, permitted: list[PermittedRun]) -> None:
        named = {run.request.webhook for run in permitted} - {None}
        caller = "" if self._access.user is None else self._access.user.identity
        for url in sorted(url for url in named if url):
            await self._gate.require(url, caller)

    # --- reading

    async def get(self, thread_id: UUID, run_id: UUID) -> Run:
        """The run of that id on that thread. Raises `RunNotFoundError` or `ThreadNotFoundError`."""
        allowed = await self._access.may("threads", "read", {"thread_id": thread_id, "run_id": run_id})
        async with self._pool.connection() as connection:
            run = await repository.get(connection, thread_id, run_id)
        if run is None or allowed.conditions:
            await self._threads.one_of(allowed, thread_id)
        if run is None:
            raise RunNotFoundError("Not Found")
        return run

    async def page(self, thread_id: UUID, *, status: str | None, limit: int, offset: int) -> list[Run]:
        """A page of the thread's runs, newest first. Raises `ThreadNotFoundError`."""
        allowed = await self._access.may("threads", "read", {"thread_id": thread_id})
        asked = {"thread_id": thread_id, "metadata": {}, "status": status, "limit": limit, "offset": offset}
        allowed &= await self._access.may("threads", "search", asked)
        await self._threads.one_of(allowed, thread_id)
        async with self._pool.connection() as connection:
            return await repository.page(connection, thread_id, status=status, limit=limit, offset=offset)

    def events(self, run_id: UUID, after: int | None = 0) -> AsyncGenerator[Sequence[LoggedEvent], None]:
        """The run's events after place `after` (None: from now on), until it is over, in pages of what is there at once."""
        return self._log.pages(run_id, after)

    async def until_over(self, run_id: UUID) -> None:
        """Return when the run is over or gone."""
        async for _ in self._log.pages(run_id, None):
            pass

    async def until_idle(self, thread_id: UUID, seconds: float) -> None:
        """Return when the thread's runs are over, but after `seconds` at the latest. Of a hidden thread nothing is told."""
        try:
            await self.thread(thread_id)
        except (ThreadNotFoundError, Denied):
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while live := await self._unfinished(thread_id):
                    await self.until_over(live[-1].run_id)

    async def _unfinished(self, thread_id: UUID) -> list[Run]:
        async with self._pool.connection() as connection:
            return await repository.unfinished(connection, thread_id)

    async def thread(self, thread_id: UUID) -> Thread:
        """The thread, for those who waited for a run on it. Raises `ThreadNotFoundError`."""
        return await self._threads.get(thread_id)

    # --- stopping

    async def cancel(self, thread_id: UUID, run_id: UUID, action: CancelAction) -> None:
        """Stop a run. A pending one is over at once, a running one as soon as its worker hears of it.

        Raises `NotFound` if there is no such run, or if it is over.
        """
        await self._stop(thread_id, run_id, action, await self._may_cancel(thread_id, [run_id], None, action))

    async def _may_cancel(
        self, thread_id: UUID | None, run_ids: list[UUID] | None, status: str | None, action: CancelAction
    ) -> Filter:
        metadata = {"run_ids": run_ids, "status": status}
        return await self._access.may(
            "threads", "update", {"thread_id": thread_id, "action": action, "metadata": metadata}
        )

    async def _stop(self, thread_id: UUID, run_id: UUID, action: CancelAction, allowed: Filter) -> None:
        async with self._pool.connection() as connection, connection.transaction():
            thread = await self._threads.lock(connection, thread_id)
            run = await repository.get(connection, thread_id, run_id)
            if run is None or thread is None or not allowed.matches(thread.metadata):
                raise RunNotFoundError("No runs found to cancel.")
            if run.is_over:
                raise RunNotFoundError(
                    "No matching runs to cancel. Please verify the thread ID and run IDs are correct, and the runs "
                    "haven't been deleted or completed."
                )
            reason = f"{action} requested via POST /threads/{{thread_id}}/runs/{{run_id}}/cancel"
            await self._stopping.cancel(connection, thread, run, action, reason)
            if run.status == "pending":
                await self._stopping.go_on_without(connection, run)

    async def cancel_many(self, wanted: CancelMany, action: CancelAction) -> None:
        """Cancel all of the runs that are asked for. Raises `RunNotFoundError` if there are none."""
        status = None if wanted.status == "all" else wanted.status
        allowed = await self._may_cancel(wanted.thread_id, wanted.run_ids, wanted.status, action)
        async with self._pool.connection() as connection:
            found = await repository.unfinished_of(
                connection, allowed, status=status, thread_id=wanted.thread_id, run_ids=wanted.run_ids
            )
        # those that wait first: none of them may start because the one before it was stopped
        found.sort(key=lambda run: run.status == "running")
        stopped = [await self._stop_if_live(run, action, allowed) for run in found]
        if not any(stopped):
            raise RunNotFoundError("No runs found to cancel.")

    async def _stop_if_live(self, run: Run, action: CancelAction, allowed: Filter) -> bool:
        try:
            await self._stop(run.thread_id, run.run_id, action, allowed)
        except RunNotFoundError:
            return False  # it was over before its turn came
        return True

    async def delete_thread(self, thread_id: UUID) -> None:
        """Delete a thread, stopping its runs. Raises `ThreadNotFoundError`."""
        allowed = await self._access.may("threads", "delete", {"thread_id": thread_id})
        async with self._pool.connection() as connection, connection.transaction():
            thread = await self._threads.lock(connection, thread_id)
            if thread is None or not allowed.matches(thread.metadata):
                raise ThreadNotFoundError(thread_id)
            await self._stopping.delete_thread(connection, thread)

    async def delete(self, thread_id: UUID, run_id: UUID) -> None:
        """Delete a run with its events and checkpoints, stopping it first. Raises `RunNotFoundError`."""
        allowed = await self._access.may("threads", "delete", {"thread_id": thread_id, "run_id": run_id})
        async with self._pool.connection() as connection, connection.transaction():
            thread = await self._threads.lock(connection, thread_id)
            run = await repository.get(connection, thread_id, run_id)
        if run is None or thread is None or not allowed.matches(thread.metadata):
            raise RunNotFoundError("Run not found")
        if not run.is_over:
            await self._stop(thread_id, run_id, "rollback", allowed)
            await self.until_over(run_id)
        async with self._pool.connection() as connection, connection.transaction():
            await self._threads.lock(connection, thread_id)
            await self._stopping.delete(connection, run)
