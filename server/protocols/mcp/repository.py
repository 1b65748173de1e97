"""What MCP does in Postgres: telling all processes of a cancelled call."""

from server.db.pool import Connection
from server.protocols.mcp.live_calls import CHANNEL


async def tell_of_cancel(connection: Connection, key: str) -> None:
    """Notify the process that answers the call, or the calls, of that key."""
    await connection.execute("select pg_notify(%s, %s)", (CHANNEL, key))
