"""Stored checkpoints from one form into the other: lists in pieces, as our saver writes them, or whole, as the library's.

Either is done on the stored bytes: nothing is decoded, and what was converted both ways is what it was.
"""

from collections.abc import Sequence
from typing import Any, Literal

from psycopg import sql

from server.db.checkpoints.of_thread import lock_pieces
from server.db.checkpoints.pieces import PREFIX, WHOLE
from server.db.checkpoints.values import Pieces, fetch_pieces, whole
from server.db.pool import Connection

Form = Literal["pieces", "whole"]

_KEYS = {
    "checkpoint_blobs": ("checkpoint_ns", "channel", "version"),
    "checkpoint_writes": ("checkpoint_ns", "checkpoint_id", "task_id", "idx"),
    "checkpoint_writes_before": ("run_id", "checkpoint_ns", "checkpoint_id", "task_id", "idx"),
}
_AT_ONCE = 50  # rows, so that a long thread's lists are not all in memory


async def threads_to_convert(connection: Connection, form: Form) -> list[str]:
    """The threads that have values in the other form than `form`."""
    if form == "whole":
        cursor = await connection.execute("select distinct thread_id from checkpoint_pieces order by thread_id")
    else:
        cursor = await connection.execute(
            """select thread_id from checkpoint_blobs where type = 'msgpack' and octet_length(blob) > %(least)s
               union
               select thread_id from checkpoint_writes where type = 'msgpack' and octet_length(blob) > %(least)s
               order by thread_id""",
            {"least": WHOLE},
        )
    return [row["thread_id"] for row in await cursor.fetchall()]


async def convert(connection: Connection, thread_id: str, form: Form) -> int:
    """Bring a thread's values into `form`, in one transaction; how many were not."""
    converted = 0
    async with connection.transaction():
        await lock_pieces(connection, thread_id)
        for table, keys in _KEYS.items():
            rows = await _rows(connection, thread_id, table, keys, form)
            for start in range(0, len(rows), _AT_ONCE):
                converted += await _convert(connection, thread_id, table, keys, rows[start : start + _AT_ONCE], form)
        if form == "whole":
            await connection.execute("delete from checkpoint_pieces where thread_id = %s", (thread_id,))
    return converted


async def _rows(
    connection: Connection, thread_id: str, table: str, keys: Sequence[str], form: Form
) -> list[tuple[Any, ...]]:
    """The keys of the rows that are in the other form, or may be."""
    condition = "starts_with(type, %s)" if form == "whole" else "type = 'msgpack' and octet_length(blob) > %s"
    cursor = await connection.execute(
        sql.SQL("select {} from {} where thread_id = %s and ").format(
            sql.SQL(", ").join(map(sql.Identifier, keys)), sql.Identifier(table)
        )
        + sql.SQL(condition),
        (thread_id, PREFIX if form == "whole" else WHOLE),
    )
    return [tuple(row.values()) for row in await cursor.fetchall()]


async def _convert(
    connection: Connection, thread_id: str, table: str, keys: Sequence[str], rows: list[tuple[Any, ...]], form: Form
) -> int:
    where = sql.SQL(" and ").join(sql.SQL("{} = %s").format(sql.Identifier(key)) for key in ("thread_id", *keys))
    select = sql.SQL("select type, blob from {} where ").format(sql.Identifier(table)) + where
    update = sql.SQL("update {} set type = %s, blob = %s where ").format(sql.Identifier(table)) + where
    before: list[tuple[str, bytes]] = []
    for row in rows:
        cursor = await connection.execute(select, (thread_id, *row))
        before += [(found["type"], found["blob"]) for found in await cursor.fetchall()]
    after: list[tuple[str, bytes | None]]
    async with connection.cursor() as cursor:
        if form == "whole":
            pieces = await fetch_pieces(cursor, thread_id, [stored for _, stored in before])
            after = [whole(kind, stored, pieces) for kind, stored in before]
        else:
            cut = Pieces()
            after = [cut.stored(kind, stored) for kind, stored in before]
            await cut.insert(cursor, thread_id, set())
    changed = [(new, row) for old, new, row in zip(before, after, rows, strict=True) if new != old]
    for new, row in changed:
        await connection.execute(update, (*new, thread_id, *row))
    return len(changed)
