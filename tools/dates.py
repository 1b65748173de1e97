"""Days and moments: reading them, counting between them, and what people call them. No clock is read here.

Days are `datetime.date`, moments aware `datetime.datetime`; time zones are IANA names. "Today" always comes from whoever
asks.
"""

import datetime
import re
from collections.abc import Callable, Collection
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_SATURDAY = 5
_MOST_BUSINESS_DAYS = 10_000
_RELATIVE = {"today": 0, "tomorrow": 1, "yesterday": -1, "the day after tomorrow": 2}


def zone(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name; raises ValueError for an unknown one."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is not an IANA time zone such as Europe/London") from error


def moment(text: str, tz: str | None = None) -> datetime.datetime:
    """Read an ISO date and time as an aware moment; without an offset it is on the clocks of `tz`.

    Raises ValueError for what is no date and time, and for one without offset when no zone is given.
    """
    try:
        read = datetime.datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a date and time such as 2026-04-01T10:00") from error
    if read.tzinfo is not None:
        return read
    if tz is None:
        raise ValueError(f"{text!r} has no offset; write 2026-04-01T10:00+01:00, or name a time zone")
    return read.replace(tzinfo=zone(tz))


def on_clocks_of(day: datetime.date, minutes: int, tz: str) -> datetime.datetime:
    """Return the moment that is so many minutes after midnight on a zone's clocks; 24 * 60 is the next midnight.

    A time that summer time skips becomes the one that the clocks show then.
    """
    days, rest = divmod(minutes, 24 * 60)
    wall = datetime.datetime.combine(day + datetime.timedelta(days=days), datetime.time(rest // 60, rest % 60))
    there = zone(tz)
    return wall.replace(tzinfo=there).astimezone(datetime.UTC).astimezone(there)


def elapsed_minutes(start: datetime.datetime, end: datetime.datetime) -> float:
    """Return the minutes that really pass between two aware moments, whatever their clocks show."""
    return (end.astimezone(datetime.UTC) - start.astimezone(datetime.UTC)).total_seconds() / 60


def as_date(value: object) -> datetime.date | None:
    """Return the date that a text in the form YYYY-MM-DD means, None for anything else."""
    if not isinstance(value, str) or len(value) != 10:
        return None
    try:
        return datetime.date.fromisoformat(value)
    except ValueError:
        return None


def day_text(day: datetime.date) -> str:
    """Return a date as people read it: Tue 7 Apr 2026."""
    return f"{day:%a} {day.day} {day:%b %Y}"


def is_business_day(day: datetime.date, holidays: Collection[datetime.date] = ()) -> bool:
    """Whether a day is Monday to Friday and no holiday."""
    return day.weekday() < _SATURDAY and day not in holidays


def add_business_days(day: datetime.date, days: int, holidays: Collection[datetime.date] = ()) -> datetime.date:
    """Return the business day so many business days after `day` (before it, if negative); 0 is the day itself or the next.

    Raises ValueError for more than 10,000 days, and when the result would leave the calendar.
    """
    if abs(days) > _MOST_BUSINESS_DAYS:
        raise ValueError(f"at most {_MOST_BUSINESS_DAYS} business days at once")
    try:
        step = datetime.timedelta(days=-1 if days < 0 else 1)
        while days == 0 and not is_business_day(day, holidays):
            day += step
        left = abs(days)
        while left:
            day += step
            left -= is_business_day(day, holidays)
    except OverflowError as error:
        raise ValueError("the day would leave the calendar") from error
    return day


def business_days_between(first: datetime.date, last: datetime.date, holidays: Collection[datetime.date] = ()) -> int:
    """Return how many business days there are from `first` up to but without `last`; negative when they are reversed."""
    if last < first:
        return -business_days_between(last, first, holidays)
    weeks, rest = divmod((last - first).days, 7)
    days = weeks * 5 + sum((first + datetime.timedelta(days=n)).weekday() < _SATURDAY for n in range(rest))
    return days - sum(first <= day < last and day.weekday() < _SATURDAY for day in set(holidays))


def add_months(day: datetime.date, months: int) -> datetime.date:
    """Return the same day so many months later, or the last of that month. Raises ValueError outside the calendar."""
    years, month = divmod(day.month - 1 + months, 12)
    if not datetime.MINYEAR <= day.year + years <= datetime.MAXYEAR:
        raise ValueError("the day would leave the calendar")
    first = datetime.date(day.year + years, month + 1, 1)
    following = (first + datetime.timedelta(days=31)).replace(day=1) if first.month < 12 else None
    length = (following - first).days if following else 31
    return first.replace(day=min(day.day, length))


def day_said(text: str, today: datetime.date) -> datetime.date:
    """Return the day that people mean by "tomorrow", "next Tuesday", "in 3 weeks", "5 May" or an ISO date.

    A weekday alone is the next one to come, not today; "next" is the one of the week after this one. A date without a
    year is the next to come. Raises ValueError with examples for anything else.
    """
    said = " ".join(text.strip().lower().rstrip(".").split()).removeprefix("on ")
    if said in _RELATIVE:
        return today + datetime.timedelta(days=_RELATIVE[said])
    for pattern, read in _SAID:
        found = pattern.fullmatch(said)
        if found:
            try:
                return read(found, today)
            except (ValueError, OverflowError) as error:
                raise ValueError(f"there is no such day: {text!r}") from error
    raise ValueError(f"{text!r} is not a day I understand; say 2026-05-04, 4 May, next Tuesday or in 3 weeks")


def _iso(found: re.Match[str], today: datetime.date) -> datetime.date:
    return datetime.date.fromisoformat(found[0])


def _weekday(found: re.Match[str], today: datetime.date) -> datetime.date:
    index = next(n for n, name in enumerate(WEEKDAYS) if name.startswith(found["day"][:3]))
    if found["which"] == "next":
        return today + datetime.timedelta(days=7 - today.weekday() + index)
    if found["which"] == "last":
        return today - datetime.timedelta(days=(today.weekday() - index - 1) % 7 + 1)
    return today + datetime.timedelta(days=(index - today.weekday() - 1) % 7 + 1)


def _offset(found: re.Match[str], today: datetime.date) -> datetime.date:
    count = 1 if found["count"] in ("a", "an", "one") else int(found["count"])
    signed = -count if found["ago"] else count
    if found["unit"] == "month":
        return add_months(today, signed)
    if found["unit"] == "year":
        return add_months(today, 12 * signed)
    if found["unit"] == "business day":
        return add_business_days(today, signed)
    return today + datetime.timedelta(days=signed * (7 if found["unit"] == "week" else 1))


def _calendar_day(found: re.Match[str], today: datetime.date) -> datetime.date:
    month = next(n for n, name in enumerate(MONTHS, start=1) if name.startswith(found["month"][:3]))
    day = int(found["number"])
    if found["year"]:
        return datetime.date(int(found["year"]), month, day)
    for year in range(today.year, today.year + 9):  # 29 February may be years away
        try:
            candidate = datetime.date(year, month, day)
        except ValueError:
            continue
        if candidate >= today:
            return candidate
    raise ValueError("no such day")


_MONTH = "(?P<month>" + "|".join(f"{name[:3]}(?:{name[3:]})?" for name in MONTHS) + ")"
_NUMBER = r"(?P<number>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?:,? (?P<year>\d{4}))?"
_DAY_NAME = "(?P<day>" + "|".join(f"{name[:3]}(?:[a-z]{{0,2}}|{name[3:]})" for name in WEEKDAYS) + ")"
_SAID: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], datetime.date], datetime.date]], ...] = (
    (re.compile(r"\d{4}-\d{2}-\d{2}"), _iso),
    (re.compile(rf"(?:(?P<which>this|next|last|coming|the) )?{_DAY_NAME}"), _weekday),
    (
        re.compile(
            r"(?:in )?(?P<count>\d{1,4}|an?|one) (?P<unit>day|week|month|year|business day)s?"
            r"(?: from (?:now|today)|(?P<ago> ago))?"
        ),
        _offset,
    ),
    (re.compile(rf"(?:the )?{_NUMBER}(?: of)? {_MONTH}{_YEAR}"), _calendar_day),
    (re.compile(rf"{_MONTH} (?:the )?{_NUMBER}{_YEAR}"), _calendar_day),
)
