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
    while True:
        try:
            async with pool.connection() as connection:
                return await ask(connection)
        except (psycopg.OperationalError, PoolTimeout) as error:
            log.warning("Postgres is away, a reader waits", error=str(error))
            await asyncio.sleep(RETRY_SECONDS)
