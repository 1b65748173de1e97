"""The end of a process that was asked to stop: when all is done, and in any case after a while."""

import os
import threading

import structlog

STOP_SECONDS = 25.0
"""How long a process may take to stop, whatever holds it up. What it leaves behind is taken over as after a crash."""

log = structlog.get_logger("planloom.shutdown")


class ShutdownLimit:
    """Ends this process by force if it has not ended by itself `seconds` after `begin`.

    A thread watches over it: neither a graph that blocks the event loop nor a database that does not answer holds it up.
    """

    def __init__(self, seconds: float = STOP_SECONDS) -> None:
        self._seconds = seconds
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self._begun = False

    def begin(self) -> None:
        """Start counting, if that is not done yet. May be called in a signal's handler."""
        if not self._begun:
            self._begun = True
            self._timer.start()

    def _end(self) -> None:
        log.critical("cannot stop in order; ending the process", after_seconds=self._seconds)
        os._exit(1)
