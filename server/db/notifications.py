"""Postgres notifications for one process: one connection listens, handlers are called on the event loop."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping

import psycopg
import structlog
from psycopg import AsyncConnection, sql

log = structlog.get_logger("planloom.db")

Handler = Callable[[str], None]
_RETRY_SECONDS = (0.1, 0.5, 1.0, 2.0)


class Notifications:
    """Listens on channels until it is closed, over a connection of its own that it renews when it is lost.

    A notification sent while the connection was down is lost: handlers are called with `""` after each reconnect, which
    means "look for yourself".
    """

    def __init__(self, url: str, handlers: Mapping[str, Handler]) -> None:
        self._url = url
        self._handlers = handlers
        self._listening = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start listening; returns once the first connection listens."""
        self._task = asyncio.create_task(self._run(), name="notifications")
        await self._listening.wait()

    async def close(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        failures = 0
        while True:
            try:
                async with await AsyncConnection.connect(self._url, autocommit=True) as connection:
                    for channel in self._handlers:
                        await connection.execute(sql.SQL("listen {}").format(sql.Identifier(channel)))
                    if failures or self._listening.is_set():
                        for handler in self._handlers.values():
                            handler("")
                    failures = 0
                    self._listening.set()
                    async for notification in connection.notifies():
                        self._handlers[notification.channel](notification.payload)
            except psycopg.OperationalError as error:
                log.warning("lost the notification connection", error=str(error))
            await asyncio.sleep(_RETRY_SECONDS[min(failures, len(_RETRY_SECONDS) - 1)])
            failures += 1
