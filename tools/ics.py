"""Events as an iCalendar file (RFC 5545): times on the clocks of their places, with the definitions of these clocks.

A calendar that reads the file again updates its events in place: an event is known by its UID, a newer one by its
SEQUENCE, and one that no longer takes place by STATUS:CANCELLED.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone

PRODUCT = "-//Planloom//Plans//EN"
_DAY = timedelta(days=1)
_FIRST_YEAR, _LAST_YEAR = 2000, 2038


@dataclass(frozen=True)
class CalendarEvent:
    """One event. Dates are whole days, the last one included; moments are shown on the clocks of `tz` and `end_tz`.

    A moment without offset is on whatever clocks its reader has; one with an offset and without `tz` is given in UTC.
    """

    uid: str
    title: str
    start: date | datetime
    end: date | datetime | None = None
    sequence: int = 0
    description: str = ""
    tz: str | None = None
    end_tz: str | None = None
    position: tuple[float, float] | None = None
    cancelled: bool = False


def calendar_text(events: Iterable[CalendarEvent], *, title: str, stamp: datetime) -> str:
    """Return the file. `stamp` is when what it tells was decided, aware."""
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCT)
    calendar.add("x-wr-calname", title)
    told = list(events)
    for zone in sorted({zone for one in told for zone in _zones(one)}):
        calendar.add_component(_timezone(zone))
    for one in told:
        calendar.add_component(_event(one, stamp))
    return str(calendar.to_ical(), "utf-8")


def _event(one: CalendarEvent, stamp: datetime) -> Event:
    event = Event()
    event.add("uid", one.uid)
    event.add("dtstamp", stamp.astimezone(UTC))
    event.add("sequence", one.sequence)
    event.add("summary", _printable(one.title))
    if isinstance(one.start, datetime):
        event.add("dtstart", _placed(one.start, one.tz))
        if isinstance(one.end, datetime):
            event.add("dtend", _placed(one.end, one.end_tz or one.tz))
    else:
        last = one.end if one.end is not None and not isinstance(one.end, datetime) else one.start
        event.add("dtstart", one.start)
        # the end of whole days is the day after (§3.6.1)
        if max(one.start, last) < date.max:
            event.add("dtend", max(one.start, last) + _DAY)
    if one.description:
        event.add("description", _printable(one.description))
    if one.position is not None:
        event.add("geo", one.position)
    if one.cancelled:
        event.add("status", "CANCELLED")
    return event


def _placed(moment: datetime, zone: str | None) -> datetime:
    if moment.tzinfo is None:
        return moment
    there: tzinfo = ZoneInfo(zone) if zone is not None else UTC
    return moment.astimezone(there)


def _zones(one: CalendarEvent) -> list[str]:
    """The zones that an event's moments are told in; UTC needs no definition."""
    sides = ((one.start, one.tz), (one.end, one.end_tz or one.tz))
    aware = [zone for side, zone in sides if isinstance(side, datetime) and side.tzinfo is not None]
    return [zone for zone in aware if zone not in (None, "UTC")]


@functools.lru_cache(maxsize=64)
def _timezone(zone: str) -> Timezone:
    """The clocks of a zone from 2000 to 2037, the years that the rules known today can be trusted for."""
    first, last = date(_FIRST_YEAR, 1, 1), date(_LAST_YEAR, 1, 1)
    return Timezone.from_tzinfo(ZoneInfo(zone), zone, first, last)


def _printable(text: str) -> str:
    """Without the control characters that a calendar may not hold."""
    return "".join(letter for letter in text.replace("\r\n", "\n") if letter >= " " or letter in "\n\t")
