"""Structural rules of a running plan: what must hold for it to be a plan at all. All of them are errors."""

import datetime
from collections.abc import Iterator, Mapping
from typing import Any

from tools.dates import as_date, day_text
from tools.issues import Issue
from tools.running.plan_items import KINDS
from tools.running.plan_view import PlanView
from tools.week_structure import structure_error, week_structure_issues

_RACE_TOLERANCE = 0.02


def structure_issues(document: Mapping[str, Any], view: PlanView) -> Iterator[Issue]:
    """Yield what makes a document no valid running plan."""
    yield from week_structure_issues(document, KINDS, view.weeks, view.sessions)
    if isinstance(document.get("items"), Mapping):
        yield from _race_issues(document, view)
        yield from _no_free_day(view)


def _race_issues(document: Mapping[str, Any], view: PlanView) -> Iterator[Issue]:
    meta = document.get("meta")
    goal = meta.get("goal") if isinstance(meta, Mapping) else None
    if not isinstance(goal, Mapping) or goal.get("date") is None:
        return
    if as_date(goal.get("date")) is None:
        yield structure_error(
            "goal_date_invalid", (), f"The goal's date {goal.get('date')!r} is not a date YYYY-MM-DD."
        )
        return
    race = view.goal_item
    if race is None or view.goal_date is None:
        yield structure_error(
            "race_missing", (), "The plan has no race on the date of its goal.", fix="Add the race back."
        )
    elif race.date != view.goal_date:
        yield structure_error(
            "race_not_on_goal_date",
            (race.id,),
            f"{race.title} ({race.id}) is on {day_text(race.date)}, but the goal's date is {day_text(view.goal_date)}.",
            fix="Move the race to the goal's date, or change the goal's date as well.",
        )
    elif view.goal_km is not None and abs(race.km - view.goal_km) > _RACE_TOLERANCE * view.goal_km:
        yield structure_error(
            "race_distance_differs",
            (race.id,),
            f"{race.title} ({race.id}) is {race.km:g} km, but the goal is {view.goal_km:g} km.",
            value=race.km,
            limit=view.goal_km,
        )


def _no_free_day(view: PlanView) -> Iterator[Issue]:
    """Yield one issue for each stretch of seven or more days of running in a row."""
    days = sorted({session.date for session in view.sessions if session.is_run})
    stretch: list[datetime.date] = []
    for day in [*days, datetime.date.max]:
        if stretch and day - stretch[-1] == datetime.timedelta(days=1):
            stretch.append(day)
            continue
        if len(stretch) >= 7:
            ids = tuple(s.id for s in view.sessions if s.is_run and stretch[0] <= s.date <= stretch[-1])
            yield structure_error(
                "no_free_day",
                ids,
                f"There are {len(stretch)} days of running in a row from {day_text(stretch[0])}; at least one day "
                "in seven stays free.",
                value=len(stretch),
                limit=6,
                fix="Free one of these days.",
            )
        stretch = [day]
