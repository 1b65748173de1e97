"""Plan the rest of a trip anew: other visits and meals on the days that are left; flights, transfers and the stay remain."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from tools import dates
from tools.fractional_rank import nth_rank
from tools.rest_of_plan import RestOfPlan
from tools.travel import cities
from tools.travel.budget_report import budget_report
from tools.travel.build_itinerary import VISITS_A_DAY, routes_for
from tools.travel.build_request import ItineraryNotPossible, ItineraryRequest, Pace, pace_named
from tools.travel.cities import City
from tools.travel.day_route import Window
from tools.travel.sight_choice import ranked_sights
from tools.travel.trip_frame import BEFORE_TAKE_OFF, HOURS, SETTLING, up
from tools.travel.trip_items import Prices, slot_item

_STAYS = ("flight", "transfer", "stay", "day", "note")
"""What is as it was booked or lived."""
_SHORTEST = 60


class ReplanRequest(BaseModel):
    """What is different from now on; whatever is left out stays as the trip has it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pace: Annotated[Pace, BeforeValidator(pace_named)] | None = Field(
        default=None, description="how much to do in a day"
    )
    interests: tuple[str, ...] = Field(default=(), max_length=10, description=f"of: {', '.join(cities.INTERESTS)}")
    must_see: tuple[str, ...] = Field(default=(), max_length=30, description="sights that must be in, by name")
    avoid: tuple[str, ...] = Field(default=(), max_length=30, description="sights or interests to leave out")
    budget: float | None = Field(default=None, gt=0, le=10_000_000, allow_inf_nan=False, description="money for it all")


def replan(
    document: Mapping[str, Any], from_date: datetime.date, request: ReplanRequest, *, today: datetime.date
) -> RestOfPlan:
    """Choose visits and meals anew for the days of the trip on and after `from_date`.

    What is visited before is not visited again. Raises ItineraryNotPossible with a sentence that says what would be
    possible, so where the trip would cost more than its budget.
    """
    meta, items = document["meta"], document["items"]
    start = max(from_date, today)
    city = cities.city(str(meta.get("destination", "")))
    days = {
        item_id: datetime.date.fromisoformat(item["data"]["start"])
        for item_id, item in items.items()
        if item["kind"] == "day" and item["data"]["start"] >= start.isoformat()
    }
    if not days:
        raise ItineraryNotPossible(f"The trip has no day on or after {start.isoformat()} to plan anew.")
    pace: Pace = request.pace or meta.get("pace", "moderate")
    wishes = _wishes(request, meta, city, min(today, start), start, len(days))
    must, others = ranked_sights(wishes, city)
    kept = {
        item_id: item
        for item_id, item in items.items()
        if (item["kind"] in _STAYS and _day(item) >= start.isoformat())
        or (item["kind"] == "note" and item["parent"] in days)
    }
    seen = {item["title"] for item in items.values() if item["kind"] == "visit" and _day(item) < start.isoformat()}
    # A visit that is only on another day now is the same visit.
    known = {item["title"]: item_id for item_id, item in items.items() if item["kind"] == "visit"}
    windows = [_window(day, items, city, pace) for day in days.values()]
    if not any(windows):
        raise ItineraryNotPossible("What is booked leaves no time on these days.")
    budget = request.budget if request.budget is not None else (meta.get("budget") or {}).get("amount")
    prices = Prices(city, str(meta.get("currency") or city.currency), int(meta.get("travellers", 1)))
    changed = _facts(meta, request, pace)
    chosen = [one for one in others if one.name not in seen]
    for choice in (chosen, [one for one in chosen if one.price == 0]):
        routes = routes_for(windows, must, choice, VISITS_A_DAY[pace], city)
        rest = dict(kept)
        for (day_id, day), route in zip(days.items(), routes, strict=True):
            for index, slot in enumerate(route.slots if route is not None else ()):
                item_id, item = slot_item(slot, day, city, prices, day_id)
                item_id = known.get(item["title"], item_id) if item["kind"] == "visit" else item_id
                rest[item_id] = {**item, "parent": day_id, "rank": nth_rank(index)}
        whole = {name: item for name, item in items.items() if _day(item) < start.isoformat()} | rest
        if budget is None or budget_report({**document, "meta": {**meta, **changed}, "items": whole}).counted <= budget:
            return RestOfPlan(start, rest, {name: value for name, value in changed.items() if meta.get(name) != value})
    raise ItineraryNotPossible(
        f"Even with free visits only, the trip would cost more than {budget:,.0f} {prices.currency}; raise the budget."
    )


def _wishes(
    request: ReplanRequest, meta: Mapping[str, Any], city: City, today: datetime.date, start: datetime.date, days: int
) -> ItineraryRequest:
    return ItineraryRequest(
        destination=city.name,
        today=today,
        start=start,
        days=days,
        interests=request.interests or tuple(meta.get("interests", ())),
        must_see=request.must_see,
        avoid=request.avoid,
    )


def _facts(meta: Mapping[str, Any], request: ReplanRequest, pace: Pace) -> dict[str, Any]:
    facts: dict[str, Any] = {"pace": pace}
    if request.interests:
        facts["interests"] = list(request.interests)
    if request.budget is not None:
        facts["budget"] = {**(meta.get("budget") or {"strict": False}), "amount": request.budget}
    return facts


def _day(item: Mapping[str, Any]) -> str:
    data = item["data"]
    return str(data.get("start") or data.get("date") or "")[:10]


def _window(day: datetime.date, items: Mapping[str, Any], city: City, pace: Pace) -> Window | None:
    """The time that flights and transfers leave on a day."""
    opens, closes = HOURS[pace]
    lat, lon = city.lat, city.lon
    for item in items.values():
        data = item["data"]
        if item["kind"] == "stay" and "lat" in data:
            lat, lon = data["lat"], data["lon"]
        if item["kind"] not in ("flight", "transfer"):
            continue
        begins, ends = dates.moment(data["start"]), dates.moment(data["end"])
        homebound = item["kind"] == "flight" and _is_last(item, items)
        if homebound and begins.date() == day:
            closes = min(closes, _minutes(begins) - BEFORE_TAKE_OFF - city.airport_minutes)
        elif _leads_home(item, items) and begins.date() == day:
            closes = min(closes, _minutes(begins))
        elif not homebound and not _leads_home(item, items) and ends.date() == day:
            opens = max(opens, _minutes(ends) + SETTLING)
    return Window(up(opens), closes, lat, lon, day.weekday()) if closes - opens >= _SHORTEST else None


def _is_last(flight: Mapping[str, Any], items: Mapping[str, Any]) -> bool:
    flights: Sequence[Mapping[str, Any]] = [item for item in items.values() if item["kind"] == "flight"]
    latest = max(flights, key=lambda one: dates.moment(one["data"]["start"]))
    return len(flights) > 1 and latest is flight


def _leads_home(item: Mapping[str, Any], items: Mapping[str, Any]) -> bool:
    """Whether a transfer is on the way to the last flight."""
    if item["kind"] != "transfer":
        return False
    last = next((one for one in items.values() if one["kind"] == "flight" and _is_last(one, items)), None)
    return last is not None and str(item["data"]["destination"]) == str(last["data"]["origin"])


def _minutes(moment: datetime.datetime) -> int:
    return moment.hour * 60 + moment.minute
