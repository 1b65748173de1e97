"""What happens on threads, told to their readers in this process: runs that were accepted, states that were written.

Fed by Postgres notifications, so a reader hears of every process's doings.
"""

import asyncio
import contextlib
from collections import deque
from uuid import UUID
from weakref import WeakSet

CHANNEL = "planloom_threads"
"""Notified of every run that is accepted (`<thread id>`) and every state write (`<thread id> <checkpoint id>`)."""

_KEPT_STATES = 1_000  # written states that a reader has not got round to; past it, the oldest are left out


class ThreadWatch:
    """One reader's view of its thread. Made by `ThreadNews.watch`."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()
        self._written: deque[str] = deque(maxlen=_KEPT_STATES)

    def tell(self, checkpoint_id: str | None) -> None:
        """Something happened; `checkpoint_id` if it is a state that was written."""
        if checkpoint_id is not None:
            self._written.append(checkpoint_id)
        self._changed.set()

    def take_written(self) -> list[str]:
        """The ids of the checkpoints written since this was asked last."""
        taken = list(self._written)
        self._written.clear()
        return taken

    def forget_changes(self) -> None:
        """What happened so far is about to be looked at: `changed` waits for what happens from now on."""
        self._changed.clear()

    async def changed(self, seconds: float) -> None:
        """Return when something happened since `forget_changes`, or after a while."""
        # not wait_for: on Python 3.11 it returns where something happens at the moment that its caller is cancelled
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()


class ThreadNews:
    """Hands notifications on to the watches of the thread that they are about."""

    def __init__(self) -> None:
        # weakly: a reader that leaves before it reads has nobody to stop its watch
        self._watches: dict[UUID, WeakSet[ThreadWatch]] = {}

    def watch(self, thread_id: UUID) -> ThreadWatch:
        """A watch of a thread (which need not exist yet), until it is given to `unwatch` or let go."""
        watch = ThreadWatch()
        self._watches.setdefault(thread_id, WeakSet()).add(watch)
        return watch

    def unwatch(self, thread_id: UUID, watch: ThreadWatch) -> None:
        """Tell the watch nothing more."""
        watches = self._watches.get(thread_id, WeakSet())
        watches.discard(watch)
        if not watches:
            self._watches.pop(thread_id, None)

    def on_notification(self, payload: str) -> None:
        """`<thread id>`, or `<thread id> <checkpoint id>`; empty when notifications may have been missed."""
        thread_id, _, checkpoint_id = payload.partition(" ")
        if not payload:
            told = [watch for watches in self._watches.values() for watch in watches]
        else:
            told = list(self._watches.get(UUID(thread_id), ()))
        for watch in told:
            watch.tell(checkpoint_id or None)
