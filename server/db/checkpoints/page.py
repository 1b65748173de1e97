"""A page of a thread's history: read at once, each distinct value decoded once."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import Checkpoint, CheckpointTuple, DeltaChannelHistory, PendingWrite, writes_sort_key
from langgraph.checkpoint.serde.types import _DeltaSnapshot
from psycopg import AsyncCursor
from psycopg.rows import DictRow

from server.db.checkpoints.delta_history import StoredWrite
from server.db.checkpoints.saver import CheckpointSaver
from server.db.checkpoints.values import as_array, fetch_pieces, in_pieces, listed, whole

_CHECKPOINTS = """
    select thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, checkpoint, metadata,
           (select array_agg(array[type::bytea, blob, task_id::bytea, idx::text::bytea, convert_to(task_path, 'UTF8'),
                                   channel::bytea])
            from checkpoint_writes as written
            where written.thread_id = checkpoints.thread_id and written.checkpoint_ns = checkpoints.checkpoint_ns
              and written.checkpoint_id = checkpoints.checkpoint_id) as writes
    from checkpoints """
_VALUES = """
    select wanted.channel, wanted.version, type, blob
    from unnest(%s::text[], %s::text[]) as wanted(channel, version)
    cross join lateral (
        select type, blob from checkpoint_blobs
        where channel = wanted.channel and version = wanted.version and thread_id = %s and checkpoint_ns = %s
          and type <> 'empty' limit 1
    ) as value"""


@dataclass(slots=True)
class _Page:
    """Checkpoints of one namespace by id, the newest first, with what tasks wrote on them, and the values that they have."""

    rows: dict[str, DictRow] = field(default_factory=dict)
    writes: dict[str, list[tuple[str, StoredWrite]]] = field(default_factory=dict)
    values: dict[tuple[str, str], tuple[str, bytes]] = field(default_factory=dict)
    pieces: dict[bytes, bytes] = field(default_factory=dict)


class HistoryReader(CheckpointSaver):
    """A saver that reads one page of one thread. The values are shared by the page's states: they are not to be changed."""

    _page = _Page()
    _decoded: dict[Any, Any] = {}  # noqa: RUF012 - both are made anew for each page
    _older: dict[tuple[str, str], DeltaChannelHistory] = {}  # noqa: RUF012

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002 - the library's name
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """Checkpoints of the namespace that `config` names, newest first."""
        where, parameters = self._search_where(config, filter, before)

        async def read(cursor: AsyncCursor[DictRow]) -> _Page:
            query = _CHECKPOINTS + where + " order by checkpoint_id desc limit %s"
            await cursor.execute(query, [*parameters, limit], binary=True)
            return await _read_values(cursor, await cursor.fetchall())

        self._page, self._decoded, self._older = await self._read(read), {}, {}
        if any(row["checkpoint"]["v"] < 4 for row in self._page.rows.values()):
            async for saved in super().alist(config, filter=filter, before=before, limit=limit):
                yield saved
            return
        for row in self._page.rows.values():
            yield self._saved(row)
            await asyncio.sleep(0)  # a page may be long, and others have work to do

    async def aget_delta_channel_history(
        self, *, config: RunnableConfig, channels: Sequence[str]
    ) -> Mapping[str, DeltaChannelHistory]:
        """What the values of `channels` are put together from at a checkpoint, from what was read as far as that goes."""
        checkpoint_id = config["configurable"].get("checkpoint_id")
        if checkpoint_id not in self._page.rows:
            return await super().aget_delta_channel_history(config=config, channels=channels)
        return {channel: await self._history(config, str(checkpoint_id), channel) for channel in channels}

    async def _history(self, config: RunnableConfig, checkpoint_id: str, channel: str) -> DeltaChannelHistory:
        page = self._page
        writes: list[PendingWrite] = []  # newest first
        child = checkpoint_id
        while (at := page.rows[child]["parent_checkpoint_id"]) in page.rows:
            writes += reversed([write for write in self._writes(at) if write[1] == channel])
            checkpoint = page.rows[at]["checkpoint"]
            named = channel, checkpoint["channel_versions"].get(channel)
            inline = checkpoint["channel_values"].get(channel)
            if named in page.values:
                return {"seed": self._value(named), "writes": writes[::-1]}
            if inline is not None:
                return {"seed": inline, "writes": writes[::-1]}
            child = at
        if at is None:
            return {"writes": writes[::-1]}
        if (child, channel) not in self._older:  # than the page: the same for every state that leads there
            found = await super().aget_delta_channel_history(
                config={"configurable": {**config["configurable"], "checkpoint_id": child}}, channels=[channel]
            )
            self._older[child, channel] = found[channel]
        older = self._older[child, channel]
        return cast(DeltaChannelHistory, {**older, "writes": [*older["writes"], *writes[::-1]]})

    # --- what was read, decoded

    def _saved(self, row: DictRow) -> CheckpointTuple:
        at = {"thread_id": row["thread_id"], "checkpoint_ns": row["checkpoint_ns"]}
        checkpoint, parent_id = row["checkpoint"], row["parent_checkpoint_id"]
        values = {
            named[0]: self._value(named)
            for named in checkpoint["channel_versions"].items()
            if named in self._page.values
        }
        return CheckpointTuple(
            {"configurable": {**at, "checkpoint_id": row["checkpoint_id"]}},
            cast(Checkpoint, {**checkpoint, "channel_values": {**(checkpoint.get("channel_values") or {}), **values}}),
            row["metadata"],
            {"configurable": {**at, "checkpoint_id": parent_id}} if parent_id else None,
            list(self._writes(row["checkpoint_id"])),
        )

    def _writes(self, checkpoint_id: str) -> list[PendingWrite]:
        if checkpoint_id not in self._decoded:
            self._decoded[checkpoint_id] = [
                (write.task_id, channel, self.serde.loads_typed(whole(write.kind, write.value, self._page.pieces)))
                for channel, write in self._page.writes[checkpoint_id]
            ]
        writes: list[PendingWrite] = self._decoded[checkpoint_id]
        return writes

    def _value(self, named: tuple[str, str]) -> Any:
        if named not in self._decoded:
            kind, stored = self._page.values[named]
            value = listed(kind, stored, self._page.pieces, self._piece)
            if value is None:
                value = self.serde.loads_typed(whole(kind, stored, self._page.pieces))
            self._decoded[named] = value
        value = self._decoded[named]
        # a state's list is its own, should a reducer add to it
        if isinstance(value, _DeltaSnapshot) and isinstance(value.value, list):
            return _DeltaSnapshot(list(value.value))
        return list(value) if isinstance(value, list) else value

    def _piece(self, piece: bytes) -> list[Any]:
        if piece not in self._decoded:
            self._decoded[piece] = self.serde.loads_typed(("msgpack", as_array(piece)))
        items: list[Any] = self._decoded[piece]
        return items


async def _read_values(cursor: AsyncCursor[DictRow], rows: list[DictRow]) -> _Page:
    page = _Page({row["checkpoint_id"]: row for row in rows})
    if not rows:
        return page
    wanted = {named for row in rows for named in row["checkpoint"]["channel_versions"].items()}
    at = rows[0]["thread_id"], rows[0]["checkpoint_ns"]
    channels, versions = zip(*wanted, strict=True) if wanted else ((), ())
    await cursor.execute(_VALUES, (list(channels), list(versions), *at), binary=True)
    page.values = {(row["channel"], row["version"]): (row["type"], row["blob"]) for row in await cursor.fetchall()}
    for row in rows:
        found = [(write[5].decode(), StoredWrite.from_row(write[:5])) for write in row.pop("writes") or ()]
        found.sort(key=lambda one: writes_sort_key(one[1].task_path, one[1].task_id, one[1].idx))
        page.writes[row["checkpoint_id"]] = found
    manifests = [stored for kind, stored in page.values.values() if in_pieces(kind)]
    manifests += [write.value for writes in page.writes.values() for _, write in writes if in_pieces(write.kind)]
    page.pieces = await fetch_pieces(cursor, at[0], manifests)
    return page
