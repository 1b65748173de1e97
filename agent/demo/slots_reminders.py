"""Reading when reminders come: repetitions as RFC 5545 rules, their first day, and times of day by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta

from agent.demo.calendar_words import WEEKDAY, any_day, weekday
from agent.demo.quantities import time_of_day
from agent.demo.slots import Parser, Reading, Said

_TIMES = {"morning": "08:00", "afternoon": "15:00", "evening": "19:00", "night": "21:00"}
_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_WORKING = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"
_EVERY: Mapping[str, str] = {
    "every day": "FREQ=DAILY",
    "daily": "FREQ=DAILY",
    "every other day": "FREQ=DAILY;INTERVAL=2",
    "every week": "FREQ=WEEKLY",
    "weekly": "FREQ=WEEKLY",
    "every other week": "FREQ=WEEKLY;INTERVAL=2",
    "every month": "FREQ=MONTHLY",
    "monthly": "FREQ=MONTHLY",
    "every other month": "FREQ=MONTHLY;INTERVAL=2",
    "every weekday": _WORKING,
    "every working day": _WORKING,
    "every business day": _WORKING,
    "every morning": "FREQ=DAILY",
    "every evening": "FREQ=DAILY",
    "every night": "FREQ=DAILY",
}


def _time(said: Said, reading: Reading) -> str | None:
    """A time of day, or what a part of the day is taken for."""
    return _TIMES[said["part"].lower()] if "part" in said else time_of_day(said["clock"])


def _repeats(said: Said, reading: Reading) -> str | None:
    """An RFC 5545 rule."""
    if "every" in said:
        return _EVERY.get(re.sub("^each", "every", said["every"].lower()))
    if "monthday" in said:
        return f"FREQ=MONTHLY;BYMONTHDAY={int(said['monthday'])}"
    days = _weekdays(said["days"])
    return f"FREQ=WEEKLY;BYDAY={','.join(_CODES[day] for day in days)}" if days else None


def _first_day(said: Said, reading: Reading) -> str | None:
    """The first day of a repetition that begins now, or the one day that was said."""
    if "day" in said:
        day = any_day(said["day"], reading.today)
        return day.isoformat() if day else None
    if "days" in said:
        days = _weekdays(said["days"])
        return min(_next(reading.today, day) for day in days).isoformat() if days else None
    if "monthday" in said:
        return _next_of_month(reading.today, int(said["monthday"]))
    return reading.today.isoformat()


def _weekdays(text: str) -> list[int]:
    found = [weekday(one) for one in re.findall(rf"\b{WEEKDAY}", text, re.IGNORECASE)]
    return sorted({day for day in found if day is not None})


def _next(today: date, day: int) -> date:
    return today + timedelta(days=(day - today.weekday()) % 7)


def _next_of_month(today: date, day: int) -> str | None:
    for ahead in range(62):
        found = today + timedelta(days=ahead)
        if found.day == day:
            return found.isoformat()
    return None


REMINDER_PARSERS: Mapping[str, Parser] = {"repeats": _repeats, "first_day": _first_day, "reminder_time": _time}
