"""Changes of lengths: by an amount, to an amount, by a share."""

from __future__ import annotations

import re

from agent.demo.editor import Editor, Operation, amount_said, in_unit
from agent.demo.patterns import Match
from agent.demo.perceive import Row
from agent.demo.references import CannotResolve

EASIER, HARDER = 0.2, 0.1
_EVERYTHING = re.compile(
    r"(?:everything|(?:the|my) (?:whole |entire )?(?:plan|volume|weekly volume|mileage)"
    r"|(?:all|every|each)(?: (?:of )?(?:the|my))?(?: (?:runs?|weeks?|sessions?))?)",
    re.IGNORECASE,
)


def resize_by(editor: Editor, clause: Match) -> list[Operation]:
    """Longer or shorter by an amount or a share."""
    if "amount" not in clause.slots:
        raise CannotResolve(f"By how much? Say, for example, “make {clause.slots['item']} 2 km longer”.")
    by = amount_said(clause.slots["amount"])
    sign = -1 if "down" in clause.slots else 1
    operations = []
    for row in editor.sessions(clause.slots["item"]):
        name, now = editor.measure_of(row)
        change = now * by.value if by.unit == "share" else in_unit(by, name, row)
        operations.append(editor.set_measure(row, name, now + sign * change))
    return operations


def resize_to(editor: Editor, clause: Match) -> list[Operation]:
    """To a length."""
    to = amount_said(clause.slots["amount"])
    operations = []
    for row in editor.sessions(clause.slots["item"]):
        name, _ = editor.measure_of(row)
        operations.append(editor.set_measure(row, name, in_unit(to, name, row)))
    return operations


def scale(editor: Editor, clause: Match) -> list[Operation]:
    """A week, the whole plan or sessions by a share."""
    if "to_share" in clause.slots:
        factor = amount_said(clause.slots["to_share"]).value
    elif clause.get("half", "twice") is not None:
        factor = 0.5 if "half" in clause.slots else 2.0
    else:
        down = "down" in clause.slots
        share = amount_said(clause.slots["share"]).value if "share" in clause.slots else (EASIER if down else HARDER)
        factor = 1 - share if down else 1 + share
    if factor <= 0:
        raise CannotResolve("That would leave nothing; say “remove” to take sessions out.")
    if _EVERYTHING.fullmatch(clause.slots["scope"]):
        kind, name = next(iter(editor.phrases.measures.items()))
        return [{"op": "scale", "field": name, "factor": round(factor, 4), "where": {"kind": kind}}]
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
