"""Whether queries are answered from indexes."""

from collections.abc import Awaitable, Callable
from typing import Any

from server.db.pool import Connection, Pool


class Explaining:
    """A connection that runs a statement and keeps Postgres' plan of it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.plans: list[str] = []

    async def execute(self, query: Any, parameters: Any = None) -> Any:
        text = query if isinstance(query, str) else query.as_string(self._connection)
        cursor = await self._connection.execute("explain " + text, parameters)
        self.plans.append("\n".join(str(row["QUERY PLAN"]) for row in await cursor.fetchall()))
        return await self._connection.execute(query, parameters)


async def scans(pool: Pool, ask: Callable[[Any], Awaitable[Any]]) -> list[str]:
    """The plans, of the statements that `ask` makes, that read a whole table."""
    async with pool.connection() as connection, connection.transaction():
        await connection.execute("set local enable_seqscan = off")  # the tables are empty: a scan would be cheapest
        explaining = Explaining(connection)
        await ask(explaining)
    assert explaining.plans
    return [plan for plan in explaining.plans if "Seq Scan" in plan]
