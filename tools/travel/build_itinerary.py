"""Build a trip to a curated city: the first draft that a traveller then edits."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tools.travel import cities, currency
from tools.travel.build_request import ItineraryNotPossible, ItineraryRequest, Pace
from tools.travel.cities import City, Sight
from tools.travel.currency import money
from tools.travel.day_clusters import clustered
from tools.travel.day_route import DayRoute, Window, best_route, open_in
from tools.travel.local_travel import way
from tools.travel.sample_stays import StayOffer, sample_stays
from tools.travel.sight_choice import ranked_sights
from tools.travel.trip_frame import Frame, frame
from tools.travel.trip_items import Prices, trip_items

__all__ = ["BuiltItinerary", "ItineraryNotPossible", "ItineraryRequest", "build_itinerary"]

VISITS_A_DAY: dict[Pace, int] = {"relaxed": 3, "moderate": 4, "full": 6}
_USUAL_STAY = 2


@dataclass(frozen=True)
class BuiltItinerary:
    """A plan document (JSON-plain: schema, domain, meta, items) and the assumptions made on the way."""

    document: dict[str, Any]
    assumptions: list[str]


@dataclass(frozen=True)
class _Draft:
    """One way to make the trip: where to stay, the frame, and each day's route (None for a day without time)."""

    stay: StayOffer
    frame: Frame
    routes: tuple[DayRoute | None, ...]
    cost: float


def build_itinerary(request: ItineraryRequest) -> BuiltItinerary:
    """Return a trip of 1 to 21 days for the request; the same request gives the same trip.

    Raises ItineraryNotPossible (a ValueError, as UnknownPlace and AmbiguousPlace are) with a sentence that says what
    to change.
    """
    city = cities.city(request.destination)
    if request.currency is not None and not currency.known(request.currency.upper()):
        raise ItineraryNotPossible(f"I have no rate for the currency {request.currency!r}; give the budget in another.")
    prices = Prices(city, (request.currency or city.currency).upper(), request.travellers)
    must, others = ranked_sights(request, city)
    stays = sample_stays(city)
    draft = _draft(request, city, stays[_USUAL_STAY], must, others, prices)
    if request.budget is not None and draft.cost > request.budget:
        draft = _within_budget(request, city, stays, must, others, prices)
    items = trip_items(draft.frame, draft.routes, draft.stay if draft.frame.sleeps else None, city, prices)
    document = {"schema": 1, "domain": "travel", "meta": _meta(request, city, draft.frame, prices), "items": items}
    return BuiltItinerary(document, _assumptions(request, city, draft, prices))


def _draft(
    request: ItineraryRequest,
    city: City,
    stay: StayOffer,
    must: Sequence[Sight],
    others: Sequence[Sight],
    prices: Prices,
) -> _Draft:
    shape = frame(request, city, stay.lat, stay.lon)
    routes = routes_for(shape.windows, must, others, VISITS_A_DAY[request.pace], city)
    return _Draft(stay, shape, routes, prices.of_trip(shape, routes, stay))


def routes_for(
    windows: Sequence[Window | None], must: Sequence[Sight], others: Sequence[Sight], a_day: int, city: City
) -> tuple[DayRoute | None, ...]:
    """Return every day with its visits: near ones together, then whatever still fits, the best first."""
    there = [window for window in windows if window is not None]
    capacities = [_capacity(window, a_day) for window in there]
    room = sum(capacities)
    if len(must) > room:
        raise ItineraryNotPossible(
            f"{len(must)} sights must be in, but these days have time for {room}; leave some out or stay longer."
        )
    fitting = [one for one in others if any(open_in(one, window) for window in there)]
    chosen = [*must, *fitting[: room - len(must)]]
    spread = [min(capacity, -(-len(chosen) // len(there))) for capacity in capacities]
    days = clustered(chosen, there, spread)
    routes = [best_route(day, window) for day, window in zip(days, there, strict=True)]
    spare = [one for one in fitting if one not in chosen]
    placed = {one.id for route in routes for one in route.visits}
    missing = [one for one in must if one.id not in placed]
    for number, window in enumerate(there):
        for one in [*missing, *spare]:
            if len(routes[number].visits) >= spread[number]:
                break
            if one.id not in placed and open_in(one, window):
                tried = best_route([*routes[number].visits, one], window)
                if not tried.left_out:
                    routes[number] = tried
                    placed.add(one.id)
    routes = [_with_must(route, window, must, placed) for route, window in zip(routes, there, strict=True)]
    if missing := [one for one in must if one.id not in placed]:
        raise ItineraryNotPossible(_no_room_for(missing[0], there, city))
    found = iter(routes)
    return tuple(None if window is None else next(found) for window in windows)


def _with_must(route: DayRoute, window: Window, must: Sequence[Sight], placed: set[str]) -> DayRoute:
    """The route with missing musts in place of what need not be in."""
    for one in must:
        if one.id in placed or not open_in(one, window):
            continue
        wanted = [visit for visit in route.visits if visit in must]
        tried = best_route([*wanted, one], window)
        if not tried.left_out:
            placed.difference_update(visit.id for visit in route.visits)
            placed.update(visit.id for visit in tried.visits)
            route = tried
    return route


def _no_room_for(sight: Sight, windows: Sequence[Window], city: City) -> str:
    if not any(open_in(sight, window) for window in windows):
        closed = f" and is closed on {sight.closed_days}" if sight.closed else ""
        return (
            f"{sight.name} cannot be visited on these days: it is open {sight.hours}{closed} "
            f"and takes {sight.minutes} minutes. Change the dates or leave it out."
        )
    return f"There is no time left for {sight.name} in {city.name}; leave another sight out, or stay longer."


def _capacity(window: Window, a_day: int) -> int:
    """How many visits a day may have; fewer where flights leave less time."""
    return max(1, min(a_day, round((window.closes - window.opens) / 150)))


def _within_budget(
    request: ItineraryRequest,
    city: City,
    stays: Sequence[StayOffer],
    must: Sequence[Sight],
    others: Sequence[Sight],
    prices: Prices,
) -> _Draft:
    """The best trip that the budget allows: a cheaper stay first, then only sights that cost nothing."""
    free = [one for one in others if one.price == 0]
    budget = request.budget or 0.0
    cheapest: _Draft | None = None
    for choice in (others, free):
        for stay in reversed(stays[: _USUAL_STAY + 1]):
            draft = _draft(request, city, stay, must, choice, prices)
            if draft.cost <= budget:
                return draft
            if cheapest is None or draft.cost < cheapest.cost:
                cheapest = draft
    least = cheapest.cost if cheapest is not None else 0.0
    raise ItineraryNotPossible(
        f"{money(budget, prices.currency)} is not enough: the cheapest such trip that I can build costs about "
        f"{money(least, prices.currency)} (sample prices, without flights). Raise the budget or shorten the trip."
    )


def _meta(request: ItineraryRequest, city: City, shape: Frame, prices: Prices) -> dict[str, Any]:
    count = len(shape.days)
    meta: dict[str, Any] = {
        "title": request.title or f"{count} day{'s' if count > 1 else ''} in {city.name}",
        "destination": city.name,
        "country": city.country,
        "tz": city.tz,
        "start": shape.days[0].isoformat(),
        "end": shape.days[-1].isoformat(),
        "travellers": request.travellers,
        "pace": request.pace,
        "currency": prices.currency,
    }
    if request.interests:
        meta["interests"] = list(request.interests)
    if request.budget is not None:
        meta["budget"] = {"amount": request.budget, "strict": request.strict_budget}
    if request.tz is not None:
        meta["home_tz"] = request.tz
    return meta


def _assumptions(request: ItineraryRequest, city: City, draft: _Draft, prices: Prices) -> list[str]:
    """A sentence for everything that the trip takes for granted."""
    said = ["Opening hours, prices and the stay are sample data: check them before you book or go."]
    if prices.currency != city.currency:
        said.append(f"Prices are converted by the {currency.SOURCE}.")
    told = money(draft.cost, prices.currency)
    if request.budget is not None:
        said.append(f"All in all about {told} of {money(request.budget, prices.currency)}, without flights.")
        if draft.frame.sleeps and draft.stay.stars < _USUAL_STAY + 1:
            said.append(f"To keep to the budget it has a simple place to stay ({draft.stay.name}).")
    else:
        said.append(f"All in all about {told}{', without flights' if request.origin else ''}.")
    if draft.frame.out is not None:
        said.append("The flights are estimates of times, not offers; ask me to search flights.")
    empty = sum(route is not None and not route.visits for route in draft.routes)
    if empty:
        said.append(
            f"{empty} day{'s are' if empty > 1 else ' is'} left free: I know no more sights for {'them' if empty > 1 else 'it'}."
        )
    far = _longest_way(draft)
    if far is not None:
        said.append(f"The longest way between two visits is {far:.0f} minutes by public transport.")
    return said


def _longest_way(draft: _Draft) -> float | None:
    ways = [
        way(a.lat, a.lon, b.lat, b.lon)
        for route in draft.routes
        if route is not None
        for a, b in zip(route.visits, route.visits[1:], strict=False)
    ]
    rides = [one.minutes for one in ways if one.mode == "transit"]
    return max(rides, default=None)
