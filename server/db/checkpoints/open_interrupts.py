"""The questions that a thread waits with: read from what its tasks wrote, without the state around them."""

from collections.abc import Sequence
from uuid import UUID

from langgraph.checkpoint.serde.base import SerializerProtocol
from langgraph.types import Interrupt
from psycopg.rows import dict_row

from server.db.checkpoints.values import fetch_pieces, in_pieces, whole
from server.db.pool import Connection

_QUERY = """
    select writes.type, writes.blob from checkpoint_writes as writes
    where writes.thread_id = %(thread)s and writes.checkpoint_ns = '' and writes.channel = '__interrupt__'
      and writes.checkpoint_id = coalesce(%(checkpoint)s, (
          select newest.checkpoint_id from checkpoints as newest
          where newest.thread_id = %(thread)s and newest.checkpoint_ns = ''
          order by newest.checkpoint_id desc limit 1
      ))
    order by writes.task_path, writes.task_id, writes.idx
"""


async def open_interrupts(
    connection: Connection, thread_id: UUID, checkpoint_id: str | None, serde: SerializerProtocol
) -> Sequence[Interrupt]:
    """The interrupts at a checkpoint of the thread, the newest if none is named; those of subgraphs included.

    Two reads of primary keys (checkpoints, checkpoint_writes).
    """
    thread = str(thread_id)
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_QUERY, {"thread": thread, "checkpoint": checkpoint_id}, binary=True)
        rows = await cursor.fetchall()
        manifests = [row["blob"] for row in rows if in_pieces(row["type"])]
        pieces = await fetch_pieces(cursor, thread, manifests) if manifests else {}
    written = [serde.loads_typed(whole(row["type"], row["blob"], pieces)) for row in rows]
    return [one for several in written for one in several if isinstance(one, Interrupt)]
