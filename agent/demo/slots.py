"""Reading the parameters of a request out of free text, slot by slot."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from agent.demo.calendar_words import calendar_date
from agent.demo.phrases import Slot
from agent.demo.quantities import amount, clock, distance_km, number, seconds


def extract(slots: Iterable[Slot], text: str, today: date) -> dict[str, Any]:
    """The slots that are said, by name.

    The values that one slot has read are taken out before the next looks: "10 km in 50:00" isn't a goal as well.
    Distances are km, times seconds, dates ISO.
    """
    found: dict[str, Any] = {}
    for slot in slots:
        for pattern in slot.patterns:
            for said in pattern.finditer(text):
                value = _PARSERS[slot.parser]({k: v for k, v in said.groupdict().items() if v}, today)
                if value is None:
                    continue
                found[slot.name] = found.get(slot.name, []) + value if isinstance(value, list) else value
                start, end = _values(said)
                text = text[:start] + " ; " + text[end:]
                break
            if slot.name in found:
                break
    return found


def _values(said: re.Match[str]) -> tuple[int, int]:
    """From where to where the named values of a match reach."""
    spans = [said.span(name) for name, value in said.groupdict().items() if value is not None]
    return min(start for start, _ in spans), max(end for _, end in spans)


def _km(said: dict[str, str], today: date) -> float | None:
    text = said.get("distance") or said.get("race") or ""
    value = distance_km(text)
    if value is None:
        bare = amount(text)
        value = bare.value if bare is not None and bare.unit == "bare" else None
    return value


def _race_result(said: dict[str, str], today: date) -> dict[str, float | int] | None:
    km, time = distance_km(said["race"]), seconds(said["time"])
    return {"distance_km": km, "time_s": time} if km is not None and time is not None else None


def _whole(said: dict[str, str], today: date) -> int | None:
    value = number(said["n"])
    return int(value) if value is not None else None


def _date(said: dict[str, str], today: date) -> str | None:
    day = calendar_date(said["date"], today)
    return day.isoformat() if day is not None else None


def _bare_number(said: dict[str, str], today: date) -> float | None:
    return number(said["number"])


def _seconds(said: dict[str, str], today: date) -> int | None:
    return seconds(said["time"])


def _text(said: dict[str, str], today: date) -> str:
    return re.sub(r"\s+", " ", said["text"].lower())


def _texts(said: dict[str, str], today: date) -> list[str]:
    return [said["text"].lower()]


def _race_km(said: dict[str, str], today: date) -> float | None:
    return distance_km(said["race"])


def _race_clock(said: dict[str, str], today: date) -> dict[str, float | str] | None:
    km, time = distance_km(said["race"]), seconds(said["time"])
    return {"distance_km": km, "time": clock(time)} if km is not None and time is not None else None


_PARSERS: dict[str, Callable[[dict[str, str], date], Any]] = {
    "km": _km,
    "seconds": _seconds,
    "race_result": _race_result,
    "race_clock": _race_clock,
    "race_km": _race_km,
    "whole": _whole,
    "number": _bare_number,
    "date": _date,
    "text": _text,
    "texts": _texts,
}
