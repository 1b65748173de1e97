"""Lists of an assistant's tasks, in pages: the newest first, each page after the place that the one before it ended at."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self
from uuid import UUID

from server.assistants.repository import Assistant
from server.auth.access import Access, bound_to
from server.db.pool import Pool
from server.protocols.a2a import repository
from server.protocols.a2a.dialects import state_named
from server.protocols.a2a.model import Task
from server.protocols.a2a.params import ListParams
from server.protocols.a2a.repository import TaskFilter, TaskRecord
from server.protocols.a2a.rpc import INVALID_PARAMS, RpcError
from server.protocols.a2a.task_ids import uuid_or_none
from server.protocols.a2a.views import HistoryScope, task_view
from server.threads.repository import Thread
from server.threads.service import ThreadNotFoundError, ThreadService

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_AT_ONCE = 4  # threads of a page that are read at once: each takes a connection of the pool, which others need as well


@dataclass(frozen=True, slots=True)
class TaskPage:
    """Some of an assistant's tasks, how many there are in all, and the token of the page after this one."""

    tasks: Sequence[Task]
    total: int
    next_token: str


class TaskLists:
    """Finds tasks, and shows each with what its thread holds."""

    def __init__(self, pool: Pool, threads: ThreadService) -> None:
        self._pool = pool
        self._threads = threads

    def on_behalf_of(self, access: Access) -> Self:
        """The same for a caller, who finds what that caller may."""
        bound = bound_to(access, self)
        bound._threads = self._threads.on_behalf_of(access)
        return bound

    async def page(self, assistant: Assistant, params: ListParams, scope: HistoryScope) -> TaskPage:
        """A page of the assistant's tasks. Raises `RpcError`."""
        wanted = await self._wanted(assistant, params)
        if wanted is None:
            return TaskPage((), 0, "")
        async with self._pool.connection() as connection:
            total = await repository.count(connection, wanted)
            found = await repository.page(connection, wanted, params.page_size + 1)
        shown = found[: params.page_size]
        threads = await self._threads_of({task.thread_id for task in shown})
        tasks = [
            task_view(task, threads[task.thread_id], assistant.assistant_id, scope=scope,
                      history_length=params.history_length)
            for task in shown
            if task.thread_id in threads
        ]  # fmt: skip
        return TaskPage(tasks, total, _token(shown[-1]) if len(found) > len(shown) else "")

    async def _threads_of(self, thread_ids: set[UUID]) -> dict[UUID, Thread]:
        """Those of the threads that are still there."""
        places, threads = asyncio.Semaphore(_AT_ONCE), dict[UUID, Thread]()

        async def read(thread_id: UUID) -> None:
            async with places:
                with suppress(ThreadNotFoundError):
                    threads[thread_id] = await self._threads.get(thread_id)

        await asyncio.gather(*map(read, thread_ids))
        return threads

    async def _wanted(self, assistant: Assistant, params: ListParams) -> TaskFilter | None:
        """What is listed; None if it is surely nothing."""
        thread_id = uuid_or_none(params.context_id) if params.context_id else None
        state = state_named(params.status) if params.status else None
        if params.status and state is None:
            raise RpcError(INVALID_PARAMS, f"Invalid status value: {params.status!r}.")
        changed_after = params.status_timestamp_after
        if changed_after is not None and changed_after.tzinfo is None:
            changed_after = changed_after.replace(tzinfo=UTC)
        allowed = await self._threads.findable(params.page_size, 0)
        if params.context_id and thread_id is None:
            return None  # a context is a thread: there is none of such a name
        after = _place(params.page_token) if params.page_token else None
        return TaskFilter(assistant.assistant_id, allowed, thread_id, state, changed_after, after)


def _token(task: TaskRecord) -> str:
    microseconds = (task.created_at - _EPOCH) // timedelta(microseconds=1)
    return f"{microseconds}.{task.run_id}"


def _place(token: str) -> tuple[datetime, UUID]:
    microseconds, _, run = token.partition(".")
    run_id = uuid_or_none(run)
    if run_id is None or not (microseconds.isascii() and microseconds.isdigit() and len(microseconds) <= 17):
        raise RpcError(INVALID_PARAMS, "Invalid pageToken: give the nextPageToken of the page before, as it came")
    return _EPOCH + timedelta(microseconds=int(microseconds)), run_id
