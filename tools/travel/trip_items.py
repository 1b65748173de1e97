"""A planned trip as the items of a plan document, and what they cost."""

import datetime
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tools import dates
from tools.fractional_rank import nth_rank
from tools.travel.cities import City
from tools.travel.currency import convert, rounded
from tools.travel.day_route import DayRoute, Slot
from tools.travel.local_travel import way
from tools.travel.sample_stays import StayOffer, rooms_for
from tools.travel.trip_frame import Frame, Journey

Item = dict[str, Any]
_MEALS = {"lunch": 1.0, "dinner": 1.4}
"""What a meal costs, in meals of the city's table."""
_AFTER_LANDING, _BEFORE_TAKE_OFF = 45, 120


@dataclass(frozen=True)
class Prices:
    """What things cost for all travellers, in the plan's currency."""

    city: City
    currency: str
    travellers: int

    def each(self, amount: float) -> float:
        """A price per person in the city's currency, for everybody in the plan's."""
        return rounded(convert(amount, self.city.currency, self.currency) * self.travellers, self.currency)

    def meal(self, name: str) -> float:
        return self.each(self.city.meal * _MEALS[name])

    def stay(self, offer: StayOffer, nights: int) -> float:
        night = convert(offer.night, self.city.currency, self.currency)
        return rounded(night * nights * rooms_for(self.travellers), self.currency)

    def rides(self, route: DayRoute, lat: float, lon: float) -> float:
        """Public transport of a day, from and back to where one stays."""
        stops = [(lat, lon), *((one.lat, one.lon) for one in route.visits), (lat, lon)]
        ways = [way(*a, *b) for a, b in itertools.pairwise(stops)]
        return self.each(self.city.fare) * sum(one.mode == "transit" for one in ways)

    def of_trip(self, shape: Frame, routes: Sequence[DayRoute | None], stay: StayOffer) -> float:
        """Everything but the flights."""
        total = self.stay(stay, shape.nights) if shape.sleeps else 0.0
        total += self.each(self.city.airport_fare) * sum(flight is not None for flight in (shape.out, shape.back))
        for route in routes:
            if route is not None:
                total += self.rides(route, stay.lat, stay.lon)
                total += sum(self.each(one.price) for one in route.visits)
                total += sum(self.meal(slot.name) for slot in route.slots if slot.sight is None)
        return rounded(total, self.currency)


def trip_items(
    shape: Frame, routes: Sequence[DayRoute | None], stay: StayOffer | None, city: City, prices: Prices
) -> dict[str, Item]:
    """Return the items by id: the stay, then each day followed by what is on it."""
    items: dict[str, Item] = {}
    if stay is not None and shape.sleeps is not None:
        items["stay"] = _stay(stay, shape, prices)
    flights = _flight_items(shape, city, prices)
    for number, (day, route) in enumerate(zip(shape.days, routes, strict=True), start=1):
        day_id = f"d{number}"
        items[day_id] = _item("day", f"Day {number}", {"start": day.isoformat(), "days": 1}, None, number)
        own = [] if route is None else [slot_item(slot, day, city, prices, day_id) for slot in route.slots]
        own += [(item_id, item) for item_id, item in flights if item["data"]["start"][:10] == day.isoformat()]
        own.sort(key=lambda one: one[1]["data"]["start"])
        for index, (item_id, item) in enumerate(own):
            items[item_id] = {**item, "parent": day_id, "rank": nth_rank(index)}
    return items


def _item(kind: str, title: str, data: dict[str, Any], parent: str | None = None, index: int = 0) -> Item:
    return {"kind": kind, "parent": parent, "rank": nth_rank(index), "title": title, "data": data}


def slot_item(slot: Slot, day: datetime.date, city: City, prices: Prices, day_id: str) -> tuple[str, Item]:
    """Return a visit or a meal of a day as an item, and its id."""
    times = {
        name: _text(dates.on_clocks_of(day, minutes, city.tz))
        for name, minutes in (("start", slot.start), ("end", slot.end))
    }
    sight = slot.sight
    if sight is None:
        return f"{day_id}-{slot.name}", _item(
            "meal", slot.name.capitalize(), {**times, "price": prices.meal(slot.name)}
        )
    data = {
        **times,
        "lat": sight.lat,
        "lon": sight.lon,
        "price": prices.each(sight.price),
        "hours": sight.hours,
        "interest": sight.interest,
        "provenance": "sample",
    }
    if sight.closed:
        data["closed"] = sight.closed_days
    return f"{day_id}-{sight.id}", _item("visit", sight.name, data)


def _stay(stay: StayOffer, shape: Frame, prices: Prices) -> Item:
    assert shape.sleeps is not None  # noqa: S101  the caller looked
    data = {
        "start": _text(shape.sleeps[0]),
        "end": _text(shape.sleeps[1]),
        "lat": stay.lat,
        "lon": stay.lon,
        "price": prices.stay(stay, shape.nights),
        "provenance": "sample",
    }
    return _item("stay", stay.name, data)


def _flight_items(shape: Frame, city: City, prices: Prices) -> list[tuple[str, Item]]:
    """The flights, and the ways between airport and town, which are on the days on which they begin."""
    found: list[tuple[str, Item]] = []
    fare = prices.each(city.airport_fare)
    ride = datetime.timedelta(minutes=city.airport_minutes)
    if shape.out is not None:
        found.append(("flight-out", _flight(shape.out)))
        begins = _up(shape.out.arrives + datetime.timedelta(minutes=_AFTER_LANDING))
        data = _transfer(begins, begins + ride, shape.out.destination.iata, city.name, fare)
        found.append(("from-airport", _item("transfer", "From the airport", data)))
    if shape.back is not None:
        there = shape.back.departs - datetime.timedelta(minutes=_BEFORE_TAKE_OFF)
        data = _transfer(there - ride, there, city.name, shape.back.origin.iata, fare)
        found += [
            ("to-airport", _item("transfer", "To the airport", data)),
            ("flight-back", _flight(shape.back)),
        ]
    return found


def _transfer(
    start: datetime.datetime, end: datetime.datetime, origin: str, destination: str, price: float
) -> dict[str, Any]:
    times = {"start": _text(start), "end": _text(end)}
    return {**times, "mode": "train", "origin": origin, "destination": destination, "price": price}


def _flight(journey: Journey) -> Item:
    data = {
        "start": _text(journey.departs),
        "end": _text(journey.arrives),
        "tz": journey.origin.tz,
        "end_tz": journey.destination.tz,
        "origin": journey.origin.iata,
        "destination": journey.destination.iata,
        "stops": journey.stops,
        "provenance": "estimate",
    }
    return _item("flight", f"Flight {journey.origin.iata} to {journey.destination.iata}", data)


def _up(moment: datetime.datetime) -> datetime.datetime:
    return moment + datetime.timedelta(minutes=-moment.minute % 5)


def _text(moment: datetime.datetime) -> str:
    return moment.isoformat(timespec="seconds")
