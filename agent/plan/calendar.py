"""A plan as an iCalendar file: an event for each item that has a day and is no period with items of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from agent.plan.dates import DAY_FIELDS, day_of, is_period, parse_day
from agent.plan.document import Item, PlanDocument
from agent.plan.json_values import Json
from agent.plan.outline import outline
from agent.plan.page import details
from agent.plan.records import PlanVersion
from tools.ics import CalendarEvent, calendar_text

_NONE: Mapping[str, Item] = {}
_EVENTS_OWN = frozenset({"start", "end", "tz", "end_tz", "lat", "lon"})
"""Fields that an event has properties for; its description need not repeat them."""


def as_calendar(version: PlanVersion, removed: Mapping[str, Item] = _NONE) -> str:
    """The version's events. Their UIDs stay the same from version to version, so a calendar updates them in place.

    `removed` are items that earlier versions had and this one has not, as they were last: their events are cancelled.
    """
    document = version.document
    gone = {item_id: item for item_id, item in removed.items() if item_id not in document.items}
    events = [
        *(_event(item_id, document.items[item_id], text, version) for item_id, text in _dated(document)),
        *(_event(one, item, "", version, cancelled=True) for one, item in sorted(gone.items()) if _is_event(item)),
    ]
    title = document.meta.get("title")
    name = title if isinstance(title, str) and title else f"{document.domain} plan"
    return calendar_text(events, title=name, stamp=version.created_at)


def _dated(document: PlanDocument) -> Iterator[tuple[str, str]]:
    """Ids of the items that are events, in the order of their days, with their values in words."""
    for row in outline(document):
        if _is_event(document.items[row["id"]]):
            yield row["id"], details({name: value for name, value in row.items() if name not in _EVENTS_OWN})


def _is_event(item: Item) -> bool:
    return day_of(item) is not None and not is_period(item)


def _event(item_id: str, item: Item, text: str, version: PlanVersion, *, cancelled: bool = False) -> CalendarEvent:
    begins = next(item.data[name] for name in DAY_FIELDS if parse_day(item.data.get(name)) is not None)
    ends = item.data.get("end") if "start" in item.data else None
    start = _time(begins)
    plan_zone = _zone(version.document.meta.get("tz"))
    return CalendarEvent(
        uid=f"{item_id}@{version.plan_id}",
        title=item.title,
        start=start if start is not None else parse_day(begins) or date.min,
        end=_time(ends) if start is not None else parse_day(ends),
        sequence=version.version,
        description=text,
        tz=_zone(item.data.get("tz")) or plan_zone,
        end_tz=_zone(item.data.get("end_tz")),
        position=_position(item),
        cancelled=cancelled,
    )


def _time(value: Json) -> datetime | None:
    """The moment of an ISO date and time; None for a mere date, and for what only begins like one."""
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) and len(value) > len("2026-01-01") else None
    except ValueError:
        return None


def _zone(name: Json) -> str | None:
    try:
        return ZoneInfo(name).key if isinstance(name, str) and name else None
    except (ValueError, OSError, LookupError):
        return None


def _position(item: Item) -> tuple[float, float] | None:
    lat, lon = item.data.get("lat"), item.data.get("lon")
    if isinstance(lat, bool) or isinstance(lon, bool):
        return None
    return (lat, lon) if isinstance(lat, int | float) and isinstance(lon, int | float) else None
