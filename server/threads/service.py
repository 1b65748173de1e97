"""What can be done with threads; their states are `ThreadService.states`."""

from collections.abc import Sequence
from typing import Any, Self
from uuid import UUID, uuid4

from langchain_core.runnables import RunnableConfig
from langgraph.types import Interrupt

from server.auth.access import SYSTEM, Access, bound_to
from server.auth.filters import EVERYTHING, Filter
from server.auth.users import User
from server.db.checkpoints import of_thread as checkpoints
from server.db.checkpoints.of_thread import Storage
from server.db.checkpoints.open_interrupts import open_interrupts
from server.db.pool import Connection, Pool
from server.db.searches import Page
from server.errors import Conflict, Invalid, NotFound
from server.graph_loader import GraphFactoryError, GraphNotFoundError, Graphs
from server.ids import new_id
from server.threads import repository
from server.threads.errors import SuperstepsNotAppliedError, ThreadBusyError, ThreadNotFoundError
from server.threads.reader import ThreadReader
from server.threads.repository import Thread, ThreadFilter, ThreadOutcome
from server.threads.schemas import ThreadCount, ThreadCreate, ThreadPatch, ThreadSearch, ThreadTtl
from server.threads.state_service import ThreadStates
from server.threads.ttl import Ttl, TtlPolicy

__all__ = ["SuperstepsNotAppliedError", "ThreadBusyError", "ThreadNotFoundError", "ThreadService"]


class ThreadService:
    """Threads over the graphs that are served. `ttl` is what threads get that ask for no time to live of their own."""

    def __init__(self, pool: Pool, graphs: Graphs, ttl: TtlPolicy | None = None) -> None:
        self._pool = pool
        self._graphs = graphs
        self._ttl = ttl or TtlPolicy()
        self.states = ThreadStates(pool, graphs)
        self._reader = ThreadReader(pool)
        self._access: Access = SYSTEM

    def on_behalf_of(self, access: Access) -> Self:
        """The same for a caller: it does and shows what that caller may. To others a thread is as if it were not there."""
        bound = bound_to(access, self)
        bound.states = self.states.on_behalf_of(access)
        return bound

    # --- the thread itself

    async def create(self, request: ThreadCreate) -> Thread:
        """A new thread, with the state that its supersteps make.

        Raises `Conflict` if one of that id exists, unless `if_exists` is `do_nothing`: then it is returned as it is.
        Raises `SuperstepsNotAppliedError`, and `Invalid`, which leaves no thread, for supersteps that the graph refuses.
        """
        thread_id = request.thread_id or new_id()
        metadata = {key: value for key, value in (request.metadata or {}).items() if key != "assistant_id"}
        asked: dict[str, Any] = {"thread_id": thread_id, "metadata": metadata, "if_exists": request.if_exists}
        if request.ttl is not None:
            asked["ttl"] = {"strategy": request.ttl.strategy, "ttl": request.ttl.ttl}
        allowed = await self._access.may("threads", "create", asked)
        async with self._pool.connection() as connection:
            created = await repository.insert(connection, thread_id, asked["metadata"], self._ttl_of(request.ttl))
            if created is None:
                existing = await repository.get(connection, thread_id)
                hidden = existing is None or not allowed.matches(existing.metadata)
                if existing is None or hidden or request.if_exists == "raise":
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
        async with self._pool.connection() as connection:
            return await repository.get(connection, thread_id) or created

    async def get(self, thread_id: UUID) -> Thread:
        """The thread of that id. Raises `ThreadNotFoundError`."""
        allowed = await self._access.may("threads", "read", {"thread_id": thread_id})
        return await self.one_of(allowed, thread_id)

    async def one_of(self, allowed: Filter, thread_id: UUID) -> Thread:
        """The thread of that id if it is one of the `allowed`. Raises `ThreadNotFoundError`."""
        thread = await self._reader.get(thread_id)
        if thread is None or not allowed.matches(thread.metadata):
            raise ThreadNotFoundError(thread_id)
        return thread

    async def patch(self, thread_id: UUID, request: ThreadPatch) -> Thread:
        """Merge metadata into the thread's, and count its time to live anew if one is given. Raises `NotFound`."""
        asked: dict[str, Any] = {"thread_id": thread_id, "metadata": dict(request.metadata or {})}
        allowed = await self._access.may("threads", "update", asked)
        async with self._pool.connection() as connection, connection.transaction():
            before = await repository.lock(connection, thread_id)
            if before is None or not allowed.matches(before.metadata):
                raise NotFound("Not Found")
            ttl = self._ttl_of(request.ttl) if request.ttl else None
            thread = await repository.change(connection, thread_id, asked["metadata"], ttl)
        if thread is None:
            raise NotFound("Not Found")
        return thread

    async def copy(self, thread_id: UUID) -> Thread:
        """A new thread with the metadata, the checkpoints and the status of another, but none of its runs.

        Raises `Conflict` if there is no such thread.
        """
        copied = uuid4()
        allowed = await self._access.may("threads", "read", {"thread_id": thread_id})
        try:
            metadata = dict((await self.one_of(allowed, thread_id)).metadata)
        except ThreadNotFoundError as error:
            raise Conflict("Conflict") from error
        asked: dict[str, Any] = {"thread_id": copied, "metadata": metadata}
        await self._access.may("threads", "create", asked)
        async with self._pool.connection() as connection, connection.transaction():
            source = await repository.lock(connection, thread_id)
            if source is None or not allowed.matches(source.metadata):
                raise Conflict("Conflict")
            thread = await repository.copy(connection, thread_id, copied)
            if thread is not None and asked["metadata"] != thread.metadata:
                thread = await repository.change(connection, copied, asked["metadata"], None)
        if thread is None:
            raise Conflict("Conflict")
        graph_id = thread.metadata.get("graph_id")
        if source.status != "busy" or graph_id not in self._graphs.ids:
            return thread
        # the source was between two checkpoints: the copy is what the ones that it got say
        async with self._pool.connection() as connection:
            await repository.settle(
                connection, copied, await self.states.outcome(copied, graph_id, None, connection=connection)
            )
        return await self.one_of(EVERYTHING, copied)

    async def keep_latest(self, thread_ids: list[UUID]) -> int:
        """Delete the older checkpoints of the threads: of all of them, or of none. Returns how many threads there are.

        Raises `ThreadBusyError` while one has a run, and what `ThreadStates.keep_latest` does.
        """
        allowed = await self._access.may("threads", "delete", {"thread_ids": thread_ids})
        async with self._pool.connection() as connection, connection.transaction():
            locked = await repository.lock_all(connection, thread_ids)
            threads = [thread for thread in locked if allowed.matches(thread.metadata)]
            for thread in threads:
                if thread.status == "busy":
                    raise ThreadBusyError(thread.thread_id)
            for thread in threads:
                await self.states.keep_latest(connection, thread)
        return len(threads)

    async def storage(self, thread_id: UUID) -> Storage:
        """What the thread's checkpoints take up. Raises `ThreadNotFoundError`."""
        await self.get(thread_id)
        async with self._pool.connection() as connection:
            return await checkpoints.storage(connection, thread_id)

    async def search(self, request: ThreadSearch) -> Page[Thread]:
        """A page of threads. Raises `Invalid` for an id that is none."""
        allowed, asked = await self._searched(request, request.limit, request.offset)
        wanted = ThreadFilter(allowed, _ids(request.ids), asked["metadata"], asked["values"], asked["status"])
        async with self._pool.connection() as connection:
            return await repository.search(connection, wanted, request.part)

    async def count(self, request: ThreadCount) -> int:
        """How many threads match."""
        allowed, asked = await self._searched(request, 0, 0)
        wanted = ThreadFilter(allowed, metadata=asked["metadata"], values=asked["values"], status=asked["status"])
        async with self._pool.connection() as connection:
            return await repository.count(connection, wanted)

    async def findable(self, limit: int, offset: int) -> Filter:
        """Which threads a search of the caller's finds: what is shown of threads elsewhere is no more than that."""
        allowed, asked = await self._searched(ThreadCount(), limit, offset)
        return allowed & Filter.of_search(asked["metadata"])

    # --- for runs, inside their transactions

    async def lock(self, connection: Connection, thread_id: UUID) -> Thread | None:
        """The thread, locked until the transaction ends."""
        return await repository.lock(connection, thread_id)

    async def lock_if_free(self, connection: Connection, thread_id: UUID) -> bool:
        """Lock the thread until the transaction ends; False if it is not there, or somebody has it locked."""
        return await repository.lock_if_free(connection, thread_id)

    async def open_interrupts(
        self, connection: Connection, thread_id: UUID, checkpoint_id: str | None
    ) -> Sequence[Interrupt]:
        """What the thread waits to have answered, at a checkpoint, the newest if none is named."""
        return await open_interrupts(connection, thread_id, checkpoint_id, self._graphs.serde)

    async def lock_or_create(
        self, connection: Connection, thread_id: UUID, metadata: dict[str, Any], allowed: Filter
    ) -> Thread:
        """The thread, locked, made if it is not there. Raises `ThreadNotFoundError` if it is none of the `allowed`."""
        made = await repository.insert(connection, thread_id, metadata, self._ttl.of())
        thread = await repository.lock(connection, thread_id)
        if thread is None or (made is None and not allowed.matches(thread.metadata)):
            raise ThreadNotFoundError(thread_id)
        return thread

    async def lock_expired(self, connection: Connection) -> Thread | None:
        """A thread whose time is over and that nobody uses, locked until the transaction ends."""
        return await repository.lock_expired(connection)

    async def thin_out(self, connection: Connection, thread: Thread) -> bool:
        """Keep only the newest checkpoint of a locked thread and count its time to live anew; whether that could be."""
        await repository.renew_ttl(connection, thread.thread_id)
        try:
            await self.states.keep_latest(connection, thread)
        except (Invalid, GraphNotFoundError, GraphFactoryError):
            return False
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

    async def settle_from_state(
        self, connection: Connection, thread_id: UUID, graph_id: str, user: User | None = None
    ) -> None:
        """Set the thread's status from its newest checkpoint: its last run, `user`'s, was taken out before it ran."""
        outcome = await self.states.outcome(thread_id, graph_id, None, connection=connection, user=user)
        await repository.settle(connection, thread_id, outcome)

    async def delete_in(self, connection: Connection, thread_id: UUID) -> bool:
        """Delete the thread with all that hangs on it; whether there was one."""
        return await repository.delete(connection, thread_id)

    async def delete_run_checkpoints(self, connection: Connection, thread_id: UUID, run_id: UUID | str) -> None:
        """Take back the checkpoints that a run wrote."""
        await checkpoints.delete_of_run(connection, thread_id, run_id)

    async def note_gone_events(self, connection: Connection, thread_id: UUID, run_id: UUID) -> None:
        """Note that a run's events go with it, while they are there."""
        await repository.note_gone_events(connection, thread_id, run_id)

    async def gone_events(self, connection: Connection, thread_id: UUID) -> int:
        """How many events of the thread went with their runs."""
        return await repository.gone_events(connection, thread_id)

    async def outcome(
        self,
        thread_id: UUID,
        graph_id: str,
        config: RunnableConfig | None,
        error: dict[str, str] | None = None,
        user: User | None = None,
    ) -> ThreadOutcome:
        """What the thread's newest checkpoint says of it, its graph opened for `user`."""
        return await self.states.outcome(thread_id, graph_id, config, error, user=user)

    # --- inside

    async def _searched(self, request: ThreadCount, limit: int, offset: int) -> tuple[Filter, dict[str, Any]]:
        """What the caller may find, and what it asks for: the project's handler may have changed that."""
        asked: dict[str, Any] = {
            "metadata": dict(request.metadata or {}),
            "values": dict(request.values or {}),
            "status": request.status,
            "limit": limit,
            "offset": offset,
        }
        return await self._access.may("threads", "search", asked), asked

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
