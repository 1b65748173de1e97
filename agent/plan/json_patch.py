"""Plans on the wire: diffs as JSON Patch (RFC 6902), and patches from outside under a policy.

The patches that diffs become have one path per change and no overlaps, so their operations may come in any order
(each guard right before its change). A guard is a `test` that makes a stale patch fail instead of overwriting.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jsonpatch
import orjson
from jsonpointer import JsonPointerException
from pydantic import BaseModel

from agent.plan.diff import ABSENT, Diff, FieldChange, diff
from agent.plan.document import Item, PlanDocument
from agent.plan.json_values import Json, NotJson, copy_json, escape, normalise
from agent.plan.kind_data import checked
from agent.plan.problems import DocumentError, EditError, PatchError, Problem, nearest

MAX_OPS = 500
MAX_BYTES = 256 * 1024
_WRITES = frozenset({"add", "remove", "replace", "move", "copy"})
_NEEDS = {
    "add": ("value",),
    "replace": ("value",),
    "test": ("value",),
    "move": ("from",),
    "copy": ("from",),
    "remove": (),
}
Operation = dict[str, Json]


def to_json_patch(change: Diff, guard: bool = True) -> list[Operation]:
    """The diff as RFC 6902 operations; with `guard`, a `test` comes before everything replaced or removed."""
    return [operation for group in patch_groups(change, guard) for operation in group]


def patch_groups(change: Diff, guard: bool = True) -> Iterator[list[Operation]]:
    """The operations of `to_json_patch`, grouped so that the groups may be applied in any order."""
    for one in change.meta:
        yield _field_group("/meta", one, guard)
    for item_id, item in change.removed.items():
        yield _group(f"/items/{escape(item_id)}", item.to_json(), ABSENT, guard)
    for item_id, item in change.added.items():
        yield _group(f"/items/{escape(item_id)}", ABSENT, item.to_json(), guard)
    for item_id, changes in change.changed.items():
        for one in changes:
            yield _field_group(f"/items/{escape(item_id)}", one, guard)
    for item_id, move in change.moved.items():
        for name, before, after in zip(move.before._fields, move.before, move.after, strict=True):
            if before != after:
                yield _group(f"/items/{escape(item_id)}/{name}", before, after, guard)


def apply_json_patch(
    document: PlanDocument,
    patch: Sequence[Mapping[str, Any]],
    *,
    kinds: Mapping[str, type[BaseModel]] | None = None,
    retired_ids: frozenset[str] = frozenset(),
) -> PlanDocument:
    """The document with a patch from outside in it; all of the patch or nothing.

    A patch may write below `/meta` and `/items/<id>` only, must not add an item over another or under an id used
    before (`retired_ids`), and has at most 500 operations in 256 KB. With `kinds`, the data of every item that it
    touches must be of its kind. Raises `PatchError`; the code of a failed `test` is `test_failed`.
    """
    operations = _plain(patch)
    problems = [problem for index, one in enumerate(operations) for problem in _refusals(index, one)]
    if problems:
        raise PatchError(problems)
    current: Json = document.to_json()
    for index, operation in enumerate(operations):
        stray = _unknown_item(index, operation, current, retired_ids)
        if stray is not None:
            raise PatchError([stray])
        current = _apply_one(current, index, operation)
    try:
        result = PlanDocument.from_json(current)
    except DocumentError as error:
        raise PatchError(error.problems) from error
    if kinds is not None:
        _check_kinds(document, result, kinds)
    return result


def _group(path: str, before: Json, after: Json, guard: bool) -> list[Operation]:
    if before is ABSENT:
        return [{"op": "add", "path": path, "value": copy_json(after)}]
    change: Operation = {"op": "remove", "path": path}
    if after is not ABSENT:
        change = {"op": "replace", "path": path, "value": copy_json(after)}
    return [{"op": "test", "path": path, "value": copy_json(before)}, change] if guard else [change]


def _field_group(root: str, change: FieldChange, guard: bool) -> list[Operation]:
    path = "/".join([root, *(escape(key) for key in change.path)])
    return _group(path, change.before, change.after, guard)


def _plain(patch: Sequence[Mapping[str, Any]]) -> list[Operation]:
    if len(patch) > MAX_OPS:
        raise PatchError([Problem(None, "too_many_ops", f"{len(patch)} operations; at most {MAX_OPS} at once")])
    try:
        operations = [normalise(dict(operation)) for operation in patch]
    except (NotJson, TypeError, ValueError) as error:
        raise PatchError([Problem(None, "not_json", f"the patch is not a list of objects: {error}")]) from error
    if len(orjson.dumps(operations)) > MAX_BYTES:
        raise PatchError([Problem(None, "too_large", f"the patch is larger than {MAX_BYTES // 1024} KB")])
    return operations


def _refusals(index: int, operation: Operation) -> Iterator[Problem]:
    """What the policy has against an operation, whatever the document."""
    name = operation.get("op")
    if not isinstance(name, str) or name not in _NEEDS:
        yield Problem(index, "bad_op", f"op is {name!r}; it must be one of {', '.join(_NEEDS)}")
        return
    pointers = ["path", "from"] if "from" in _NEEDS[name] else ["path"]
    missing = [key for key in ("path", *_NEEDS[name]) if key not in operation]
    missing += [key for key in pointers if key in operation and not isinstance(operation[key], str)]
    if missing:
        yield Problem(index, "bad_op", f"{name} needs {' and '.join(missing)}")
        return
    for key in pointers:
        tokens = _tokens(operation[key])
        if tokens is None:
            yield Problem(index, "bad_pointer", f"{operation[key]!r} is not a JSON Pointer")
        elif name in _WRITES and (len(tokens) < 2 or tokens[0] not in ("meta", "items")):
            yield Problem(
                index,
                "not_allowed",
                f"{operation[key] or 'the whole plan'} cannot be written; only /meta/… and /items/<id>",
            )
        elif name == "move" and key == "from" and tokens[0] == "items" and len(tokens) == 2:
            yield Problem(index, "not_allowed", "an item keeps its id; change its parent or rank instead")


def _tokens(pointer: str) -> list[str] | None:
    """The unescaped tokens of a JSON Pointer; None if it is none."""
    if pointer and not pointer.startswith("/"):
        return None
    if "~" in pointer.replace("~0", "").replace("~1", ""):
        return None
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def _unknown_item(index: int, operation: Operation, current: Json, retired_ids: frozenset[str]) -> Problem | None:
    """What is wrong with the item ids that an operation names, in the document as it then is."""
    items = current["items"]
    for key in ("path", "from"):
        tokens = _tokens(operation[key]) if isinstance(operation.get(key), str) else None
        if tokens is None or len(tokens) < 2 or tokens[0] != "items":
            continue
        item_id = tokens[1]
        creates = key == "path" and len(tokens) == 2 and operation["op"] in ("add", "copy", "move")
        if not creates and item_id not in items:
            return Problem(index, "unknown_id", f"there is no item {item_id!r}", nearest(item_id, items))
        if creates and item_id in items:
            return Problem(index, "id_exists", f"there is an item {item_id!r} already; replace it or use another id")
        if creates and item_id in retired_ids:
            return Problem(index, "id_retired", f"{item_id!r} was the id of a removed item; ids are not used twice")
    return None


def _apply_one(current: Json, index: int, operation: Operation) -> Json:
    try:
        return jsonpatch.apply_patch(current, [copy_json(operation)], in_place=True)
    except jsonpatch.JsonPatchTestFailed as error:
        message = f"{operation['path']} is not what the patch expects"
        raise PatchError([Problem(index, "test_failed", message)]) from error
    except (jsonpatch.JsonPatchException, JsonPointerException, TypeError, ValueError, LookupError) as error:
        raise PatchError([Problem(index, "does_not_apply", f"{operation['path']}: {error}")]) from error


def _check_kinds(before: PlanDocument, after: PlanDocument, kinds: Mapping[str, type[BaseModel]]) -> None:
    change = diff(before, after)
    problems: list[Problem] = []
    for item_id in sorted({*change.added, *change.changed}):
        item: Item = after.items[item_id]
        try:
            checked(item.kind, item.data, kinds)
        except EditError as error:
            problems += [Problem(None, one.code, f"{item_id}: {one.message}", one.nearest) for one in error.problems]
    if problems:
        raise PatchError(problems)
