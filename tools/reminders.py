"""When a reminder comes: by a rule, once, or on the days before what a plan has; and the cron schedule that means the same."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.recurrence import cron_schedule, occurrences

SHOWN = 10
_WEEK = 7
_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True)
class Reminding:
    """The next moments, at most ten, aware; `schedule` is the cron schedule of just these moments, None where there is none."""

    upcoming: tuple[datetime.datetime, ...]
    schedule: str | None


def by_rule(first: datetime.datetime, rule: str | None, now: datetime.datetime) -> Reminding:
    """From `first` on by an RFC 5545 rule, or once without one. Raises ValueError when it would never come."""
    upcoming = occurrences(rule or "FREQ=DAILY;COUNT=1", first, after=now, count=SHOWN)
    if not upcoming:
        raise ValueError("That reminder would never come: its last moment is over.")
    return Reminding(tuple(upcoming), cron_schedule(rule, first.timetz().replace(tzinfo=None)) if rule else None)


def on_days_before(days: Sequence[datetime.date], at: datetime.time, now: datetime.datetime) -> Reminding:
    """At a time of the day before each of `days`, on the clocks of `now`. Raises ValueError when all of them are over."""
    eves = sorted({day - datetime.timedelta(days=1) for day in days})
    moments = [moment for eve in eves if (moment := datetime.datetime.combine(eve, at, now.tzinfo)) >= now]
    if not moments:
        raise ValueError("That reminder would never come: what it is for is over.")
    return Reminding(tuple(moments[:SHOWN]), _weekly([moment.date() for moment in moments], at))


def days_of(document: Mapping[str, Any], words: str) -> list[datetime.date]:
    """The days of the plan's items that `words` are in the title or the type of ("long runs", "walking"), in order."""
    wanted = " ".join(word.rstrip("s") for word in words.lower().split())
    found = set()
    for item in document["items"].values():
        data = item["data"]
        named = f"{item['title']} {data.get('type', '')}".lower()
        if "date" in data and wanted in " ".join(word.rstrip("s") for word in named.split()):
            found.add(datetime.date.fromisoformat(str(data["date"])[:10]))
    return sorted(found)


def _weekly(days: Sequence[datetime.date], at: datetime.time) -> str | None:
    """The schedule of days that come once a week, each week."""
    steady = len(days) > 1 and all((later - day).days == _WEEK for day, later in itertools.pairwise(days))
    return cron_schedule(f"FREQ=WEEKLY;BYDAY={_CODES[days[0].weekday()]}", at) if steady else None
