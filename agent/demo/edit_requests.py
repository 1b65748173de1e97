"""Clauses about a plan turned into edit operations (see `agent.plan.edits`), or into a question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from agent.demo.calendar_words import calendar_date, monday_of, spoken, weekday
from agent.demo.patterns import DAY_PATTERN, WEEK_PATTERN, Match
from agent.demo.perceive import PlanView, Row
from agent.demo.phrases import Phrases
from agent.demo.quantities import Amount, amount, number
from agent.demo.references import CannotResolve, Focus, Picks, find_week, label, resolve, type_named

Operation = dict[str, Any]
EASIER, HARDER = 0.2, 0.1


@dataclass
class Editor:
    """Works through the clauses of one request; later clauses see what earlier ones named and changed."""

    plan: PlanView
    phrases: Phrases
    today: date
    picks: Picks
    focus: Focus = field(default_factory=Focus)
    days: dict[str, date] = field(default_factory=dict)
    measures: dict[str, float] = field(default_factory=dict)

    def operations(self, clauses: list[Match]) -> list[Operation]:
        """The edit operations of all clauses in order; raises CannotResolve with what to say instead."""
        found: list[Operation] = []
        for clause in clauses:
            if "week" in clause.slots:
                self.focus = replace(self.focus, week=self._week(clause.slots["week"]))
            if clause.name == "retype" and type_named(clause.slots["type"], self.phrases) is None:
                raise CannotResolve(_unknown_type(clause.slots["type"], self.phrases))
            found += _HANDLERS[clause.name](self, clause)
        return found

    def rows(self, text: str) -> list[Row]:
        """The items named, sessions only, and the new focus."""
        rows = resolve(text, self.plan, self.phrases, self.today, focus=self.focus, picks=self.picks)
        if len(rows) == 1:
            row = rows[0]
            week = next((w for w in self.plan.weeks if w.id in (row.id, row.parent)), self.focus.week)
            self.focus = Focus(week=week, item=row)
        return rows

    def sessions(self, text: str) -> list[Row]:
        """As rows, but a week is refused: what was asked can only be done to a session."""
        rows = self.rows(text)
        weeks = {week.id for week in self.plan.weeks}
        if any(row.id in weeks for row in rows):
            raise CannotResolve(f"“{text}” is a whole week; name a session of it, for example “the long run”.")
        return rows

    def day_of(self, row: Row) -> date:
        day = self.days.get(row.id, row.day)
        if day is None:
            raise CannotResolve(f"{row.title} has no date to move.")
        return day

    def measure_of(self, row: Row) -> tuple[str, float]:
        """The field that says how long an item is, and its value so far."""
        name = self.phrases.measures.get(row.kind)
        if name is None or name not in row.numbers:
            raise CannotResolve(f"{row.title} has no length to change.")
        return name, self.measures.get(row.id, row.numbers[name])

    def set_measure(self, row: Row, name: str, value: float) -> Operation:
        value = round(value, 1)
        if value <= 0:
            raise CannotResolve(f"That would leave nothing of {label(row, self.plan)}; say “remove” to take it out.")
        self.measures[row.id] = value
        return {"op": "update_item", "id": row.id, "set": {name: value}}

    def _week(self, text: str) -> Row:
        week = find_week(text, self.plan, self.today)
        if week is None:
            raise CannotResolve(f"The plan has no {text}; it has {len(self.plan.weeks)} weeks.")
        return week


def _move_to(editor: Editor, clause: Match) -> list[Operation]:
    operations = []
    item = clause.slots["item"]
    if "from" in clause.slots:
        item = f"{clause.slots['from']} {item}"
    for row in editor.sessions(item):
        week = editor._week(clause.slots["to_week"]) if "to_week" in clause.slots else None
        operations.append(_moved(editor, row, _target_day(editor, row, clause.get("day"), week)))
    return operations


def _target_day(editor: Editor, row: Row, said: str | None, week: Row | None) -> date:
    here = editor.day_of(row)
    monday = editor.plan.monday(week) if week is not None else monday_of(here)
    if monday is None:
        raise CannotResolve(f"{week.title if week else 'That week'} has no dates.")
    if said is None:
        return monday + timedelta(days=here.weekday())
    day_of_week = weekday(said)
    if day_of_week is not None:
        return monday + timedelta(days=day_of_week)
    target = calendar_date(said, editor.today)
    if target is None:
        raise CannotResolve(f"“{said}” is not a day I understand; say a weekday or a date such as 2026-04-22.")
    return target


def _moved(editor: Editor, row: Row, target: date) -> Operation:
    if target == editor.day_of(row):
        raise CannotResolve(f"{row.title} is on {spoken(target)} already.")
    editor.days[row.id] = target
    return {"op": "move_item", "id": row.id, "date": target.isoformat()}


def _move_by(editor: Editor, clause: Match) -> list[Operation]:
    step = timedelta(days=int(number(clause.slots["n"]) or 0) * _sign(clause.get("direction2", "direction")))
    rows = editor.sessions(clause.slots["item"])
    return [_moved(editor, row, editor.day_of(row) + step) for row in rows]


def _shift_plan(editor: Editor, clause: Match) -> list[Operation]:
    size = 7 if clause.slots["unit"].startswith("week") else 1
    count = int(number(clause.slots["n"]) or 0) * size
    starts = [monday for week in editor.plan.weeks if (monday := editor.plan.monday(week))]
    days = [row.day for row in editor.plan.rows if row.day is not None]
    if not starts and not days:
        raise CannotResolve("The plan has no dates to shift.")
    first = min([*starts, *days]).isoformat()
    days_later = count * _sign(clause.get("direction2", "direction"))
    return [{"op": "shift_dates", "days": days_later, "from_date": first}]


def _sign(direction: str | None) -> int:
    return -1 if direction in ("earlier", "sooner", "forward", "forwards", "up") else 1


def _swap(editor: Editor, clause: Match) -> list[Operation]:
    first, other = clause.slots["item"], clause.get("other")
    if other is None:
        first, found, other = first.partition(" and ")
        if not found:
            raise CannotResolve("Swap what with what? Say, for example, “swap the tempo and the long run in week 4”.")
    # "swap the tempo and the long run in week 4": the week is said once, at the end, for both.
    week = WEEK_PATTERN.search(other)
    if week and not WEEK_PATTERN.search(first):
        editor.focus = replace(editor.focus, week=editor._week(week[0]))
    a, b = editor.sessions(first), editor.sessions(other)
    if len(a) != 1 or len(b) != 1 or a[0].id == b[0].id:
        raise CannotResolve("A swap needs two different sessions.")
    return [{"op": "swap", "a": a[0].id, "b": b[0].id}]


def _resize_by(editor: Editor, clause: Match) -> list[Operation]:
    if "amount" not in clause.slots:
        raise CannotResolve(f"By how much? Say, for example, “make {clause.slots['item']} 2 km longer”.")
    by = _amount(clause.slots["amount"])
    sign = -1 if "down" in clause.slots else 1
    operations = []
    for row in editor.sessions(clause.slots["item"]):
        name, now = editor.measure_of(row)
        change = now * by.value if by.unit == "share" else _in_unit(by, name, row)
        operations.append(editor.set_measure(row, name, now + sign * change))
    return operations


def _resize_to(editor: Editor, clause: Match) -> list[Operation]:
    to = _amount(clause.slots["amount"])
    operations = []
    for row in editor.sessions(clause.slots["item"]):
        name, _ = editor.measure_of(row)
        operations.append(editor.set_measure(row, name, _in_unit(to, name, row)))
    return operations


def _scale(editor: Editor, clause: Match) -> list[Operation]:
    if "to_share" in clause.slots:
        factor = _amount(clause.slots["to_share"]).value
    else:
        down = "down" in clause.slots
        share = _amount(clause.slots["share"]).value if "share" in clause.slots else (EASIER if down else HARDER)
        factor = 1 - share if down else 1 + share
    if factor <= 0:
        raise CannotResolve("That would leave nothing; say “remove” to take sessions out.")
    operations: list[Operation] = []
    for row in editor.rows(clause.slots["scope"]):
        if row.id in {week.id for week in editor.plan.weeks}:
            operations.append(_scaled_week(editor, row, factor))
        else:
            name, now = editor.measure_of(row)
            operations.append(editor.set_measure(row, name, now * factor))
    return operations


def _scaled_week(editor: Editor, week: Row, factor: float) -> Operation:
    kind, name = next(iter(editor.phrases.measures.items()))
    inside = [row for row in editor.plan.rows if row.parent == week.id and row.kind == kind]
    if not inside:
        raise CannotResolve(f"{week.title} has nothing to scale.")
    return {
        "op": "scale",
        "field": name,
        "factor": round(factor, 4),
        "where": {"parent": week.id, "kind": kind},
    }


def _retype(editor: Editor, clause: Match) -> list[Operation]:
    to = type_named(clause.slots["type"], editor.phrases)
    operations = []
    for row in editor.sessions(clause.slots["item"]):
        if to is None or row.kind != to.kind or not to.data:
            raise CannotResolve(f"{row.title} can't become that; remove it and add another instead.")
        operation = {"op": "update_item", "id": row.id, "title": to.title, "set": dict(to.data)}
        old = [name for name in editor.phrases.retype_clears if name in row.fields]
        operations.append(operation | ({"unset": old} if old else {}))
    return operations


def _retitle(editor: Editor, clause: Match) -> list[Operation]:
    rows = editor.rows(clause.slots["item"])
    title = clause.slots["title"].strip("\"'")
    return [{"op": "update_item", "id": row.id, "title": title, "set": {}} for row in rows]


def _add(editor: Editor, clause: Match) -> list[Operation]:
    item_type = type_named(clause.slots["type"], editor.phrases)
    if item_type is None:
        raise CannotResolve(_unknown_type(clause.slots["type"], editor.phrases))
    day, week = _when(editor, clause.slots["when"])
    data: dict[str, Any] = {**item_type.data, "date": day.isoformat()}
    if item_type.measure is not None:
        said = clause.get("amount")
        length = _in_unit(_amount(said), item_type.measure, None) if said else item_type.usual
        if length is None:
            raise CannotResolve(f"How long should it be? Say, for example, “add a 10 km {item_type.words[0]} …”.")
        data[item_type.measure] = int(length) if item_type.measure == "minutes" else round(length, 1)
    return [{"op": "add_item", "kind": item_type.kind, "parent": week.id, "title": item_type.title, "data": data}]


def _when(editor: Editor, text: str) -> tuple[date, Row]:
    said_week, said_day = WEEK_PATTERN.search(text), None
    rest = WEEK_PATTERN.sub(" ", text)
    found = DAY_PATTERN.search(rest)
    said_day = found[0] if found else None
    week = editor._week(said_week[0]) if said_week else editor.focus.week
    if said_day is None:
        raise CannotResolve("On which day? Say, for example, “… on Friday in week 2”.")
    day_of_week = weekday(said_day)
    if day_of_week is None:
        day = calendar_date(said_day, editor.today)
    elif week is not None:
        monday = editor.plan.monday(week)
        day = monday + timedelta(days=day_of_week) if monday else None
    else:
        weeks = [(row, monday) for row in editor.plan.weeks if (monday := editor.plan.monday(row))]
        ahead = [(row, monday) for row, monday in weeks if monday + timedelta(days=day_of_week) >= editor.today]
        if not ahead:
            raise CannotResolve("In which week? Say, for example, “… on Friday in week 2”.")
        choices = [row for row, _ in ahead][:9]
        week = editor.picks.take(choices)
        if week is None:
            listed = "\n".join(f"{n}. {row.title}" for n, row in enumerate(choices, start=1))
            raise CannotResolve(f"In which week?\n{listed}\nSay the number.")
        monday = editor.plan.monday(week)
        day = monday + timedelta(days=day_of_week) if monday else None
    if day is None:
        raise CannotResolve(f"“{text}” is not a day I understand; say, for example, “on Friday in week 2”.")
    inside = [row for row in editor.plan.weeks if (monday := editor.plan.monday(row)) and monday == monday_of(day)]
    if not inside:
        raise CannotResolve(f"{spoken(day)} is outside the plan.")
    return day, inside[0]


def _remove(editor: Editor, clause: Match) -> list[Operation]:
    rows = editor.sessions(clause.slots["item"])
    return [{"op": "remove_item", "id": row.id, "reason": "asked for"} for row in rows]


def _amount(text: str) -> Amount:
    found = amount(text)
    if found is None:
        raise CannotResolve(f"“{text}” is not an amount I understand; say, for example, “2 km”.")
    return found


def _in_unit(said: Amount, name: str, row: Row | None) -> float:
    """The amount in an item's own measure: kilometres for 'km', minutes for 'minutes'."""
    unit = "min" if name == "minutes" else "km"
    if said.unit in (unit, "bare"):
        return said.value
    what = row.title if row is not None else "That"
    raise CannotResolve(f"{what} is measured in {'minutes' if unit == 'min' else 'kilometres'} here; say it in those.")


def _unknown_type(text: str, phrases: Phrases) -> str:
    known = ", ".join(item_type.words[0] for item_type in phrases.types)
    return f"I don't know what a “{text}” is. I know: {known}."


_HANDLERS: dict[str, Callable[[Editor, Match], list[Operation]]] = {
    "move_to": _move_to,
    "move_by": _move_by,
    "shift_plan": _shift_plan,
    "swap": _swap,
    "resize_by": _resize_by,
    "resize_to": _resize_to,
    "scale": _scale,
    "retype": _retype,
    "retitle": _retitle,
    "add": _add,
    "remove": _remove,
}
