"""How days and values read in a sentence. Fixed English: the same words for people, models and tests."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime

from agent.plan.diff import ABSENT
from agent.plan.json_values import Json

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LONGEST = 60
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?(?:[+-]\d{2}:\d{2}|Z)?")
HEADLINE_FIELDS = ("km", "minutes")
"""Numbers that say how much of an item there is; a change of one needs no field name in front."""


def weekday(day: date) -> str:
    """Tue, for example."""
    return _WEEKDAYS[day.weekday()]


def day_text(day: date, *, with_year: bool = False) -> str:
    """Tue 21 Apr, or with the year, Tue 21 Apr 2026."""
    text = f"{weekday(day)} {day.day} {_MONTHS[day.month - 1]}"
    return f"{text} {day.year}" if with_year else text


def unit_of(field: str) -> str:
    """The unit that a field's name stands for, with its space; "" if it says none."""
    last = field.rsplit(".", maxsplit=1)[-1]
    if last == "km" or last.endswith("_km"):
        return " km"
    if last == "minutes" or last.endswith("_minutes"):
        return " min"
    return ""


def value_text(value: Json) -> str:
    """A value in a few words: numbers plain, ranges of paces (s/km) as clock times, long text cut."""
    if value is ABSENT or value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return _cut(", ".join(map(value_text, value)) or "none")
    if isinstance(value, dict):
        return _object_text(value)
    moment = _moment_text(value) if isinstance(value, str) else None
    return moment or _cut(str(value))


def _moment_text(value: str) -> str | None:
    """An ISO date and time on its own clocks, Tue 5 May 17:20; None for anything else."""
    if not _MOMENT.fullmatch(value):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return f"{day_text(moment.date())} {moment:%H:%M}"


def _object_text(value: dict[str, Json]) -> str:
    if value.keys() == {"lo", "hi"} and all(map(_is_number, value.values())):
        return f"{_clock(value['lo'])}-{_clock(value['hi'])} /km"
    return _cut(", ".join(f"{name} {value_text(inner)}" for name, inner in value.items()) or "none")


def change_text(label: str, field: str, before: Json, after: Json) -> str:
    """One changed field in words: "Long run 14 → 16 km", "Tempo: note added: hilly"."""
    name = field.replace("_", " ").replace(".", " ")
    if before is ABSENT:
        return f"{label}: {name} added: {value_text(after)}{unit_of(field)}"
    if after is ABSENT:
        return f"{label}: {name} removed (was {value_text(before)}{unit_of(field)})"
    change = f"{value_text(before)} → {value_text(after)}{unit_of(field)}"
    return f"{label} {change}" if field in HEADLINE_FIELDS else f"{label}: {name} {change}"


def counted(kinds: Iterable[str]) -> str:
    """How many of each: "32 runs, 1 race"."""
    numbers: dict[str, int] = {}
    for kind in kinds:
        numbers[kind] = numbers.get(kind, 0) + 1
    return ", ".join(
        f"{count} {kind}" + ("" if count == 1 else "s")
        for kind, count in sorted(numbers.items(), key=lambda one: (-one[1], one[0]))
    )


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _clock(seconds: float) -> str:
    return f"{round(seconds) // 60}:{round(seconds) % 60:02d}"


def _cut(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"
