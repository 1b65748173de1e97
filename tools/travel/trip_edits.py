"""Changes of a trip that take working out, as edit operations of the plan: nothing is changed here.

A place is put where the day has room for it inside its opening hours; a flight found by a search replaces the estimated
one, and a stay the other.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools import dates
from tools.travel import cities
from tools.travel.airports import airport
from tools.travel.cities import Sight, minutes_of
from tools.travel.currency import convert, rounded
from tools.travel.flight_search import Offer, Slice
from tools.travel.local_travel import way
from tools.travel.plan_items import KINDS
from tools.travel.stay_search import FoundStay
from tools.travel.trip_view import TimedItem, TripView

Operation = dict[str, Any]
_EARLIEST, _LATEST = 8 * 60, 22 * 60 + 30
_STEP = 15
_UNKNOWN_WAY = 15.0
"""Minutes between places whose position is not known."""
_USUAL_MINUTES = 60
_AFTER_LANDING = datetime.timedelta(minutes=45)
_BEFORE_TAKE_OFF = datetime.timedelta(minutes=120)
_PAUSE = datetime.timedelta(minutes=15)
_MEALS = {"breakfast": 45, "brunch": 75, "lunch": 60, "coffee": 30, "tea": 30, "dinner": 75, "picnic": 60}


class NoRoom(ValueError):
    """What was asked does not fit; the message says why and what would."""


@dataclass(frozen=True)
class Wish:
    """A visit that is wanted: a curated sight, or a place of one's own with whatever is known of it."""

    title: str
    minutes: int
    opens: int = 0
    closes: int = 24 * 60
    closed: frozenset[int] = frozenset()
    position: tuple[float, float] | None = None
    sight: Sight | None = None
    kind: str = "visit"


def add_place(
    view: TripView, name: str, *, day_id: str | None = None, at: str | None = None, minutes: int | None = None
) -> list[Operation]:
    """Return the operation that adds a place to the trip: on a day, at a time (hh:mm) or where there is room.

    Raises NoRoom when it fits nowhere, and ValueError for a day that the trip does not have.
    """
    wish = _wish(view, name, minutes)
    days = _days(view, day_id)
    if wish.kind == "visit" and any(one.title == wish.title for one in view.visits):
        raise NoRoom(f"{wish.title} is in the trip already.")
    for day in days:
        start = minutes_of(at) if at is not None else _room(view, day, wish)
        if start is not None:
            return [_added(view, day, wish, start)]
    where = "that day has" if day_id is not None else "the days have"
    hours = f" (open {cities.clock(wish.opens)}-{cities.clock(wish.closes)})" if wish.sight is not None else ""
    raise NoRoom(
        f"For {wish.title}{hours} {where} no {wish.minutes} minutes left; take something out first, or say a time."
    )


def change_times(item: TimedItem, *, longer_by: int | None = None, minutes: int | None = None) -> list[Operation]:
    """Return the operation that makes an item longer or shorter, or so many minutes long; its start stays."""
    length = minutes if minutes is not None else round(item.minutes) + (longer_by or 0)
    if not 5 <= length <= 24 * 60:
        raise NoRoom(f"{item.title} would be {length} minutes long; give 5 to 1440.")
    end = item.start + datetime.timedelta(minutes=length)
    return [{"op": "update_item", "id": item.id, "set": {"end": end.isoformat(timespec="seconds")}}]


def use_flights(view: TripView, offer: Offer, *, kind: str) -> list[Operation]:
    """Return the operations that put an offer's flights into the trip, in place of those between the same airports.

    The ways to and from the airport follow, and what the flights leave no time for goes. The whole price stands on the
    first flight. `kind` is what the offer is worth: sample or provider. Raises NoRoom for a flight on no day of the trip.
    """
    operations: list[Operation] = []
    gone: set[str] = set()
    for number, one in enumerate(offer.slices):
        price = convert(offer.total_amount, offer.total_currency, view.currency) if number == 0 else 0.0
        data = _flight_data(one, rounded(price, view.currency), kind)
        begins, ends = one.segments[0].departing_at, one.segments[-1].arriving_at
        old = next(
            (f for f in view.flights if (f.data.origin, f.data.destination) == (one.origin, one.destination)), None
        )
        if old is None:
            title = f"Flight {one.origin} to {one.destination}"
            day_id = _day_of(view, begins)
            operations.append({"op": "add_item", "kind": "flight", "parent": day_id, "title": title, "data": data})
        else:
            operations += _placed(view, old, begins, data)
        for ride in view.of_kind("transfer"):
            if ride.data.origin == one.destination:
                ends += _AFTER_LANDING
                operations += _placed(view, ride, ends, _times(ends, ride))
                ends += datetime.timedelta(minutes=ride.minutes)
            elif ride.data.destination == one.origin:
                begins -= _BEFORE_TAKE_OFF + datetime.timedelta(minutes=ride.minutes)
                operations += _placed(view, ride, begins, _times(begins, ride))
        gone |= {
            item.id
            for item in view.timed
            if item.kind in ("visit", "meal") and item.start < ends + _PAUSE and item.end > begins - _PAUSE
        }
    return operations + [
        {"op": "remove_item", "id": item_id, "reason": "the flight is then"} for item_id in sorted(gone)
    ]


def _placed(view: TripView, item: TimedItem, begins: datetime.datetime, data: Mapping[str, Any]) -> list[Operation]:
    """Other fields for an item, under the day on which it then begins."""
    day_id = _day_of(view, begins)
    moved = [{"op": "move_item", "id": item.id, "parent": day_id}] if item.parent != day_id else []
    return [{"op": "update_item", "id": item.id, "set": dict(data)}, *moved]


def _day_of(view: TripView, begins: datetime.datetime) -> str:
    day_id = next((day for day, date in view.days.items() if date == begins.date()), None)
    if day_id is None:
        raise NoRoom(f"{begins:%A} {begins.day} {begins:%B} is no day of the trip; choose another flight.")
    return day_id


def _times(begins: datetime.datetime, item: TimedItem) -> dict[str, str]:
    ends = begins + datetime.timedelta(minutes=item.minutes)
    return {"start": begins.isoformat(timespec="seconds"), "end": ends.isoformat(timespec="seconds")}


def use_stay(view: TripView, stay: FoundStay, *, kind: str) -> list[Operation]:
    """Return the operation that makes a place the stay of the trip; raises NoRoom for a trip without a night."""
    if not view.stays:
        raise NoRoom("The trip has no stay to change.")
    old = view.stays[0]
    price = rounded(convert(stay.total_amount, stay.total_currency, view.currency), view.currency)
    data = {"lat": stay.lat, "lon": stay.lon, "price": price, "provenance": kind}
    return [{"op": "update_item", "id": old.id, "title": stay.name, "set": data}]


def _wish(view: TripView, name: str, minutes: int | None) -> Wish:
    known = cities.city(view.destination) if view.destination and cities.is_known(view.destination) else None
    sight = cities.sight_named(known.id, name) if known is not None else None
    if sight is None:
        title = name.strip()
        if not 0 < len(title) <= 200:
            raise ValueError("name the place in at most 200 characters")
        meal = _MEALS.get(title.lower().rsplit(" ", maxsplit=1)[-1])
        kind = "visit" if meal is None else "meal"
        return Wish(title[0].upper() + title[1:], minutes or meal or _USUAL_MINUTES, kind=kind)
    return Wish(
        sight.name, minutes or sight.minutes, sight.opens, sight.closes, sight.closed, (sight.lat, sight.lon), sight
    )


def _days(view: TripView, day_id: str | None) -> Sequence[str]:
    if day_id is None:
        return list(view.days)
    if day_id not in view.days:
        raise ValueError(f"the trip has no day {day_id!r}; there are {', '.join(view.days)}")
    return [day_id]


def _room(view: TripView, day_id: str, wish: Wish) -> int | None:
    """The first minute of the day from which the wish fits between what is there, with the ways; None if none."""
    day = view.days[day_id]
    if day.weekday() in wish.closed:
        return None
    busy = [_busy(one, day, view, wish) for one in view.timed if one.start.date() <= day <= one.end.date()]
    for start in range(
        max(_EARLIEST, -(-wish.opens // _STEP) * _STEP), min(_LATEST, wish.closes) - wish.minutes + 1, _STEP
    ):
        if all(start + wish.minutes <= begins or start >= ends for begins, ends in busy):
            return start
    return None


def _busy(item: TimedItem, day: datetime.date, view: TripView, wish: Wish) -> tuple[float, float]:
    """When the wish cannot be because of an item, in minutes of the day: its own time and the way to and from it."""
    midnight = dates.on_clocks_of(day, 0, view.tz)
    between = _UNKNOWN_WAY
    if item.position is not None and wish.position is not None:
        between = way(*item.position, *wish.position).minutes + 5
    begins = dates.elapsed_minutes(midnight, item.start)
    return begins - between, begins + item.minutes + between


def _added(view: TripView, day_id: str, wish: Wish, start: int) -> Operation:
    moments = (dates.on_clocks_of(view.days[day_id], minute, view.tz) for minute in (start, start + wish.minutes))
    data: dict[str, Any] = dict(
        zip(("start", "end"), (one.isoformat(timespec="seconds") for one in moments), strict=True)
    )
    sight = wish.sight
    if sight is not None:
        city = cities.city(view.destination or "")
        price = rounded(convert(sight.price, city.currency, view.currency) * view.travellers, view.currency)
        data |= {"lat": sight.lat, "lon": sight.lon, "price": price, "hours": sight.hours}
        data |= {"interest": sight.interest, "provenance": "sample"} | (
            {"closed": sight.closed_days} if sight.closed else {}
        )
    KINDS[wish.kind].model_validate(data)
    return {"op": "add_item", "kind": wish.kind, "parent": day_id, "title": wish.title, "data": data}


def _flight_data(one: Slice, price: float, kind: str) -> Mapping[str, Any]:
    first, last = one.segments[0], one.segments[-1]
    return {
        "origin": one.origin,
        "destination": one.destination,
        "start": first.departing_at.isoformat(timespec="seconds"),
        "end": last.arriving_at.isoformat(timespec="seconds"),
        "tz": airport(one.origin).tz,
        "end_tz": airport(one.destination).tz,
        "number": " ".join(part.flight_number for part in one.segments),
        "stops": len(one.segments) - 1,
        "price": price,
        "provenance": kind,
    }
