"""How many runs wait, in all processes together."""

from dataclasses import dataclass

from server.db.pool import Pool
from server.runs import repository


@dataclass(frozen=True, slots=True)
class Depth:
    """Runs that are not over: those due, those due later, and those in execution."""

    queued: int
    scheduled: int
    running: int

    @property
    def by_state(self) -> dict[str, int]:
        """The same by name."""
        return {"queued": self.queued, "scheduled": self.scheduled, "running": self.running}


class QueueDepth:
    """Looks at the runs of the database."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def now(self) -> Depth:
        """How many wait now."""
        async with self._pool.connection() as connection:
            return Depth(**await repository.depth(connection))
