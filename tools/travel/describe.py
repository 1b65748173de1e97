"""A trip in lines for reading: its days, and what is when on each, deterministic."""

from collections.abc import Mapping
from typing import Any

from tools.dates import day_text
from tools.travel.currency import money
from tools.travel.plan_items import Flight, Transfer
from tools.travel.trip_view import TimedItem, TripView, read_trip


def trip_lines(document: Mapping[str, Any], day: int | None = None) -> list[str]:
    """Return a line for the stay and one for each day, or one for everything on day number `day` (from 1).

    Raises LookupError for a day that the trip doesn't have.
    """
    view = read_trip(document)
    days = list(view.days)
    if day is None:
        return [*(_stay_line(stay, view) for stay in view.stays), *(_day_line(one, view, document) for one in days)]
    if not 1 <= day <= len(days):
        raise LookupError(f"the trip has no day {day}; it has {len(days)}")
    items = view.of_day(days[day - 1])
    told = [f"- {_item_line(item, view)}" for item in items] or ["- nothing planned"]
    return [f"{_day_title(days[day - 1], view, document)}:", *told]


def _day_line(day_id: str, view: TripView, document: Mapping[str, Any]) -> str:
    listed = ", ".join(f"{item.start:%H:%M} {item.title}" for item in view.of_day(day_id)) or "free"
    return f"{_day_title(day_id, view, document)}: {listed}"


def _day_title(day_id: str, view: TripView, document: Mapping[str, Any]) -> str:
    item = document["items"][day_id]
    return f"{item.get('title') or day_id} ({day_text(view.days[day_id])})"


def _stay_line(stay: TimedItem, view: TripView) -> str:
    nights = (stay.end.date() - stay.start.date()).days
    cost = f", {money(stay.data.price, view.currency)}" if stay.data.price else ""
    length = f"{nights} night{'' if nights == 1 else 's'}"
    return f"Stay: {stay.title}, {length} from {day_text(stay.start.date())}{cost}{_made_up(stay)}"


def _item_line(item: TimedItem, view: TripView) -> str:
    later = (item.end.date() - item.start.date()).days
    end = f"{item.end:%H:%M}" + (f" ({later:+d})" if later else "")
    facts = [money(item.data.price, view.currency) if item.data.price else ""]
    if isinstance(item.data, Flight):
        facts += [item.data.number or "", "estimate" if item.data.provenance == "estimate" else ""]
    elif isinstance(item.data, Transfer):
        facts.append(f"by {item.data.mode}")
    told = ", ".join(filter(None, facts))
    return f"{item.start:%H:%M}-{end} {item.title}" + (f" ({told})" if told else "") + _made_up(item)


def _made_up(item: TimedItem) -> str:
    return " [sample data]" if getattr(item.data, "provenance", None) == "sample" and item.kind != "visit" else ""
