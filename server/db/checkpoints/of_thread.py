"""A thread's checkpoints in the saver's three tables: copied, thinned out, measured, deleted.

The saver keeps a checkpoint's small values inline, its other values in `checkpoint_blobs` (one row per version of a
channel), and what tasks wrote since in `checkpoint_writes`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from langchain_core.runnables import RunnableConfig
from psycopg import sql
from psycopg.types.json import Jsonb

from server.db.pool import Connection

_TABLES = ("checkpoint_writes", "checkpoint_blobs", "checkpoints")


@dataclass(frozen=True, slots=True)
class Storage:
    """What a thread's checkpoints take up, in rows and bytes; `by_channel` in versions and bytes."""

    checkpoints: tuple[int, int]
    by_channel: dict[str, tuple[int, int]]
    pending_writes: tuple[int, int]

    def to_wire(self, thread_id: UUID) -> dict[str, Any]:
        """The storage object of the API."""
        values_count = sum(versions for versions, _ in self.by_channel.values())
        values_bytes = sum(size for _, size in self.by_channel.values())
        return {
            "thread_id": thread_id,
            "total_bytes": self.checkpoints[1] + values_bytes + self.pending_writes[1],
            "checkpoints": {"count": self.checkpoints[0], "bytes": self.checkpoints[1]},
            "channel_values": {
                "count": values_count,
                "bytes": values_bytes,
                "by_channel": {
                    channel: {"versions": versions, "bytes": size}
                    for channel, (versions, size) in self.by_channel.items()
                },
            },
            "pending_writes": {"count": self.pending_writes[0], "bytes": self.pending_writes[1]},
        }


async def delete_all(connection: Connection, thread_id: UUID) -> None:
    """Delete all checkpoints of a thread."""
    for table in _TABLES:
        await connection.execute(
            sql.SQL("delete from {} where thread_id = %s").format(sql.Identifier(table)), (str(thread_id),)
        )


async def delete_of_run(connection: Connection, thread_id: UUID, run_id: UUID) -> None:
    """Delete the checkpoints that one run wrote, so that the thread's newest is the one before the run."""
    await connection.execute(
        """with gone as (
               delete from checkpoints where thread_id = %(thread)s and metadata ->> 'run_id' = %(run)s
               returning checkpoint_ns, checkpoint_id
           ) delete from checkpoint_writes using gone
             where checkpoint_writes.thread_id = %(thread)s
               and checkpoint_writes.checkpoint_ns = gone.checkpoint_ns
               and checkpoint_writes.checkpoint_id = gone.checkpoint_id""",
        {"thread": str(thread_id), "run": str(run_id)},
    )


async def copy(connection: Connection, source: UUID, target: UUID) -> None:
    """Give the thread `target` all checkpoints of `source`, under the same checkpoint ids.

    One statement, and so one snapshot: what a run writes meanwhile is copied whole or not at all.
    """
    await connection.execute(
        """with copied as (
               insert into checkpoints
                   (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint, metadata)
               select %(target)s, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint,
                      case when metadata ? 'thread_id'
                           then metadata || jsonb_build_object('thread_id', %(target)s::text) else metadata end
               from checkpoints where thread_id = %(source)s
           ), blobs as (
               insert into checkpoint_blobs (thread_id, checkpoint_ns, channel, version, type, blob)
               select %(target)s, checkpoint_ns, channel, version, type, blob
               from checkpoint_blobs where thread_id = %(source)s
           ) insert into checkpoint_writes
                 (thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, type, blob, task_path)
             select %(target)s, checkpoint_ns, checkpoint_id, task_id, idx, channel, type, blob, task_path
             from checkpoint_writes where thread_id = %(source)s""",
        {"source": str(source), "target": str(target)},
    )


async def building_on_writes(connection: Connection, thread_id: UUID) -> list[str]:
    """The namespaces whose values may be put together from older checkpoints (they have a `DeltaChannel`)."""
    cursor = await connection.execute(
        """select distinct checkpoint_ns from checkpoints
           where thread_id = %s and metadata ? 'counters_since_delta_snapshot' order by checkpoint_ns""",
        (str(thread_id),),
    )
    return [row["checkpoint_ns"] for row in await cursor.fetchall()]


async def write_snapshots(
    connection: Connection, config: RunnableConfig, snapshots: Mapping[str, tuple[str, bytes]]
) -> None:
    """Store in the checkpoint that `config` names what its channels hold, as a type and bytes each, so that it builds on
    no older one."""
    named = config["configurable"]
    at = {"thread": named["thread_id"], "ns": named["checkpoint_ns"], "checkpoint": named["checkpoint_id"]}
    for channel, (kind, blob) in snapshots.items():
        await connection.execute(
            """insert into checkpoint_blobs (thread_id, checkpoint_ns, channel, version, type, blob)
               select thread_id, checkpoint_ns, %(channel)s, checkpoint -> 'channel_versions' ->> %(channel)s,
                      %(kind)s, %(blob)s
               from checkpoints
               where thread_id = %(thread)s and checkpoint_ns = %(ns)s and checkpoint_id = %(checkpoint)s
               on conflict (thread_id, checkpoint_ns, channel, version) do nothing""",
            {**at, "channel": channel, "kind": kind, "blob": blob},
        )
    # `true` inline is how the library marks a value whose snapshot is a blob
    await connection.execute(
        """update checkpoints
           set checkpoint = jsonb_set(checkpoint, '{channel_values}', checkpoint -> 'channel_values' || %(marks)s),
               metadata = metadata - 'counters_since_delta_snapshot'
           where thread_id = %(thread)s and checkpoint_ns = %(ns)s and checkpoint_id = %(checkpoint)s""",
        {**at, "marks": Jsonb(dict.fromkeys(snapshots, True))},
    )


async def keep_latest(connection: Connection, thread_id: UUID, whole: Collection[str] = ()) -> None:
    """Delete all but the newest checkpoint of the thread and of each subgraph whose state can still be reached.

    A subgraph that a task called (`node:<task id>`) is reached from the checkpoint that the task belongs to only; one
    with a memory of its own (no task id in its namespace) keeps its newest. The namespaces `whole` keep all that they
    have, if any: their values build on older checkpoints. Only for a thread without a run.
    """
    parameters = {"thread": str(thread_id), "whole": list(whole)}
    await connection.execute(
        """with newest as (
               select distinct on (checkpoint_ns) checkpoint_ns, checkpoint_id, metadata from checkpoints
               where thread_id = %(thread)s order by checkpoint_ns desc, checkpoint_id desc
           ), reached as (
               select checkpoint_ns, checkpoint_id from newest
               where position(':' in checkpoint_ns) = 0
                  or metadata -> 'parents' ->> '' = (select checkpoint_id from newest as root where checkpoint_ns = '')
           ), kept as (
               select checkpoint_ns, checkpoint_id from reached
               union
               select checkpoint_ns, checkpoint_id from checkpoints where thread_id = %(thread)s
                   and checkpoint_ns = any(%(whole)s) and checkpoint_ns in (select checkpoint_ns from reached)
           ), gone as (
               delete from checkpoints where thread_id = %(thread)s
                   and (checkpoint_ns, checkpoint_id) not in (select checkpoint_ns, checkpoint_id from kept)
           ) delete from checkpoint_writes where thread_id = %(thread)s
                 and (checkpoint_ns, checkpoint_id) not in (select checkpoint_ns, checkpoint_id from kept)""",
        parameters,
    )
    await connection.execute(
        """update checkpoints set parent_checkpoint_id = null
           where thread_id = %(thread)s and checkpoint_ns <> all(%(whole)s)""",
        parameters,
    )
    await connection.execute(
        """delete from checkpoint_blobs where thread_id = %(thread)s
               and (checkpoint_ns, channel, version) not in (
                   select checkpoint_ns, used.key, used.value
                   from checkpoints, jsonb_each_text(checkpoint -> 'channel_versions') as used
                   where thread_id = %(thread)s
               )""",
        parameters,
    )


async def storage(connection: Connection, thread_id: UUID) -> Storage:
    """What the thread's checkpoints take up. A value kept inline counts as its channel's, not as its checkpoint's."""
    parameters = {"thread": str(thread_id)}
    cursor = await connection.execute(
        """select 1 as part, count(*) as n,
                  coalesce(sum(octet_length((checkpoint - 'channel_values')::text)
                               + octet_length(metadata::text)), 0)::bigint as size
           from checkpoints where thread_id = %(thread)s
           union all
           select 2, count(*), coalesce(sum(octet_length(blob)), 0)::bigint
           from checkpoint_writes where thread_id = %(thread)s
           order by part""",
        parameters,
    )
    checkpoints, writes = [(int(row["n"]), int(row["size"])) for row in await cursor.fetchall()]
    cursor = await connection.execute(
        """select channel, count(*) as n, sum(size)::bigint as size from (
               select checkpoint_ns, channel, version, coalesce(octet_length(blob), 0) as size
               from checkpoint_blobs where thread_id = %(thread)s
               union
               select checkpoint_ns, inline.key, checkpoint -> 'channel_versions' ->> inline.key,
                      octet_length(inline.value::text)
               from checkpoints, jsonb_each(checkpoint -> 'channel_values') as inline
               where thread_id = %(thread)s
           ) as stored group by channel order by channel""",
        parameters,
    )
    by_channel = {row["channel"]: (int(row["n"]), int(row["size"])) for row in await cursor.fetchall()}
    return Storage(checkpoints, by_channel, writes)
