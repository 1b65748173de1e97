"""LangGraph's Postgres checkpointer, writing: lists are stored in pieces, and every number and text is kept."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from math import isfinite
from typing import Any

import psycopg
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    get_serializable_checkpoint_metadata,
)
from langgraph.checkpoint.serde.base import SerializerProtocol
from langgraph.checkpoint.serde.types import _DeltaSnapshot
from psycopg import AsyncCursor
from psycopg.pq import TransactionStatus
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from server.db.checkpoints import of_thread
from server.db.checkpoints.pieces import MISSING_PIECE
from server.db.checkpoints.reader import CheckpointReader
from server.db.checkpoints.values import Pieces
from server.db.pool import Connection, Pool

_INLINE = 512  # characters of a text up to which it lies in the checkpoint's row, which each step writes anew
_SHORT = 32  # items up to which a value is written without a thread of its own


# A run's writes on a checkpoint that it found may have to be taken back; a thread has one run at a time.
_REMEMBER = """
    with others as (
        delete from checkpoint_writes_before where thread_id = %(thread)s and run_id <> %(run)s
    ) insert into checkpoint_writes_before
          (thread_id, run_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, type, blob, task_path)
      select thread_id, %(run)s, checkpoint_ns, checkpoint_id, task_id, idx, channel, type, blob, task_path
      from (
          select thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, type, blob, task_path
          from checkpoint_writes
          where thread_id = %(thread)s and checkpoint_ns = %(ns)s and checkpoint_id = %(checkpoint)s
          union all
          select %(thread)s, %(ns)s, %(checkpoint)s, '', 0, '', null, null, ''
      ) as written
      where not exists (
          select from checkpoint_writes_before
          where thread_id = %(thread)s and run_id = %(run)s and checkpoint_ns = %(ns)s and checkpoint_id = %(checkpoint)s
      )"""


class CheckpointSaver(CheckpointReader):
    """The library's checkpointer and tables, but for how values are stored.

    - A large list is stored in pieces (`server.db.checkpoints.pieces`), so that a step that adds an item does not write
      the others again. What the library's own saver wrote is read as it is.
    - A long text is stored once per version of its channel, not in each checkpoint. So is a bare number or text that
      Postgres' JSON does not know (NaN, infinity, U+0000, half a surrogate pair), which would fail the run otherwise.
    - Threads can be copied and thinned out, and what a run wrote taken back.
    """

    cuts = True
    """Whether large lists are stored in pieces; if not, what this saver writes the library's own can read."""

    def __init__(self, conn: Pool | Connection, serde: SerializerProtocol | None = None) -> None:
        super().__init__(conn, serde=serde)
        self._found: set[tuple[str, str, str]] = set()  # checkpoints that were read, and not written on since

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """One checkpoint, the newest if none is named; see the library's. It may be written on now."""
        saved = await super().aget_tuple(config)
        if saved is not None:
            at = saved.config["configurable"]
            self._found.add((at["thread_id"], at["checkpoint_ns"], at["checkpoint_id"]))
        return saved

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Write a checkpoint; see the library's."""
        configurable = config["configurable"]
        thread_id, checkpoint_ns = configurable["thread_id"], configurable["checkpoint_ns"]
        values = checkpoint["channel_values"]
        inline = {name: value for name, value in values.items() if _lies_inline(value)}
        # `True` is how the library marks a value whose snapshot is a blob
        marks = {name: True for name, value in values.items() if isinstance(value, _DeltaSnapshot)}
        blobs = {
            name: values[name] for name in new_versions.keys() & values.keys() if name not in inline or name in marks
        }
        pieces = Pieces(self.cuts)
        rows: list[tuple[Any, ...]] = []
        if blobs:
            dump = self._rows_of(pieces, thread_id, checkpoint_ns, blobs, new_versions)
            rows = await asyncio.to_thread(dump) if any(map(_is_long, blobs.values())) else dump()
        row = (
            thread_id,
            checkpoint_ns,
            checkpoint["id"],
            configurable.get("checkpoint_id"),
            Jsonb({**checkpoint, "channel_values": {**inline, **marks}}),
            Jsonb(get_serializable_checkpoint_metadata(config, metadata)),
        )

        async def write(cursor: AsyncCursor[DictRow]) -> None:
            if rows:
                await cursor.executemany(self.UPSERT_CHECKPOINT_BLOBS_SQL, rows)
            await cursor.execute(self.UPSERT_CHECKPOINTS_SQL, row)

        await self._write(thread_id, pieces, write)
        named = {"thread_id": thread_id, "checkpoint_ns": checkpoint_ns, "checkpoint_id": checkpoint["id"]}
        return {"configurable": named}

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Write what a task wrote; see the library's."""
        only_special = all(channel in WRITES_IDX_MAP for channel, _ in writes)
        query = self.UPSERT_CHECKPOINT_WRITES_SQL if only_special else self.INSERT_CHECKPOINT_WRITES_SQL
        named = config["configurable"]
        at = named["thread_id"], named["checkpoint_ns"], named["checkpoint_id"]
        pieces = Pieces(self.cuts)

        def dump() -> list[tuple[Any, ...]]:
            dumped = self._dump_writes(*at, task_id, task_path, writes)
            return [(*row[:-2], *pieces.stored(row[-2], row[-1])) for row in dumped]

        rows = await asyncio.to_thread(dump) if any(_is_long(value) for _, value in writes) else dump()

        run_id = config.get("metadata", {}).get("run_id")
        goes_on = at in self._found and run_id is not None
        self._found.discard(at)

        async def write(cursor: AsyncCursor[DictRow]) -> None:
            if goes_on:
                names = {"thread": at[0], "ns": at[1], "checkpoint": at[2], "run": str(run_id)}
                await cursor.execute(_REMEMBER, names)
            await cursor.executemany(query, rows)

        await self._write(at[0], pieces, write)

    def _rows_of(
        self, pieces: Pieces, thread_id: str, checkpoint_ns: str, blobs: Mapping[str, Any], versions: ChannelVersions
    ) -> Callable[[], list[tuple[Any, ...]]]:
        return lambda: [
            (thread_id, checkpoint_ns, name, versions[name], *pieces.stored(*self.serde.dumps_typed(value)))
            for name, value in blobs.items()
        ]

    async def _write(
        self, thread_id: str, pieces: Pieces, write: Callable[[AsyncCursor[DictRow]], Awaitable[None]]
    ) -> None:
        """Do `write`, the pieces before it, in one transaction and one round trip."""
        if not pieces.held:
            async with self._cursor(pipeline=True) as cursor:
                await write(cursor)
            return
        known = self._known_of(thread_id)
        try:
            await self._write_with_pieces(thread_id, pieces, known, write)
        except psycopg.Error as error:
            if error.diag.sqlstate != MISSING_PIECE:
                raise
            known.clear()  # they were taken away since; all of them are at hand
            await self._write_with_pieces(thread_id, pieces, known, write)
        known.update(pieces.held)

    async def _write_with_pieces(
        self,
        thread_id: str,
        pieces: Pieces,
        known: set[bytes],
        write: Callable[[AsyncCursor[DictRow]], Awaitable[None]],
    ) -> None:
        async with self._cursor(pipeline=True) as cursor, _in_transaction(cursor):
            await pieces.insert(cursor, thread_id, known)
            await write(cursor)

    # --- whole threads

    async def adelete_thread(self, thread_id: str) -> None:
        """Delete all checkpoints of a thread."""
        async with self._transaction() as connection:
            await of_thread.delete_all(connection, thread_id)

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        """Give a thread all checkpoints of another."""
        async with self._transaction() as connection:
            await of_thread.copy(connection, source_thread_id, target_thread_id)

    async def adelete_for_runs(self, run_ids: Sequence[str]) -> None:
        """Delete the checkpoints that runs wrote."""
        async with self._transaction() as connection:
            for thread_id, run_id in await of_thread.threads_of_runs(connection, run_ids):
                await of_thread.delete_of_run(connection, thread_id, run_id)

    async def aprune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        """Delete all checkpoints of threads, or all but the newest and those that its values build on."""
        if isinstance(thread_ids, str) or strategy not in ("keep_latest", "delete"):
            raise ValueError(
                f"prune takes a list of thread ids, and the strategy keep_latest or delete, not {strategy!r}"
            )
        async with self._transaction() as connection:
            for thread_id in thread_ids:
                if strategy == "delete":
                    await of_thread.delete_all(connection, thread_id)
                else:
                    whole = await of_thread.building_on_writes(connection, thread_id)
                    await of_thread.keep_latest(connection, thread_id, whole)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Connection]:
        async with self._cursor() as cursor, cursor.connection.transaction():
            yield cursor.connection


@asynccontextmanager
async def _in_transaction(cursor: AsyncCursor[DictRow]) -> AsyncIterator[None]:
    """A savepoint where there is a transaction already; else a pipeline on a connection that commits by itself is one."""
    if cursor.connection.info.transaction_status != TransactionStatus.INTRANS:
        yield
        return
    async with cursor.connection.transaction():
        yield


def _lies_inline(value: object) -> bool:
    if isinstance(value, _DeltaSnapshot):
        return False
    if isinstance(value, float):
        return isfinite(value)
    if isinstance(value, str):
        return len(value) <= _INLINE and "\0" not in value and _is_unicode(value)
    return value is None or isinstance(value, int)


def _is_long(value: object) -> bool:
    if isinstance(value, _DeltaSnapshot):
        return _is_long(value.value)
    if isinstance(value, dict):
        return any(map(_is_long, value.values()))
    return isinstance(value, list | tuple | set) and len(value) > _SHORT


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True
