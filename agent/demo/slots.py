"""Reading the parameters of a request out of free text, slot by slot."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from agent.demo.calendar_words import WEEKDAY, WEEKDAYS, any_day, calendar_date, weekday
from agent.demo.quantities import amount, clock, distance_km, minutes, money, number, seconds, time_of_day

if TYPE_CHECKING:
    from agent.demo.perceive import PlanView, Row
    from agent.demo.phrases import Slot

Said = Mapping[str, str]
"""The named values of a slot's match."""


@dataclass(frozen=True)
class Reading:
    """What a parser may lean on besides the words: the day, the plan, and how items of it are found by name.

    `resolve` finds the items that words name; it raises `references.CannotResolve` with what to say instead.
    """

    today: date
    plan: PlanView | None = None
    resolve: Callable[[str], list[Row]] | None = None


Parser = Callable[[Said, Reading], Any]
"""Reads a match's values; None if they make no sense after all. A list is added to what was read before."""


def extract(slots: Iterable[Slot], text: str, reading: Reading) -> dict[str, Any]:
    """The slots that are said, by name, and the usual values of those that aren't.

    The values that one slot has read are taken out before the next looks: "10 km in 50:00" isn't a goal as well.
    Distances are km, race times seconds, durations minutes, dates ISO, times of day HH:MM.
    """
    found: dict[str, Any] = {}
    for slot in slots:
        value, text = _read(slot, text, reading)
        if value is not None:
            found[slot.name] = value
        elif slot.usual is not None:
            found[slot.name] = slot.usual
    return found


def _read(slot: Slot, text: str, reading: Reading) -> tuple[Any, str]:
    """The slot's value and the text without it; a slot of many values reads until nothing is left."""
    values: list[Any] = []
    for pattern in slot.patterns:
        position = 0
        while (said := pattern.search(text, position)) is not None:
            value = slot.parse({k: v for k, v in said.groupdict().items() if v}, reading)
            if value is None:
                position = said.start() + 1
                continue
            if slot.keeps:
                return value, text
            start, end = _values(said)
            text = text[:start] + " ; " + text[end:]
            if not slot.many:
                return value, text
            values += value if isinstance(value, list) else [value]
            position = 0
    return (values or None), text


def _values(said: re.Match[str]) -> tuple[int, int]:
    """From where to where the named values of a match reach; the whole match if it names none."""
    spans = [said.span(name) for name, value in said.groupdict().items() if value is not None] or [said.span()]
    return min(start for start, _ in spans), max(end for _, end in spans)


def _first(said: Said) -> str:
    """The value of a slot with one name."""
    return next(iter(said.values()), "")


def _km(said: Said, reading: Reading) -> float | None:
    text = said.get("distance") or said.get("race") or ""
    value = distance_km(text)
    if value is None:
        bare = amount(text)
        value = bare.value if bare is not None and bare.unit == "bare" else None
    return value


def _race_result(said: Said, reading: Reading) -> dict[str, float | int] | None:
    km, time = distance_km(said["race"]), seconds(said["time"])
    return {"distance_km": km, "time_s": time} if km is not None and time is not None else None


def _whole(said: Said, reading: Reading) -> int | None:
    value = number(_first(said))
    return int(value) if value is not None and value == int(value) else None


def _number(said: Said, reading: Reading) -> float | None:
    return number(_first(said))


def _share(said: Said, reading: Reading) -> float | None:
    found = amount(_first(said))
    return found.value if found is not None and found.unit == "share" else None


def _date(said: Said, reading: Reading) -> str | None:
    day = calendar_date(_first(said), reading.today)
    return day.isoformat() if day is not None else None


def _day(said: Said, reading: Reading) -> str | None:
    day = any_day(_first(said), reading.today)
    return day.isoformat() if day is not None else None


def _time(said: Said, reading: Reading) -> str | None:
    return time_of_day(_first(said))


def _minutes(said: Said, reading: Reading) -> int | None:
    return minutes(_first(said))


def _money(said: Said, reading: Reading) -> dict[str, float | str] | None:
    found = money(_first(said))
    return {"amount": found[0], "currency": found[1]} if found is not None else None


def _weekday(said: Said, reading: Reading) -> str | None:
    day = weekday(_first(said).rstrip("s"))
    return WEEKDAYS[day] if day is not None else None


def _weekdays(said: Said, reading: Reading) -> list[str] | None:
    found = [weekday(one) for one in re.findall(rf"\b{WEEKDAY}", _first(said), re.IGNORECASE)]
    return [WEEKDAYS[day] for day in found if day is not None] or None


def _seconds(said: Said, reading: Reading) -> int | None:
    return seconds(said["time"])


def _text(said: Said, reading: Reading) -> str:
    return re.sub(r"\s+", " ", _first(said).lower())


def _texts(said: Said, reading: Reading) -> list[str]:
    return [_first(said).lower()]


def _verbatim(said: Said, reading: Reading) -> str | None:
    return re.sub(r"\s+", " ", _first(said)).strip(" \"'.,;:!?") or None


def _list(said: Said, reading: Reading) -> list[str] | None:
    parts = re.split(r"\s*(?:,|;|\band\b|&)\s*", _first(said))
    return [re.sub(r"\s+", " ", part).strip() for part in parts if part.strip()] or None


def _upper(said: Said, reading: Reading) -> str:
    return _first(said).upper()


def _flag(said: Said, reading: Reading) -> bool:
    return True


def _race_km(said: Said, reading: Reading) -> float | None:
    return distance_km(said["race"])


def _race_clock(said: Said, reading: Reading) -> dict[str, float | str] | None:
    km, time = distance_km(said["race"]), seconds(said["time"])
    return {"distance_km": km, "time": clock(time)} if km is not None and time is not None else None


def _item(said: Said, reading: Reading) -> str | None:
    rows = reading.resolve(_first(said)) if reading.resolve is not None else []
    return rows[0].id if rows else None


def _items(said: Said, reading: Reading) -> list[str] | None:
    rows = reading.resolve(_first(said)) if reading.resolve is not None else []
    return [row.id for row in rows] or None


PARSERS: Mapping[str, Parser] = {
    "km": _km,
    "seconds": _seconds,
    "race_result": _race_result,
    "race_clock": _race_clock,
    "race_km": _race_km,
    "whole": _whole,
    "number": _number,
    "share": _share,
    "date": _date,
    "day": _day,
    "time": _time,
    "minutes": _minutes,
    "money": _money,
    "weekday": _weekday,
    "weekdays": _weekdays,
    "text": _text,
    "texts": _texts,
    "verbatim": _verbatim,
    "list": _list,
    "upper": _upper,
    "flag": _flag,
    "item": _item,
    "items": _items,
}
"""By the names that vocabularies use; a domain may add its own (see `phrases.load_phrases`)."""
