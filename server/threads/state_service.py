"""What can be done with a thread's state: read at any checkpoint, listed, written, made from supersteps."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Self
from uuid import UUID

import psycopg
import structlog
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.errors import EmptyInputError, InvalidUpdateError
from langgraph.pregel import Pregel
from langgraph.types import StateSnapshot
from langgraph.types import StateUpdate as GraphUpdate
from langgraph_sdk.runtime import AccessContext
from psycopg_pool import PoolTimeout

from server.auth.access import SYSTEM, Access, bound_to
from server.auth.filters import EVERYTHING, Filter
from server.auth.users import User
from server.db.checkpoints import of_thread as checkpoints
from server.db.checkpoints.page import HistoryReader
from server.db.checkpoints.saver import CheckpointSaver
from server.db.pool import Connection, Pool
from server.errors import Invalid, NotFound, PlanloomError
from server.events.failures import public_error
from server.graph_commands import command_of
from server.graph_loader import GraphNotFoundError, Graphs
from server.threads import repository
from server.threads.errors import NoGraphError, SuperstepsNotAppliedError, ThreadBusyError, ThreadNotFoundError
from server.threads.repository import Thread, ThreadOutcome
from server.threads.schemas import CheckpointRef, HistoryRequest, StateUpdate, Superstep, SuperstepUpdate
from server.threads.snapshots import graph_of_namespace, take_snapshot
from server.threads.state import (
    about_to_begin,
    checkpoint_of,
    config_of,
    empty_state,
    outcome_of,
    selected_state,
    state_of,
)

AnyGraph = Pregel[Any, Any, Any, Any]

log = structlog.get_logger("planloom.threads")

_REFUSED = (InvalidUpdateError, EmptyInputError, ValueError, TypeError, KeyError)


class ThreadStates:
    """The states of threads, over the graphs that are served."""

    def __init__(self, pool: Pool, graphs: Graphs) -> None:
        self._pool = pool
        self._graphs = graphs
        self._access: Access = SYSTEM

    def on_behalf_of(self, access: Access) -> Self:
        """The same for a caller: it does and shows what that caller may."""
        return bound_to(access, self)

    async def read(
        self,
        thread_id: UUID,
        checkpoint: CheckpointRef | None = None,
        *,
        subgraphs: bool = False,
        select: Sequence[str] | None = None,
    ) -> dict[str, Any]:
        """The thread's state, the newest or at `checkpoint`; `select` as `selected_state`. Raises `ThreadNotFoundError`.

        The newest says in `next` that a run is to begin, though it has left no checkpoint.
        """
        thread = await self._thread(thread_id)
        if "graph_id" not in thread.metadata:
            return selected_state(empty_state(), select)
        config = _config(thread_id, checkpoint)
        async with self._open(thread, "threads.read") as graph:
            snapshot = await _snapshot(graph, config, subgraphs=subgraphs)
        if snapshot is None:
            named = checkpoint_of(config) or {}
            state = empty_state({key: value for key, value in named.items() if value} or None)
        else:
            state = state_of(snapshot)
        if checkpoint is None and thread.status == "busy" and not state["next"]:
            begun = (state["metadata"] or {}).get("run_id")
            async with self._pool.connection() as connection:
                if await repository.has_run_to_begin(connection, thread_id, begun):
                    state = about_to_begin(state)
        return selected_state(state, select)

    async def history(self, thread_id: UUID, request: HistoryRequest) -> list[dict[str, Any]]:
        """The thread's checkpoints, newest first. Raises `ThreadNotFoundError`."""
        thread = await self._thread(thread_id)
        if "graph_id" not in thread.metadata:
            return []
        of = request.checkpoint or CheckpointRef()
        before: RunnableConfig | None = None
        if request.before and request.before.checkpoint_id:
            before = config_of(thread_id, request.before.checkpoint_id, of.checkpoint_ns)
        async with self._open(thread, "threads.read", saver=HistoryReader) as graph:
            try:
                snapshots = graph.aget_state_history(
                    _config(thread_id, of), filter=request.metadata, before=before, limit=request.limit
                )
                page = []
                async for snapshot in snapshots:
                    page.append(selected_state(state_of(snapshot), request.select))
                    await asyncio.sleep(0)  # a page may be long, and others have work to do
                return page
            except ValueError:
                return []  # a namespace that the graph has no subgraph for

    async def update(self, thread_id: UUID, update: StateUpdate) -> dict[str, Any]:
        """Write to the thread's state and return the new checkpoint.

        Raises `ThreadNotFoundError`, `ThreadBusyError` while a run is not over, `NotFound` for a checkpoint that is not
        there, `Invalid` for a write that the graph refuses.
        """
        checkpoint = update.checkpoint or CheckpointRef()
        if update.checkpoint_id is not None:
            checkpoint = checkpoint.model_copy(update={"checkpoint_id": update.checkpoint_id})
        allowed = await self._access.may("threads", "update", {"thread_id": thread_id})
        # what is written on is read, too
        allowed &= await self._access.may("threads", "read", {"thread_id": thread_id})
        # The lock keeps runs from being accepted meanwhile; the checkpoint is part of the transaction.
        async with self._pool.connection() as connection, connection.transaction():
            thread = await self._idle(connection, thread_id, allowed)
            async with self._open(thread, "threads.update", connection) as graph:
                config = _config(thread_id, checkpoint)
                config["metadata"] = {"graph_id": thread.metadata["graph_id"]}
                if checkpoint.checkpoint_id and await _snapshot(graph, config) is None:
                    raise NotFound(f"Thread {thread_id} has no checkpoint {checkpoint.checkpoint_id}")
                with _graph_refusing():
                    written = await graph.aupdate_state(config, update.values, as_node=update.as_node)
                await self._settle(connection, thread_id, graph)
        named = checkpoint_of(written) or {}
        return {"checkpoint": named, "configurable": named, "checkpoint_id": named.get("checkpoint_id")}

    async def apply(self, thread_id: UUID, supersteps: Sequence[Superstep]) -> None:
        """Give a new thread its first state.

        Raises `SuperstepsNotAppliedError` if nothing says which graph they are of, `Invalid` if the graph refuses them.
        """
        async with self._pool.connection() as connection, connection.transaction():
            thread = await self._idle(connection, thread_id, EVERYTHING)  # its creator's
            try:
                async with self._open(thread, "threads.update", connection) as graph:
                    steps = [[_graph_update(update) for update in step.updates] for step in supersteps]
                    config = config_of(thread_id)
                    config["metadata"] = {"graph_id": thread.metadata["graph_id"]}
                    with _graph_refusing():
                        await graph.abulk_update_state(config, steps)
                    await self._settle(connection, thread_id, graph)
            except (NoGraphError, GraphNotFoundError) as error:
                raise SuperstepsNotAppliedError(thread_id, error.detail) from error

    async def outcome(
        self,
        thread_id: UUID,
        graph_id: str,
        config: RunnableConfig | None,
        error: dict[str, str] | None = None,
        connection: Connection | None = None,
        user: User | None = None,
    ) -> ThreadOutcome:
        """What the thread's newest checkpoint says of it, read in `connection`'s transaction if one is given, for `user`.

        `config` is what the run had that left it, whose graph may be another with another config; where no run did and
        there is a `connection`, it is the thread's.
        """
        if config is None and connection is not None and (thread := await repository.get(connection, thread_id)):
            config = self._config_of(thread)
        opened = self._graphs.open(
            graph_id, config, access="threads.read", user=user or self._access.user, connection=connection
        )
        async with opened as graph:
            return outcome_of(await graph.aget_state(config_of(thread_id), subgraphs=True), error)

    async def keep_latest(self, connection: Connection, thread: Thread) -> None:
        """Delete all of a locked, idle thread's checkpoints but the newest, in `connection`'s transaction.

        Where values are put together from older checkpoints they are stored whole first; a subgraph that the graph does
        not tell of keeps all that it has. Raises `NoGraphError`, `GraphNotFoundError` or `GraphFactoryError` if there is no
        graph to tell those values, `Invalid` if it cannot.
        """
        building = await checkpoints.building_on_writes(connection, thread.thread_id)
        whole = []
        if building:
            async with self._open(thread, "threads.update", connection) as graph:
                for checkpoint_ns in building:
                    owner = graph_of_namespace(graph, checkpoint_ns)
                    if owner is None or not isinstance(graph.checkpointer, BaseCheckpointSaver):
                        whole.append(checkpoint_ns)
                        continue
                    config = config_of(thread.thread_id, checkpoint_ns=checkpoint_ns)
                    with _graph_refusing():
                        await take_snapshot(connection, graph.checkpointer, owner, config)
        await checkpoints.keep_latest(connection, thread.thread_id, whole)

    # --- inside

    async def _thread(self, thread_id: UUID) -> Thread:
        allowed = await self._access.may("threads", "read", {"thread_id": thread_id})
        async with self._pool.connection() as connection:
            thread = await repository.get(connection, thread_id)
        if thread is None or not allowed.matches(thread.metadata):
            raise ThreadNotFoundError(thread_id)
        return thread

    @staticmethod
    async def _idle(connection: Connection, thread_id: UUID, allowed: Filter) -> Thread:
        thread = await repository.lock(connection, thread_id)
        if thread is None or not allowed.matches(thread.metadata):
            raise ThreadNotFoundError(thread_id)
        if thread.status == "busy":
            raise ThreadBusyError(thread_id)
        return thread

    @staticmethod
    async def _settle(connection: Connection, thread_id: UUID, graph: AnyGraph) -> None:
        snapshot = await graph.aget_state(config_of(thread_id), subgraphs=True)
        await repository.settle(connection, thread_id, outcome_of(snapshot))
        if newest := checkpoint_of(snapshot.config):
            await repository.announce_state(connection, thread_id, newest["checkpoint_id"])

    def _config_of(self, thread: Thread) -> RunnableConfig:
        """What a factory makes the thread's graph of: what the thread keeps of its runs' assistants, and who asks."""
        kept = thread.config.get("configurable", {})
        return {
            "configurable": {**kept, **self._access.identity, "thread_id": str(thread.thread_id), "checkpoint_ns": ""}
        }

    @asynccontextmanager
    async def _open(
        self,
        thread: Thread,
        access: AccessContext,
        connection: Connection | None = None,
        saver: type[CheckpointSaver] = CheckpointSaver,
    ) -> AsyncIterator[AnyGraph]:
        graph_id = thread.metadata.get("graph_id")
        if not isinstance(graph_id, str):
            raise NoGraphError(thread.thread_id)
        async with self._graphs.open(
            graph_id, self._config_of(thread), access=access, user=self._access.user, connection=connection, saver=saver
        ) as graph:
            yield graph


async def _snapshot(graph: AnyGraph, config: RunnableConfig, *, subgraphs: bool = False) -> StateSnapshot | None:
    """The state there, or None if there is no such checkpoint (or no such subgraph)."""
    try:
        snapshot = await graph.aget_state(config, subgraphs=subgraphs)
    except ValueError:
        return None
    return None if snapshot.created_at is None else snapshot


@contextmanager
def _graph_refusing() -> Iterator[None]:
    """A write runs the graph's own code (reducers, branches), and whatever that raises is its refusal: `Invalid`."""
    try:
        yield
    except (PlanloomError, psycopg.Error, PoolTimeout):
        raise
    except _REFUSED as error:
        raise Invalid(str(error)) from error
    except Exception as error:
        log.warning("a graph failed over a thread's state", exc_info=error)
        told = public_error(error)
        raise Invalid(f"the graph cannot take this: {told['error']}: {told['message']}") from error


def _graph_update(update: SuperstepUpdate) -> GraphUpdate:
    command = update.command
    values: Any = update.values if command is None else command_of(command.resume, command.update, command.goto)
    return GraphUpdate(values, update.as_node)


def _config(thread_id: UUID, checkpoint: CheckpointRef | None) -> RunnableConfig:
    if checkpoint is None:
        return config_of(thread_id)
    return config_of(thread_id, checkpoint.checkpoint_id, checkpoint.checkpoint_ns, checkpoint.checkpoint_map)
