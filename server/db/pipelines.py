"""Transactions whose statements don't wait for each other: Postgres is asked again only where an answer is needed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from psycopg.pq import TransactionStatus

from server.db.pool import Connection, Pool


@asynccontextmanager
async def pipelined_transaction(pool: Pool) -> AsyncIterator[Connection]:
    """A connection of the pool in a transaction, in pipeline mode.

    A statement is sent when rows are fetched or the transaction ends: those whose rows nobody reads cost no round trip. What
    fails in one of them is raised by the next fetch, or at the end. Rolls back if the body raises.
    """
    async with pool.connection() as connection:
        try:
            async with connection.pipeline():
                await connection.execute("begin")
                yield connection
                await connection.execute("commit")
        except BaseException:
            if not connection.closed and connection.info.transaction_status != TransactionStatus.IDLE:
                await connection.rollback()
            raise
