"""A thread's checkpoints in the saver's tables: copied, thinned out, measured, deleted.

The saver keeps a checkpoint's small values inline, its other values in `checkpoint_blobs` (one row per version of a
channel), and what tasks wrote since in `checkpoint_writes`. Either may name pieces in `checkpoint_pieces`. Whoever takes
rows away does so in a transaction and under a lock that those who write values in pieces share, and takes the pieces
along that nothing names any more.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from langchain_core.runnables import RunnableConfig
from psycopg import sql
from psycopg.types.json import Jsonb

from server.db.checkpoints.pieces import PREFIX
from server.db.pool import Connection

_TABLES = ("checkpoint_writes_before", "checkpoint_writes", "checkpoint_blobs", "checkpoints", "checkpoint_pieces")

# a piece by a value (of a channel, or null: a task's write) that leads to it, each once
_REACHED = """reached(channel, name, is_group) as (
    (
        select channel, named.name, named.is_group
        from checkpoint_blobs, lateral checkpoint_piece_names(blob) as named
        where thread_id = %(thread)s and starts_with(type, %(prefix)s)
        union
        select null, named.name, named.is_group
        from checkpoint_writes, lateral checkpoint_piece_names(blob) as named
        where thread_id = %(thread)s and starts_with(type, %(prefix)s)
        union
        select null, named.name, named.is_group
        from checkpoint_writes_before, lateral checkpoint_piece_names(blob) as named
        where thread_id = %(thread)s and starts_with(type, %(prefix)s)
    ) union
    select reached.channel, named.name, named.is_group from reached
    join checkpoint_pieces as part
        on part.thread_id = %(thread)s and part.name = reached.name and reached.is_group,
        lateral checkpoint_piece_names(part.piece) as named
)"""


@dataclass(frozen=True, slots=True)
class Storage:
    """What a thread's checkpoints take up, in rows and bytes; `by_channel` in versions and bytes."""

    checkpoints: tuple[int, int]
    by_channel: dict[str, tuple[int, int]]
    pending_writes: tuple[int, int]

    def to_wire(self, thread_id: UUID | str) -> dict[str, Any]:
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


async def delete_all(connection: Connection, thread_id: UUID | str) -> None:
    """Delete all checkpoints of a thread."""
    await lock_pieces(connection, thread_id)
    for table in _TABLES:
        await connection.execute(
            sql.SQL("delete from {} where thread_id = %s").format(sql.Identifier(table)), (str(thread_id),)
        )


async def delete_of_run(connection: Connection, thread_id: UUID | str, run_id: UUID | str) -> None:
    """Delete the checkpoints that one run wrote, with what only they have, and what it wrote on the one before: the thread
    stands where it stood before the run, its questions unanswered again."""
    await lock_pieces(connection, thread_id)
    parameters = {"thread": str(thread_id), "run": str(run_id)}
    await connection.execute(
        """with gone as (
               delete from checkpoints where thread_id = %(thread)s and metadata ->> 'run_id' = %(run)s
               returning checkpoint_ns, checkpoint_id
           ), written_on as (
               select distinct checkpoint_ns, checkpoint_id from checkpoint_writes_before
               where thread_id = %(thread)s and run_id = %(run)s
               union select checkpoint_ns, checkpoint_id from gone
           ) delete from checkpoint_writes using written_on
             where checkpoint_writes.thread_id = %(thread)s
               and checkpoint_writes.checkpoint_ns = written_on.checkpoint_ns
               and checkpoint_writes.checkpoint_id = written_on.checkpoint_id""",
        parameters,
    )
    await connection.execute(
        """with before as (
               delete from checkpoint_writes_before where thread_id = %(thread)s and run_id = %(run)s returning *
           ) insert into checkpoint_writes
                 (thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, type, blob, task_path)
             select thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, type, blob, task_path
             from before where task_id <> ''""",
        parameters,
    )
    await _drop_unused(connection, thread_id)


async def threads_of_runs(connection: Connection, run_ids: Sequence[str]) -> list[tuple[str, str]]:
    """The threads that have checkpoints of those runs, each with the run."""
    cursor = await connection.execute(
        "select distinct thread_id, metadata ->> 'run_id' as run_id from checkpoints where metadata ->> 'run_id' = any(%s)",
        (list(run_ids),),
    )
    return [(row["thread_id"], row["run_id"]) for row in await cursor.fetchall()]


async def copy(connection: Connection, source: UUID | str, target: UUID | str) -> None:
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
           ), pieces as (
               insert into checkpoint_pieces (thread_id, name, piece)
               select %(target)s, name, piece from checkpoint_pieces where thread_id = %(source)s
           ) insert into checkpoint_writes
                 (thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, type, blob, task_path)
             select %(target)s, checkpoint_ns, checkpoint_id, task_id, idx, channel, type, blob, task_path
             from checkpoint_writes where thread_id = %(source)s""",
        {"source": str(source), "target": str(target)},
    )


async def building_on_writes(connection: Connection, thread_id: UUID | str) -> list[str]:
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


async def keep_latest(connection: Connection, thread_id: UUID | str, whole: Collection[str] = ()) -> None:
    """Delete all but the newest checkpoint of the thread and of each subgraph whose state can still be reached.

    A subgraph that a task called (`node:<task id>`) is reached from the checkpoint that the task belongs to only; one
    with a memory of its own (no task id in its namespace) keeps its newest. The namespaces `whole` keep all that they
    have, if any: their values build on older checkpoints. Only for a thread without a run.
    """
    parameters = {"thread": str(thread_id), "whole": list(whole)}
    await lock_pieces(connection, thread_id)
    await connection.execute(
        """with newest as (
               select distinct on (checkpoint_ns) checkpoint_ns, checkpoint_id, metadata from checkpoints
               where thread_id = %(thread)s order by checkpoint_ns desc, checkpoint_id desc
           ), reached as (
               select checkpoint_ns, checkpoint_id from newest
               where position(':' in checkpoint_ns) = 0 or not exists (
                   select from checkpoints as root
                   where root.thread_id = %(thread)s and root.checkpoint_ns = ''
                     and root.checkpoint_id = newest.metadata -> 'parents' ->> ''
                     and root.checkpoint_id <> (select head.checkpoint_id from newest as head where head.checkpoint_ns = '')
               )
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
    await connection.execute("delete from checkpoint_writes_before where thread_id = %(thread)s", parameters)
    await _drop_unused(connection, thread_id)


async def storage(connection: Connection, thread_id: UUID) -> Storage:
    """What the thread's checkpoints take up.

    A value kept inline counts as its channel's, not as its checkpoint's. A piece that several values share counts once:
    as the first such channel's (the library's own last), or as a write's if no channel has it.
    """
    parameters = {"thread": str(thread_id), "prefix": PREFIX}
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
        f"""with recursive {_REACHED}, first(channel, name) as (
               select (array_agg(channel order by channel is null, starts_with(channel, '__'), channel))[1], name
               from reached group by name
           ), stored(channel, n, size) as (
               select channel, 1, coalesce(octet_length(blob), 0) from checkpoint_blobs where thread_id = %(thread)s
               union all
               select key, 1, max(octet_length(value::text)) from (
                   select inline.key, inline.value, checkpoint_ns, checkpoint -> 'channel_versions' ->> inline.key as version
                   from checkpoints, jsonb_each(checkpoint -> 'channel_values') as inline where thread_id = %(thread)s
               ) as inline
               where not exists (
                   select from checkpoint_blobs as behind where behind.thread_id = %(thread)s
                       and behind.checkpoint_ns = inline.checkpoint_ns and behind.channel = inline.key
                       and behind.version = inline.version
               ) group by key, checkpoint_ns, version
               union all
               select first.channel, 0, octet_length(piece) from first
               join checkpoint_pieces as part on part.thread_id = %(thread)s and part.name = first.name
           ) select channel, sum(n)::bigint as n, sum(size)::bigint as size from stored group by channel order by channel""",
        parameters,
    )
    by_channel = {row["channel"]: (int(row["n"]), int(row["size"])) for row in await cursor.fetchall()}
    _, in_pieces = by_channel.pop(None, (0, 0))
    return Storage(checkpoints, by_channel, (writes[0], writes[1] + in_pieces))


async def lock_pieces(connection: Connection, thread_id: UUID | str) -> None:
    """Nobody else writes values of the thread in pieces, or takes pieces away, until the transaction ends."""
    await connection.execute(
        "select pg_advisory_xact_lock(hashtext('checkpoint_pieces'), hashtext(%s))", (str(thread_id),)
    )


async def _drop_unused(connection: Connection, thread_id: UUID | str) -> None:
    """Delete the values that no checkpoint has, then the pieces that no value names."""
    parameters = {"thread": str(thread_id), "prefix": PREFIX}
    await connection.execute(
        """delete from checkpoint_blobs where thread_id = %(thread)s
               and (checkpoint_ns, channel, version) not in (
                   select checkpoint_ns, used.key, used.value
                   from checkpoints, jsonb_each_text(checkpoint -> 'channel_versions') as used
                   where thread_id = %(thread)s
               )""",
        parameters,
    )
    await connection.execute(
        f"""with recursive {_REACHED} delete from checkpoint_pieces
            where thread_id = %(thread)s and name not in (select name from reached)""",
        parameters,
    )
