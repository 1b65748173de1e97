"""The rules a trip is held to: structure, times, opening hours, ways, nights, money, and the past."""

import datetime
from collections.abc import Mapping
from typing import Any

from tools.issues import Issue, by_severity
from tools.past_days import changes_to_the_past
from tools.travel.structure_rules import structure_issues
from tools.travel.time_rules import time_issues
from tools.travel.trip_rules import trip_issues
from tools.travel.trip_view import read_trip


def check_itinerary(
    document: Mapping[str, Any], *, base: Mapping[str, Any] | None = None, today: datetime.date
) -> list[Issue]:
    """Return every issue of a trip's document, errors first.

    The list is about the whole document; `tools.issues.introduced` tells what a change is to blame for. `base` is the
    document before the change, None for a new one: changes to days before `today` are warned of. Never raises for a
    malformed document: that is what it reports.
    """
    view = read_trip(document)
    issues = [
        *structure_issues(document, view),
        *time_issues(view),
        *trip_issues(view),
        *changes_to_the_past(document, base, today, day_of=_last_day),
    ]
    return by_severity(issues)


def _last_day(data: Mapping[str, Any]) -> datetime.date | None:
    said = next((data[name] for name in ("end", "start", "date") if data.get(name)), "")
    try:
        return datetime.date.fromisoformat(str(said)[:10])
    except ValueError:
        return None
