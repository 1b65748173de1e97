"""Reading what only runners say: times as they were said, and how long a break was."""

from __future__ import annotations

from collections.abc import Mapping

from agent.demo.quantities import clock, number, seconds
from agent.demo.slots import Parser, Reading, Said
from agent.demo.slots_reminders import REMINDER_PARSERS


def _said_time(said: Said, reading: Reading) -> str | None:
    """A time for a tool, as h:mm:ss or mm:ss."""
    time = seconds(said["time"])
    return clock(time) if time is not None else None


def _days_off(said: Said, reading: Reading) -> int | None:
    if "one" in said:
        return 1 if said["one"].lower() == "a day" else 7
    count = number(said["n"])
    return int(count) * (7 if said["unit"].lower().startswith("week") else 1) if count is not None else None


PARSERS: Mapping[str, Parser] = {"said_time": _said_time, "days_off": _days_off, **REMINDER_PARSERS}
