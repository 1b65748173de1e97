"""The rules a trip is held to: structure, times, opening hours, ways, nights, money, and the past."""

import datetime
from collections.abc import Iterator, Mapping
from typing import Any

from tools.issues import Issue, by_severity
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
        *_changes_to_the_past(document, base, today),
    ]
    return by_severity(issues)


def _changes_to_the_past(
    document: Mapping[str, Any], base: Mapping[str, Any] | None, today: datetime.date
) -> Iterator[Issue]:
    old, new = (base or {}).get("items"), document.get("items")
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return
    for item_id in sorted(set(old) | set(new), key=str):
        before, after = old.get(item_id), new.get(item_id)
        if before != after and any(_is_past(item, today) for item in (before, after)):
            yield Issue(
                code="past_day_changed",
                severity="warning",
                ids=(str(item_id),),
                message=f"{item_id} concerns a day that is over.",
                source="plans record what happened",
                fix="Change days from today on.",
            )


def _is_past(item: Any, today: datetime.date) -> bool:
    data = item.get("data") if isinstance(item, Mapping) else None
    said = (
        next((data[name] for name in ("end", "start", "date") if data.get(name)), "")
        if isinstance(data, Mapping)
        else ""
    )
    try:
        return datetime.date.fromisoformat(str(said)[:10]) < today
    except ValueError:
        return False
