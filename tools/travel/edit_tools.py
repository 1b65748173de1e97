"""Changes of the trip that take working out, as tools: they answer with `proposed_ops` for edit_plan, and change nothing."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

from langchain_core.tools import BaseTool, InjectedToolArg, ToolException, tool

from tools.result import answer
from tools.travel import cities, providers, trip_edits
from tools.travel.currency import money
from tools.travel.flight_search import FlightSearchFailed
from tools.travel.refusals import refusing, sentence
from tools.travel.search_tools import flights_of, offer_request, slice_text
from tools.travel.stay_search import StayRequest
from tools.travel.trip_edits import Operation
from tools.travel.trip_view import TripView, read_trip

Plan = Annotated[dict[str, Any] | None, InjectedToolArg]
Now = Annotated[datetime.datetime, InjectedToolArg]
NO_TRIP = "There is no trip in this conversation yet; build one first."


@tool("add_place", parse_docstring=True)
@refusing
def add_place(
    name: str, plan: Plan = None, day: int | None = None, time: str | None = None, minutes: int | None = None
) -> str:
    """Work out where a place fits into the trip; pass its proposed_ops to edit_plan.

    Args:
        name: The place; a sight of the city is known with its hours, any other by its name only.
        day: Number of the day, from 1; any day with room if left out.
        time: Time of day to begin, hh:mm; where there is room if left out.
        minutes: How long; what the sight usually takes if left out.
    """
    view = _trip(plan)
    operations = trip_edits.add_place(view, name, day_id=_day_id(view, day), at=time, minutes=minutes)
    begins = datetime.datetime.fromisoformat(operations[0]["data"]["start"])
    title = operations[0]["title"]
    text = f"{title} fits in on {begins:%a} {begins.day} {begins:%b} at {begins:%H:%M}."
    return _proposed(operations, text)


@tool("change_duration", parse_docstring=True)
@refusing
def change_duration(item_id: str, plan: Plan = None, longer_by: int | None = None, minutes: int | None = None) -> str:
    """Work out the new end of a visit or meal; pass its proposed_ops to edit_plan.

    Args:
        item_id: Id of the item in the outline.
        longer_by: Minutes longer; negative is shorter.
        minutes: Or how many minutes it takes from now on.
    """
    view = _trip(plan)
    item = next((one for one in view.timed if one.id == item_id), None)
    if item is None:
        raise ValueError(f"{item_id!r} is no item of the trip that has a time.")
    if (longer_by is None) == (minutes is None):
        raise ValueError("Say either how much longer, or how long.")
    operations = trip_edits.change_times(item, longer_by=longer_by, minutes=minutes)
    ends = datetime.datetime.fromisoformat(operations[0]["set"]["end"])
    return _proposed(operations, f"{item.title} then ends at {ends:%H:%M}.")


@tool("use_flight", parse_docstring=True)
async def use_flight(
    now: Now,
    plan: Plan = None,
    origin: str | None = None,
    destination: str | None = None,
    departure_date: str | None = None,
    return_date: str | None = None,
    number: int = 1,
    cabin: str = "economy",
) -> str:
    """Put a flight that search_flights listed into the trip; pass its proposed_ops to edit_plan. Nothing is booked.

    Args:
        origin: City or IATA code, as in the search; what the trip's own flights say if all of these are left out.
        destination: City or IATA code.
        departure_date: Day of departure, YYYY-MM-DD.
        return_date: Day of the way back, YYYY-MM-DD, if there is one.
        number: Which of the list, from 1, the cheapest.
        cabin: economy, premium_economy, business or first.
    """
    try:
        view = _trip(plan)
        asked = (origin, destination, departure_date, return_date)
        request = offer_request(*(asked if any(asked) else flights_of(view)), view.travellers, cabin, now.date())
        found = await providers.flight_provider().search(request, now)
        if not 1 <= number <= len(found.offers):
            raise ValueError(f"The search found {len(found.offers)} flights; there is no number {number}.")
        offer = found.offers[number - 1]
        operations = trip_edits.use_flights(view, offer, kind=found.provenance.kind)
    except (ValueError, FlightSearchFailed) as error:
        raise ToolException(sentence(error) if isinstance(error, ValueError) else str(error)) from error
    ways = "; back ".join(slice_text(one) for one in offer.slices)
    text = f"{offer.owner}, {money(offer.total_amount, offer.total_currency)}: {ways}. Nothing is booked."
    if gone := [op["id"] for op in operations if op["op"] == "remove_item"]:
        titles = [one.title for one in view.timed if one.id in gone]
        text += f" What these flights leave no time for goes: {', '.join(titles)}."
    source = found.provenance
    return answer("flight_choice", {"proposed_ops": operations}, text, source.source, kind=source.kind)


@tool("use_stay", parse_docstring=True)
async def use_stay(now: Now, plan: Plan = None, number: int = 1) -> str:
    """Change where one stays to another of the list of search_stays for these nights; pass its proposed_ops to edit_plan.

    Args:
        number: Which of the list, from 1, the cheapest.
    """
    try:
        view = _trip(plan)
        if not view.stays or view.destination is None:
            raise ValueError("The trip has no stay to change.")
        nights = {
            "check_in": view.stays[0].start.date(),
            "check_out": view.stays[0].end.date(),
            "guests": view.travellers,
        }
        request, city = StayRequest.model_validate(nights), cities.city(view.destination)
        found = await providers.stay_provider().search_stays(request, city, now)
        if not 1 <= number <= len(found.stays):
            raise ValueError(f"The search found {len(found.stays)} stays; there is no number {number}.")
        stay = found.stays[number - 1]
        operations = trip_edits.use_stay(view, stay, kind=found.provenance.kind)
    except (ValueError, FlightSearchFailed) as error:
        raise ToolException(sentence(error) if isinstance(error, ValueError) else str(error)) from error
    text = (
        f"{stay.name}, {request.nights} nights for {money(stay.total_amount, stay.total_currency)}. Nothing is booked."
    )
    source = found.provenance
    return answer("stay_choice", {"proposed_ops": operations}, text, source.source, kind=source.kind)


def _trip(plan: dict[str, Any] | None) -> TripView:
    if plan is None:
        raise ValueError(NO_TRIP)
    return read_trip(plan)


def _day_id(view: TripView, number: int | None) -> str | None:
    if number is None:
        return None
    if not 1 <= number <= len(view.days):
        raise ValueError(f"The trip has no day {number}; it has {len(view.days)}.")
    return list(view.days)[number - 1]


def _proposed(operations: list[Operation], text: str) -> str:
    return answer("proposed_edit", {"proposed_ops": operations}, text, "the trip's own times and ways")


EDIT_TOOLS: list[BaseTool] = [add_place, change_duration, use_flight, use_stay]
