"""Changes of days: moving, shifting, swapping."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from agent.demo.calendar_words import calendar_date, monday_of, spoken, weekday
from agent.demo.editor import Editor, Operation
from agent.demo.patterns import WEEK_PATTERN, Match
from agent.demo.perceive import Row
from agent.demo.quantities import number
from agent.demo.references import CannotResolve

MOST_DAYS = 366


def move_to(editor: Editor, clause: Match) -> list[Operation]:
    """To a day, a week, or a day of a week."""
    item = clause.slots["item"]
    left = clause.get("from", "from2")
    if left is not None:
        item = f"{item} on {left}"
    week = editor.week(clause.slots["to_week"]) if "to_week" in clause.slots else None
    if week is not None and "day" in clause.slots and not WEEK_PATTERN.search(item):
        # "move the tempo to Wednesday in week 3": the week is the tempo's as well.
        editor.focus = replace(editor.focus, week=week)
    if week is not None and not editor.plan.group.days:
        return [{"op": "move_item", "id": row.id, "parent": week.id} for row in editor.sessions(item)]
    return [_moved(editor, row, _target_day(editor, row, clause.get("day"), week)) for row in editor.sessions(item)]


def _target_day(editor: Editor, row: Row, said: str | None, week: Row | None) -> date:
    here = editor.day_of(row)
    day_of_week = weekday(said) if said is not None else None
    if week is not None and (said is None or day_of_week is not None):
        inside = editor.plan.day_in(week, day_of_week, here)
        if inside is None:
            raise CannotResolve(f"{week.title} has no dates.")
        return inside
    if day_of_week is not None:
        return _weekday_near(editor, here, day_of_week)
    target = calendar_date(said or "", editor.today)
    if target is None:
        raise CannotResolve(f"“{said}” is not a day I understand; say a weekday or a date such as 2026-04-22.")
    return target


def _weekday_near(editor: Editor, here: date, day_of_week: int) -> date:
    """The weekday of the same week; where groups are single days, the one of the plan that is nearest."""
    same_week = monday_of(here) + timedelta(days=day_of_week)
    if editor.plan.group.days == 7:
        return same_week
    starts = [start for group in editor.plan.weeks if (start := editor.plan.start(group))]
    fitting = [start for start in starts if start.weekday() == day_of_week]
    return min(fitting, key=lambda day: abs((day - here).days), default=same_week)


def _moved(editor: Editor, row: Row, target: date) -> Operation:
    if target == editor.day_of(row):
        raise CannotResolve(f"{row.title} is on {spoken(target)} already.")
    editor.days[row.id] = target
    return {"op": "move_item", "id": row.id, "date": target.isoformat()}


def move_by(editor: Editor, clause: Match) -> list[Operation]:
    """By some days."""
    step = timedelta(days=_days(clause, 1))
    rows = editor.sessions(clause.slots["item"])
    return [_moved(editor, row, editor.day_of(row) + step) for row in rows]


def shift_plan(editor: Editor, clause: Match) -> list[Operation]:
    """The whole plan by days or weeks."""
    size = 7 if clause.slots["unit"].startswith("week") else 1
    starts = [start for week in editor.plan.weeks if (start := editor.plan.start(week))]
    days = [row.day for row in editor.plan.rows if row.day is not None]
    if not starts and not days:
        raise CannotResolve("The plan has no dates to shift.")
    first = min([*starts, *days]).isoformat()
    return [{"op": "shift_dates", "days": _days(clause, size), "from_date": first}]


def _days(clause: Match, size: int) -> int:
    """How many days later; earlier is negative."""
    count = int(number(clause.slots["n"]) or 0) * size
    if not 0 < count <= MOST_DAYS:
        raise CannotResolve(f"I can move things by 1 to {MOST_DAYS} days.")
    return count * _sign(clause.get("direction2", "direction"))


def _sign(direction: str | None) -> int:
    return -1 if direction in ("earlier", "sooner", "forward", "forwards", "up") else 1


def swap(editor: Editor, clause: Match) -> list[Operation]:
    """Exchange the days of two sessions."""
    first, other = clause.slots["item"], clause.get("other")
    if other is None:
        first, found, other = first.partition(" and ")
        if not found:
            raise CannotResolve("Swap what with what? Say, for example, “swap the tempo and the long run in week 4”.")
    # "swap the tempo and the long run in week 4": the week is said once, at the end, for both.
    week = WEEK_PATTERN.search(other)
    if week and not WEEK_PATTERN.search(first):
        editor.focus = replace(editor.focus, week=editor.week(week[0]))
    a, b = editor.sessions(first), editor.sessions(other)
    if len(a) != 1 or len(b) != 1 or a[0].id == b[0].id:
        raise CannotResolve("A swap needs two different sessions.")
    return [{"op": "swap", "a": a[0].id, "b": b[0].id}]
