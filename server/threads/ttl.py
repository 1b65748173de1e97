"""How long threads live after the last thing that happened on them, and what becomes of them then."""

from dataclasses import dataclass
from typing import Literal

TtlStrategy = Literal["delete", "keep_latest"]


@dataclass(frozen=True, slots=True)
class Ttl:
    """One thread's time to live, in minutes from its last run, state write or change of this. Sweeping it deletes the
    thread, or all of its checkpoints but the newest."""

    strategy: TtlStrategy
    minutes: float


@dataclass(frozen=True, slots=True)
class TtlPolicy:
    """The server's `checkpointer.ttl`: what threads get that do not say otherwise (`default_minutes` None: they stay),
    how often expired ones are looked for, and how many are treated at a time."""

    strategy: TtlStrategy = "delete"
    default_minutes: float | None = None
    sweep_interval_minutes: float = 5.0
    sweep_limit: int = 1000

    def of(self, strategy: TtlStrategy | None = None, minutes: float | None = None) -> Ttl | None:
        """The time to live of a thread that asks for this much of it; None if it stays."""
        minutes = self.default_minutes if minutes is None else minutes
        return None if minutes is None else Ttl(strategy or self.strategy, minutes)
