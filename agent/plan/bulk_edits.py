"""Edits over many items at once, or over a pair: shifting days, scaling numbers, swapping."""

from __future__ import annotations

import math
from datetime import date

from agent.plan.dates import day_of, is_period, moved_to, period_days, shifted
from agent.plan.diff import ABSENT, value_at
from agent.plan.document import Item
from agent.plan.json_values import MAX_NUMBER, normalise, same_json
from agent.plan.kind_data import Kinds, checked, is_whole
from agent.plan.ops import Scale, ShiftDates, Swap, Where
from agent.plan.workspace import Workspace, refusal


def shift_dates(op: ShiftDates, work: Workspace) -> None:
    """Move the chosen items; periods themselves move by their own length only, items find the week of their new day."""
    chosen = shifted_ids(op, work)
    if not chosen:
        raise refusal("nothing_matches", "no dated item is in that range")
    try:
        later = {item_id: shifted(work.items[item_id], op.days) for item_id in chosen}
    except OverflowError as error:
        raise refusal("bad_date", "the dates would leave the calendar") from error
    for item_id, item in later.items():
        work.put(item_id, item)
    for item_id in chosen:
        work.put_on_its_day(item_id, work.items[item_id])


def shifted_ids(op: ShiftDates, work: Workspace) -> list[str]:
    """The ids that a shift moves, in id order."""
    if op.ids:
        for item_id in op.ids:
            if day_of(work.get(item_id)) is None:
                raise refusal("no_date", f"{item_id} has no date to shift")
        return sorted(set(op.ids))
    first, last = op.from_date, op.to_date
    if op.from_id is not None:
        first = day_of(work.get(op.from_id))
        if first is None:
            raise refusal("no_date", f"{op.from_id} has no date to start from")
    return sorted(
        item_id
        for item_id, item in work.items.items()
        if _in_range(item, first, last) and (not is_period(item) or op.days % period_days(item) == 0)
    )


def scale(op: Scale, work: Workspace, kinds: Kinds) -> None:
    """Multiply the field in every chosen item that has it as a number."""
    path = op.field.split(".")
    chosen = scaled_ids(op, work)
    if not chosen:
        raise refusal("nothing_matches", f"no item matches that has a number {op.field}")
    for item_id in chosen:
        item = work.items[item_id]
        step = max(1.0, round(op.round_to)) if is_whole(item.kind, path, kinds) else op.round_to
        value = value_at(item.data, path) * op.factor
        if not math.isfinite(value) or abs(value) > MAX_NUMBER:
            raise refusal("invalid_data", f"{op.field} of {item_id} would be too large")
        # Twelve digits drop what binary fractions add to a multiple of 0.1.
        rounded = normalise(round(round(value / step) * step, 12))
        data = item.to_json()["data"]
        inner = data
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = rounded
        checked(item.kind, data, kinds)
        work.put(item_id, item.copy_with(data=data))


def scaled_ids(op: Scale, work: Workspace) -> list[str]:
    """The ids that a scaling changes, in id order."""
    for item_id in op.where.ids:
        work.get(item_id)
    if op.where.parent is not None:
        work.get(op.where.parent)
    path = op.field.split(".")
    return sorted(
        item_id
        for item_id, item in work.items.items()
        if _is_number(value_at(item.data, path)) and matches(op.where, item_id, item)
    )


def matches(where: Where, item_id: str, item: Item) -> bool:
    """Whether an item fulfils every condition given."""
    return (
        (not where.ids or item_id in where.ids)
        and (where.kind is None or item.kind == where.kind)
        and (where.parent is None or item.parent == where.parent)
        and ((where.from_date is None and where.to_date is None) or _in_range(item, where.from_date, where.to_date))
        and all(_has(item, name, value) for name, value in where.match.items())
    )


def swap(op: Swap, work: Workspace) -> None:
    """Exchange days if both have one (each then belongs to the week of its new day), else places."""
    a, b = work.get(op.a), work.get(op.b)
    if op.a == op.b:
        raise refusal("same_item", "an item cannot be swapped with itself")
    if work.is_inside(op.a, op.b) or work.is_inside(op.b, op.a):
        raise refusal("cycle", f"one of {op.a} and {op.b} is inside the other")
    day_a, day_b = day_of(a), day_of(b)
    if (day_a is None) != (day_b is None):
        raise refusal("no_date", f"{op.a if day_a is None else op.b} has no date, so the two cannot change days")
    if is_period(a) or is_period(b):
        raise refusal("period", "whole weeks cannot be swapped; swap or move the items in them")
    if day_a is None or day_b is None or day_a == day_b:
        work.put(op.a, a.copy_with(parent=b.parent, rank=b.rank))
        work.put(op.b, b.copy_with(parent=a.parent, rank=a.rank))
        return
    new_a, new_b = moved_to(a, day_b), moved_to(b, day_a)
    if a.parent != b.parent:
        new_a = new_a.copy_with(parent=b.parent, rank=b.rank)
        new_b = new_b.copy_with(parent=a.parent, rank=a.rank)
    work.put_on_its_day(op.a, new_a)
    work.put_on_its_day(op.b, new_b)


def _in_range(item: Item, first: date | None, last: date | None) -> bool:
    day = day_of(item)
    return day is not None and (first is None or day >= first) and (last is None or day <= last)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _has(item: Item, name: str, value: object) -> bool:
    found = value_at(item.data, name.split("."))
    return found is not ABSENT and same_json(found, normalise(value))
