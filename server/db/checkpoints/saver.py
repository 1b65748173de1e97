"""LangGraph's Postgres checkpointer, with lists stored in pieces and every number and text kept."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from math import isfinite
from typing import Any, TypeVar, cast

import psycopg
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    DeltaChannelHistory,
    PendingWrite,
    get_checkpoint_id,
    get_serializable_checkpoint_metadata,
    writes_sort_key,
)
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.serde.base import SerializerProtocol
from langgraph.checkpoint.serde.types import _DeltaSnapshot
from psycopg import AsyncCursor
from psycopg.pq import TransactionStatus
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from server.db.checkpoints import delta_history, of_thread
from server.db.checkpoints.decoded import DecodedPieces
from server.db.checkpoints.pieces import MISSING_PIECE, PieceNotFoundError
from server.db.checkpoints.values import Pieces, as_array, fetch_pieces, in_pieces, listed, manifests_in, whole
from server.db.pool import Connection, Pool

Read = TypeVar("Read")

_INLINE = 512  # characters of a text up to which it lies in the checkpoint's row, which each step writes anew
_SHORT = 32  # items up to which a value is written without a thread of its own
_PIECE = 400  # bytes of a piece, about
_SMALL = 32_768  # bytes up to which values are read without a thread of their own


# The library's, but that each value is looked up by its primary key (which `limit 1` brings about): joined, as it does it,
# Postgres may read all versions of all channels that the thread has.
_SELECT = """
    select thread_id, checkpoint, checkpoint_ns, checkpoint_id, parent_checkpoint_id, metadata,
           (select array_agg(array[value.channel::bytea, value.type::bytea, value.blob])
            from jsonb_each_text(checkpoint -> 'channel_versions') as named
            cross join lateral (
                select channel, type, blob from checkpoint_blobs
                where checkpoint_blobs.thread_id = checkpoints.thread_id
                  and checkpoint_blobs.checkpoint_ns = checkpoints.checkpoint_ns
                  and channel = named.key and version = named.value limit 1
            ) as value) as channel_values,
           (select array_agg(array[task_id::bytea, channel::bytea, type::bytea, blob, convert_to(task_path, 'UTF8'),
                                   idx::text::bytea])
            from checkpoint_writes as written
            where written.thread_id = checkpoints.thread_id and written.checkpoint_ns = checkpoints.checkpoint_ns
              and written.checkpoint_id = checkpoints.checkpoint_id) as pending_writes
    from checkpoints """


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


class CheckpointSaver(AsyncPostgresSaver):
    """The library's checkpointer and tables, but for how values are stored.

    - A large list is stored in pieces (`server.db.checkpoints.pieces`), so that a step that adds an item does not write
      the others again. What the library's own saver wrote is read as it is.
    - A long text is stored once per version of its channel, not in each checkpoint. So is a bare number or text that
      Postgres' JSON does not know (NaN, infinity, U+0000, half a surrogate pair), which would fail the run otherwise.
    - Threads can be copied and thinned out, and what a run wrote taken back.
    """

    SELECT_SQL = _SELECT

    cuts = True
    """Whether large lists are stored in pieces; if not, what this saver writes the library's own can read."""

    decoded: DecodedPieces | None = None
    """What was decoded lately, shared by the savers of a process that read with the same serializer."""

    _known: dict[str, set[bytes]] | None = None
    """By thread, the pieces that were stored when this saver last met them."""

    def __init__(self, conn: Pool | Connection, serde: SerializerProtocol | None = None) -> None:
        super().__init__(conn, serde=serde)
        self._found: set[tuple[str, str, str]] = set()  # checkpoints that were read, and not written on since

    # --- writing

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

    def _known_of(self, thread_id: str) -> set[bytes]:
        if self._known is None:
            self._known = {}
        return self._known.setdefault(thread_id, set())

    # --- reading

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """One checkpoint, the newest if none is named; see the library's."""
        configurable = config["configurable"]
        at = [configurable["thread_id"], configurable.get("checkpoint_ns", "")]
        where = "where thread_id = %s and checkpoint_ns = %s "
        if checkpoint_id := get_checkpoint_id(config):
            where += "and checkpoint_id = %s"
            at.append(checkpoint_id)
        else:
            where += "order by checkpoint_id desc limit 1"
        rows = await self._rows(self.SELECT_SQL + where, at)
        if not rows:
            return None
        self._found.add((at[0], at[1], rows[0]["checkpoint_id"]))
        return await self._load_checkpoint_tuple(rows[0])

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002 - the library's name
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """Checkpoints, newest first; see the library's."""
        where, parameters = self._search_where(config, filter, before)
        query = self.SELECT_SQL + where + " order by checkpoint_id desc"
        if limit is not None:
            query += " limit %s"
            parameters = [*parameters, int(limit)]
        for row in await self._rows(query, parameters):
            yield await self._load_checkpoint_tuple(row)

    async def aget_delta_channel_history(
        self, *, config: RunnableConfig, channels: Sequence[str]
    ) -> Mapping[str, DeltaChannelHistory]:
        """What the values of `channels` are put together from, at the checkpoint that is named or the newest."""

        async def read(cursor: AsyncCursor[DictRow]) -> tuple[delta_history.StoredHistory, dict[bytes, bytes]]:
            found = await delta_history.read(cursor, config, channels)
            return found, await fetch_pieces(cursor, config["configurable"]["thread_id"], found.manifests)

        found, pieces = await self._read(read)
        self._known_of(config["configurable"]["thread_id"]).update(pieces)

        def load() -> Mapping[str, DeltaChannelHistory]:
            return found.history(lambda kind, value: self._decode(kind, value, pieces))

        return await asyncio.to_thread(load) if found.size + len(pieces) * _PIECE > _SMALL else load()

    async def _rows(self, query: str, parameters: Sequence[Any]) -> list[DictRow]:
        async def read(cursor: AsyncCursor[DictRow]) -> list[DictRow]:
            await cursor.execute(query, parameters, binary=True)
            rows = await cursor.fetchall()
            await self._complete(cursor, rows)
            return rows

        return await self._read(read)

    async def _read(self, read: Callable[[AsyncCursor[DictRow]], Awaitable[Read]]) -> Read:
        """Rows and the pieces that they name are two statements: what is thinned out between them is read again."""
        for _ in range(2):
            with suppress(PieceNotFoundError):
                async with self._cursor() as cursor:
                    return await read(cursor)
        async with self._cursor() as cursor:
            return await read(cursor)

    async def _complete(self, cursor: AsyncCursor[DictRow], rows: list[DictRow]) -> None:
        """Fetch what the rows of checkpoints have in pieces, and give those of old the sends they lack."""
        await self._add_pending_sends(cursor, rows)
        by_thread: dict[str, list[bytes]] = {}
        for row in rows:
            row["pieces"] = {}
            manifests = manifests_in(row["channel_values"] or (), 1) + manifests_in(row["pending_writes"] or (), 2)
            if manifests:
                by_thread.setdefault(row["thread_id"], []).extend(manifests)
        for thread_id, manifests in by_thread.items():
            pieces = await fetch_pieces(cursor, thread_id, manifests)
            self._known_of(thread_id).update(pieces)
            for row in rows:
                if row["thread_id"] == thread_id:
                    row["pieces"] = pieces

    async def _add_pending_sends(self, cursor: AsyncCursor[DictRow], rows: list[DictRow]) -> None:
        old = [row for row in rows if row["checkpoint"]["v"] < 4 and row["parent_checkpoint_id"]]
        for row in old:
            await cursor.execute(self.SELECT_PENDING_SENDS_SQL, (row["thread_id"], [row["parent_checkpoint_id"]]))
            for sends in await cursor.fetchall():
                row["channel_values"] = row["channel_values"] or []
                self._migrate_pending_sends(sends["sends"], row["checkpoint"], row["channel_values"])

    async def _load_checkpoint_tuple(self, value: DictRow) -> CheckpointTuple:
        blobs, pieces = value["channel_values"] or [], value["pieces"]
        writes = sorted(
            value["pending_writes"] or [],
            key=lambda row: writes_sort_key(row[4].decode(), row[0].decode(), int(row[5])),
        )
        size = sum(len(blob[2] or b"") for blob in blobs) + sum(len(write[3]) for write in writes)

        def load() -> tuple[dict[str, Any], list[PendingWrite]]:
            values = {
                name.decode(): self._decode(kind.decode(), stored, pieces)
                for name, kind, stored in blobs
                if kind != b"empty"
            }
            return values, [
                (task_id.decode(), channel.decode(), self._decode(kind.decode(), stored, pieces))
                for task_id, channel, kind, stored, _, _ in writes
            ]

        values, pending = await asyncio.to_thread(load) if size + len(pieces) * _PIECE > _SMALL else load()
        at = {"thread_id": value["thread_id"], "checkpoint_ns": value["checkpoint_ns"]}
        checkpoint, parent_id = value["checkpoint"], value["parent_checkpoint_id"]
        return CheckpointTuple(
            {"configurable": {**at, "checkpoint_id": value["checkpoint_id"]}},
            cast(Checkpoint, {**checkpoint, "channel_values": {**(checkpoint.get("channel_values") or {}), **values}}),
            value["metadata"],
            {"configurable": {**at, "checkpoint_id": parent_id}} if parent_id else None,
            pending,
        )

    def _decode(self, kind: str, stored: bytes, pieces: Mapping[bytes, bytes]) -> Any:
        if not in_pieces(kind):
            return self.serde.loads_typed((kind, stored))
        value = listed(kind, stored, pieces, self._piece)
        return self.serde.loads_typed(whole(kind, stored, pieces)) if value is None else value

    def _piece(self, piece: bytes) -> list[Any]:
        def load(piece: bytes) -> list[Any]:
            items: list[Any] = self.serde.loads_typed(("msgpack", as_array(piece)))
            return items

        return load(piece) if self.decoded is None else self.decoded.items(piece, load)

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
