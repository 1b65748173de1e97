"""Changes of whole sessions: adding, removing, another type or title."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from agent.demo.calendar_words import calendar_date, monday_of, spoken, weekday
from agent.demo.editor import Editor, Operation, amount_said, in_unit, unknown_type
from agent.demo.patterns import DAY_PATTERN, WEEK_PATTERN, Match
from agent.demo.perceive import Row
from agent.demo.references import MAX_CHOICES, CannotResolve, type_named


def retype(editor: Editor, clause: Match) -> list[Operation]:
    """Another type of session."""
    to = type_named(clause.slots["type"], editor.phrases)
    operations = []
    for row in editor.sessions(clause.slots["item"]):
        if to is None or row.kind != to.kind or not to.data:
            raise CannotResolve(f"{row.title} can't become that; remove it and add another instead.")
        operation = {"op": "update_item", "id": row.id, "title": to.title, "set": dict(to.data)}
        old = [name for name in editor.phrases.retype_clears if name in row.fields]
        operations.append(operation | ({"unset": old} if old else {}))
    return operations


def retitle(editor: Editor, clause: Match) -> list[Operation]:
    """Another title."""
    rows = editor.rows(clause.slots["item"])
    title = clause.slots["title"].strip("\"'")
    return [{"op": "update_item", "id": row.id, "title": title, "set": {}} for row in rows]


def add(editor: Editor, clause: Match) -> list[Operation]:
    """A new session on a day."""
    item_type = type_named(clause.slots["type"], editor.phrases)
    if item_type is None:
        raise CannotResolve(unknown_type(clause.slots["type"], editor.phrases))
    day, week = _when(editor, clause.slots["when"])
    data: dict[str, Any] = {**item_type.data, "date": day.isoformat()}
    if item_type.measure is not None:
        said = clause.get("amount")
        length = in_unit(amount_said(said), item_type.measure, None) if said else item_type.usual
        if length is None:
            raise CannotResolve(f"How long should it be? Say, for example, “add a 10 km {item_type.words[0]} …”.")
        data[item_type.measure] = int(length) if item_type.measure == "minutes" else round(length, 1)
    return [{"op": "add_item", "kind": item_type.kind, "parent": week.id, "title": item_type.title, "data": data}]


def _when(editor: Editor, text: str) -> tuple[date, Row]:
    """The day said and the week it is in; raises CannotResolve, with a choice of weeks where only a weekday is said."""
    said_week, said_day = WEEK_PATTERN.search(text), DAY_PATTERN.search(WEEK_PATTERN.sub(" ", text))
    if said_day is None:
        raise CannotResolve("On which day? Say, for example, “… on Friday in week 2”.")
    day_of_week = weekday(said_day[0])
    if day_of_week is None:
        day = calendar_date(said_day[0], editor.today)
    else:
        week = editor.week(said_week[0]) if said_week else editor.focus.week or _chosen_week(editor, day_of_week)
        monday = editor.plan.monday(week)
        day = monday + timedelta(days=day_of_week) if monday else None
    if day is None:
        raise CannotResolve(f"“{text}” is not a day I understand; say, for example, “on Friday in week 2”.")
    inside = [row for row in editor.plan.weeks if editor.plan.monday(row) == monday_of(day)]
    if not inside:
        raise CannotResolve(f"{spoken(day)} is outside the plan.")
    return day, inside[0]


def _chosen_week(editor: Editor, day_of_week: int) -> Row:
    ahead = [
        row
        for row in editor.plan.weeks
        if (monday := editor.plan.monday(row)) and monday + timedelta(days=day_of_week) >= editor.today
    ][:MAX_CHOICES]
    week = editor.picks.take(ahead)
    if week is not None:
        return week
    listed = "\n".join(f"{n}. {row.title}" for n, row in enumerate(ahead, start=1))
    raise CannotResolve(f"In which week?\n{listed}\nSay the number." if ahead else "The plan is over by then.")


def remove(editor: Editor, clause: Match) -> list[Operation]:
    """Take sessions out."""
    rows = editor.sessions(clause.slots["item"])
    return [{"op": "remove_item", "id": row.id, "reason": "asked for"} for row in rows]
