"""Merging with a person's choice for each conflict: what was chosen from one side is put into the other one first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from agent.plan.diff import ABSENT, value_at
from agent.plan.document import Item, PlanDocument, descendants, ids_on_cycles
from agent.plan.json_values import Json, copy_json
from agent.plan.merge import Conflict, Merged, Side, merge
from agent.plan.problems import ChoiceError, Problem, nearest

Choices = Mapping[str, Side]
"""`Conflict.pointer` → whose change is kept."""


def resolve(base: PlanDocument, ours: PlanDocument, theirs: PlanDocument, choices: Choices) -> Merged:
    """`merge`, with the chosen side kept in each conflict that `choices` names, and theirs in all others.

    Choosing ours also brings back what its change needs (the parent of an item, if theirs removed it), and an item
    that ours removed goes with everything that theirs put below it. Every conflict is reported, with the side that
    was kept. Raises `ChoiceError` for a choice where nothing is in conflict.
    """
    merged = merge(base, ours, theirs)
    taken: dict[tuple[str, str], Conflict] = {}
    while wanted := [one for one in merged.conflicts if one.pointer in choices and _key(one) not in taken]:
        from_ours = [one for one in wanted if choices[one.pointer] == "ours"]
        from_theirs = [one for one in wanted if choices[one.pointer] == "theirs"]
        ours, theirs = _agreeing(ours, theirs, from_theirs), _agreeing(theirs, ours, from_ours)
        taken.update((_key(one), replace(one, kept=choices[one.pointer])) for one in wanted)
        merged = merge(base, ours, theirs)
    conflicts = (*taken.values(), *(one for one in merged.conflicts if _key(one) not in taken))
    refuse_strays(choices, conflicts)
    return Merged(merged.document, conflicts)


def unsettled(conflicts: Iterable[Conflict], choices: Choices) -> tuple[Conflict, ...]:
    """The conflicts that nobody has chosen in."""
    return tuple(one for one in conflicts if one.pointer not in choices)


def refuse_strays(choices: Choices, conflicts: Iterable[Conflict]) -> None:
    """Raise `ChoiceError` if a choice names no conflict: the person saw something that is no longer so."""
    known = {one.pointer for one in conflicts}
    problems = [
        Problem(None, "no_conflict", f"nothing is in conflict at {name!r}", nearest(name, known))
        for name in choices
        if name not in known
    ]
    if problems:
        raise ChoiceError(problems)


def _key(conflict: Conflict) -> tuple[str, str]:
    return conflict.kind, conflict.pointer


def _agreeing(document: PlanDocument, model: PlanDocument, wanted: Iterable[Conflict]) -> PlanDocument:
    """`document` with what `model` has in these conflicts; then merging finds the two sides agreed there."""
    items, meta = dict(document.items), copy_json(document.meta)
    for one in wanted:
        if one.id is None:
            _take_field(meta, model.meta, one.path)
        elif one.id not in model.items:
            _remove(items, one.id, model)
        elif one.id not in items or one.kind == "add_add":
            items[one.id] = model.items[one.id].copy_with()
        elif one.kind == "field":
            record = items[one.id].to_json()
            _take_field(record, model.items[one.id].to_json(), one.path)
            items[one.id] = Item.trusted(record)
        else:
            items[one.id] = _placed(items[one.id], model.items[one.id])
    _mend(items, model)
    return PlanDocument.assemble(document.domain, meta, items)


def _take_field(record: dict[str, Json], model: Mapping[str, Json], path: tuple[str, ...]) -> None:
    """Give `record` the value that `model` has at `path`, from the first key on that only one of them can go through."""
    depth = 1
    while depth < len(path) and all(isinstance(value_at(side, path[:depth]), dict) for side in (record, model)):
        depth += 1
    value, holder = value_at(model, path[:depth]), value_at(record, path[: depth - 1])
    if value is ABSENT:
        holder.pop(path[depth - 1], None)
    else:
        holder[path[depth - 1]] = copy_json(value)


def _remove(items: dict[str, Item], item_id: str, model: PlanDocument) -> None:
    for below in descendants(items, [item_id]):
        if below in model.items:
            items[below] = _placed(items[below], model.items[below])
        else:
            del items[below]
    items.pop(item_id, None)


def _placed(item: Item, like: Item) -> Item:
    return item.copy_with(parent=like.parent, rank=like.rank)


def _mend(items: dict[str, Item], model: PlanDocument) -> None:
    """Make the items one tree again: parents that are missing come back, what is inside itself goes where `model` has it.

    Ends, because `model` is a whole tree and every step makes one more item's place the one that it has there.
    """
    while True:
        missing = {item.parent for item in items.values() if item.parent is not None} - items.keys()
        looped = ids_on_cycles(items) & model.items.keys()
        if not missing and not looped:
            return
        items.update((item_id, model.items[item_id].copy_with()) for item_id in missing)
        items.update((item_id, _placed(items[item_id], model.items[item_id])) for item_id in looped)
