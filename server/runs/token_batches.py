"""Taking a graph's tokens by the batch: while the event log gathers what it writes next, they gather in the graph's stream.

To wait for a chunk costs LangGraph four wake-ups of the event loop, which is more than to make a token and to write it. So
after a token nothing is waited for until the log takes its next batch, and all that came meanwhile is taken at once, in
time for that batch. No event is written later for it. Where tokens come slower than batches, none waits.
"""

import asyncio
from typing import Protocol

from server.events.convert import MESSAGE_MODES

_WITHIN_NODES = MESSAGE_MODES | {"custom"}
"""Modes of chunks that come while a node runs. After others, the graph may be between two nodes."""


class Batched(Protocol):
    """Where a run's events go (`server.events.log.RunLog`)."""

    @property
    def batch(self) -> int:
        """How many batches were begun."""

    def next_batch(self) -> asyncio.Future[None] | None:
        """Done when the next batch is about to be taken, what is appended right then being part of it; None if that is now."""


class TokenBatches:
    """Of one run. A graph goes on from superstep to superstep only while its stream is read: the end of a node ends a wait."""

    def __init__(self, log: Batched) -> None:
        self._log = log
        self._loop = asyncio.get_running_loop()
        self._waiting: asyncio.Future[None] | None = None
        self._restless = -1  # the batch during which a node ended
        self._is_taking = False  # what gathered, without having waited since

    def node_ended(self) -> None:
        """The graph may go on: from now on wait for it, until the next batch at least."""
        if not self._is_here():
            return
        self._restless = self._log.batch
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    async def gathered(self, mode: str) -> None:
        """After a chunk of that mode was taken: return when the next one should be asked for."""
        if mode not in _WITHIN_NODES or self._is_taking or self._restless == self._log.batch:
            return
        self._waiting = self._log.next_batch()
        if self._waiting is None:
            return
        try:
            await self._waiting
        except asyncio.CancelledError:
            # told again where the graph waits: it has tasks to stop, and what gathered is still taken
            if task := asyncio.current_task():
                task.cancel()
        self._is_taking = True
        asyncio.get_running_loop().call_soon(self._taken)

    def _is_here(self) -> bool:
        """Whether it is the run's own loop that calls; a graph that a node runs in a thread goes on by itself."""
        try:
            return asyncio.get_running_loop() is self._loop
        except RuntimeError:
            return False

    def _taken(self) -> None:
        self._is_taking = False
