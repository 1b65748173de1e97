"""Three-way merge: two people's changes to one plan in one document, field by field.

Laws: merge(b, o, b) is o, merge(b, b, t) is t, merge(b, o, o) is o, each without conflicts; without conflicts the two
sides may be exchanged and every change of both is in the result. Where both changed the same thing differently, one
side is kept whole and the conflict is reported; nothing is mixed within a value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from agent.plan.diff import (
    ABSENT,
    Diff,
    FieldChange,
    Move,
    apply,
    diff,
    same_item,
    value_at,
)
from agent.plan.document import Item, PlanDocument, descendants, ids_on_cycles
from agent.plan.json_values import Json, copy_json, pointer, same_json

V = TypeVar("V")
Side = Literal["ours", "theirs"]
ConflictKind = Literal["field", "add_add", "remove_change", "change_remove", "move", "orphan", "cycle"]
_MIRRORED: dict[ConflictKind, ConflictKind] = {"remove_change": "change_remove", "change_remove": "remove_change"}


@dataclass(frozen=True)
class Conflict:
    """One thing that both sides changed differently, and whose change was kept.

    `kind` is from ours to theirs: `remove_change` is removed by ours, changed by theirs. `orphan` is an item whose
    parent only one side kept, and a removed parent that comes back for it. `id` is None for the plan's
    meta. `path` is empty unless a single field is meant. The three values are JSON: a field, an item, or a place;
    `ABSENT` where there is none.
    """

    kind: ConflictKind
    id: str | None
    path: tuple[str, ...]
    base: Json
    ours: Json
    theirs: Json
    kept: Side = "theirs"

    @property
    def pointer(self) -> str:
        """What a choice between the sides names: the JSON Pointer of the field or item; of a place, `…/place`."""
        if self.id is None:
            return pointer("meta", *self.path)
        if self.kind in ("move", "cycle"):
            return pointer("items", self.id, "place")
        return pointer("items", self.id, *self.path)

    def to_json(self) -> dict[str, Json]:
        """Plain JSON; absent values are left out."""
        record: dict[str, Json] = {
            "kind": self.kind,
            "id": self.id,
            "path": list(self.path),
            "pointer": self.pointer,
            "kept": self.kept,
        }
        for side, value in (("base", self.base), ("ours", self.ours), ("theirs", self.theirs)):
            if value is not ABSENT:
                record[side] = copy_json(value)
        return record

    def mirrored(self) -> Conflict:
        """The same conflict with the sides exchanged."""
        return Conflict(
            _MIRRORED.get(self.kind, self.kind),
            self.id,
            self.path,
            self.base,
            self.theirs,
            self.ours,
            "ours" if self.kept == "theirs" else "theirs",
        )


@dataclass(frozen=True)
class Merged:
    """The result of a merge; `conflicts` is empty when nothing was lost."""

    document: PlanDocument
    conflicts: tuple[Conflict, ...]


def merge(base: PlanDocument, ours: PlanDocument, theirs: PlanDocument, prefer: Side = "theirs") -> Merged:
    """Both sides' changes since `base`. In a conflict the preferred side's change is kept and the other reported.

    Raises `DiffError` for documents of different domains.
    """
    if prefer == "ours":
        swapped = merge(base, theirs, ours)
        return Merged(swapped.document, tuple(conflict.mirrored() for conflict in swapped.conflicts))
    return _Merge(base, ours, theirs).result()


class _Merge:
    """One merge under way: ours' changes, less those that conflict, are applied to theirs."""

    def __init__(self, base: PlanDocument, ours: PlanDocument, theirs: PlanDocument) -> None:
        self.base, self.ours, self.theirs = base, ours, theirs
        self.our_diff, self.their_diff = diff(base, ours), diff(base, theirs)
        self.conflicts: list[Conflict] = []

    def result(self) -> Merged:
        wanted = Diff(
            meta=tuple(self._fields(None, self.our_diff.meta, self.their_diff.meta)),
            added=dict(self._added()),
            removed=dict(self._removed()),
            changed=dict(self._changed()),
            moved=dict(self._moved()),
        )
        merged = apply(self.theirs, wanted)
        while (less := self._without_tree_damage(wanted, merged)) is not None:
            wanted = less
            merged = apply(self.theirs, wanted)
        return Merged(merged, tuple(self.conflicts))

    def _added(self) -> Iterator[tuple[str, Item]]:
        for item_id, item in self.our_diff.added.items():
            other = self.theirs.items.get(item_id)
            if other is None:
                yield item_id, item
            elif not same_item(item, other):
                self._report("add_add", item_id)

    def _removed(self) -> Iterator[tuple[str, Item]]:
        for item_id, item in self.our_diff.removed.items():
            if item_id not in self.theirs.items:
                continue
            if item_id in self.their_diff.changed or item_id in self.their_diff.moved:
                self._report("remove_change", item_id)
            else:
                yield item_id, item

    def _changed(self) -> Iterator[tuple[str, tuple[FieldChange, ...]]]:
        for item_id, changes in self.our_diff.changed.items():
            if item_id not in self.theirs.items:
                self._report("change_remove", item_id)
                continue
            kept = tuple(self._fields(item_id, changes, self.their_diff.changed.get(item_id, ())))
            if kept:
                yield item_id, kept

    def _moved(self) -> Iterator[tuple[str, Move]]:
        for item_id, move in self.our_diff.moved.items():
            theirs = self.their_diff.moved.get(item_id)
            if item_id not in self.theirs.items:
                if item_id not in self.our_diff.changed:
                    self._report("change_remove", item_id)
            elif theirs is None:
                yield item_id, move
            elif theirs.after != move.after:
                places = (list(move.before), list(move.after), list(theirs.after))
                self.conflicts.append(Conflict("move", item_id, (), *places))

    def _fields(
        self, item_id: str | None, ours: Iterable[FieldChange], theirs: Iterable[FieldChange]
    ) -> Iterator[FieldChange]:
        rivals = tuple(theirs)
        for change in ours:
            rival = next((other for other in rivals if _overlap(change.path, other.path)), None)
            if rival is None:
                yield change
            elif change.path != rival.path or not same_json(change.after, rival.after):
                there = self.theirs.meta if item_id is None else self.theirs.items[item_id].to_json()
                theirs_now = value_at(there, change.path)
                self.conflicts.append(Conflict("field", item_id, change.path, change.before, change.after, theirs_now))

    def _without_tree_damage(self, wanted: Diff, merged: PlanDocument) -> Diff | None:
        """`wanted` less what leaves an item without parent or inside itself; None if the tree is whole.

        Theirs is a whole tree, so taking back changes of ours always ends there.
        """
        orphans = {
            item_id: item.parent
            for item_id, item in merged.items.items()
            if item.parent is not None and item.parent not in merged.items
        }
        if orphans:
            return self._rescued(wanted, orphans)
        looped = ids_on_cycles(merged.items) & wanted.moved.keys()
        if not looped:
            return None
        for item_id in sorted(looped):
            self._report("cycle", item_id)
        return replace(wanted, moved=_without(wanted.moved, looped))

    def _rescued(self, wanted: Diff, orphans: dict[str, str]) -> Diff:
        back = {parent for parent in orphans.values() if parent in wanted.removed}
        stranded = {item_id for item_id, parent in orphans.items() if parent not in back}
        dropped = stranded & wanted.added.keys()
        dropped |= descendants(wanted.added, dropped)
        # A parent that comes back is reported too: its removal is a change of ours that is lost.
        for item_id in sorted(orphans.keys() | dropped | back):
            self._report("orphan", item_id)
        return replace(
            wanted,
            removed=_without(wanted.removed, back),
            added=_without(wanted.added, dropped),
            moved=_without(wanted.moved, stranded),
        )

    def _report(self, kind: ConflictKind, item_id: str) -> None:
        if any(known.kind == kind and known.id == item_id for known in self.conflicts):
            return
        base, ours, theirs = (_item_json(side, item_id) for side in (self.base, self.ours, self.theirs))
        self.conflicts.append(Conflict(kind, item_id, (), base, ours, theirs))


def _item_json(document: PlanDocument, item_id: str) -> Json:
    item = document.items.get(item_id)
    return ABSENT if item is None else item.to_json()


def _overlap(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    shorter = min(len(a), len(b))
    return a[:shorter] == b[:shorter]


def _without(mapping: Mapping[str, V], ids: Set[str]) -> dict[str, V]:
    return {item_id: value for item_id, value in mapping.items() if item_id not in ids}
