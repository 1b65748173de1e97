"""The process's one connection pool."""

import json
import re
from typing import Any, TypeAlias

import orjson
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import set_json_loads
from psycopg_pool import AsyncConnectionPool

Connection: TypeAlias = AsyncConnection[DictRow]
Pool: TypeAlias = AsyncConnectionPool[AsyncConnection[DictRow]]


_MANY_DIGITS = re.compile(rb"\d{19}")

# The pool tries in ever longer intervals for as long as this, then anew when somebody asks for a connection. Its default
# lets it sleep for minutes after Postgres is back.
_RECONNECT_SECONDS = 5.0


def create_pool(url: str, size: int, *, prepares: bool = True) -> Pool:
    """A pool of up to `size` connections to `url`, not opened yet.

    Statements are prepared on the server unless `prepares` is false: behind a pooler, the next one may meet another session.
    Connections commit each statement by themselves and return rows as dicts, as LangGraph's checkpointer needs;
    use `connection.transaction()` where statements belong together.
    """
    kwargs: dict[str, Any] = {"prepare_threshold": 0 if prepares else None, "row_factory": dict_row}
    return AsyncConnectionPool(
        url,
        connection_class=AsyncConnection[DictRow],
        kwargs=kwargs,
        configure=_configure,
        min_size=min(4, size),
        max_size=size,
        open=False,
        timeout=15,
        reconnect_timeout=_RECONNECT_SECONDS,
        name="planloom",
    )


async def _configure(connection: Connection) -> None:
    # not a connection argument: the job queue opens its listener with the pool's arguments and one of its own
    await connection.set_autocommit(True)
    set_json_loads(_decoded, connection)


def _decoded(text: bytes | str) -> Any:
    """A json value. The fast decoder makes a float of an integer beyond 64 bits, so those go the slow way."""
    if _MANY_DIGITS.search(text if isinstance(text, bytes) else text.encode()):
        return json.loads(text)
    return orjson.loads(text)
