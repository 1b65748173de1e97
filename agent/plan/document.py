"""The plan document: a flat map of items by stable id, in a tree by `parent`, in order by `rank`.

There are no arrays of objects, so every JSON Pointer into a plan is stable and changes to different items never
shift one another.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.plan.json_values import Json, NotJson, copy_json, normalise
from agent.plan.problems import DocumentError, Problem

SCHEMA_VERSION = 1
MAX_ITEMS = 5_000
ITEM_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")
RANK = re.compile(r"[0-9A-Za-z]{1,200}")


class Item(BaseModel):
    """One thing in a plan. `data` is what its kind says; treat it as read-only (`model_copy` makes a new item)."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    kind: str = Field(min_length=1, max_length=40)
    parent: str | None = None
    rank: str = Field(pattern=f"^{RANK.pattern}$")
    title: str = Field(max_length=500)
    data: dict[str, Any] = Field(default_factory=dict)

    def to_json(self) -> dict[str, Json]:
        """The item as plain JSON that shares nothing with it."""
        return {
            "kind": self.kind,
            "parent": self.parent,
            "rank": self.rank,
            "title": self.title,
            "data": copy_json(self.data),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> Item:
        """An item of its own from plain JSON. Raises `NotJson` or pydantic's `ValidationError`."""
        return cls.model_validate(normalise(dict(value)))

    @classmethod
    def trusted(cls, value: Mapping[str, Json]) -> Item:
        """An item from JSON that was an item before; takes `value`'s `data` over without copying or checking."""
        return cls.model_construct(
            kind=value["kind"],
            parent=value["parent"],
            rank=value["rank"],
            title=value["title"],
            data=value["data"],
        )

    def copy_with(self, **fields: Any) -> Item:
        """A new item with some fields replaced, sharing nothing mutable with this one; `fields` are trusted."""
        return Item.trusted({**self.to_json(), **fields})


class PlanDocument(BaseModel):
    """A whole plan. Read-only: edits, diffs and merges return new documents that share nothing with it."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, strict=True)

    schema_version: int = Field(default=SCHEMA_VERSION, alias="schema", ge=SCHEMA_VERSION, le=SCHEMA_VERSION)
    domain: str = Field(min_length=1, max_length=40)
    meta: dict[str, Any] = Field(default_factory=dict)
    items: dict[str, Item] = Field(default_factory=dict, max_length=MAX_ITEMS)

    @classmethod
    def empty(cls, domain: str) -> PlanDocument:
        """The plan that every first version starts from."""
        return cls(domain=domain)

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> PlanDocument:
        """Check and copy plain JSON. Raises `DocumentError` with every problem found."""
        try:
            document = cls.model_validate(normalise(dict(value)))
        except NotJson as error:
            raise DocumentError([Problem(None, "not_json", str(error))]) from error
        except ValidationError as error:
            raise DocumentError([Problem(None, "malformed", text) for text in _lines(error)]) from error
        problems = tree_problems(document.items)
        if problems:
            raise DocumentError(problems)
        return document

    @classmethod
    def trusted(cls, value: Mapping[str, Json]) -> PlanDocument:
        """Take over JSON that was a document before (a stored version, say), without copying or checking it."""
        items = {item_id: Item.trusted(item) for item_id, item in value["items"].items()}
        return cls.assemble(value["domain"], value["meta"], items)

    @classmethod
    def assemble(cls, domain: str, meta: dict[str, Json], items: dict[str, Item]) -> PlanDocument:
        """A document from parts that are already normal and that nobody else keeps."""
        return cls.model_construct(schema_version=SCHEMA_VERSION, domain=domain, meta=meta, items=items)

    def to_json(self) -> dict[str, Json]:
        """The document as plain JSON that shares nothing with it."""
        return {
            "schema": self.schema_version,
            "domain": self.domain,
            "meta": copy_json(self.meta),
            "items": {item_id: item.to_json() for item_id, item in self.items.items()},
        }


def canonical_json(document: PlanDocument) -> bytes:
    """UTF-8 JSON with sorted keys and no spaces: equal documents, and only those, give equal bytes."""
    return orjson.dumps(_shared_json(document), option=orjson.OPT_SORT_KEYS)


def content_hash(document: PlanDocument) -> str:
    """SHA-256 of the canonical JSON, in hex: a version's hash and its ETag."""
    return hashlib.sha256(canonical_json(document)).hexdigest()


def _shared_json(document: PlanDocument) -> dict[str, Json]:
    items = {
        item_id: {
            "kind": item.kind,
            "parent": item.parent,
            "rank": item.rank,
            "title": item.title,
            "data": item.data,
        }
        for item_id, item in document.items.items()
    }
    return {
        "schema": document.schema_version,
        "domain": document.domain,
        "meta": document.meta,
        "items": items,
    }


def children_of(items: Mapping[str, Item]) -> dict[str | None, list[str]]:
    """Ids by parent, each list in rank order (ties by id)."""
    children: dict[str | None, list[str]] = {}
    for item_id, item in items.items():
        children.setdefault(item.parent, []).append(item_id)
    for ids in children.values():
        ids.sort(key=lambda item_id: (items[item_id].rank, item_id))
    return children


def descendants(items: Mapping[str, Item], roots: Iterable[str]) -> set[str]:
    """Every id below `roots`, without the roots themselves."""
    children = children_of(items)
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        for child in children.get(waiting.pop(), ()):
            if child not in found:
                found.add(child)
                waiting.append(child)
    return found


def tree_problems(items: Mapping[str, Item]) -> list[Problem]:
    """What is wrong with ids and parents: malformed ids, missing parents, cycles. Empty for a proper tree."""
    problems = [
        Problem(None, "bad_id", f"{item_id!r} is not an item id: letters, digits, '-', '_' and '.', at most 80")
        for item_id in items
        if not ITEM_ID.fullmatch(item_id)
    ]
    problems += [
        Problem(None, "no_parent", f"{item_id} is under {item.parent}, which is not in the plan")
        for item_id, item in items.items()
        if item.parent is not None and item.parent not in items
    ]
    problems += [Problem(None, "cycle", f"{item_id} is inside itself") for item_id in sorted(ids_on_cycles(items))]
    return problems


def ids_on_cycles(items: Mapping[str, Item]) -> set[str]:
    """Ids that have themselves as an ancestor."""
    done: set[str] = set()
    cyclic: set[str] = set()
    for start in items:
        path: list[str] = []
        on_path: set[str] = set()
        current: str | None = start
        while current is not None and current in items and current not in done and current not in on_path:
            path.append(current)
            on_path.add(current)
            current = items[current].parent
        if current is not None and current in on_path:
            cyclic.update(path[path.index(current) :])
        done.update(path)
    return cyclic


def _lines(error: ValidationError) -> list[str]:
    return [f"{'/'.join(map(str, one['loc'])) or 'plan'}: {one['msg']}" for one in error.errors()]
