"""Leases are kept even when the event loop is late: a run that is only slow must not be started a second time."""

import threading
import time
from collections.abc import Callable
from uuid import UUID

import psycopg
import structlog

from server.runs import lifecycle

LATE_SECONDS = 4.0
"""The loop is late when it has not renewed its leases for as long as this, well before they end."""

GIVE_UP_SECONDS = 300.0
"""A loop that is late for as long as this will not recover: its runs are for others to take over."""

_CONNECT_SECONDS = 3

log = structlog.get_logger("planloom.worker")


class LeaseGuard:
    """A thread that renews a worker's leases while its event loop does not: a graph blocks it, or no connection is free.

    It connects only then, on its own.
    """

    def __init__(self, url: str, attempts: Callable[[], dict[UUID, int]], late_seconds: float = LATE_SECONDS) -> None:
        self._url = url
        self._attempts = attempts
        self._late_seconds = late_seconds
        self._renewed_at = time.monotonic()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._guard, name="lease-guard", daemon=True)

    def start(self) -> None:
        """Start guarding."""
        self._thread.start()

    def stop(self) -> None:
        """Guard no more; a renewal that is under way is left to end by itself."""
        self._stopped.set()

    def renewed(self) -> None:
        """The loop has renewed the leases itself."""
        self._renewed_at = time.monotonic()

    def _guard(self) -> None:
        while not self._stopped.wait(self._late_seconds / 2):
            if not self._is_late():
                continue
            log.warning("leases are late: a graph blocks the event loop (use async calls, or threads), or all waits")
            try:
                with psycopg.connect(self._url, autocommit=True, connect_timeout=_CONNECT_SECONDS) as connection:
                    self._renew_while_late(connection)
            except psycopg.OperationalError as error:
                log.warning("cannot renew leases; trying again", error=str(error))

    def _renew_while_late(self, connection: psycopg.Connection) -> None:
        while self._is_late():
            lifecycle.renew_beside_the_loop(connection, self._attempts())
            if self._stopped.wait(self._late_seconds / 2):
                return

    def _is_late(self) -> bool:
        late = time.monotonic() - self._renewed_at
        return self._late_seconds <= late < GIVE_UP_SECONDS and bool(self._attempts())
