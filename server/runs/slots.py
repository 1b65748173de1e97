"""How many runs a process executes at once, whoever brings them: the queue, or the request that admits them here."""

import asyncio


class Slots:
    """A worker's slots. The queue's worker waits for them; an admission takes one only if nobody waits for it."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._taken_directly = 0
        self._free = asyncio.Semaphore(count)
        self._closed = False

    @property
    def count(self) -> int:
        """How many there are, free or taken."""
        return self._count

    def for_queue(self) -> asyncio.Semaphore:
        """The slots as the queue's worker takes and frees them; one that starts anew has forgotten those it had."""
        self._free = asyncio.Semaphore(self._count - self._taken_directly)
        return self._free

    async def take(self) -> bool:
        """Take a slot if one is free and the queue does not wait for it; whether that was so."""
        if self._closed or self._free.locked():
            return False
        await self._free.acquire()  # at once
        self._taken_directly += 1
        return True

    def give_back(self) -> None:
        """Free a slot that `take` took."""
        self._taken_directly -= 1
        self._free.release()

    def close(self) -> None:
        """Let no more be taken."""
        self._closed = True
