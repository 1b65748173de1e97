"""Typed edits: what a model writes, and how they become a new document without touching anything else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from agent.plan.bulk_edits import scale, shift_dates, swap
from agent.plan.dates import day_of, is_period, moved_to
from agent.plan.document import MAX_ITEMS, Item, PlanDocument, descendants, tree_problems
from agent.plan.edit_scope import Scope
from agent.plan.json_values import NotJson, normalise
from agent.plan.kind_data import Kinds, checked, merge_json, model_of, removed_fields, updated
from agent.plan.ops import (
    OP_NAMES,
    AddItem,
    MoveItem,
    Op,
    RemoveItem,
    Replan,
    Scale,
    SetMeta,
    ShiftDates,
    Swap,
    UpdateItem,
    Where,
    parse_ops,
)
from agent.plan.problems import EditError, Problem
from agent.plan.replanning import Replanner, replan
from agent.plan.workspace import Workspace, refusal

__all__ = [
    "OP_NAMES",
    "AddItem",
    "EditError",
    "MoveItem",
    "Op",
    "Problem",
    "RemoveItem",
    "Replan",
    "Scale",
    "SetMeta",
    "ShiftDates",
    "Swap",
    "UpdateItem",
    "Where",
    "compile_edits",
    "parse_ops",
]

MAX_OPS = 500
MAX_TITLE = 500


def compile_edits(
    document: PlanDocument,
    ops: Sequence[Op | dict[str, Any]],
    kinds: Kinds,
    retired_ids: frozenset[str] = frozenset(),
    *,
    seed: str = "",
    replanner: Replanner | None = None,
) -> PlanDocument:
    """Carry out `ops` in order and return the new document; it shares nothing with the old one.

    `kinds` maps each item kind to the pydantic model of its data. `retired_ids` are ids that the plan has ever used;
    none is given to a new item. Ids that have to be made depend on `seed`, the op's index and its title only.
    `replanner` is the domain's builder of the rest of a plan, which the op `replan` calls.
    Raises `EditError` with the problems of all ops, each with its index; then nothing happened.
    """
    if len(ops) > MAX_OPS:
        raise refusal("too_many_ops", f"{len(ops)} operations; at most {MAX_OPS} at once")
    typed = parse_ops(ops)
    work = Workspace(document, retired_ids, seed)
    scope = Scope()
    problems: list[Problem] = []
    for index, op in enumerate(typed):
        try:
            scope.allow(op, work)
            if isinstance(op, Replan):
                scope.replanned(replan(op, index, work, kinds, replanner))
            else:
                _carry_out(op, index, work, kinds, scope)
        except NotJson as error:
            problems.append(Problem(index, "not_json", str(error)))
        except EditError as error:
            problems += [Problem(index, one.code, one.message, one.nearest) for one in error.problems]
    if problems:
        raise EditError(problems)
    result = work.document()
    strays = [*scope.problems(document, result), *tree_problems(result.items)]
    if strays:
        raise EditError(strays)
    return result


def _carry_out(op: Op, index: int, work: Workspace, kinds: Kinds, scope: Scope) -> None:
    match op:
        case AddItem():
            scope.added.add(_add(op, index, work, kinds))
        case UpdateItem():
            _update(op, work, kinds)
        case MoveItem():
            _move(op, work)
        case RemoveItem():
            _remove(op, work)
        case SetMeta():
            merged = merge_json(work.meta, normalise(op.set))
            work.meta = removed_fields(merged, op.unset)
        case ShiftDates():
            shift_dates(op, work)
        case Scale():
            scale(op, work, kinds)
        case Swap():
            swap(op, work)


def _add(op: AddItem, index: int, work: Workspace, kinds: Kinds) -> str:
    if len(work.items) >= MAX_ITEMS:
        raise refusal("too_many_items", f"a plan has at most {MAX_ITEMS} items")
    item_id = work.claim_id(op.id, op.title, index)
    data = checked(op.kind, op.data, kinds)
    parent = _parent(op, work, default=op.parent)
    item = Item.trusted({"kind": op.kind, "parent": parent, "rank": "", "title": _title(op.title), "data": data})
    work.put(item_id, item.copy_with(rank=_rank(op, item_id, item, work)))
    return item_id


def _update(op: UpdateItem, work: Workspace, kinds: Kinds) -> None:
    item = work.get(op.id)
    changes = normalise(op.set)
    title = op.title
    # A model often puts the title among the fields; that is plain enough unless the kind has such a field.
    if "title" in changes and "title" not in model_of(item.kind, kinds).model_fields:
        title = changes.pop("title")
    if changes or op.unset:
        item = item.copy_with(data=updated(item.kind, item.data, changes, op.unset, kinds))
    work.put(op.id, item if title is None else item.copy_with(title=_title(title)))


def _title(title: object) -> str:
    if not isinstance(title, str) or not 0 < len(title) <= MAX_TITLE:
        raise refusal("invalid_data", f"a title is text of 1 to {MAX_TITLE} characters")
    return str(normalise(title))


def _move(op: MoveItem, work: Workspace) -> None:
    item = work.get(op.id)
    if op.date is not None:
        if day_of(item) is None:
            raise refusal("no_date", f"{op.id} has no date to change; give parent, after or before")
        if is_period(item) and descendants(work.items, [op.id]):
            raise refusal("period", f"{op.id} is a period with items in it; move them, or use shift_dates")
        item = moved_to(item, date.fromisoformat(op.date))
    if not op.model_fields_set & {"parent", "after", "before"}:
        work.put_on_its_day(op.id, item)
        return
    parent = _parent(op, work, default=op.parent if "parent" in op.model_fields_set else item.parent)
    if parent is not None and work.is_inside(parent, op.id):
        raise refusal("cycle", f"{op.id} cannot go under {parent}, which is inside it")
    stays = parent == item.parent and op.after is None and op.before is None
    item = item.copy_with(parent=parent)
    work.put(op.id, item if stays else item.copy_with(rank=_rank(op, op.id, item, work)))


def _remove(op: RemoveItem, work: Workspace) -> None:
    work.get(op.id)
    below = descendants(work.items, [op.id])
    if below and not op.with_children:
        raise refusal(
            "has_children",
            f"{op.id} has {len(below)} items under it; say with_children to remove them too, or move them first",
        )
    for item_id in (op.id, *below):
        work.take(item_id)


def _parent(op: AddItem | MoveItem, work: Workspace, default: str | None) -> str | None:
    """The parent that an op asks for, by name or through a sibling. Raises `EditError` if the two disagree."""
    if default is not None:
        work.get(default)
    sibling = op.after if op.after is not None else op.before
    if sibling is None:
        return default
    if sibling == op.id:
        raise refusal("same_item", f"{op.id} cannot be placed beside itself")
    parent = work.get(sibling).parent
    if op.parent is not None and op.parent != parent:
        raise refusal("not_siblings", f"{sibling} is not under {op.parent} but under {parent}")
    return parent


def _rank(op: AddItem | MoveItem, item_id: str, item: Item, work: Workspace) -> str:
    if op.after is not None:
        return work.rank_beside(op.after, before=False, without=item_id)
    if op.before is not None:
        return work.rank_beside(op.before, before=True, without=item_id)
    return work.rank_by_day(item.parent, item_id, item)
