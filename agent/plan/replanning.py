"""The edit that plans anew from a day on: a domain's builder makes the rest, and what comes before stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from pydantic import ValidationError

from agent.plan.dates import day_of
from agent.plan.document import Item, PlanDocument, descendants
from agent.plan.json_values import Json, copy_json, normalise
from agent.plan.kind_data import Kinds, checked, merge_json
from agent.plan.ops import Replan, validation_lines
from agent.plan.workspace import Workspace, refusal


@dataclass(frozen=True)
class Tail:
    """The rest of a plan, built anew: everything from `from_date` on is replaced by `items`.

    `items` are JSON by id. An id that the old rest has too means the same item, changed; parents may be items that
    stay. `from_date` may be later than what was asked (a builder of whole weeks), never earlier. `meta` are the plan's
    own facts that are different now.
    """

    from_date: date
    items: Mapping[str, Json]
    meta: Mapping[str, Json] = field(default_factory=dict)


Replanner = Callable[[PlanDocument, date, Mapping[str, Json]], Tail]
"""(plan, first day, constraints) → the rest. Raises ValueError, pydantic's included, with a sentence on what to change."""


def replan(op: Replan, index: int, work: Workspace, kinds: Kinds, replanner: Replanner | None) -> Tail:
    """Replace the rest of the plan. Raises `EditError` if the domain cannot, or its builder refuses."""
    if replanner is None:
        raise refusal("cannot_replan", f"a {work.domain} plan cannot be built anew from a day on; edit its items")
    try:
        tail = replanner(work.document(), op.from_date, normalise(op.constraints))
    except ValidationError as error:
        raise refusal("bad_constraints", "; ".join(validation_lines(error))) from error
    except ValueError as error:
        raise refusal("cannot_replan", str(error)) from error
    if tail.from_date < op.from_date:
        raise refusal("collateral", f"the builder would begin on {tail.from_date}, before {op.from_date}")
    old = tail_ids(work.items, tail.from_date)
    names = _names(tail, old, index, work)
    for item_id in old - set(names.values()):
        work.take(item_id)
    for item_id, record in tail.items.items():
        parent = record["parent"]
        item = Item.from_json({**record, "parent": names.get(parent, parent)})
        data = checked(item.kind, item.data, kinds)
        work.put(names[item_id], item.copy_with(data=data))
    work.meta = merge_json(work.meta, copy_json(normalise(dict(tail.meta))))
    return tail


def tail_ids(items: Mapping[str, Item], first: date) -> set[str]:
    """The items that are planned anew from a day on: those whose day is not before it, and those under them without one."""
    days = {item_id: day_of(item) for item_id, item in items.items()}
    found = {item_id for item_id, day in days.items() if day is not None and day >= first}
    return found | {item_id for item_id in descendants(items, found) if days[item_id] is None}


def _names(tail: Tail, old: set[str], index: int, work: Workspace) -> dict[str, str]:
    """The ids that the new items get: their own, unless the plan uses it for something else or ever did."""
    return {
        item_id: item_id if item_id in old else work.free_id(item_id, str(record["title"]), index)
        for item_id, record in tail.items.items()
    }
