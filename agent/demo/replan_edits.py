"""Planning the rest anew, from a week or a day on."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from agent.demo.calendar_words import calendar_date, weekday
from agent.demo.editor import Editor, Operation
from agent.demo.patterns import Match
from agent.demo.quantities import number
from agent.demo.references import CannotResolve


def replan(editor: Editor, clause: Match) -> list[Operation]:
    """The rest of the plan anew, perhaps with something different from then on."""
    known = editor.phrases.replan
    constraints: dict[str, Any] = {}
    for slot, read in _CONSTRAINTS.items():
        said = clause.get(slot)
        if said is None:
            continue
        if slot not in known:
            raise CannotResolve(f"I can't plan anew with “{said}” here; change the items themselves.")
        constraints[known[slot]] = read(editor, said)
    if "item" in clause.slots and "item" in known:
        constraints[known["item"]] = _group_of(editor, clause.slots["item"])
    return [{"op": "replan", "from_date": _begin(editor, clause).isoformat(), "constraints": constraints}]


def _begin(editor: Editor, clause: Match) -> date:
    """From which day on; from today if nothing was said."""
    if "from_week" in clause.slots:
        week = editor.week(clause.slots["from_week"])
        start = editor.plan.start(week)
        if start is None:
            raise CannotResolve(f"{week.title} has no date to begin from.")
        return start
    return _named_day(editor, clause.slots["from_day"]) if "from_day" in clause.slots else editor.today


def _named_day(editor: Editor, said: str) -> date:
    day_of_week = weekday(said)
    if day_of_week is not None:
        return editor.today + timedelta(days=(day_of_week - editor.today.weekday()) % 7)
    day = calendar_date(said, editor.today)
    if day is None:
        raise CannotResolve(f"“{said}” is not a day I understand; say a weekday or a date such as 2026-04-22.")
    return day


def _group_of(editor: Editor, said: str) -> str:
    """The group that words name by its title, or that an item they name is in."""
    words = re.sub(r"^(?:the|our|my) ", "", said.lower())
    named = [week for week in editor.plan.weeks if words in week.title.lower()]
    if len(named) == 1:
        return named[0].id
    row = editor.rows(said)[0]
    return row.parent or row.id


_PACES = {"slower": "slow", "easier": "easy", "relaxing": "relaxed"}
_CONSTRAINTS: Mapping[str, Callable[[Editor, str], Any]] = {
    "n": lambda editor, said: int(number(said) or 0),
    "pain": lambda editor, said: int(number(said) or 0),
    "pace": lambda editor, said: _PACES.get(said.lower(), said.lower()),
    "to_day": lambda editor, said: _named_day(editor, said).isoformat(),
}
