"""What the values of a `DeltaChannel` are put together from: the last one that is stored whole, and the writes since."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import DeltaChannelHistory, get_checkpoint_id, writes_sort_key
from psycopg import AsyncCursor
from psycopg.rows import DictRow

from server.db.checkpoints.values import in_pieces

# From the checkpoint's parent upwards, per channel, to the first that has a value: a blob, or one in the row itself.
# `limit 1` keeps Postgres to the primary keys: joined otherwise, it may read the whole thread for each ancestor.
_ANCESTORS = """
    with recursive ancestor(channel, depth, checkpoint_id, parent_id, inline, type, blob) as (
        select channel, -1, null::text, parent_checkpoint_id, null::jsonb, null::text, null::bytea
        from checkpoints, unnest(%(channels)s::text[]) as channel
        where thread_id = %(thread)s and checkpoint_ns = %(ns)s and checkpoint_id = %(checkpoint)s
        union all
        select ancestor.channel, depth + 1, held.checkpoint_id, held.parent_checkpoint_id,
               held.checkpoint -> 'channel_values' -> ancestor.channel, value.type, value.blob
        from ancestor
        cross join lateral (
            select checkpoint_id, parent_checkpoint_id, checkpoint from checkpoints
            where thread_id = %(thread)s and checkpoint_ns = %(ns)s and checkpoint_id = ancestor.parent_id limit 1
        ) as held
        left join lateral (
            select type, blob from checkpoint_blobs
            where thread_id = %(thread)s and checkpoint_ns = %(ns)s and channel = ancestor.channel
              and version = held.checkpoint -> 'channel_versions' ->> ancestor.channel and type <> 'empty' limit 1
        ) as value on true
        where ancestor.type is null and coalesce(ancestor.inline, 'null') = 'null'
    ) select channel, inline, type, blob,
             (select array_agg(array[type::bytea, blob, task_id::bytea, idx::text::bytea, convert_to(task_path, 'UTF8')])
              from checkpoint_writes as written
              where written.thread_id = %(thread)s and written.checkpoint_ns = %(ns)s
                and written.checkpoint_id = ancestor.checkpoint_id and written.channel = ancestor.channel) as writes
      from ancestor where depth >= 0 order by channel, depth desc"""
_NEWEST = """select checkpoint_id from checkpoints where thread_id = %s and checkpoint_ns = %s
             order by checkpoint_id desc limit 1"""

Load = Callable[[str, bytes], Any]


@dataclass(frozen=True, slots=True)
class StoredWrite:
    """One write as its row has it."""

    kind: str
    value: bytes
    task_id: str
    idx: int
    task_path: str

    @classmethod
    def from_row(cls, row: Sequence[bytes]) -> "StoredWrite":
        """From an element of the query's `writes`."""
        kind, value, task_id, idx, task_path = row
        return cls(kind.decode(), value, task_id.decode(), int(idx), task_path.decode())


@dataclass(slots=True)
class StoredHistory:
    """Per channel: what was stored whole (bytes with their type, or a value as JSON has it), and the writes, oldest first."""

    seeds: dict[str, tuple[str, bytes]]
    inline: dict[str, Any]
    writes: dict[str, list[StoredWrite]]

    @property
    def manifests(self) -> list[bytes]:
        """Those of the values that are stored in pieces."""
        stored = [write for writes in self.writes.values() for write in writes]
        return [write.value for write in stored if in_pieces(write.kind)] + [
            value for kind, value in self.seeds.values() if in_pieces(kind)
        ]

    @property
    def size(self) -> int:
        """How many bytes its values have."""
        stored = [write.value for writes in self.writes.values() for write in writes]
        return sum(map(len, stored)) + sum(len(value) for _, value in self.seeds.values())

    def history(self, load: Load) -> dict[str, DeltaChannelHistory]:
        """The history as the library takes it, its values read by `load`."""
        histories: dict[str, DeltaChannelHistory] = {}
        for channel, writes in self.writes.items():
            histories[channel] = {
                "writes": [(write.task_id, channel, load(write.kind, write.value)) for write in writes]
            }
            if channel in self.seeds:
                histories[channel]["seed"] = load(*self.seeds[channel])
            elif channel in self.inline:
                histories[channel]["seed"] = self.inline[channel]
        return histories


async def read(cursor: AsyncCursor[DictRow], config: RunnableConfig, channels: Sequence[str]) -> StoredHistory:
    """The history of `channels` at the checkpoint that `config` names, or the newest."""
    named = config["configurable"]
    thread_id, checkpoint_ns = named["thread_id"], named.get("checkpoint_ns", "")
    checkpoint_id = get_checkpoint_id(config)
    if not checkpoint_id:
        await cursor.execute(_NEWEST, (thread_id, checkpoint_ns))
        newest = await cursor.fetchone()
        checkpoint_id = newest["checkpoint_id"] if newest else ""
    await cursor.execute(
        _ANCESTORS,
        {"thread": thread_id, "ns": checkpoint_ns, "checkpoint": checkpoint_id, "channels": list(channels)},
        binary=True,
    )
    found = StoredHistory({}, {}, {channel: [] for channel in channels})
    for row in await cursor.fetchall():
        channel = row["channel"]
        if row["type"] is not None:
            found.seeds[channel] = row["type"], row["blob"]
        elif row["inline"] is not None:
            found.inline[channel] = row["inline"]
        writes = [StoredWrite.from_row(write) for write in row["writes"] or ()]
        found.writes[channel] += sorted(writes, key=lambda one: writes_sort_key(one.task_path, one.task_id, one.idx))
    return found
