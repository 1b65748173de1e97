"""What life does to a plan: a break for illness or travel, and a race on the way. The changes, as edits to propose."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools.running.build_request import MIN_WEEKS
from tools.running.clock_text import km_text
from tools.running.plan_items import HARD_TYPES
from tools.running.plan_view import DatedItem, PlanView, read_plan

_DAY = datetime.timedelta(days=1)
_WEEK = datetime.timedelta(weeks=1)
_FIT_DAYS = 5
_SHORT_DAYS = 28
_MOST_DAYS = 56
_RECENT_WEEKS = 4
_EASY_BEFORE = 2
_EASY_PER_KM = 7.5
"""About one easy day after a race for every 7 to 8 km of it: our own reading of the old rule of a day a mile, halved."""


@dataclass(frozen=True)
class Adjustment:
    """Edits to propose (see the tool edit_plan), none where the plan is good as it is, and why."""

    ops: tuple[dict[str, Any], ...]
    text: str


def after_break(document: Mapping[str, Any], days_missed: int, back_on: datetime.date, *, ill: bool) -> Adjustment:
    """Return how to go on after `days_missed` days without running, from `back_on`.

    Shares of the load to come back to: Daniels' Running Formula, 3rd edition, "Adjustments for breaks": up to five
    days all of it, up to four weeks half and then three quarters, up to eight weeks a third to begin with; here the
    rest of the plan is built anew from three quarters or half of the volume before the break. Raises ValueError for a
    longer break, or where the plan has nothing left after it.
    """
    if not 1 <= days_missed <= _MOST_DAYS:
        raise ValueError(
            f"A plan can be taken up again after 1 to {_MOST_DAYS} days; after {days_missed} build a new one from what "
            "you can run now."
        )
    view = read_plan(document)
    rest = [item for item in view.sessions if item.is_run and item.date >= back_on]
    if not rest:
        raise ValueError(f"The plan has no run on or after {back_on}.")
    caution = " Begin only when you feel well: the first runs easy, whatever the plan says." if ill else ""
    if days_missed <= _FIT_DAYS:
        return Adjustment((), f"{_days(days_missed)} off cost no fitness: go on as planned, make nothing up.{caution}")
    factor = 0.75 if days_missed <= _SHORT_DAYS else 0.5
    began = back_on - datetime.timedelta(days=days_missed)
    weekly_km, longest_km = _before(view, began)
    monday = back_on + datetime.timedelta(days=-back_on.weekday() % 7)
    last = max(item.date for item in rest)
    if (last - monday).days < (MIN_WEEKS - 1) * 7:
        return _reduced(rest, factor, days_missed, caution)
    constraints = {"weekly_km": round(factor * weekly_km, 1), "longest_km": round(max(factor * longest_km, 3.0), 1)}
    op = {"op": "replan", "from_date": back_on.isoformat(), "constraints": constraints}
    text = (
        f"After {_days(days_missed)} off the rest is built anew from {back_on}, starting at "
        f"{km_text(constraints['weekly_km'])} km a week ({factor:.0%} of before) with a longest run of "
        f"{km_text(constraints['longest_km'])} km.{caution}"
    )
    return Adjustment((op,), text)


def race_on_the_way(document: Mapping[str, Any], day: datetime.date, km: float, name: str) -> Adjustment:
    """Return how to fit in a race that is not the goal: easy days around it, and it counts as that week's long run.

    Raises ValueError for a day outside the plan, one with a race already, or a distance that is no race.
    """
    if not 1 <= km <= 100:
        raise ValueError("A race is between 1 and 100 km.")
    view = read_plan(document)
    week = next((week for week in view.weeks if week.start <= day <= week.end), None)
    if week is None:
        raise ValueError(f"{day} is in none of the plan's weeks.")
    if any(item.kind == "race" and item.date == day for item in view.sessions):
        raise ValueError(f"There is a race on {day} already.")
    ops: list[dict[str, Any]] = []
    said: list[str] = []
    recovery = max(2, round(km / _EASY_PER_KM))
    for item in view.sessions:
        if item.kind != "run":
            continue
        gap = (item.date - day).days
        if item.date == day or (item.parent == week.id and item.type == "long"):
            ops.append({"op": "remove_item", "id": item.id, "reason": f"{name} takes its place"})
            said.append(f"{item.title} on {_day(item)} goes")
        elif -_EASY_BEFORE <= gap <= recovery and item.type in HARD_TYPES:
            ops.append(_made_easy(item, km, document["items"][item.id]["data"]))
            said.append(f"{item.title} on {_day(item)} becomes easy")
    data = {"date": day.isoformat(), "km": km, "name": name}
    ops.append({"op": "add_item", "kind": "race", "parent": week.id, "title": "Race", "data": data})
    changes = f"; {', '.join(said)}" if said else ""
    return Adjustment(tuple(ops), f"{name} ({km_text(km)} km) goes into {week.title.lower()}{changes}.")


def _reduced(rest: list[DatedItem], factor: float, days_missed: int, caution: str) -> Adjustment:
    runs = [item.id for item in rest if item.kind == "run"]
    if not runs:
        raise ValueError("Only the race is left, and nothing can be trained for it any more: start easily.")
    op = {"op": "scale", "field": "km", "factor": factor, "where": {"ids": runs}, "round_to": 0.5}
    hard = [item for item in rest if item.kind == "run" and item.quality_km is not None]
    quality = {"op": "scale", "field": "quality_km", "factor": factor, "where": {"ids": [item.id for item in hard]}}
    ops = (op, {**quality, "round_to": 0.5}) if hard else (op,)
    return Adjustment(
        ops,
        f"After {_days(days_missed)} off and with fewer than {MIN_WEEKS} weeks to go, the runs that are left become "
        f"{factor:.0%} as long.{caution}",
    )


def _made_easy(item: DatedItem, race_km: float, data: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {"type": "easy"}
    if item.km > race_km:
        fields["km"] = race_km
    of_its_type = [name for name in ("note", "pace", "quality_km") if data.get(name) is not None]
    return {"op": "update_item", "id": item.id, "title": "Easy run", "set": fields, "unset": of_its_type}


def _before(view: PlanView, began: datetime.date) -> tuple[float, float]:
    """The mean week and the longest run of the four weeks before a break; what the plan began with where there are none."""
    since = began - _RECENT_WEEKS * _WEEK
    runs = [item for item in view.sessions if item.is_run and since <= item.date < began]
    whole_weeks = max(
        1, min(_RECENT_WEEKS, (began - min((item.date for item in runs), default=began) + _DAY).days // 7)
    )
    weekly = sum(item.km for item in runs) / whole_weeks if runs else 0.0
    longest = max((item.km for item in runs), default=0.0)
    return max(weekly, view.weekly_km or 0.0), max(longest, view.longest_km or 0.0)


def _days(count: int) -> str:
    return f"{count} day" if count == 1 else f"{count} days"


def _day(item: DatedItem) -> str:
    return f"{item.date:%a} {item.date.day} {item.date:%b}"
