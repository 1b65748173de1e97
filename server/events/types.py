"""Events of a run, as the log keeps them and readers get them."""

from dataclasses import dataclass
from datetime import datetime

END = "__end__"
"""Name of the marker that closes a run's log. Readers stop at it; it never goes over the wire."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a run emitted: the wire's event name and its data, encoded once however many readers there are."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event with its place in its run's log."""

    seq: int
    name: str
    data: bytes
    at: datetime

    @property
    def id(self) -> str:
        """The SSE id: `<milliseconds since the epoch>-<seq>`, unique and increasing within a run."""
        return f"{int(self.at.timestamp() * 1000)}-{self.seq}"


def seq_of(event_id: str) -> int | None:
    """The place that an SSE id names: 0 (from the start) for `-1`, `-` and `0`; None if it is no id of ours."""
    if event_id in ("-1", "-", "0"):
        return 0
    _, separator, seq = event_id.rpartition("-")
    return int(seq) if separator and seq.isascii() and seq.isdigit() else None
