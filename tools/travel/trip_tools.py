"""Looking at the trip of a conversation as tools for a model: is it sound, what does it cost, what to pack, its calendar."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any

from langchain_core.tools import BaseTool, InjectedToolArg, tool
from pydantic import TypeAdapter

from tools.result import answer
from tools.travel import cities, solve_trip
from tools.travel.budget_report import budget_report
from tools.travel.packing_list import Climate, packing_list
from tools.travel.refusals import refusing
from tools.travel.rules import check_itinerary
from tools.travel.solve_trip import TripConstraints
from tools.travel.trip_view import TripView, read_trip

Plan = Annotated[dict[str, Any] | None, InjectedToolArg]
PlanRef = Annotated[dict[str, Any] | None, InjectedToolArg]
Now = Annotated[datetime.datetime, InjectedToolArg]
_SLOTS: TypeAdapter[list[solve_trip.Slot]] = TypeAdapter(list[solve_trip.Slot])
NO_TRIP = "There is no trip in this conversation yet; build one first."


@tool("check_itinerary")
@refusing
def check_trip(now: Now, plan: Plan = None) -> str:
    """Check the trip: overlaps, opening hours, ways, nights, budget, public holidays."""
    found = check_itinerary(_trip(plan), today=now.date())
    count = Counter(issue.severity for issue in found)
    if not found:
        text = "The trip is sound: nothing overlaps, all is open, and there is time for every way."
    else:
        told = ", ".join(
            f"{number} {name}{'s' if number > 1 and name != 'info' else ''}" for name, number in count.items()
        )
        text = "\n".join([f"{told}:", *(f"- {issue.severity}: {issue.message}" for issue in found[:15])])
    data = {"issues": [issue.model_dump(mode="json") for issue in found]}
    return answer("itinerary_check", data, text, "the trip's own data and Planloom's rules, each with its source")


@tool("budget_report")
@refusing
def trip_budget(plan: Plan = None) -> str:
    """Say what the trip costs, by kind, and what is left of the budget."""
    trip = _trip(plan)
    report = budget_report(trip)
    data = {"currency": report.currency, "lines": report.lines, "total": report.total, "counted": report.counted}
    data |= {"budget": report.budget, "unpriced": list(report.unpriced)}
    return answer(
        "budget", data, report.text, "the trip's prices; rides are estimated", warnings=_sample_note(read_trip(trip))
    )


@tool("packing_list", parse_docstring=True)
@refusing
def packing(
    plan: Plan = None,
    days: int | None = None,
    climate: Climate | None = None,
    month: int | None = None,
    activities: list[str] | None = None,
) -> str:
    """Make a packing list, for the trip of this conversation or for the days and climate given.

    Args:
        days: How many days; the trip's if left out.
        climate: hot, warm, mild, cold or freezing, if it is known.
        month: Month of travel, 1 to 12; the trip's if left out.
        activities: What one means to do: hiking, beach, swimming, business, running, skiing, photography, nightlife.
    """
    view = read_trip(plan) if plan else None
    if view is None and days is None:
        raise ValueError("Say for how many days to pack, or build a trip first.")
    if month is not None and not 1 <= month <= 12:
        raise ValueError("the month is a number from 1 to 12")
    known = cities.city(view.destination) if view and view.destination and cities.is_known(view.destination) else None
    doing = {*(activities or ()), *({one.data.interest for one in view.visits if one.data.interest} if view else ())}
    found = packing_list(
        days or max(1, len(view.days) if view else 1),
        climate=climate,
        latitude=known.lat if known else None,
        month=month or (view.first.month if view and view.first else None),
        activities=tuple(sorted(doing)),
    )
    data = {"groups": {name: list(things) for name, things in found.groups.items()}, "climate": found.climate}
    return answer("packing_list", data, found.text, "Planloom's own packing list")


@tool("export_ics")
@refusing
def export_ics(plan: Plan = None, plan_ref: PlanRef = None) -> str:
    """Say where the trip is to be fetched as an iCalendar file."""
    view = read_trip(_trip(plan))
    ref = plan_ref or {}
    address = f"/plans/{ref.get('plan_id')}?format=ics"
    zones = sorted(
        {
            zone
            for one in (*view.timed, *view.stays)
            for zone in (one.data.tz, getattr(one.data, "end_tz", None))
            if zone
        }
    )
    events = len(view.timed) + len(view.stays)
    text = (
        f"Your trip as a calendar: GET {address} on this server ({events} events, in the time zones of their places). "
        "Fetched again after a change, it updates the same events and cancels those that are gone."
    )
    data = {"address": address, "events": events, "sequence": ref.get("version"), "zones": sorted({view.tz, *zones})}
    return answer("calendar", data, text, "RFC 5545")


@tool("solve_trip", parse_docstring=True)
@refusing
def choose_options(slots: list[dict[str, Any]], constraints: dict[str, Any] | None = None) -> str:
    """Choose one option for each slot (transport, stay, meal) so that the budget and all hard rules are kept.

    Args:
        slots: Each {name, kind: transport|stay|meal, options: [{id, price, rating, tags}], distinct?}.
        constraints: {budget?, forbidden?: [tag], required_stay?: [tag], covered_meals?: [tag], apart?: [[tag, tag]]}.
    """
    found = solve_trip.solve_trip(_SLOTS.validate_python(slots), TripConstraints.model_validate(constraints or {}))
    listed = ", ".join(f"{name}: {option.id} ({option.price:g})" for name, option in found.chosen.items())
    data = {"chosen": {name: option.id for name, option in found.chosen.items()}, "total": found.total}
    text = f"The best choice that keeps all rules costs {found.total:g}: {listed}."
    return answer("trip_choice", data, text, "exact search over the options given")


def _trip(plan: dict[str, Any] | None) -> dict[str, Any]:
    if plan is None:
        raise ValueError(NO_TRIP)
    return plan


def _sample_note(view: TripView) -> Sequence[str]:
    made_up = any(getattr(one.data, "provenance", None) == "sample" for one in (*view.timed, *view.stays))
    return ["Some prices are sample data; check them before you book."] if made_up else []


TRIP_TOOLS: list[BaseTool] = [check_trip, trip_budget, packing, export_ics, choose_options]
