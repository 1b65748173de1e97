"""What a request for changes works on: the plan, what was named last, and what has been changed so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from agent.demo.perceive import PlanView, Row
from agent.demo.phrases import Phrases
from agent.demo.quantities import Amount, Unit, amount
from agent.demo.references import CannotResolve, Focus, Picks, find_week, label, resolve

Operation = dict[str, Any]
_UNITS: dict[str, Unit] = {"km": "km", "minutes": "min"}


@dataclass
class Editor:
    """What one request works on; later clauses see what earlier ones named and changed."""

    plan: PlanView
    phrases: Phrases
    today: date
    picks: Picks
    focus: Focus = field(default_factory=Focus)
    days: dict[str, date] = field(default_factory=dict)
    measures: dict[str, float] = field(default_factory=dict)

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
            word = self.plan.group.word
            raise CannotResolve(f"“{text}” is a whole {word}; name something in it, or say “all of” it.")
        return rows

    def day_of(self, row: Row) -> date:
        """The day an item is on by now."""
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
        """The operation that gives an item another length."""
        # Minutes are whole, and a tenth of one would be refused.
        value = round(value) if name == "minutes" else round(value, 1)
        if value <= 0:
            raise CannotResolve(f"That would leave nothing of {label(row, self.plan)}; say “remove” to take it out.")
        self.measures[row.id] = value
        return {"op": "update_item", "id": row.id, "set": {name: value}}

    def week(self, text: str) -> Row:
        """The week named; raises CannotResolve."""
        week = find_week(text, self.plan, self.today)
        if week is None:
            raise CannotResolve(f"The plan has no {text}; it has {len(self.plan.weeks)} {self.plan.group.word}s.")
        return week


def amount_said(text: str) -> Amount:
    """The amount said; raises CannotResolve."""
    found = amount(text)
    if found is None:
        raise CannotResolve(f"“{text}” is not an amount I understand; say, for example, “2 km”.")
    return found


def in_unit(said: Amount, name: str, row: Row | None) -> float:
    """The amount in an item's own measure: kilometres for 'km', minutes for 'minutes', otherwise a plain number."""
    unit = next((unit for ending, unit in _UNITS.items() if name == ending or name.endswith(f"_{ending}")), "count")
    if said.unit in (unit, "bare"):
        return said.value
    what = row.title if row is not None else "That"
    measured = {"min": "minutes", "km": "kilometres"}.get(unit, name.replace("_", " "))
    raise CannotResolve(f"{what} is measured in {measured} here; say it in those.")


def unknown_type(text: str, phrases: Phrases) -> str:
    """What to say about a word for a session that is not known."""
    known = ", ".join(item_type.words[0] for item_type in phrases.types)
    return f"I don't know what a “{text}” is. I know: {known}."
