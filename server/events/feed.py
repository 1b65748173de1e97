"""What a process knows of one run's log: who waits for news of it, and its newest events."""

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from server.events.types import END, LoggedEvent

KEPT_IN_MEMORY = 2_000
"""Events of a live run that its readers get without asking Postgres."""


@dataclass
class Feed:
    """Memory has all durable events after place `since`, in order and without a gap, as long as it `is_current`."""

    users: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    written_here: bool = False
    is_watched: bool = False
    is_current: bool = False
    since: int = 0
    recent: deque[LoggedEvent] = field(default_factory=lambda: deque(maxlen=KEPT_IN_MEMORY))

    @property
    def has_ended(self) -> bool:
        """Whether memory has the end of the run's log."""
        return bool(self.recent) and self.recent[-1].name == END

    def begin(self, since: int, *, is_current: bool) -> None:
        """Forget what was known, and remember what comes after a place."""
        self.recent.clear()
        self.since, self.is_current = since, is_current

    def add(self, events: Iterable[LoggedEvent]) -> None:
        """Remember events that are durable. What is known already is passed over; after a gap, memory begins anew."""
        newest = self.recent[-1].seq if self.recent else self.since
        for event in events:
            if event.seq <= newest:
                continue
            if event.seq > newest + 1:
                self.begin(event.seq - 1, is_current=self.is_current)
            self.recent.append(event)
            newest = event.seq

    def after(self, seq: int) -> list[LoggedEvent] | None:
        """The events after place `seq`, if memory surely has all of them."""
        first = self.recent[0].seq if self.recent else self.since + 1
        if not self.is_current or seq + 1 < first:
            return None
        return [self.recent[index] for index in range(max(0, seq + 1 - first), len(self.recent))]

    def doubt(self) -> None:
        """Postgres may know more than memory."""
        self.is_current = False

    def wake(self) -> None:
        """Let those who wait look."""
        self.changed.set()
        self.changed = asyncio.Event()
