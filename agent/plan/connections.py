"""The agent's own connections to Postgres: one small pool for each event loop that asks, opened when first used."""

from __future__ import annotations

import asyncio
from typing import Any
from weakref import WeakKeyDictionary

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from tools.database_url import DatabaseUrlError, database_url

Pool = AsyncConnectionPool[AsyncConnection[Any]]

_MAX_SIZE = 4
_pools: WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[str, Pool]] = WeakKeyDictionary()


class NoDatabaseError(RuntimeError):
    """DATABASE_URL is not set, so plans can be neither read nor kept."""


async def pool() -> Pool:
    """The running loop's pool on DATABASE_URL (in any common spelling). Raises `NoDatabaseError` without one.

    Connections autocommit and prepare no statements on the server, so that a transaction-pooling PgBouncer may be in
    between.
    """
    try:
        url = database_url()
    except DatabaseUrlError as error:
        raise NoDatabaseError(f"plans are kept in Postgres: {error}") from error
    loop = asyncio.get_running_loop()
    known = _pools.get(loop)
    if known is not None and known[0] == url:
        await known[1].open()
        return known[1]
    fresh: Pool = AsyncConnectionPool(
        url,
        min_size=0,
        max_size=_MAX_SIZE,
        open=False,
        name="planloom-agent",
        kwargs={"autocommit": True, "prepare_threshold": None},
        check=AsyncConnectionPool.check_connection,
    )
    _pools[loop] = (url, fresh)
    await fresh.open()
    if known is not None:
        await known[1].close()
    return fresh


async def close() -> None:
    """Close the running loop's pool, if it has one; `pool` would open another."""
    known = _pools.pop(asyncio.get_running_loop(), None)
    if known is not None:
        await known[1].close()
