"""Deterministic sentences about a running plan: what it holds, and what a change does to its weeks."""

from collections.abc import Mapping, Sequence
from typing import Any

from tools.dates import day_text
from tools.running.clock_text import km_text, pace_text
from tools.running.plan_view import DatedItem, PlanView, read_plan


def week_volumes(document: Mapping[str, Any]) -> dict[str, float]:
    """Return the training km of each week by its id, in order of date; the goal race is not training."""
    view = read_plan(document)
    return {week.id: round(view.training_km(week.id), 2) for week in view.weeks}


def volume_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each week whose volume a change altered: "Week 3: 30 → 32 km (+7 %)"."""
    old, new = week_volumes(before), week_volumes(after)
    titles = {week.id: week.title for view in (read_plan(before), read_plan(after)) for week in view.weeks}
    sentences: list[str] = []
    for week_id in [*new, *(gone for gone in old if gone not in new)]:
        was, now = old.get(week_id, 0.0), new.get(week_id, 0.0)
        if was == now:
            continue
        percent = f" ({(now / was - 1) * 100:+.0f} %)" if was else ""
        sentences.append(f"{titles[week_id]}: {km_text(was)} → {km_text(now)} km{percent}")
    return sentences


def plan_summary(document: Mapping[str, Any], assumptions: Sequence[str] = ()) -> str:
    """Return a short paragraph about a plan: goal, volume, long runs and a usual week, then the assumptions.

    A document without weeks gives one sentence that says so.
    """
    view = read_plan(document)
    if not view.weeks:
        return "The plan has no weeks yet."
    sentences = [_opening(view), _volume(view)]
    longs = [item.km for item in view.sessions if item.type == "long"]
    if longs:
        sentences.append(f"Long runs go from {km_text(longs[0])} to {km_text(max(longs))} km.")
    sentences.append(_usual_week(view))
    return " ".join([*(sentence for sentence in sentences if sentence), *assumptions])


def week_table(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return one row per week: id, title, phase, start, km, long_km and the sessions in order of date."""
    view = read_plan(document)
    return [
        {
            "id": week.id,
            "title": week.title,
            "phase": week.phase,
            "start": week.start.isoformat(),
            "km": round(view.training_km(week.id), 2),
            "long_km": max((run.km for run in view.runs_of_week[week.id] if run.type == "long"), default=0.0),
            "sessions": [_session_text(item) for item in view.sessions if item.parent == week.id],
        }
        for week in view.weeks
    ]


def _opening(view: PlanView) -> str:
    count = sum(item.kind != "rest" for item in view.sessions)
    goal = f" to a {view.goal_race}" if view.goal_race else ""
    date = f" on {day_text(view.goal_date)}" if view.goal_date else ""
    weeks = "1 week" if len(view.weeks) == 1 else f"{len(view.weeks)} weeks"
    return f"{weeks}{goal}{date}, {count} sessions, starting {day_text(view.weeks[0].start)}."


def _volume(view: PlanView) -> str:
    volumes = [(view.training_km(week.id), week.title) for week in view.weeks]
    most, when = max(volumes, key=lambda volume: volume[0])
    return f"Weekly volume starts at {km_text(volumes[0][0])} km and peaks at {km_text(most)} km in {when.lower()}."


def _usual_week(view: PlanView) -> str:
    runs = view.runs_of_week[view.weeks[0].id]
    days = ", ".join(f"{run.date:%A} {run.title.lower()}" for run in runs)
    return f"A usual week: {days}." if days else ""


def _session_text(item: DatedItem) -> str:
    distance = f" {km_text(item.km)} km" if item.km else ""
    pace = f" at {pace_text(item.pace.lo).removesuffix('/km')} to {pace_text(item.pace.hi)}" if item.pace else ""
    return f"{item.date:%a} {item.title}{distance}{pace}"
