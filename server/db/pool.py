"""The process's one connection pool."""

import json
import re
from typing import Any, TypeAlias

import orjson
from psycopg import AsyncConnection, OperationalError
from psycopg.errors import FeatureNotSupported
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import set_json_loads
from psycopg_pool import AsyncConnectionPool

Connection: TypeAlias = AsyncConnection[DictRow]
Pool: TypeAlias = AsyncConnectionPool[AsyncConnection[DictRow]]


_MANY_DIGITS = re.compile(rb"\d{19}")

# The pool tries in ever longer intervals for as long as this, then anew when somebody asks for a connection. Its default
# lets it sleep for minutes after Postgres is back.
_RECONNECT_SECONDS = 5.0

_OUTDATED = "cached plan must not change result type"


def create_pool(url: str, size: int, *, prepares: bool = True) -> Pool:
    """A pool of up to `size` connections to `url`, not opened yet.

    Statements are prepared on the server unless `prepares` is false: behind a pooler, the next one may meet another session.
    After a newer server has migrated the database beside this one, what was prepared may be outdated: the statement that
    finds out fails as if Postgres had been away for a moment, and all connections are made anew.
    Connections commit each statement by themselves and return rows as dicts, as LangGraph's checkpointer needs;
    use `connection.transaction()` where statements belong together.
    """

    class Current(AsyncConnection[DictRow]):
        """Is not used again with statements that were prepared for tables as they no longer are."""

        async def __aexit__(self, *raised: Any) -> None:
            await super().__aexit__(*raised)
            if isinstance(raised[1], FeatureNotSupported) and _OUTDATED in str(raised[1]):
                await pool.drain()  # each of the connections would fail once
                raise OperationalError(f"a newer server changed the database: {raised[1]}") from raised[1]

    kwargs: dict[str, Any] = {"prepare_threshold": 0 if prepares else None, "row_factory": dict_row}
    pool: Pool = AsyncConnectionPool(
        url,
        connection_class=Current,
        kwargs=kwargs,
        configure=_configure,
        min_size=min(4, size),
        max_size=size,
        open=False,
        timeout=15,
        reconnect_timeout=_RECONNECT_SECONDS,
        name="planloom",
    )
    return pool


async def _configure(connection: Connection) -> None:
    # not a connection argument: the job queue opens its listener with the pool's arguments and one of its own
    await connection.set_autocommit(True)
    set_json_loads(_decoded, connection)


def _decoded(text: bytes | str) -> Any:
    """A json value. The fast decoder makes a float of an integer beyond 64 bits, so those go the slow way."""
    if _MANY_DIGITS.search(text if isinstance(text, bytes) else text.encode()):
        return json.loads(text)
    return orjson.loads(text)
