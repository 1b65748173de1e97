"""Reads single threads, those asked for at the same time with one statement: under load most of a read is its round trip."""

import asyncio
from uuid import UUID

import psycopg
from psycopg_pool import PoolTimeout

from server.db.pool import Pool
from server.threads import repository
from server.threads.repository import Thread

_STATEMENTS_AT_ONCE = 2


class ThreadReader:
    """Threads by id. A read sees all that was committed before it was asked for."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._waiting: dict[UUID, list[asyncio.Future[Thread | None]]] = {}
        self._reading: set[asyncio.Task[None]] = set()

    async def get(self, thread_id: UUID) -> Thread | None:
        """The thread of that id."""
        future: asyncio.Future[Thread | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(thread_id, []).append(future)
        if len(self._reading) < _STATEMENTS_AT_ONCE:
            task = asyncio.create_task(self._read(), name="read threads")
            self._reading.add(task)
            task.add_done_callback(self._reading.discard)
        return await future

    async def _read(self) -> None:
        """Read whatever is asked for, until nothing is. Nobody is left waiting, however this ends."""
        while self._waiting:
            asked, self._waiting = self._waiting, {}
            try:
                async with self._pool.connection() as connection:
                    found = await repository.get_all(connection, list(asked))
            except (psycopg.Error, PoolTimeout) as error:
                _settle(asked, error)
            except BaseException:
                for future in (one for futures in asked.values() for one in futures):
                    future.cancel()
                raise
            else:
                _settle(asked, found)


def _settle(asked: dict[UUID, list[asyncio.Future[Thread | None]]], outcome: dict[UUID, Thread] | Exception) -> None:
    for thread_id, futures in asked.items():
        for future in futures:
            if future.done():  # its caller gave up
                continue
            if isinstance(outcome, Exception):
                future.set_exception(outcome)
            else:
                future.set_result(outcome.get(thread_id))
