"""What MCP does in Postgres: finding assistants by their tools' names, and telling all processes of a cancelled call."""

from collections.abc import Sequence

from psycopg import sql

from server.assistants.repository import Assistant
from server.auth.filters import Filter
from server.db.pool import Connection
from server.protocols.mcp.live_calls import CHANNEL
from server.protocols.mcp.tool_names import LONGEST, id_of, tail_of

# as `tool_names.plain_name` has it; the indexes assistants_tool and assistants_tail have these very expressions
PLAIN_NAME = (
    "coalesce(nullif(left(btrim(regexp_replace(name, '[^A-Za-z0-9_.-]+', '_', 'g'), '_'), "
    f"{LONGEST}), ''), 'assistant')"
)
_TAIL = "right(assistant_id::text, 8)"


async def candidates(connection: Connection, allowed: Filter, names: Sequence[str]) -> list[Assistant]:
    """The assistants, of those `allowed`, that tools of these names may belong to: of each name the oldest that is called so,
    and those whose ids are in it."""
    conditions, values = allowed.as_sql()
    visible = sql.SQL(" and ").join([sql.SQL("true"), *conditions])
    query = sql.SQL(
        """select found.* from unnest(%s::text[]) as asked (tool) cross join lateral (
               select * from assistants where {plain} = asked.tool and {visible}
               order by created_at, assistant_id limit 1
           ) as found
           union all select * from assistants where {tail} = any(%s) and {visible}
           union all select * from assistants where assistant_id = any(%s) and {visible}"""
    ).format(plain=sql.SQL(PLAIN_NAME), tail=sql.SQL(_TAIL), visible=visible)
    tails = [tail for name in names if (tail := tail_of(name)) is not None]
    ids = [one for name in names if (one := id_of(name)) is not None]
    cursor = await connection.execute(query, [list(names), *values, tails, *values, ids, *values])
    return [Assistant.from_row(row) for row in await cursor.fetchall()]


async def tell_of_cancel(connection: Connection, key: str) -> None:
    """Notify the process that answers the call, or the calls, of that key."""
    await connection.execute("select pg_notify(%s, %s)", (CHANNEL, key))
