"""What differs between two plans, by item and by field; it can be applied, inverted and stored.

Law: apply(a, diff(a, b)) is b, apply(b, invert(diff(a, b))) is a, and a diff is empty exactly if a is b.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, NamedTuple

import orjson

from agent.plan.document import Item, PlanDocument
from agent.plan.json_values import Json, copy_json, normalise, same_json
from agent.plan.problems import DiffError, Problem


class Absent(Enum):
    """The type of `ABSENT`: no value at a path, which JSON's null is not."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT


@dataclass(frozen=True)
class FieldChange:
    """One value that differs, at the shallowest path where it does. Paths go through dicts only.

    Of an item, `path` starts with `kind`, `title` or `data`; of the plan's meta, with a key of it.
    """

    path: tuple[str, ...]
    before: Json
    after: Json

    def inverted(self) -> FieldChange:
        """The change back."""
        return FieldChange(self.path, self.after, self.before)

    def to_json(self) -> dict[str, Json]:
        """Plain JSON; an absent value is left out."""
        record: dict[str, Json] = {"path": list(self.path)}
        if self.before is not ABSENT:
            record["before"] = copy_json(self.before)
        if self.after is not ABSENT:
            record["after"] = copy_json(self.after)
        return record

    @classmethod
    def from_json(cls, record: Mapping[str, Json]) -> FieldChange:
        """The change that `to_json` wrote."""
        before, after = (normalise(record[side]) if side in record else ABSENT for side in ("before", "after"))
        return cls(tuple(record["path"]), before, after)


class Place(NamedTuple):
    """Where an item is: under which parent, and at which rank among its siblings."""

    parent: str | None
    rank: str


@dataclass(frozen=True)
class Move:
    """A change of place."""

    before: Place
    after: Place


@dataclass(frozen=True)
class Diff:
    """All differences from one document to another of the same domain."""

    meta: tuple[FieldChange, ...] = ()
    added: Mapping[str, Item] = field(default_factory=dict)
    removed: Mapping[str, Item] = field(default_factory=dict)
    changed: Mapping[str, tuple[FieldChange, ...]] = field(default_factory=dict)
    moved: Mapping[str, Move] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether the two documents are the same."""
        return not (self.meta or self.added or self.removed or self.changed or self.moved)

    @property
    def touched(self) -> set[str]:
        """Ids of all items that differ."""
        return {*self.added, *self.removed, *self.changed, *self.moved}

    @property
    def stats(self) -> dict[str, int]:
        """Numbers of items added, removed, changed and moved (an item may be both of the latter)."""
        return {
            "added": len(self.added),
            "removed": len(self.removed),
            "changed": len(self.changed),
            "moved": len(self.moved),
        }

    def to_json(self) -> dict[str, Json]:
        """Plain JSON that shares nothing with the diff."""
        return {
            "meta": [change.to_json() for change in self.meta],
            "added": {item_id: item.to_json() for item_id, item in self.added.items()},
            "removed": {item_id: item.to_json() for item_id, item in self.removed.items()},
            "changed": {item_id: [change.to_json() for change in changes] for item_id, changes in self.changed.items()},
            "moved": {
                item_id: {"before": list(move.before), "after": list(move.after)}
                for item_id, move in self.moved.items()
            },
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Json]) -> Diff:
        """The diff that `to_json` wrote."""
        return cls(
            meta=tuple(FieldChange.from_json(change) for change in record["meta"]),
            added={item_id: Item.from_json(item) for item_id, item in record["added"].items()},
            removed={item_id: Item.from_json(item) for item_id, item in record["removed"].items()},
            changed={
                item_id: tuple(FieldChange.from_json(change) for change in changes)
                for item_id, changes in record["changed"].items()
            },
            moved={
                item_id: Move(Place(*move["before"]), Place(*move["after"]))
                for item_id, move in record["moved"].items()
            },
        )


def diff(a: PlanDocument, b: PlanDocument) -> Diff:
    """What turns `a` into `b`. Raises `DiffError` for documents of two domains."""
    if a.domain != b.domain:
        raise DiffError([Problem(None, "domain", f"a {a.domain} plan cannot become a {b.domain} plan")])
    changed: dict[str, tuple[FieldChange, ...]] = {}
    moved: dict[str, Move] = {}
    for item_id, before in a.items.items():
        after = b.items.get(item_id)
        if after is None or after is before:
            continue
        changes = tuple(_item_changes(before, after))
        if changes:
            changed[item_id] = changes
        if before.parent != after.parent or before.rank != after.rank:
            moved[item_id] = Move(Place(before.parent, before.rank), Place(after.parent, after.rank))
    return Diff(
        meta=tuple(field_changes(a.meta, b.meta)),
        added={item_id: _copy(item) for item_id, item in b.items.items() if item_id not in a.items},
        removed={item_id: _copy(item) for item_id, item in a.items.items() if item_id not in b.items},
        changed=changed,
        moved=moved,
    )


def diff_hash(change: Diff) -> str:
    """SHA-256 of the diff's canonical JSON, in hex: what a person approved, told apart from anything else."""
    record = change.to_json()
    for changes in (record["meta"], *record["changed"].values()):
        changes.sort(key=lambda one: one["path"])  # the order of a document's keys says nothing
    return hashlib.sha256(orjson.dumps(record, option=orjson.OPT_SORT_KEYS)).hexdigest()


def field_changes(
    before: Mapping[str, Json], after: Mapping[str, Json], path: tuple[str, ...] = ()
) -> Iterator[FieldChange]:
    """The differences between two JSON objects, at the shallowest paths, in key order of `before`, then `after`."""
    for key, old in before.items():
        here = (*path, key)
        if key not in after:
            yield FieldChange(here, copy_json(old), ABSENT)
            continue
        new = after[key]
        if isinstance(old, dict) and isinstance(new, dict):
            yield from field_changes(old, new, here)
        elif not same_json(old, new):
            yield FieldChange(here, copy_json(old), copy_json(new))
    for key, new in after.items():
        if key not in before:
            yield FieldChange((*path, key), ABSENT, copy_json(new))


def invert(change: Diff) -> Diff:
    """The diff that goes back."""
    return Diff(
        meta=tuple(one.inverted() for one in change.meta),
        added=dict(change.removed),
        removed=dict(change.added),
        changed={item_id: tuple(one.inverted() for one in changes) for item_id, changes in change.changed.items()},
        moved={item_id: Move(move.after, move.before) for item_id, move in change.moved.items()},
    )


def apply(document: PlanDocument, change: Diff) -> PlanDocument:
    """A new document with the change in it, sharing nothing with the old one.

    Raises `DiffError` if what the diff says was there before is not; a diff never overwrites what it does not know.
    """
    misfits = list(_misfits(document, change))
    if misfits:
        raise DiffError(misfits)
    meta = copy_json(document.meta)
    _set_fields(meta, change.meta)
    items: dict[str, Item] = {}
    for item_id, item in document.items.items():
        if item_id in change.removed:
            continue
        record = item.to_json()
        _set_fields(record, change.changed.get(item_id, ()))
        if item_id in change.moved:
            record["parent"], record["rank"] = change.moved[item_id].after
        items[item_id] = Item.trusted(record)
    items.update((item_id, _copy(item)) for item_id, item in change.added.items())
    return PlanDocument.assemble(document.domain, meta, items)


def _copy(item: Item) -> Item:
    return Item.trusted(item.to_json())


def same_item(a: Item, b: Item) -> bool:
    """Whether two items are the same JSON."""
    same_place = a.parent == b.parent and a.rank == b.rank
    return same_place and a.kind == b.kind and a.title == b.title and same_json(a.data, b.data)


def _item_changes(before: Item, after: Item) -> Iterator[FieldChange]:
    if before.kind != after.kind:
        yield FieldChange(("kind",), before.kind, after.kind)
    if before.title != after.title:
        yield FieldChange(("title",), before.title, after.title)
    # most items are the same, and their bytes tell that faster than their fields
    if before.data is not after.data and orjson.dumps(before.data) != orjson.dumps(after.data):
        yield from field_changes(before.data, after.data, ("data",))


def _misfits(document: PlanDocument, change: Diff) -> Iterator[Problem]:
    yield from _field_misfits("meta", document.meta, change.meta)
    for item_id in change.added:
        if item_id in document.items:
            yield Problem(None, "exists", f"{item_id} is to be added but is there already")
    for item_id, item in change.removed.items():
        if item_id not in document.items or not same_item(document.items[item_id], item):
            yield Problem(None, "stale", f"{item_id} is to be removed but is not as expected")
    for item_id, changes in change.changed.items():
        if item_id not in document.items:
            yield Problem(None, "missing", f"{item_id} is to be changed but is not there")
        else:
            item = document.items[item_id]
            record = {"kind": item.kind, "title": item.title, "data": item.data}
            yield from _field_misfits(item_id, record, changes)
    for item_id, move in change.moved.items():
        there = document.items.get(item_id)
        if there is None or Place(there.parent, there.rank) != move.before:
            yield Problem(None, "stale", f"{item_id} is to be moved but is not where expected")


def _field_misfits(name: str, record: Mapping[str, Json], changes: Iterable[FieldChange]) -> Iterator[Problem]:
    for change in changes:
        holder = value_at(record, change.path[:-1])
        found = value_at(record, change.path)
        if not isinstance(holder, Mapping) or not same_json(found, change.before):
            yield Problem(None, "stale", f"{name}: {'.'.join(change.path)} is not as expected")


def value_at(record: Mapping[str, Json], path: Iterable[str]) -> Json:
    """The value at a path through dicts, or `ABSENT`."""
    current: Json = record
    for key in path:
        if not isinstance(current, Mapping) or key not in current:
            return ABSENT
        current = current[key]
    return current


def _set_fields(record: dict[str, Json], changes: Iterable[FieldChange]) -> None:
    for change in changes:
        *path, last = change.path
        inner = record
        for key in path:
            inner = inner[key]
        if change.after is ABSENT:
            del inner[last]
        else:
            inner[last] = copy_json(change.after)
