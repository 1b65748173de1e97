"""What can be done with threads and their state."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from langchain_core.runnables import RunnableConfig
from langgraph.errors import EmptyInputError, InvalidUpdateError
from langgraph.pregel import Pregel
from langgraph.types import StateSnapshot
from langgraph_sdk.runtime import AccessContext

from server.db.pool import Connection, Pool
from server.errors import Conflict, Invalid, NotFound
from server.graph_loader import Graphs
from server.ids import new_id
from server.threads import repository
from server.threads.repository import Thread, ThreadFilter, ThreadOutcome
from server.threads.schemas import (
    CheckpointRef,
    HistoryRequest,
    StateUpdate,
    ThreadCount,
    ThreadCreate,
    ThreadSearch,
)
from server.threads.state import EMPTY_STATE, checkpoint_of, config_of, outcome_of, state_of

AnyGraph = Pregel[Any, Any, Any, Any]


class ThreadNotFoundError(NotFound):
    """There is no such thread."""

    def __init__(self, thread_id: UUID) -> None:
        super().__init__(f"Thread with ID {thread_id} not found")


class ThreadBusyError(Conflict):
    """The thread has runs that are not over."""


class ThreadService:
    """Threads over the graphs that are served."""

    def __init__(self, pool: Pool, graphs: Graphs) -> None:
        self._pool = pool
        self._graphs = graphs
        # a state write holds one connection while the graph takes others: never let writes alone fill the pool
        self._state_writes = asyncio.Semaphore(max(1, pool.max_size // 4))

    # --- the thread itself

    async def create(self, request: ThreadCreate) -> Thread:
        """A new thread. Raises `Conflict` if one of that id exists, unless `if_exists` is `do_nothing`."""
        thread_id = request.thread_id or new_id()
        metadata = {key: value for key, value in (request.metadata or {}).items() if key != "assistant_id"}
        async with self._pool.connection() as connection:
            created = await repository.insert(connection, thread_id, metadata)
            if created is not None:
                return created
            existing = await repository.get(connection, thread_id)
        if existing is None or request.if_exists == "raise":
            raise Conflict(f"Thread with ID {thread_id} already exists")
        return existing

    async def get(self, thread_id: UUID) -> Thread:
        """The thread of that id. Raises `ThreadNotFoundError`."""
        async with self._pool.connection() as connection:
            thread = await repository.get(connection, thread_id)
        if thread is None:
            raise ThreadNotFoundError(thread_id)
        return thread

    async def patch(self, thread_id: UUID, metadata: dict[str, Any]) -> Thread:
        """Merge `metadata` into the thread's. Raises `NotFound`."""
        async with self._pool.connection() as connection:
            thread = await repository.merge_metadata(connection, thread_id, metadata)
        if thread is None:
            raise NotFound("Not Found")
        return thread

    async def search(self, request: ThreadSearch) -> tuple[list[Thread], bool]:
        """A page of threads, and whether there are more after it."""
        wanted = ThreadFilter(request.ids, request.metadata, request.values, request.status)
        descending = request.sort_by is None or request.sort_order != "asc"
        async with self._pool.connection() as connection:
            found = await repository.search(
                connection,
                wanted,
                sort_by=request.sort_by or "updated_at",
                descending=descending,
                limit=request.limit + 1,
                offset=request.offset,
            )
        return found[: request.limit], len(found) > request.limit

    async def count(self, request: ThreadCount) -> int:
        """How many threads match."""
        wanted = ThreadFilter(metadata=request.metadata, values=request.values, status=request.status)
        async with self._pool.connection() as connection:
            return await repository.count(connection, wanted)

    # --- for runs, inside their transactions

    async def lock(self, connection: Connection, thread_id: UUID) -> Thread | None:
        """The thread, locked until the transaction ends."""
        return await repository.lock(connection, thread_id)

    async def lock_or_create(self, connection: Connection, thread_id: UUID, metadata: dict[str, Any]) -> Thread:
        """The thread, locked, made if it is not there."""
        await repository.insert(connection, thread_id, metadata)
        thread = await repository.lock(connection, thread_id)
        if thread is None:
            raise ThreadNotFoundError(thread_id)
        return thread

    async def mark_busy(
        self, connection: Connection, thread_id: UUID, metadata: dict[str, Any], config: dict[str, Any]
    ) -> None:
        """A run was accepted on the thread."""
        await repository.mark_busy(connection, thread_id, metadata, config)

    async def settle(self, connection: Connection, thread_id: UUID, outcome: ThreadOutcome) -> None:
        """Record what a run left."""
        await repository.settle(connection, thread_id, outcome)

    async def set_busy(self, connection: Connection, thread_id: UUID) -> None:
        """The thread has more runs to come."""
        await repository.set_status(connection, thread_id, "busy")

    async def settle_from_state(self, connection: Connection, thread_id: UUID, graph_id: str) -> None:
        """Set the thread's status from its newest checkpoint: its last run was taken out before it ran."""
        outcome = await self.outcome(thread_id, graph_id, None)
        await repository.settle(connection, thread_id, outcome)

    async def delete_in(self, connection: Connection, thread_id: UUID) -> bool:
        """Delete the thread with all that hangs on it; whether there was one."""
        return await repository.delete(connection, thread_id)

    async def delete_run_checkpoints(self, connection: Connection, thread_id: UUID, run_id: UUID) -> None:
        """Take back the checkpoints that a run wrote."""
        await repository.delete_run_checkpoints(connection, thread_id, run_id)

    async def outcome(
        self, thread_id: UUID, graph_id: str, config: RunnableConfig | None, error: dict[str, str] | None = None
    ) -> ThreadOutcome:
        """What the thread's newest checkpoint says of it."""
        async with self._graphs.open(graph_id, config, access="threads.read") as graph:
            return outcome_of(await graph.aget_state(config_of(thread_id), subgraphs=True), error)

    # --- state

    async def state(
        self, thread_id: UUID, checkpoint: CheckpointRef | None = None, *, subgraphs: bool = False
    ) -> dict[str, Any]:
        """The thread's state, the newest or at `checkpoint`. Raises `ThreadNotFoundError`."""
        thread = await self.get(thread_id)
        if "graph_id" not in thread.metadata:
            return EMPTY_STATE
        config = _config(thread_id, checkpoint)
        async with self._open(thread, "threads.read") as graph:
            snapshot = await graph.aget_state(config, subgraphs=subgraphs)
        if snapshot.created_at is None:
            named = checkpoint_of(config)
            return {**EMPTY_STATE, "checkpoint": named, "checkpoint_id": named and named["checkpoint_id"]}
        return state_of(snapshot)

    async def history(self, thread_id: UUID, request: HistoryRequest) -> list[dict[str, Any]]:
        """The thread's checkpoints, newest first. Raises `ThreadNotFoundError`."""
        thread = await self.get(thread_id)
        if "graph_id" not in thread.metadata:
            return []
        namespace = request.checkpoint.checkpoint_ns if request.checkpoint else ""
        before: RunnableConfig | None = None
        if request.before:
            named = request.before.get("configurable", request.before)
            if not isinstance(named, dict) or not isinstance(named.get("checkpoint_id"), str):
                raise Invalid("body.before: name a checkpoint by its checkpoint_id")
            before = config_of(thread_id, named["checkpoint_id"], namespace)
        async with self._open(thread, "threads.read") as graph:
            snapshots = graph.aget_state_history(
                config_of(thread_id, checkpoint_ns=namespace),
                filter=request.metadata,
                before=before,
                limit=request.limit,
            )
            return [state_of(snapshot) async for snapshot in snapshots]

    async def update_state(self, thread_id: UUID, update: StateUpdate) -> dict[str, Any]:
        """Write to the thread's state and return the new checkpoint.

        Raises `ThreadNotFoundError`, `ThreadBusyError` while a run is not over, `Invalid` for a write that the graph refuses.
        """
        checkpoint = update.checkpoint or CheckpointRef()
        if update.checkpoint_id is not None:
            checkpoint = checkpoint.model_copy(update={"checkpoint_id": update.checkpoint_id})
        # The lock keeps runs from being accepted meanwhile; the checkpoint is written over the graph's own connections.
        async with self._state_writes, self._pool.connection() as connection, connection.transaction():
            thread = await repository.lock(connection, thread_id)
            if thread is None:
                raise ThreadNotFoundError(thread_id)
            if thread.status == "busy":
                raise ThreadBusyError(f"Thread {thread_id} has runs that are not over; wait for them or cancel them")
            async with self._open(thread, "threads.update") as graph:
                config, snapshot = await _write(graph, _config(thread_id, checkpoint), update, thread_id)
            await repository.settle(connection, thread_id, outcome_of(snapshot))
        written = checkpoint_of(config) or {}
        return {"checkpoint": written, "configurable": written, "checkpoint_id": written.get("checkpoint_id")}

    @asynccontextmanager
    async def _open(self, thread: Thread, access: AccessContext) -> AsyncIterator[AnyGraph]:
        graph_id = thread.metadata.get("graph_id")
        if not isinstance(graph_id, str):
            raise Invalid(
                f"Thread '{thread.thread_id}' has no assigned graph ID. This usually occurs when no runs have been made on it: "
                "run an assistant on it, or create it with metadata.graph_id."
            )
        async with self._graphs.open(graph_id, config_of(thread.thread_id), access=access) as graph:
            yield graph


async def _write(
    graph: AnyGraph, config: RunnableConfig, update: StateUpdate, thread_id: UUID
) -> tuple[RunnableConfig, StateSnapshot]:
    try:
        written = await graph.aupdate_state(config, update.values, as_node=update.as_node)
    except (InvalidUpdateError, EmptyInputError, ValueError, TypeError, KeyError) as error:
        raise Invalid(str(error)) from error
    return written, await graph.aget_state(config_of(thread_id), subgraphs=True)


def _config(thread_id: UUID, checkpoint: CheckpointRef | None) -> RunnableConfig:
    if checkpoint is None:
        return config_of(thread_id)
    return config_of(thread_id, checkpoint.checkpoint_id, checkpoint.checkpoint_ns, checkpoint.checkpoint_map)
