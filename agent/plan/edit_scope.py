"""What a list of edits may touch, worked out from the edits alone, and the check that nothing else was touched."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from agent.plan.bulk_edits import scaled_ids, shifted_ids
from agent.plan.dates import DAY_FIELDS
from agent.plan.diff import diff
from agent.plan.document import PlanDocument, descendants
from agent.plan.ops import AddItem, MoveItem, Op, RemoveItem, Replan, Scale, SetMeta, ShiftDates, Swap, UpdateItem
from agent.plan.problems import Problem
from agent.plan.replanning import Tail, tail_ids
from agent.plan.workspace import Workspace

Path = tuple[str, ...]
_DAYS: frozenset[Path] = frozenset(("data", name) for name in DAY_FIELDS)


@dataclass
class Scope:
    """Everything the edits so far have named."""

    added: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    fields: dict[str, set[Path]] = field(default_factory=dict)
    places: set[str] = field(default_factory=set)
    meta: set[str] = field(default_factory=set)
    tail: date | None = None

    def allow(self, op: Op, work: Workspace) -> None:
        """Take in what `op` names, given the plan as it is just before it. Raises `EditError` as the op would."""
        match op:
            case AddItem():
                pass  # the id may have to be made first: see `added`
            case UpdateItem():
                paths: set[Path] = {("data", name) for name in named_keys(op)}
                self._fields(op.id, paths | {("title",)} if op.title is not None or "title" in op.set else paths)
            case MoveItem():
                self.places.add(op.id)
                self._fields(op.id, _DAYS if op.date is not None else ())
            case RemoveItem():
                self.removed |= {op.id, *(descendants(work.items, [op.id]) if op.with_children else ())}
            case SetMeta():
                self.meta |= named_keys(op)
            case ShiftDates():
                for item_id in shifted_ids(op, work):
                    self.places.add(item_id)
                    self._fields(item_id, _DAYS)
            case Scale():
                for item_id in scaled_ids(op, work):
                    self._fields(item_id, {("data", *op.field.split("."))})
            case Swap():
                for item_id in (op.a, op.b):
                    self.places.add(item_id)
                    self._fields(item_id, _DAYS)
            case Replan():
                pass  # the builder may begin later than it was asked to: see `replanned`

    def replanned(self, tail: Tail) -> None:
        """Take in that everything from a day on was planned anew."""
        self.tail = tail.from_date if self.tail is None else min(self.tail, tail.from_date)
        self.meta |= tail.meta.keys()

    def problems(self, before: PlanDocument, after: PlanDocument) -> list[Problem]:
        """What differs that nobody named; empty unless the compiler or a builder is wrong."""
        change = diff(before, after)
        if self.tail is not None:
            tails = [tail_ids(side.items, self.tail) for side in (before, after)]
            for item_id in change.touched:
                inside = [
                    item_id in tail for tail, side in zip(tails, (before, after), strict=True) if item_id in side.items
                ]
                if all(inside):
                    self.added.add(item_id)
                    self.removed.add(item_id)
                    self.places.add(item_id)
                    self._fields(item_id, [()])
        strays = [f"{item_id} was added" for item_id in change.added if item_id not in self.added]
        strays += [f"{item_id} was removed" for item_id in change.removed if item_id not in self.removed]
        strays += [f"{item_id} was moved" for item_id in change.moved if item_id not in self.places]
        strays += [
            f"{item_id}: {'.'.join(one.path)} changed"
            for item_id, changes in change.changed.items()
            for one in changes
            if not any(one.path[: len(path)] == path for path in self.fields.get(item_id, ()))
        ]
        strays += [f"meta: {'.'.join(one.path)} changed" for one in change.meta if one.path[0] not in self.meta]
        return [Problem(None, "collateral", f"{stray} although no edit names it") for stray in strays]

    def _fields(self, item_id: str, paths: Iterable[Path]) -> None:
        self.fields.setdefault(item_id, set()).update(paths)


def named_keys(op: UpdateItem | SetMeta) -> set[str]:
    """The outermost keys that an op sets or unsets."""
    return {*op.set, *(dotted.split(".")[0] for dotted in op.unset)}
