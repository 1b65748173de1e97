"""Whether something stands between us and Postgres that may give each transaction another session."""

from typing import Any

from psycopg import AsyncConnection

ADVICE = (
    "Set DATABASE_DIRECT_URL to the database itself: listening, locking and migrating need sessions of their own, "
    "and statements must not be prepared in those of a pooler."
)


async def goes_through_pooler(connection: AsyncConnection[Any]) -> bool:
    """Whether a pooler such as PgBouncer answers: it names another process than Postgres does."""
    cursor = await connection.execute("select pg_backend_pid() as pid")
    row = await cursor.fetchone()
    pid = None if row is None else row["pid"] if isinstance(row, dict) else row[0]
    return bool(pid != connection.info.backend_pid)
