"""What makes a trip a proper one: known kinds, readable data, days in order, everything on a day of the trip."""

import datetime
from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from tools import dates
from tools.dates import day_text
from tools.issues import Issue, Severity
from tools.travel.plan_items import KINDS, Flight
from tools.travel.trip_view import TimedItem, TripView

_SOURCE = "the structure of a trip"


def structure_issues(document: Mapping[str, Any], view: TripView) -> Iterator[Issue]:
    """Yield what is wrong with the document's make-up."""
    items = document.get("items")
    if not isinstance(items, Mapping):
        yield _issue("no_items", (), "The document has no items.")
        return
    for item_id, item in items.items():
        yield from _item_issues(str(item_id), item, items)
    yield from _shared_days(view)
    for item in (*view.timed, *view.stays):
        yield from _moment_issues(item, view)


def _item_issues(item_id: str, item: Any, items: Mapping[str, Any]) -> Iterator[Issue]:
    kind = item.get("kind") if isinstance(item, Mapping) else None
    if not isinstance(kind, str) or kind not in KINDS:
        yield _issue(
            "kind_unknown", (item_id,), f"{item_id} has the unknown kind {kind!r}; there are {', '.join(KINDS)}."
        )
        return
    try:
        KINDS[kind].model_validate(item.get("data"))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "data"
        yield _issue("data_invalid", (item_id,), f"{item_id}: {where}: {first['msg'].removeprefix('Value error, ')}.")
    parent = item.get("parent")
    above = items.get(parent) if isinstance(parent, str) else None
    is_day = isinstance(above, Mapping) and above.get("kind") == "day"
    if kind == "day" and parent is not None:
        yield _issue("day_with_parent", (item_id,), f"{item_id} is a day and belongs to nothing.")
    elif kind not in ("day", "stay", "note") and not is_day:
        yield _issue(
            "parent_not_a_day",
            (item_id,),
            f"{item_id} must belong to a day, and {parent!r} is none.",
            fix="Put it under the day it is on.",
        )


def _shared_days(view: TripView) -> Iterator[Issue]:
    seen: dict[datetime.date, str] = {}
    for day_id, day in view.days.items():
        if day in seen:
            yield _issue("days_overlap", (seen[day], day_id), f"{seen[day]} and {day_id} are the same day, {day}.")
        seen[day] = day_id


def _moment_issues(item: TimedItem, view: TripView) -> Iterator[Issue]:
    if item.minutes <= 0:
        yield _issue(
            "ends_before_it_starts",
            (item.id,),
            f"{item.title} ({item.id}) ends at {moment_text(item.end)}, not after it starts at {moment_text(item.start)}.",
            value=item.minutes,
            limit=0,
            fix="Give it an end after its start; times are compared with their offsets.",
        )
    day = view.days.get(item.parent or "")
    if day is not None and item.start.date() != day and item.kind != "stay":
        yield _issue(
            "outside_day",
            (item.id,),
            f"{item.title} ({item.id}) starts on {day_text(item.start.date())}, but belongs to {day_text(day)}.",
            fix="Move it to the day of its start.",
        )
    first, last = view.first, view.last
    if first is not None and last is not None and not first <= item.start.date() <= last:
        yield _issue(
            "outside_trip",
            (item.id,),
            f"{item.title} ({item.id}) is on {day_text(item.start.date())}; the trip is from {day_text(first)} to "
            f"{day_text(last)}.",
            fix="Move it into the trip, or add that day.",
        )
    end_zone = item.data.end_tz if isinstance(item.data, Flight) else None
    for moment, zone in ((item.start, item.data.tz), (item.end, end_zone or item.data.tz)):
        yield from _offset_issues(item, moment, zone or view.tz)


def _offset_issues(item: TimedItem, moment: datetime.datetime, zone: str) -> Iterator[Issue]:
    """A moment whose offset is not the one of its place then: the clocks there would show another time."""
    there = moment.astimezone(ZoneInfo(dates.zone(zone).key))
    if there.utcoffset() != moment.utcoffset():
        yield _issue(
            "wrong_offset",
            (item.id,),
            f"{item.title} ({item.id}) is written as {moment.isoformat()}, but {zone} shows {there.isoformat()} then.",
            severity="warning",
            source="IANA time zone database",
            fix=f"Write {moment.replace(tzinfo=ZoneInfo(zone)).isoformat()} if {moment:%H:%M} on the clocks there is meant.",
        )


def moment_text(moment: datetime.datetime) -> str:
    """Return a moment as people read it, on its own clocks: Tue 7 Apr 09:30."""
    return f"{moment:%a} {moment.day} {moment:%b %H:%M}"


def _issue(
    code: str,
    ids: tuple[str, ...],
    message: str,
    *,
    severity: Severity = "error",
    value: float | None = None,
    limit: float | None = None,
    source: str = _SOURCE,
    fix: str | None = None,
) -> Issue:
    return Issue(
        code=code, severity=severity, ids=ids, message=message, value=value, limit=limit, source=source, fix=fix
    )
