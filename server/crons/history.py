"""What became of a cron's last firings, for its owner to read. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from server.errors import RequestError

KEPT = 20
"""How many of a cron's firings are known."""

Outcome = Literal["started", "made_up", "missed", "refused", "waiting"]

_LONGEST_ERROR = 500
_NOT_EXPECTED = "Internal error: see the server's log."  # whatever its text is, it is the operator's to read


@dataclass(frozen=True, slots=True)
class Firing:
    """What became `at` a moment of the firing for `scheduled_at`: its run, or why there is none."""

    scheduled_at: datetime
    at: datetime
    outcome: Outcome
    run_id: UUID | None = None
    error: str | None = None

    @classmethod
    def from_stored(cls, stored: dict[str, Any]) -> Self:
        """The record of what `to_wire` wrote, as JSON has it."""
        return cls(
            scheduled_at=datetime.fromisoformat(stored["scheduled_at"]),
            at=datetime.fromisoformat(stored["at"]),
            outcome=stored["outcome"],
            run_id=None if stored["run_id"] is None else UUID(stored["run_id"]),
            error=stored["error"],
        )

    def to_wire(self) -> dict[str, Any]:
        """The firing as the API shows it, and as it is stored."""
        return {
            "scheduled_at": self.scheduled_at.isoformat(),
            "at": self.at.isoformat(),
            "outcome": self.outcome,
            "run_id": None if self.run_id is None else str(self.run_id),
            "error": self.error,
        }


def told(error: Exception) -> str:
    """What a cron's owner is told of what kept a run from its start: as much as a caller who starts runs would be."""
    text = error.detail if isinstance(error, RequestError) else _NOT_EXPECTED
    text = (
        text.encode(errors="replace").decode().replace("\0", "")
    )  # a project's auth may say anything; Postgres takes text
    return text if len(text) <= _LONGEST_ERROR else text[: _LONGEST_ERROR - 1] + "…"


def with_firing(firings: Sequence[Firing], new: Firing) -> tuple[Firing, ...]:
    """The last of the firings and a new one, which takes the place of itself when it had to wait, and inherits why."""
    if firings and firings[-1].outcome == "waiting":
        waited, firings = firings[-1], firings[:-1]
        if new.outcome == "missed" and new.error is None:
            new = Firing(new.scheduled_at, new.at, new.outcome, error=waited.error)
    return (*firings[-(KEPT - 1) :], new)
