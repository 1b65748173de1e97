"""A checkpointer that writes behind the graph: what a run's steps leave gathers for a moment and goes in one round trip.

For durability `async` and `exit`, which let a graph go on while its checkpoints are written; a crash loses the last
moment of them, and the next attempt takes those steps again. With `sync`, use the plain `CheckpointSaver`.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from itertools import groupby

from langgraph.checkpoint.serde.base import SerializerProtocol
from psycopg import AsyncCursor
from psycopg.rows import DictRow

from server.db.checkpoints.reader import Read
from server.db.checkpoints.saver import CheckpointSaver
from server.db.checkpoints.values import Pieces
from server.db.pool import Connection, Pool

_GATHER_SECONDS = 0.025
_MAX_WAITING = 200  # writes; past it, the graph waits

Write = Callable[[AsyncCursor[DictRow]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A write whose turn has not come."""

    thread_id: str
    pieces: Pieces
    write: Write


@dataclass
class _Behind:
    """What waits to be written, shared by a saver and the copies that the library makes of it."""

    waiting: list[_Waiting] = field(default_factory=list)
    in_a_hurry: asyncio.Event = field(default_factory=asyncio.Event)
    writer: asyncio.Task[None] | None = None


class WriteBehindSaver(CheckpointSaver):
    """Writes in the background, in order. Reading waits for what was written before, and so does `flush`.

    What is written is durable with the next transaction that waits for the disk, or within a second.

    A write that fails is raised by the next write, read or flush; what waited behind it is not written.
    """

    def __init__(self, pool: Pool, serde: SerializerProtocol | None = None) -> None:
        super().__init__(pool, serde=serde)
        self._behind = _Behind()

    async def flush(self) -> None:
        """Return when everything is written. Raises what a write failed with."""
        behind = self._behind
        while behind.writer is not None:
            behind.in_a_hurry.set()
            await asyncio.shield(behind.writer)  # done or failed; a caller that is cancelled does not stop it
            behind.writer = behind.writer if not behind.writer.done() else None

    async def _write(self, thread_id: str, pieces: Pieces, write: Write) -> None:
        behind = self._behind
        if len(behind.waiting) >= _MAX_WAITING or (behind.writer is not None and behind.writer.done()):
            await self.flush()
        behind.waiting.append(_Waiting(thread_id, pieces, write))
        if behind.writer is None:
            behind.in_a_hurry.clear()
            behind.writer = asyncio.create_task(self._write_what_waits(), name="checkpoints")

    async def _read(self, read: Callable[[AsyncCursor[DictRow]], Awaitable[Read]]) -> Read:
        await self.flush()
        return await super()._read(read)

    @contextlib.asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Connection]:
        await self.flush()
        async with super()._transaction() as connection:
            yield connection

    async def _write_what_waits(self) -> None:
        behind = self._behind
        try:
            while behind.waiting:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_GATHER_SECONDS):
                        await behind.in_a_hurry.wait()
                batch, behind.waiting = behind.waiting, []
                for thread_id, some in groupby(batch, lambda one: one.thread_id):
                    await self._write_together(thread_id, list(some))
        finally:
            behind.waiting = []

    async def _write_together(self, thread_id: str, waiting: list[_Waiting]) -> None:
        pieces = Pieces()
        for one in waiting:
            pieces.add(one.pieces)

        async def write(cursor: AsyncCursor[DictRow]) -> None:
            # Nobody waits for the disk here: the next commit that does (of events, of the run's end) is on it after these.
            await cursor.execute("select set_config('synchronous_commit', 'off', true)")
            for one in waiting:
                await one.write(cursor)

        await super()._write(thread_id, pieces, write)
