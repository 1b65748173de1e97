"""Clauses about a plan turned into edit operations (see `agent.plan.edits`), or into a question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from agent.demo import day_edits, item_edits, length_edits, replan_edits, time_edits
from agent.demo.editor import Editor, Operation, unknown_type
from agent.demo.patterns import WEEK_PATTERN, Match
from agent.demo.phrases import CHANGE
from agent.demo.references import CannotResolve, is_pronoun, type_named


def operations(editor: Editor, clauses: list[Match]) -> list[Operation]:
    """The edit operations of all clauses in order; raises CannotResolve with what to say instead."""
    found: list[Operation] = []
    for said in clauses:
        clause = _in_its_week(editor, said) if "week" in said.slots else said
        if clause.name == "retype" and type_named(clause.slots["type"], editor.phrases) is None:
            raise CannotResolve(unknown_type(clause.slots["type"], editor.phrases))
        handler = item_edits.own_change if clause.name.startswith(CHANGE) else _HANDLERS[clause.name]
        found += (one for one in handler(editor, clause) if one not in found)
    return found


def _in_its_week(editor: Editor, clause: Match) -> Match:
    """ "in week 3, make the tempo shorter" is about the tempo of week 3, and of no other."""
    said = clause.slots["week"]
    if WEEK_PATTERN.fullmatch(said):
        editor.focus = replace(editor.focus, week=editor.week(said))
    told = {
        name: f"{value} in {said}" if name in ("item", "other", "scope") and not WEEK_PATTERN.search(value) else value
        for name, value in clause.slots.items()
        if not is_pronoun(value)
    }
    return Match(clause.name, {**clause.slots, **told})


_HANDLERS: dict[str, Callable[[Editor, Match], list[Operation]]] = {
    "move_to": day_edits.move_to,
    "move_by": day_edits.move_by,
    "retime": time_edits.retime,
    "shift_plan": day_edits.shift_plan,
    "replan": replan_edits.replan,
    "swap": day_edits.swap,
    "resize_by": length_edits.resize_by,
    "resize_to": length_edits.resize_to,
    "scale": length_edits.scale,
    "retype": item_edits.retype,
    "retitle": item_edits.retitle,
    "add": item_edits.add,
    "remove": item_edits.remove,
}
