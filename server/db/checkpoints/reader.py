"""LangGraph's Postgres checkpointer, reading: values that are stored in pieces are put together, as any other are read."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    Checkpoint,
    CheckpointTuple,
    DeltaChannelHistory,
    PendingWrite,
    get_checkpoint_id,
    writes_sort_key,
)
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from psycopg import AsyncCursor
from psycopg.rows import DictRow

from server.db.checkpoints import delta_history
from server.db.checkpoints.decoded import DecodedPieces
from server.db.checkpoints.pieces import PieceNotFoundError
from server.db.checkpoints.values import as_array, fetch_pieces, in_pieces, listed, manifests_in, whole

Read = TypeVar("Read")

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


class CheckpointReader(AsyncPostgresSaver):
    """What of the library's checkpointer reads. It reads what the library's own wrote, and what `CheckpointSaver` did."""

    SELECT_SQL = _SELECT

    decoded: DecodedPieces | None = None
    """What was decoded lately, shared by the savers of a process that read with the same serializer."""

    _known: dict[str, set[bytes]] | None = None
    """By thread, the pieces that were stored when this saver last met them."""

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
        return await self._load_checkpoint_tuple(rows[0]) if rows else None

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

    def _known_of(self, thread_id: str) -> set[bytes]:
        if self._known is None:
            self._known = {}
        return self._known.setdefault(thread_id, set())
