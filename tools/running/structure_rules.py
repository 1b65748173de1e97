"""Structural rules of a running plan: what must hold for it to be a plan at all. All of them are errors."""

import datetime
import math
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from tools.dates import as_date, day_text
from tools.issues import Issue
from tools.running.plan_items import KINDS
from tools.running.plan_view import PlanView

MAX_ITEMS = 5000
_SOURCE = "plan structure"
_RACE_TOLERANCE = 0.02


def structure_issues(document: Mapping[str, Any], view: PlanView) -> Iterator[Issue]:
    """Yield what makes a document no valid running plan."""
    items = document.get("items")
    if not isinstance(items, Mapping):
        yield _error("items_missing", (), "The plan has no items.")
        return
    if len(items) > MAX_ITEMS:
        yield _error(
            "too_many_items", (), f"A plan holds at most {MAX_ITEMS} items.", value=len(items), limit=MAX_ITEMS
        )
    for item_id, item in items.items():
        yield from _item_issues(str(item_id), item, items)
    yield from _not_finite(document.get("meta"), "meta")
    yield from _outside_week(view)
    yield from _shared_weeks(view)
    yield from _race_issues(document, view)
    yield from _no_free_day(view)


def _item_issues(item_id: str, item: Any, items: Mapping[str, Any]) -> Iterator[Issue]:
    if not isinstance(item, Mapping):
        yield _error("item_malformed", (item_id,), f"{item_id} is not an item.")
        return
    kind = item.get("kind")
    if kind not in KINDS:
        known = ", ".join(KINDS)
        yield _error("unknown_kind", (item_id,), f"{item_id} has the unknown kind {kind!r}; there are {known}.")
    else:
        try:
            KINDS[str(kind)].model_validate(item.get("data"), strict=True)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "data"
            yield _error("data_invalid", (item_id,), f"{item_id}: {where}: {first['msg']}.")
    yield from _parent_issues(item_id, item, items)


def _parent_issues(item_id: str, item: Mapping[str, Any], items: Mapping[str, Any]) -> Iterator[Issue]:
    parent = item.get("parent")
    if item.get("kind") == "week":
        if parent is not None:
            yield _error("week_with_parent", (item_id,), f"{item_id} is a week and belongs to nothing.")
        return
    above = items.get(parent) if isinstance(parent, str) else None
    if not isinstance(above, Mapping) or above.get("kind") != "week":
        yield _error(
            "parent_not_a_week",
            (item_id,),
            f"{item_id} must belong to a week, and {parent!r} is none.",
            fix="Move it into a week of the plan.",
        )


def _not_finite(value: Any, path: str) -> Iterator[Issue]:
    if isinstance(value, float) and not math.isfinite(value):
        yield _error("number_not_finite", (), f"{path} is not a finite number.")
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _not_finite(inner, f"{path}.{key}")


def _outside_week(view: PlanView) -> Iterator[Issue]:
    weeks = {week.id: week for week in view.weeks}
    for session in view.sessions:
        week = weeks.get(session.parent or "")
        if week is not None and not week.start <= session.date <= week.end:
            yield _error(
                "outside_week",
                (session.id,),
                f"{session.title} ({session.id}) is on {day_text(session.date)}, outside {week.title}, which runs "
                f"from {day_text(week.start)} to {day_text(week.end)}.",
                fix="Give it a date in its week, or move it to the week of that date.",
            )


def _shared_weeks(view: PlanView) -> Iterator[Issue]:
    for index, week in enumerate(view.weeks[1:], start=1):
        before = view.weeks[index - 1]
        if week.start <= before.end:
            yield _error("weeks_overlap", (before.id, week.id), f"{before.title} and {week.title} share days.")


def _race_issues(document: Mapping[str, Any], view: PlanView) -> Iterator[Issue]:
    meta = document.get("meta")
    goal = meta.get("goal") if isinstance(meta, Mapping) else None
    if not isinstance(goal, Mapping) or goal.get("date") is None:
        return
    if as_date(goal.get("date")) is None:
        yield _error("goal_date_invalid", (), f"The goal's date {goal.get('date')!r} is not a date YYYY-MM-DD.")
        return
    race = view.goal_item
    if race is None or view.goal_date is None:
        yield _error("race_missing", (), "The plan has no race on the date of its goal.", fix="Add the race back.")
    elif race.date != view.goal_date:
        yield _error(
            "race_not_on_goal_date",
            (race.id,),
            f"{race.title} ({race.id}) is on {day_text(race.date)}, but the goal's date is {day_text(view.goal_date)}.",
            fix="Move the race to the goal's date, or change the goal's date as well.",
        )
    elif view.goal_km is not None and abs(race.km - view.goal_km) > _RACE_TOLERANCE * view.goal_km:
        yield _error(
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
            yield _error(
                "no_free_day",
                ids,
                f"There are {len(stretch)} days of running in a row from {day_text(stretch[0])}; at least one day "
                "in seven stays free.",
                value=len(stretch),
                limit=6,
                fix="Free one of these days.",
            )
        stretch = [day]


def _error(
    code: str,
    ids: tuple[str, ...],
    message: str,
    *,
    value: float | None = None,
    limit: float | None = None,
    fix: str | None = None,
) -> Issue:
    return Issue(
        code=code,
        severity="error",
        ids=ids,
        message=message,
        value=value,
        limit=limit,
        source=_SOURCE,
        fix=fix,
    )
