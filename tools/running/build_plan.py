"""Build a periodised plan: the first draft that a runner then edits."""

import datetime
from dataclasses import dataclass, replace
from typing import Any

from tools.fractional_rank import nth_rank
from tools.running.build_request import BuildRequest, PlanNotPossible, RaceResult
from tools.running.clock_text import duration_text, km_text
from tools.running.feasibility import reachable_loads, vdot_of_request
from tools.running.injuries import excluded_types
from tools.running.load_curve import WeekLoad
from tools.running.paces import TrainingPaces, training_paces
from tools.running.plan_dates import PlanDates, plan_dates
from tools.running.plan_items import Phase, RunType
from tools.running.race_distances import RACE_KM
from tools.running.sessions import FRI, WED, Session, last_days, quality_types, runs_a_week, training_week
from tools.running.vdot import race_time

__all__ = ["BuildRequest", "BuiltPlan", "PlanNotPossible", "RaceResult", "build_plan"]

_NOTES: dict[RunType, str] = {
    "tempo": "Warm up easily, run the middle part at tempo effort (comfortably hard), cool down.",
    "interval": "Warm up, run hard for three to five minutes at a time with jogs of about the same time, cool down.",
    "repetition": "Warm up, run short and fast with full recovery, cool down.",
    "marathon_pace": "Warm up, hold marathon pace in the middle part, cool down.",
    "long": "Easy all the way; you should be able to talk.",
}

_STRENGTH_MINUTES = 30
_MOST_GROWTH = 1.13
"""How much a week may have at most over the three before it; the validator warns above 1.15."""
_SPREAD_S = 3
"""Half-width in s/km of the range given for paces that are a single number."""


@dataclass(frozen=True)
class BuiltPlan:
    """A plan document (JSON-plain: schema, domain, meta, items) and the assumptions made on the way."""

    document: dict[str, Any]
    assumptions: list[str]


def build_plan(request: BuildRequest) -> BuiltPlan:
    """Return a plan of 4 to 24 weeks for the request; the same request gives the same plan.

    Raises PlanNotPossible, with a sentence that says what would be possible, for a goal out of reach.
    """
    assumptions: list[str] = []
    dates = plan_dates(request, assumptions)
    vdot = vdot_of_request(request)
    loads = reachable_loads(request, dates.weeks, vdot=vdot, early=dates.race_date.weekday() <= WED)
    runs = runs_a_week(request.days_per_week, loads[0])
    _explain(request, runs, vdot, assumptions)
    paces = None if vdot is None else training_paces(vdot)
    items: dict[str, Any] = {}
    for week, sessions in enumerate(_sessions(request, dates, loads, runs), start=1):
        items.update(_week_items(request, dates, week, loads[week - 1].phase, sessions=sessions, paces=paces))
    document = {"schema": 1, "domain": "running", "meta": _meta(request, dates), "items": items}
    return BuiltPlan(document, assumptions)


def _meta(request: BuildRequest, dates: PlanDates) -> dict[str, Any]:
    goal: dict[str, Any] = {
        "race": request.race,
        "distance_km": RACE_KM[request.race],
        "date": dates.race_date.isoformat(),
    }
    if request.goal_time_s is not None:
        goal["time"] = duration_text(request.goal_time_s)
    meta: dict[str, Any] = {
        "title": request.title or f"{dates.weeks}-week {request.race} plan",
        "goal": goal,
        "units": "km",
        "start": dates.start.isoformat(),
        "weeks": dates.weeks,
        "days_per_week": request.days_per_week,
        "weekly_km": request.weekly_km,
        "longest_km": request.longest_km,
    }
    if request.methodology != "daniels":
        meta["methodology"] = request.methodology
    if request.tz is not None:
        meta["tz"] = request.tz
    return meta


def _sessions(request: BuildRequest, dates: PlanDates, loads: list[WeekLoad], runs: int) -> list[list[Session]]:
    """Return the sessions of every week.

    Where few days held a week's volume down, the next may only grow from what that week really had.
    """
    excluded = frozenset(excluded_types(request.injuries))
    longest = 0.6 * max(load.long_km for load in loads)
    done = [request.weekly_km] * 3
    weeks: list[list[Session]] = []
    for week, load in enumerate(loads, start=1):
        start = dates.week_start(week)
        types = quality_types(request.race, load.phase, week, excluded, request.methodology)
        km = min(load.km, _MOST_GROWTH * max(done[-3:]))
        if load.long_km:
            sessions = training_week(start, replace(load, km=km), runs, types)
        else:
            sessions = last_days(start, dates.race_date, km=km, runs=runs, first=types[0], longest=longest)
        weeks.append(sessions)
        done.append(sum(session.km for session in sessions))
    return weeks


def _week_items(
    request: BuildRequest,
    dates: PlanDates,
    week: int,
    phase: Phase,
    *,
    sessions: list[Session],
    paces: TrainingPaces | None,
) -> dict[str, Any]:
    """Return the items of one week by id: the week itself, then its days in order."""
    start = dates.week_start(week)
    week_id = f"w{week}"
    days = [(session.date, f"{week_id}-{session.name}", _run(session, paces)) for session in sessions]
    friday = start + datetime.timedelta(days=FRI)
    if request.days_per_week == 7 and (dates.race_date - friday).days >= 3:
        data = {"date": friday.isoformat(), "minutes": _STRENGTH_MINUTES}
        days.append((friday, f"{week_id}-strength", {"kind": "strength", "title": "Strength", "data": data}))
    if week == dates.weeks:
        days.append((dates.race_date, "race", _race(request, dates)))
    days.sort(key=lambda day: day[0])
    items: dict[str, Any] = {
        week_id: {
            "kind": "week",
            "parent": None,
            "rank": nth_rank(week - 1),
            "title": f"Week {week}",
            "data": {"phase": phase, "start": start.isoformat()},
        }
    }
    for index, (_, item_id, item) in enumerate(days):
        items[item_id] = {**item, "parent": week_id, "rank": nth_rank(index)}
    return items


def _run(session: Session, paces: TrainingPaces | None) -> dict[str, Any]:
    data: dict[str, Any] = {"date": session.date.isoformat(), "km": session.km, "type": session.type}
    if paces is not None:
        data["pace"] = _pace_range(session.type, paces)
    if session.quality_km is not None:
        data["quality_km"] = session.quality_km
    if session.type in _NOTES:
        data["note"] = _NOTES[session.type]
    return {"kind": "run", "title": session.title, "data": data}


def _race(request: BuildRequest, dates: PlanDates) -> dict[str, Any]:
    name = f"{request.race[0].upper()}{request.race[1:]}"
    data = {"date": dates.race_date.isoformat(), "km": RACE_KM[request.race], "name": name}
    return {"kind": "race", "title": "Race", "data": data}


def _pace_range(kind: RunType, paces: TrainingPaces) -> dict[str, int]:
    if kind in {"easy", "long"}:
        return {"lo": round(paces.easy_fast), "hi": round(paces.easy_slow)}
    if kind == "recovery":
        return {"lo": round((paces.easy_fast + paces.easy_slow) / 2), "hi": round(paces.easy_slow)}
    single = {
        "tempo": paces.threshold,
        "interval": paces.interval,
        "repetition": paces.repetition,
        "marathon_pace": paces.marathon,
    }[kind]
    return {"lo": round(single) - _SPREAD_S, "hi": round(single) + _SPREAD_S}


def _explain(request: BuildRequest, runs: int, vdot: float | None, assumptions: list[str]) -> None:
    """Add a sentence for everything that the plan takes for granted or does differently from the request."""
    if request.days_per_week == 7 and runs == 6:
        assumptions.append("One day a week stays free of running; the seventh day is a strength session.")
    elif runs < request.days_per_week:
        assumptions.append(
            f"From {km_text(request.weekly_km)} km a week the runs would be too short on "
            f"{request.days_per_week} days, so the plan has {runs} runs a week."
        )
    if vdot is None:
        assumptions.append("Without a recent race result the plan gives efforts and distances, not paces.")
    else:
        predicted = race_time(vdot, RACE_KM[request.race])
        assumptions.append(
            f"Paces follow VDOT {vdot:.1f} from your recent race, which predicts {duration_text(predicted)}."
        )
        if request.goal_time_s is not None and request.goal_time_s < 0.97 * predicted:
            assumptions.append(
                f"Your goal of {duration_text(request.goal_time_s)} is faster than that; training paces follow "
                "what you can run today."
            )
    for kind, injury in excluded_types(request.injuries).items():
        assumptions.append(f"No {kind.replace('_', ' ')} sessions, because of: {injury}.")
