"""The days of plan items: where an item's data says when it is, and which week-like parent a day falls into.

An item's day is in `date`, `start`, `end` or `due`, as an ISO date or an ISO date and time. A period is an item with a
`start` day and no end of its own, such as a training week: it spans as many days as its `days` says, seven without.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from agent.plan.document import Item
from agent.plan.json_values import Json

SPAN_FIELDS = ("date", "start", "end")
DAY_FIELDS = (*SPAN_FIELDS, "due")
WEEK = 7
MOST_DAYS = 3660


def parse_day(value: Json) -> date | None:
    """The day of an ISO date or date-time, in its own time zone; None for anything else."""
    if not isinstance(value, str) or len(value) < len("2026-01-01"):
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None


def day_of(item: Item) -> date | None:
    """When the item is: the first of `date`, `start`, `end` and `due` that it has."""
    days = (parse_day(item.data.get(name)) for name in DAY_FIELDS)
    return next((day for day in days if day is not None), None)


def shifted(item: Item, days: int) -> Item:
    """The item so many days later, times of day kept. Raises `OverflowError` beyond year 9999."""
    data = item.to_json()["data"]
    names = [name for name in DAY_FIELDS if parse_day(data.get(name)) is not None]
    for name in names:
        value = data[name]
        data[name] = (date.fromisoformat(value[:10]) + timedelta(days=days)).isoformat() + value[10:]
    return item.copy_with(data=data)


def moved_to(item: Item, day: date) -> Item:
    """The item on another day; its span moves as a whole, and a deadline stays unless it is all there is."""
    now = day_of(item)
    if now is None:
        raise ValueError("the item has no day")
    later = shifted(item, (day - now).days)
    if "due" in item.data and any(name in item.data for name in SPAN_FIELDS):
        return later.copy_with(data={**later.data, "due": item.data["due"]})
    return later


def is_period(item: Item) -> bool:
    """Whether the item is week-like."""
    return "start" in item.data and not {"date", "end"} & item.data.keys() and day_of(item) is not None


def period_days(period: Item) -> int:
    """How many days a week-like item spans."""
    days = period.data.get("days")
    return days if isinstance(days, int) and not isinstance(days, bool) and 0 < days <= MOST_DAYS else WEEK


def covers(period: Item, day: date) -> bool:
    """Whether the day is one of the period's."""
    start = day_of(period)
    return start is not None and 0 <= (day - start).days < period_days(period)


def period_for(items: Mapping[str, Item], item: Item) -> str | None:
    """The id of the period that the item's day belongs to: its parent, or a period beside the parent.

    The present parent if there is no better one.
    """
    parent = items.get(item.parent) if item.parent is not None else None
    day = day_of(item)
    if parent is None or day is None or not is_period(parent) or covers(parent, day):
        return item.parent
    beside = (
        item_id
        for item_id, other in items.items()
        if other.kind == parent.kind and other.parent == parent.parent and is_period(other) and covers(other, day)
    )
    return min(beside, default=item.parent)
