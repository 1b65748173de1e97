"""What can be done one after another: no overlaps, open doors, enough time for the way and before a flight."""

import datetime
from collections.abc import Iterator
from itertools import pairwise
from zoneinfo import ZoneInfo

from tools import dates
from tools.issues import Issue
from tools.travel import local_travel
from tools.travel.cities import WEEKDAYS, minutes_of
from tools.travel.plan_items import Flight, Visit
from tools.travel.structure_rules import moment_text
from tools.travel.trip_view import TimedItem, TripView

_CONNECTION = 60.0
_BEFORE_FLIGHT = 60.0
_TOLERANCE = 0.5
"""Minutes by which a way may be too short before it counts."""


def time_issues(view: TripView) -> Iterator[Issue]:
    """Yield overlaps, closed doors and ways that take longer than there is."""
    yield from _overlaps(view)
    for visit in view.visits:
        yield from _opening_issues(visit, view)
    for before, after in pairwise(view.timed):
        if after.start >= before.end:
            yield from _way_issues(before, after)
            yield from _flight_issues(before, after)


def _overlaps(view: TripView) -> Iterator[Issue]:
    """Compared as instants: what clocks in two zones show says nothing."""
    running: list[TimedItem] = []
    for item in view.timed:
        running = [one for one in running if one.end > item.start]
        for one in running:
            shared = dates.elapsed_minutes(item.start, min(one.end, item.end))
            if shared > 0:
                yield Issue(
                    code="overlap",
                    severity="error",
                    ids=(one.id, item.id),
                    message=f"{one.title} ({one.id}, until {moment_text(one.end)}) and {item.title} ({item.id}, from "
                    f"{moment_text(item.start)}) are at the same time.",
                    value=round(shared, 1),
                    limit=0,
                    source="nobody is in two places at once",
                    fix="Move one of them or make it shorter.",
                )
        running.append(item)


def _opening_issues(item: TimedItem, view: TripView) -> Iterator[Issue]:
    visit = item.data
    assert isinstance(visit, Visit)  # noqa: S101  the caller looked
    if visit.hours is None:
        yield Issue(
            code="hours_unknown",
            severity="info",
            ids=(item.id,),
            message=f"When {item.title} ({item.id}) is open is not known; look it up before you go.",
            source="the item has no opening hours",
        )
        return
    zone = ZoneInfo(visit.tz or view.tz)
    start, end = item.start.astimezone(zone), item.end.astimezone(zone)
    opens, closes = (minutes_of(text) for text in visit.hours.split("-"))
    reason = None
    if WEEKDAYS[start.weekday()] in _closed(visit):
        reason = f"is closed on {start:%A}s"
    elif _minutes(start, start.date()) < opens or _minutes(end, start.date()) > closes:
        reason = f"is open {visit.hours}, not from {start:%H:%M} to {end:%H:%M}"
    if reason is not None:
        yield Issue(
            code="closed",
            severity="error",
            ids=(item.id,),
            message=f"{item.title} ({item.id}) {reason}.",
            source="the item's own opening hours",
            fix="Move it into the opening hours, or correct these if they are wrong.",
        )


def _closed(visit: Visit) -> list[str]:
    return [day.strip() for day in (visit.closed or "").split(",")]


def _minutes(moment: datetime.datetime, day: datetime.date) -> int:
    return (moment.date() - day).days * 24 * 60 + moment.hour * 60 + moment.minute


def _way_issues(before: TimedItem, after: TimedItem) -> Iterator[Issue]:
    if before.position is None or after.position is None:
        return
    usual = local_travel.way(*before.position, *after.position)
    there = dates.elapsed_minutes(before.end, after.start)
    if there + _TOLERANCE >= usual.minutes:
        return
    least = local_travel.least_minutes(usual.km)
    possible = there + _TOLERANCE >= least
    yield Issue(
        code="way_tight" if possible else "way_too_long",
        severity="warning" if possible else "error",
        ids=(before.id, after.id),
        message=f"From {before.title} ({before.id}) to {after.title} ({after.id}) it is {usual.km:.1f} km, about "
        f"{usual.minutes:.0f} minutes {'on foot' if usual.mode == 'walk' else 'by public transport'}, and there are "
        f"{there:.0f}.",
        value=round(there, 1),
        limit=round(usual.minutes, 1),
        source=local_travel.SOURCE,
        fix="Leave more time between them, or take a taxi." if possible else "Leave more time between them.",
    )


def _flight_issues(before: TimedItem, after: TimedItem) -> Iterator[Issue]:
    if not isinstance(after.data, Flight):
        return
    gap = dates.elapsed_minutes(before.end, after.start)
    if isinstance(before.data, Flight):
        if before.data.destination != after.data.origin and gap < 24 * 60:
            yield Issue(
                code="wrong_airport",
                severity="error",
                ids=(before.id, after.id),
                message=f"{before.title} ({before.id}) lands at {before.data.destination}, but {after.title} ({after.id}) "
                f"leaves from {after.data.origin}.",
                source="a flight begins where one is",
                fix="Add the way between the airports, or choose another flight.",
            )
        elif gap < _CONNECTION:
            yield _short("connection_short", before, after, gap, _CONNECTION)
    elif gap < _BEFORE_FLIGHT:
        yield _short("late_for_flight", before, after, gap, _BEFORE_FLIGHT)


def _short(code: str, before: TimedItem, after: TimedItem, gap: float, limit: float) -> Issue:
    return Issue(
        code=code,
        severity="warning",
        ids=(before.id, after.id),
        message=f"Between {before.title} ({before.id}) and {after.title} ({after.id}) there are {gap:.0f} minutes; "
        f"{limit:.0f} is the least to count on.",
        value=round(gap, 1),
        limit=limit,
        source="our own caution: check-in closes 45 to 60 minutes before departure, connections are sold from about 60",
        fix="Leave more time before the flight.",
    )
