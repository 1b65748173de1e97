"""Accepting runs: each takes its place on its thread, under the thread's lock, and is claimed here or queued."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

from server.assistants.service import AssistantService
from server.db.pipelines import pipelined_transaction
from server.db.pool import Connection, Pool
from server.errors import Conflict, NotFound
from server.ids import new_id
from server.runs import lifecycle, repository
from server.runs.config import resolve
from server.runs.lifecycle import NewRun
from server.runs.permission import PermittedRun
from server.runs.protocol_answers import with_answers
from server.runs.queue import RunQueue
from server.runs.repository import Run
from server.runs.resume_answers import require_answers
from server.runs.schemas import CancelAction, RunCreate
from server.runs.slots import Slots
from server.runs.stopping import Stopping
from server.runs.traced import name_trace
from server.runs.turns import Turns
from server.threads.repository import Thread
from server.threads.service import ThreadNotFoundError, ThreadService
from server.tracing.service import Tracing


class RunAlreadyActiveError(Conflict):
    """The thread has a run, and the new one is not to wait for it."""

    def __init__(self) -> None:
        super().__init__(
            "Thread is already running a task. Wait for it to finish or choose a different multitask strategy."
        )


class WorkerHere(Protocol):
    """The worker of this process: a run that is admitted while it has a free slot need not go through the queue."""

    @property
    def slots(self) -> Slots:
        """What it can execute at once."""

    def start_claimed(self, run: Run) -> None:
        """Execute a run that was claimed for it, in a slot that was taken."""


class Admissions:
    """Accepts runs that their callers may start: once it did, they will be executed, whatever happens to this process."""

    def __init__(
        self,
        pool: Pool,
        queue: RunQueue,
        threads: ThreadService,
        assistants: AssistantService,
        turns: Turns,
        stopping: Stopping,
        here: WorkerHere | None = None,
        tracing: Tracing | None = None,
    ) -> None:
        self._pool = pool
        self._queue = queue
        self._threads = threads
        self._assistants = assistants
        self._turns = turns
        self._stopping = stopping
        self._here = here
        self._tracing = tracing or Tracing()

    async def admit(
        self, runs: list[PermittedRun], holds: Callable[[Connection], Awaitable[bool]] | None = None
    ) -> list[Run]:
        """Accept all of the runs, in order, or none: none, either, unless `holds` says so in the transaction that does it.

        Those that are their thread's next are claimed for this process while it has free slots. Raises `NotFound`,
        `Malformed`, `Invalid`, or `RunAlreadyActiveError`.
        """
        slots = [self._here is not None and await self._here.slots.take() for _ in runs]
        claimed: list[Run] = []
        try:
            async with pipelined_transaction(self._pool) as connection:
                if holds is not None and not await holds(connection):
                    return []
                admitted = [
                    await self._admit_in(connection, permitted, claim=has_slot)
                    for permitted, has_slot in zip(runs, slots, strict=True)
                ]
            claimed = [run for run in admitted if run.status == "running"]
        finally:
            if self._here is not None:
                for run in claimed:
                    self._here.start_claimed(run)
                for _ in range(sum(slots) - len(claimed)):
                    self._here.slots.give_back()
        return [replace(run, status="pending") for run in admitted]  # as it was accepted

    async def _admit_in(self, connection: Connection, permitted: PermittedRun, *, claim: bool) -> Run:
        request = permitted.request
        assistant = await self._assistants.resolve_for_run(connection, permitted.assistant_id, permitted.assistants)
        temporary = permitted.thread_id is None and request.on_completion != "keep"
        thread = await self._thread_for(connection, permitted)
        request = with_answers(request, thread)
        await self._require_answers(connection, thread, request)
        resolved = resolve(request, assistant, thread, permitted.access, temporary=temporary)
        name_trace(resolved.kwargs, permitted.run_id, assistant.graph_id, self._tracing)
        await self._make_room(connection, thread, permitted)
        run = await lifecycle.insert(
            connection,
            NewRun(
                run_id=permitted.run_id,
                thread_id=thread.thread_id,
                assistant_id=assistant.assistant_id,
                graph_id=assistant.graph_id,
                kwargs={
                    **resolved.kwargs,
                    **({"keeps_question": True} if temporary and permitted.keeps_question else {}),
                },
                metadata=resolved.metadata,
                multitask_strategy=request.multitask_strategy,
                delay=timedelta(seconds=request.after_seconds or 0),
                claim=claim,
                continues=permitted.continues,
            ),
        )
        ids = {"graph_id": assistant.graph_id, "assistant_id": str(assistant.assistant_id)}
        await self._threads.mark_busy(connection, thread.thread_id, ids, resolved.thread_config)
        if not run.dispatched:
            await self._turns.dispatch_next(connection, thread.thread_id)
        elif run.status == "pending":
            await self._queue.put(connection, run.run_id, run.scheduled_at)
        return run

    async def _thread_for(self, connection: Connection, permitted: PermittedRun) -> Thread:
        thread_id, request = permitted.thread_id, permitted.request
        if thread_id is not None and request.if_not_exists == "reject":
            thread = await self._threads.lock(connection, thread_id)
            if thread is None or not permitted.threads.matches(thread.metadata):
                raise NotFound("Thread or assistant not found.")
            return thread
        metadata = {**(request.config.metadata or {} if request.config else {}), **(request.metadata or {})}
        try:
            return await self._threads.lock_or_create(connection, thread_id or new_id(), metadata, permitted.threads)
        except ThreadNotFoundError as error:
            raise NotFound("Thread or assistant not found.") from error

    async def _require_answers(self, connection: Connection, thread: Thread, request: RunCreate) -> None:
        """Raise `Malformed` if the run would resume an idle thread with what its interrupts say is no answer."""
        command = request.command
        if command is None or command.resume is None or thread.status == "busy":
            return
        named = request.checkpoint_id or (request.checkpoint.checkpoint_id if request.checkpoint else None)
        asked = await self._threads.open_interrupts(connection, thread.thread_id, str(named) if named else None)
        require_answers(command.resume, asked)

    async def _make_room(self, connection: Connection, thread: Thread, permitted: PermittedRun) -> None:
        """Apply the new run's strategy to the thread's other runs."""
        strategy = permitted.request.multitask_strategy
        if strategy == "enqueue":
            return
        others = await repository.unfinished(connection, thread.thread_id)
        if others and strategy == "reject":
            raise RunAlreadyActiveError
        for other in others:
            action: CancelAction = "rollback" if strategy == "rollback" else "interrupt"
            reason = f"superseded by run {permitted.run_id} (multitask_strategy={strategy})"
            await self._stopping.cancel(connection, thread, other, action, reason)
