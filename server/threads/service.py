"""What can be done with threads; their states are `ThreadService.states`."""

from typing import Any
from uuid import UUID, uuid4

from langchain_core.runnables import RunnableConfig

from server.db.pool import Connection, Pool
from server.errors import Conflict, Invalid, NotFound
from server.graph_loader import Graphs
from server.ids import new_id
from server.threads import checkpoints, repository
from server.threads.checkpoints import Storage
from server.threads.repository import Thread, ThreadFilter, ThreadOutcome
from server.threads.schemas import ThreadCount, ThreadCreate, ThreadPatch, ThreadSearch, ThreadTtl
from server.threads.state_service import (
    SuperstepsNotAppliedError,
    ThreadBusyError,
    ThreadNotFoundError,
    ThreadStates,
)
from server.threads.ttl import Ttl, TtlPolicy

__all__ = ["SuperstepsNotAppliedError", "ThreadBusyError", "ThreadNotFoundError", "ThreadService"]


class ThreadService:
    """Threads over the graphs that are served. `ttl` is what threads get that ask for no time to live of their own."""

    def __init__(self, pool: Pool, graphs: Graphs, ttl: TtlPolicy | None = None) -> None:
        self._pool = pool
        self._graphs = graphs
        self._ttl = ttl or TtlPolicy()
        self.states = ThreadStates(pool, graphs)

    # --- the thread itself

    async def create(self, request: ThreadCreate) -> Thread:
        """A new thread, with the state that its supersteps make.

        Raises `Conflict` if one of that id exists, unless `if_exists` is `do_nothing`: then it is returned as it is.
        Raises `SuperstepsNotAppliedError`, and `Invalid`, which leaves no thread, for supersteps that the graph refuses.
        """
        thread_id = request.thread_id or new_id()
        metadata = {key: value for key, value in (request.metadata or {}).items() if key != "assistant_id"}
        async with self._pool.connection() as connection:
            created = await repository.insert(connection, thread_id, metadata, self._ttl_of(request.ttl))
            if created is None:
                existing = await repository.get(connection, thread_id)
                if existing is None or request.if_exists == "raise":
                    raise Conflict(f"Thread with ID {thread_id} already exists")
                return existing
        if not request.supersteps:
            return created
        try:
            await self.states.apply(thread_id, request.supersteps)
        except Invalid:
            async with self._pool.connection() as connection, connection.transaction():
                await repository.delete(connection, thread_id)
            raise
        return await self.get(thread_id)

    async def get(self, thread_id: UUID) -> Thread:
        """The thread of that id. Raises `ThreadNotFoundError`."""
        async with self._pool.connection() as connection:
            thread = await repository.get(connection, thread_id)
        if thread is None:
            raise ThreadNotFoundError(thread_id)
        return thread

    async def patch(self, thread_id: UUID, request: ThreadPatch) -> Thread:
        """Merge metadata into the thread's, and count its time to live anew if one is given. Raises `NotFound`."""
        async with self._pool.connection() as connection:
            ttl = self._ttl_of(request.ttl) if request.ttl else None
            thread = await repository.change(connection, thread_id, request.metadata or {}, ttl)
        if thread is None:
            raise NotFound("Not Found")
        return thread

    async def copy(self, thread_id: UUID) -> Thread:
        """A new thread with the metadata, the checkpoints and the status of another, but none of its runs.

        Raises `Conflict` if there is no such thread.
        """
        copied = uuid4()
        async with self._pool.connection() as connection, connection.transaction():
            source = await repository.lock(connection, thread_id)
            thread = await repository.copy(connection, thread_id, copied)
        if source is None or thread is None:
            raise Conflict("Conflict")
        graph_id = thread.metadata.get("graph_id")
        if source.status != "busy" or graph_id not in self._graphs.ids:
            return thread
        # the source was between two checkpoints: the copy is what the ones that it got say
        async with self._pool.connection() as connection:
            await repository.settle(
                connection, copied, await self.states.outcome(copied, graph_id, None, connection=connection)
            )
        return await self.get(copied)

    async def keep_latest(self, thread_ids: list[UUID]) -> int:
        """Delete the older checkpoints of the threads: of all of them, or of none. Returns how many threads there are.

        Raises `ThreadBusyError` while one has a run, `Invalid` if one's values are put together from older checkpoints.
        """
        async with self._pool.connection() as connection, connection.transaction():
            threads = await repository.lock_all(connection, thread_ids)
            for thread in threads:
                if thread.status == "busy":
                    raise ThreadBusyError(thread.thread_id)
                if await checkpoints.builds_on_writes(connection, thread.thread_id):
                    raise Invalid(
                        f"Thread {thread.thread_id} cannot be pruned with keep_latest: its graph has a DeltaChannel, "
                        "whose value is put together from older checkpoints"
                    )
            for thread in threads:
                await checkpoints.keep_latest(connection, thread.thread_id)
        return len(threads)

    async def storage(self, thread_id: UUID) -> Storage:
        """What the thread's checkpoints take up. Raises `ThreadNotFoundError`."""
        await self.get(thread_id)
        async with self._pool.connection() as connection:
            return await checkpoints.storage(connection, thread_id)

    async def search(self, request: ThreadSearch) -> tuple[list[Thread], bool]:
        """A page of threads, and whether there are more after it. Raises `Invalid` for an id that is none."""
        wanted = ThreadFilter(_ids(request.ids), request.metadata, request.values, request.status)
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
        await repository.insert(connection, thread_id, metadata, self._ttl.of())
        thread = await repository.lock(connection, thread_id)
        if thread is None:
            raise ThreadNotFoundError(thread_id)
        return thread

    async def lock_expired(self, connection: Connection) -> Thread | None:
        """A thread whose time is over and that nobody uses, locked until the transaction ends."""
        return await repository.lock_expired(connection)

    async def thin_out(self, connection: Connection, thread_id: UUID) -> bool:
        """Keep only the newest checkpoint of a locked thread and count its time to live anew; whether that could be."""
        await repository.renew_ttl(connection, thread_id)
        if await checkpoints.builds_on_writes(connection, thread_id):
            return False
        await checkpoints.keep_latest(connection, thread_id)
        return True

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
        outcome = await self.states.outcome(thread_id, graph_id, None, connection=connection)
        await repository.settle(connection, thread_id, outcome)

    async def delete_in(self, connection: Connection, thread_id: UUID) -> bool:
        """Delete the thread with all that hangs on it; whether there was one."""
        return await repository.delete(connection, thread_id)

    async def delete_run_checkpoints(self, connection: Connection, thread_id: UUID, run_id: UUID) -> None:
        """Take back the checkpoints that a run wrote."""
        await checkpoints.delete_of_run(connection, thread_id, run_id)

    async def outcome(
        self, thread_id: UUID, graph_id: str, config: RunnableConfig | None, error: dict[str, str] | None = None
    ) -> ThreadOutcome:
        """What the thread's newest checkpoint says of it."""
        return await self.states.outcome(thread_id, graph_id, config, error)

    # --- inside

    def _ttl_of(self, asked: ThreadTtl | None) -> Ttl | None:
        return self._ttl.of() if asked is None else self._ttl.of(asked.strategy, asked.ttl)


def _ids(given: list[str] | None) -> list[UUID] | None:
    ids = []
    for one in given or ():
        try:
            ids.append(UUID(one))
        except ValueError as error:
            raise Invalid(f"Invalid thread ID {one}") from error
    return ids or None
