"""Repeating days and moments by RFC 5545 rules, and the cron schedule that means the same, where there is one."""

import datetime
import itertools
import re
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr

MOST = 500
"""Occurrences that are looked at for one question."""

_PARTS = frozenset(
    {
        "FREQ",
        "INTERVAL",
        "COUNT",
        "UNTIL",
        "WKST",
        "BYDAY",
        "BYMONTHDAY",
        "BYYEARDAY",
        "BYWEEKNO",
        "BYMONTH",
        "BYSETPOS",
    }
)
_FREQUENCIES = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
_PLAIN_DAY = re.compile(r"(?:MO|TU|WE|TH|FR|SA|SU)(?:,(?:MO|TU|WE|TH|FR|SA|SU))*")
_CRON_DAYS = {"MO": "MON", "TU": "TUE", "WE": "WED", "TH": "THU", "FR": "FRI", "SA": "SAT", "SU": "SUN"}


def read_rule(text: str, start: datetime.datetime) -> rrule:
    """Read a rule from its first moment on; wall-clock times stay the same across summer time.

    Raises ValueError, with what is supported, for anything else: days and longer, nothing within a day.
    """
    parts = _parts(text)
    wall = start.replace(tzinfo=None)
    until = parts.get("UNTIL")
    if until is not None:
        parts["UNTIL"] = _wall_until(until, start)
    joined = ";".join(f"{name}={value}" for name, value in parts.items())
    try:
        found = rrulestr(joined, dtstart=wall)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{text!r} is no rule that I can follow: {error}") from error
    if not isinstance(found, rrule):
        raise ValueError(f"{text!r} is more than one rule")
    return found


def occurrences(
    text: str, start: datetime.datetime, *, after: datetime.datetime, count: int = 10
) -> list[datetime.datetime]:
    """Return the next `count` moments of a rule that are not before `after`, aware, in the zone of `start`.

    A time that summer time skips becomes the one that the clocks show then (RFC 5545 §3.3.5). Raises ValueError as
    `read_rule`, for a `start` that is not aware, and for more than 500.
    """
    if start.tzinfo is None or after.tzinfo is None:
        raise ValueError("moments need a time zone")
    if not 1 <= count <= MOST:
        raise ValueError(f"between 1 and {MOST} occurrences can be shown")
    zone = start.tzinfo
    since = after.astimezone(zone).replace(tzinfo=None)
    walls = itertools.islice(read_rule(text, start).xafter(since, inc=True), count)
    return [_real(wall, zone) for wall in walls]


def cron_schedule(text: str, at: datetime.time) -> str | None:
    """Return the five-field cron schedule that fires when the rule does, None for a rule that cron cannot say."""
    parts = _parts(text)
    if (
        parts.keys() - {"FREQ", "BYDAY", "BYMONTHDAY", "BYMONTH", "INTERVAL", "WKST"}
        or parts.get("INTERVAL", "1") != "1"
    ):
        return None
    days, month_days, months = parts.get("BYDAY"), parts.get("BYMONTHDAY"), parts.get("BYMONTH")
    if days and (month_days or not _PLAIN_DAY.fullmatch(days)):
        return None  # cron fires on either of the two, a rule on days that are both; and knows no second Tuesday
    if month_days and "-" in month_days:
        return None
    named = ",".join(_CRON_DAYS[day] for day in days.split(",")) if days else "*"
    sayable = {
        "DAILY": True,
        "WEEKLY": bool(days),
        "MONTHLY": bool(month_days),
        "YEARLY": bool(month_days and months),
    }[parts["FREQ"]]
    return f"{at.minute} {at.hour} {month_days or '*'} {months or '*'} {named}" if sayable else None


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for part in text.strip().upper().removeprefix("RRULE:").rstrip(";").split(";"):
        name, equals, value = part.partition("=")
        if not equals or not value or name not in _PARTS or name in parts:
            raise ValueError(f"{part!r} is not a part of a rule; there are {', '.join(sorted(_PARTS))}")
        parts[name] = value
    if parts.get("FREQ") not in _FREQUENCIES:
        raise ValueError("a rule begins with FREQ=DAILY, WEEKLY, MONTHLY or YEARLY")
    if not re.fullmatch(r"[1-9]\d{0,3}", parts.get("INTERVAL", "1")):
        raise ValueError("INTERVAL is a number from 1 to 9999")
    return parts


def _wall_until(until: str, start: datetime.datetime) -> str:
    """Return an end on the clocks of the start: rules are followed without a zone, and UTC ends would shift."""
    try:
        if not until.endswith("Z"):
            return until
        end = datetime.datetime.strptime(until, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.UTC)
    except ValueError as error:
        raise ValueError(f"UNTIL={until} is no moment such as 20261231T235900Z") from error
    return end.astimezone(start.tzinfo or datetime.UTC).strftime("%Y%m%dT%H%M%S")


def _real(wall: datetime.datetime, zone: datetime.tzinfo) -> datetime.datetime:
    """Return a wall-clock time as a moment; one that doesn't exist moves on as the clocks do."""
    moment = wall.replace(tzinfo=zone)
    return moment.astimezone(datetime.UTC).astimezone(zone) if isinstance(zone, ZoneInfo) else moment
