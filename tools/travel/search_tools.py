"""Searching flights and stays as tools for a model: nothing is booked, and sample data says what it is."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

from langchain_core.tools import BaseTool, InjectedToolArg, ToolException, tool
from pydantic import BaseModel

from tools.dates import day_text
from tools.result import answer
from tools.travel import airports, cities, providers
from tools.travel.airports import Airport
from tools.travel.cities import City
from tools.travel.currency import money
from tools.travel.flight_search import FlightSearchFailed, Offer, OfferRequest, Offers, Slice, SliceRequest
from tools.travel.refusals import sentence
from tools.travel.stay_search import StayRequest
from tools.travel.trip_view import TripView, read_trip

MOST_TOLD = 5
Now = Annotated[datetime.datetime, InjectedToolArg]
Plan = Annotated[dict[str, Any] | None, InjectedToolArg]


@tool("search_flights", parse_docstring=True)
async def search_flights(
    now: Now,
    plan: Plan = None,
    origin: str | None = None,
    destination: str | None = None,
    departure_date: str | None = None,
    return_date: str | None = None,
    passengers: int | None = None,
    cabin: str = "economy",
) -> str:
    """Search flights, one way or there and back. Offers only; nothing is booked.

    Args:
        origin: City or IATA code; what the trip's own flights say if all places and days are left out.
        destination: City or IATA code.
        departure_date: Day of departure, YYYY-MM-DD.
        return_date: Day of the way back, YYYY-MM-DD, if there is one.
        passengers: How many adults; the trip's travellers if left out.
        cabin: economy, premium_economy, business or first.
    """
    try:
        view, asked = read_trip(plan or {}), (origin, destination, departure_date, return_date)
        people = passengers or view.travellers
        request = offer_request(*(asked if any(asked) else flights_of(view)), people, cabin, now.date())
        found = await providers.flight_provider().search(request, now)
    except (ValueError, FlightSearchFailed) as error:
        raise ToolException(sentence(error) if isinstance(error, ValueError) else str(error)) from error
    return _flights_answer(request, found)


@tool("search_stays", parse_docstring=True)
async def search_stays(
    now: Now,
    plan: Plan = None,
    city: str | None = None,
    check_in: str | None = None,
    check_out: str | None = None,
    guests: int | None = None,
) -> str:
    """Search places to stay in a curated city. Offers only; nothing is booked.

    Args:
        city: The city; the trip's if left out.
        check_in: First night, YYYY-MM-DD; the trip's if left out.
        check_out: Day of leaving, YYYY-MM-DD; the trip's if left out.
        guests: How many adults; the trip's travellers if left out.
    """
    try:
        request, place = _stay_request(read_trip(plan or {}), city, check_in, check_out, guests)
        _not_past(request.check_in, now.date())
        found = await providers.stay_provider().search_stays(request, place, now)
    except (ValueError, FlightSearchFailed) as error:
        raise ToolException(sentence(error) if isinstance(error, ValueError) else str(error)) from error
    lines = [
        f"{number}. {one.name}{f', {one.stars} stars' if one.stars else ''}: {money(one.total_amount, one.total_currency)}"
        for number, one in enumerate(found.stays[:MOST_TOLD], start=1)
    ]
    opening = (
        f"{place.name}, {day_text(request.check_in)} to {day_text(request.check_out)}, {request.nights} nights in all:"
    )
    text = "\n".join([opening, *lines]) if lines else f"No stay was found in {place.name} for these nights."
    return answer("stays", _plain(found), text, found.provenance.source, kind=found.provenance.kind)


Asked = tuple[str | None, str | None, str | None, str | None]
"""Origin, destination, day of departure, day of return."""


def flights_of(view: TripView) -> Asked:
    """What the flights of a trip ask for. Raises ValueError for a trip without flights."""
    if not view.flights:
        raise ValueError("Say from where to where and on which day; the trip here has no flights.")
    out, back = view.flights[0], view.flights[-1]
    there_and_back = (out.data.origin, out.data.destination) == (back.data.destination, back.data.origin)
    returns = back.start.date().isoformat() if there_and_back else None
    return out.data.origin, out.data.destination, out.start.date().isoformat(), returns


def offer_request(
    origin: str | None,
    destination: str | None,
    departure_date: str | None,
    return_date: str | None,
    passengers: int,
    cabin: str,
    today: datetime.date,
) -> OfferRequest:
    """Read what was asked. Raises ValueError, with what to say instead, for places and days that cannot be."""
    if not origin or not destination or not departure_date:
        raise ValueError("A search needs where from, where to and the day of departure.")
    here, there = airports.main_airport(_city(origin)), airports.main_airport(_city(destination))
    slices = [_slice(here, there, departure_date)]
    if return_date is not None:
        slices.append(_slice(there, here, return_date))
    _not_past(slices[0].departure_date, today)
    told = {"slices": slices, "passengers": passengers, "cabin_class": cabin.strip().lower().replace(" ", "_")}
    return OfferRequest.model_validate(told)


def slice_text(one: Slice) -> str:
    """A journey in a line: Mon 4 May 10:00 LHR to 06:15 (+1) KIX, direct, 12 h 15 min, XS123."""
    first, last = one.segments[0], one.segments[-1]
    later = (last.arriving_at.date() - first.departing_at.date()).days
    stops = len(one.segments) - 1
    via = " via " + ", ".join(part.destination for part in one.segments[:-1]) if stops else " direct"
    numbers = " ".join(part.flight_number for part in one.segments)
    shift = f" ({later:+d})" if later else ""
    return (
        f"{first.departing_at:%a} {first.departing_at.day} {first.departing_at:%b %H:%M} {one.origin} to "
        f"{last.arriving_at:%H:%M}{shift} {one.destination},{via}, {one.minutes // 60:.0f} h {one.minutes % 60:02.0f} min, "
        f"{numbers}"
    )


def _stay_request(
    view: TripView, city: str | None, check_in: str | None, check_out: str | None, guests: int | None
) -> tuple[StayRequest, City]:
    """What is asked for, completed from the trip. Raises ValueError for what neither says."""
    place = city or view.destination
    first, last = check_in or view.first, check_out or view.last
    if place is None or first is None or last is None:
        raise ValueError("Say in which city and from when to when, or build a trip first.")
    nights = {"check_in": first, "check_out": last, "guests": guests or view.travellers}
    return StayRequest.model_validate(nights), cities.city(place)


def _flights_answer(request: OfferRequest, found: Offers) -> str:
    lines = [f"{number}. {_offer_text(one)}" for number, one in enumerate(found.offers[:MOST_TOLD], start=1)]
    way = f"{request.slices[0].origin} to {request.slices[0].destination}"
    people = f"{request.passengers} passenger{'s' if request.passengers > 1 else ''}"
    opening = f"Flights {way}{' and back' if len(request.slices) > 1 else ''}, {people}, {request.cabin_class}:"
    text = "\n".join([opening, *lines]) if lines else f"No flight from {way} was found on that day."
    return answer("flights", _plain(found), text, found.provenance.source, kind=found.provenance.kind)


def _offer_text(offer: Offer) -> str:
    ways = "; back ".join(slice_text(one) for one in offer.slices)
    return f"{money(offer.total_amount, offer.total_currency)}, {offer.owner}: {ways}"


def _slice(origin: Airport, destination: Airport, day: str) -> SliceRequest:
    told = {"origin": origin.iata, "destination": destination.iata, "departure_date": day}
    return SliceRequest.model_validate(told)


def _city(place: str) -> str:
    """A curated city's airport, where the name is one's."""
    return cities.city(place).airport if cities.is_known(place) else place


def _not_past(day: datetime.date, today: datetime.date) -> None:
    if day < today:
        raise ValueError(f"{day.isoformat()} is past; give a day from {today.isoformat()} on.")


def _plain(found: BaseModel) -> dict[str, object]:
    return found.model_dump(mode="json")


SEARCH_TOOLS: list[BaseTool] = [search_flights, search_stays]
