"""Days as people say them, relative to a given day; no clock is read here."""

from __future__ import annotations

import re
from datetime import date, timedelta

_DAYS = {"day": 1, "week": 7}
_LEAP_YEARS_APART = 8
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
_NAMED_DAYS = {
    r"new year'?s eve": (12, 31),
    r"new year'?s day": (1, 1),
    r"christmas eve": (12, 24),
    r"christmas(?: day)?": (12, 25),
    r"boxing day": (12, 26),
}
CALENDAR_DATE = (
    rf"(?:{ISO_DATE}|(?:{WEEKDAY},? )?(?:the )?(?:\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}\b(?:,? \d{{4}})?"
    rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?\b(?!:)(?:,? \d{{4}})?)|(?:{'|'.join(_NAMED_DAYS)})(?: \d{{4}})?)"
)
RELATIVE_DAY = r"(?:today|tomorrow|yesterday|the day after tomorrow)"
_COUNT = r"(?:\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve)"
_COUNTS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}
_COUNTS |= {"nine": 9, "ten": 10, "twelve": 12}
ANY_DAY = (
    rf"(?:{CALENDAR_DATE}|{RELATIVE_DAY}|in {_COUNT} (?:days?|weeks?|months?)|{_COUNT} (?:days?|weeks?) from (?:now|today)"
    rf"|(?:the )?(?:next|this|coming) (?:{WEEKDAY}|week|month|weekend)|(?:the )?weekend|(?:the )?{WEEKDAY})"
)
"""A day said in any way: a date, a weekday (the next one to come), a distance from today."""
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
    said = re.match(rf"({WEEKDAY}),? (?=\S)", text)
    day = _day_of_month(re.sub(r"^the ", "", text[said.end() :] if said else text), today)
    # "Monday 15 December" where that is a Tuesday: whoever said it means one of two days.
    return None if said and day is not None and day.weekday() != weekday(said[1]) else day


def impossible_day(text: str, today: date) -> str | None:
    """What is wrong with the first date in `text` that no calendar has, in a sentence; None if all are right."""
    for found in re.finditer(rf"\b{CALENDAR_DATE}(?!\w)", text, re.IGNORECASE):
        said = found[0]
        if calendar_date(said, today) is not None:
            continue
        without = re.sub(rf"^{WEEKDAY},? ", "", said, flags=re.IGNORECASE)
        real = calendar_date(without, today)
        if real is not None:
            return f"{without[:1].upper()}{without[1:]} is a {WEEKDAYS[real.weekday()].title()}. Which day do you mean?"
        return f"There is no {without.removeprefix('the ')}. Which day do you mean?"
    return None


def _day_of_month(text: str, today: date) -> date | None:
    """'22 April', 'April 22nd 2027' or a day that has a name."""
    for name, (month, day) in _NAMED_DAYS.items():
        named = re.fullmatch(rf"{name}(?: (\d{{4}}))?", text)
        if named:
            return _with_year(named[1], _MONTHS[month - 1], str(day), today)
    found = re.fullmatch(rf"(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? ({_MONTH})(?:,? (\d{{4}}))?", text)
    if found:
        return _with_year(found[3], found[2], found[1], today)
    found = re.fullmatch(rf"({_MONTH}) (\d{{1,2}})(?:st|nd|rd|th)?(?:,? (\d{{4}}))?", text)
    return _with_year(found[3], found[1], found[2], today) if found else None


def any_day(text: str, today: date) -> date | None:
    """A day as ANY_DAY says it. A weekday is the next one to come, today included unless "next" is said.

    Next week begins on its Monday, a weekend on its Saturday, next month on the first.
    """
    text = re.sub(r"^the ", "", text.strip().lower())
    plain = calendar_date(text, today)
    if plain is not None:
        return plain
    found = re.fullmatch(rf"(?:in )?({_COUNT}) (day|week|month)s?(?: from (?:now|today))?", text)
    if found:
        count = _COUNTS.get(found[1]) or int(found[1])
        return months_later(today, count) if found[2] == "month" else today + timedelta(days=count * _DAYS[found[2]])
    which, _, name = text.rpartition(" ")
    day_of_week = weekday(name)
    if day_of_week is not None:
        ahead = (day_of_week - today.weekday()) % 7
        return today + timedelta(days=ahead or (7 if which == "next" else 0))
    return _period(name, ahead=which == "next" or (which == "coming" and name != "weekend"), today=today)


def _period(name: str, *, ahead: bool, today: date) -> date | None:
    """The first day of this or the next week, weekend or month."""
    if name == "month":
        return months_later(today.replace(day=1), int(ahead))
    if name == "weekend":
        return today + timedelta(days=(5 - today.weekday()) % 7 + 7 * ahead)
    return monday_of(today) + timedelta(days=7 * ahead) if name == "week" else None


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day."""
    index = day.month - 1 + months
    first = date(day.year + index // 12, index % 12 + 1, 1)
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return min(first.replace(day=1) + timedelta(days=day.day - 1), following - timedelta(days=1))


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
    # 29 February may be years ahead.
    coming = (_real_date(year, month, int(day)) for year in range(today.year, today.year + _LEAP_YEARS_APART + 1))
    return next((one for one in coming if one is not None and one >= today), None)


def _real_date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
