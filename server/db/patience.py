"""Asking Postgres on behalf of a reader who outlives its being away."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from server.db.pool import Connection, Pool

RETRY_SECONDS = 2.0

_Answer = TypeVar("_Answer")

log = structlog.get_logger("planloom.db")


async def answered(pool: Pool, ask: Callable[[Connection], Awaitable[_Answer]]) -> _Answer:
    """What Postgres answers on a connection of the pool, once it does."""

    async def on_connection() -> _Answer:
        async with pool.connection() as connection:
            return await ask(connection)

    return await patiently(on_connection)


async def patiently(ask: Callable[[], Awaitable[_Answer]]) -> _Answer:
    """What comes of asking, once Postgres is there for it."""
    while True:
        try:
            return await ask()
        except (psycopg.OperationalError, PoolTimeout) as error:
            log.warning("Postgres is away, a reader waits", error=str(error))
            await asyncio.sleep(RETRY_SECONDS)
