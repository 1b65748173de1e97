"""Days as people say them, relative to a given day; no clock is read here."""

from __future__ import annotations

import re
from datetime import date, timedelta

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    "january february march april may june july august september october november december".split()  # noqa: SIM905
)
_MONTH = "(?:" + "|".join(f"{month[:3]}(?:{month[3:]})?" if month[3:] else month for month in _MONTHS) + ")"
WEEKDAY = (
    r"(?:mon(?:day)?|tue(?:s(?:day)?)?|wed(?:s|nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?|sat(?:urday)?"
    r"|sun(?:day)?)"
)
ISO_DATE = r"(?:\d{4}-\d{2}-\d{2})"
CALENDAR_DATE = (
    rf"(?:{ISO_DATE}|\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}(?:,? \d{{4}})?"
    rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?)"
)
RELATIVE_DAY = r"(?:today|tomorrow|yesterday|the day after tomorrow)"
DAY = rf"(?:{CALENDAR_DATE}|{RELATIVE_DAY}|(?:the )?{WEEKDAY})"


def weekday(text: str) -> int | None:
    """Monday 0 … Sunday 6; 'Tue', 'tuesday' and 'Tues' are one day."""
    text = text.strip().lower().removeprefix("the ")
    if not re.fullmatch(WEEKDAY, text):
        return None
    return next(index for index, name in enumerate(WEEKDAYS) if name.startswith(text[:3]))


def calendar_date(text: str, today: date) -> date | None:
    """A date said in full or relative to `today`; without a year, the next one to come."""
    text = text.strip().lower()
    relative = {"today": 0, "tomorrow": 1, "yesterday": -1, "the day after tomorrow": 2}
    if text in relative:
        return today + timedelta(days=relative[text])
    if re.fullmatch(ISO_DATE, text):
        return _real_date(int(text[:4]), int(text[5:7]), int(text[8:]))
    found = re.fullmatch(rf"(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? ({_MONTH})(?:,? (\d{{4}}))?", text)
    if found:
        return _with_year(found[3], found[2], found[1], today)
    found = re.fullmatch(rf"({_MONTH}) (\d{{1,2}})(?:st|nd|rd|th)?(?:,? (\d{{4}}))?", text)
    return _with_year(found[3], found[1], found[2], today) if found else None


def monday_of(day: date) -> date:
    """The Monday of the week that `day` is in."""
    return day - timedelta(days=day.weekday())


def spoken(day: date) -> str:
    """'Wed 22 Apr'."""
    return f"{WEEKDAYS[day.weekday()][:3].title()} {day.day} {_MONTHS[day.month - 1][:3].title()}"


def _with_year(year: str | None, month_name: str, day: str, today: date) -> date | None:
    month = next(index for index, name in enumerate(_MONTHS, start=1) if name.startswith(month_name[:3]))
    if year is not None:
        return _real_date(int(year), month, int(day))
    this_year = _real_date(today.year, month, int(day))
    if this_year is not None and this_year < today:
        return _real_date(today.year + 1, month, int(day))
    return this_year


def _real_date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
