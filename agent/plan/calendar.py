"""A plan as an iCalendar file (RFC 5545): an event for each item that has a day and is no period with items of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from agent.plan.dates import DAY_FIELDS, day_of, is_period, parse_day
from agent.plan.document import Item, PlanDocument
from agent.plan.json_values import Json
from agent.plan.outline import outline
from agent.plan.page import details
from agent.plan.records import PlanVersion

_DAY = timedelta(days=1)
_OCTETS = 75
"""Longest line, without its end (§3.1)."""


def as_calendar(version: PlanVersion) -> str:
    """The version's events. Their UIDs stay the same from version to version, so a calendar updates them in place."""
    document = version.document
    title = document.meta.get("title")
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Planloom//Plans//EN",
        f"X-WR-CALNAME:{_escaped(title if isinstance(title, str) and title else f'{document.domain} plan')}",
        *(line for item_id, text in _dated(document) for line in _event(item_id, text, version)),
        "END:VCALENDAR",
    ]
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _dated(document: PlanDocument) -> Iterator[tuple[str, str]]:
    """Ids of the items that are events, in the order of their days, with their values in words."""
    for row in outline(document):
        item = document.items[row["id"]]
        if day_of(item) is not None and not is_period(item):
            yield row["id"], details(row)


def _event(item_id: str, text: str, version: PlanVersion) -> list[str]:
    item = version.document.items[item_id]
    return [
        "BEGIN:VEVENT",
        f"UID:{item_id}@{version.plan_id}",
        f"DTSTAMP:{_moment(version.created_at)}",
        f"SEQUENCE:{version.version}",
        *_times(item),
        f"SUMMARY:{_escaped(item.title)}",
        *([f"DESCRIPTION:{_escaped(text)}"] if text else []),
        "END:VEVENT",
    ]


def _times(item: Item) -> list[str]:
    """When it is: at its time where it has one, else the whole day, or all days from its start to its end."""
    begins = next(item.data[name] for name in DAY_FIELDS if parse_day(item.data.get(name)) is not None)
    ends = item.data.get("end") if "start" in item.data else None
    begin, end = _time(begins), _time(ends)
    if begin is not None:
        return [f"DTSTART:{_moment(begin)}", *([f"DTEND:{_moment(end)}"] if end is not None else [])]
    first = parse_day(begins) or date.min
    last = max(first, parse_day(ends) or first)
    # the end of whole days is the day after (§3.6.1)
    return [
        f"DTSTART;VALUE=DATE:{first:%Y%m%d}",
        *([f"DTEND;VALUE=DATE:{last + _DAY:%Y%m%d}"] if last < date.max else []),
    ]


def _time(value: Json) -> datetime | None:
    """The moment of an ISO date and time; None for a mere date, and for what only begins like one."""
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) and len(value) > len("2026-01-01") else None
    except ValueError:
        return None


def _moment(moment: datetime) -> str:
    """In UTC; a time without zone stays one (§3.3.5)."""
    return f"{moment:%Y%m%dT%H%M%S}" if moment.tzinfo is None else f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r\n", "\\n"), ("\n", "\\n")):
        text = text.replace(plain, escaped)
    return "".join(letter for letter in text if letter >= " " or letter == "\t")


def _folded(line: str) -> str:
    """Cut into lines of at most 75 octets, none within a character (§3.1)."""
    parts, current = [], ""
    for letter in line:
        if len((current + letter).encode()) > _OCTETS:
            parts.append(current)
            current = " "
        current += letter
    return "\r\n".join([*parts, current])
