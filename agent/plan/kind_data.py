"""An item's `data` against the model of its kind: checked whole, but written only where an edit names a field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import NoneType
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from agent.plan.json_values import Json, NotJson, copy_json, normalise
from agent.plan.ops import validation_lines
from agent.plan.problems import EditError, Problem, nearest

Kinds = Mapping[str, type[BaseModel]]


def model_of(kind: str, kinds: Kinds) -> type[BaseModel]:
    """The model of a kind. Raises `EditError` for an unknown one."""
    if kind not in kinds:
        known = ", ".join(sorted(kinds))
        problem = Problem(None, "unknown_kind", f"there is no kind {kind!r}; kinds: {known}", nearest(kind, kinds))
        raise EditError([problem])
    return kinds[kind]


def checked(kind: str, data: Mapping[str, Json], kinds: Kinds) -> dict[str, Json]:
    """`data` as its kind's model spells it: coerced, fields that nobody gave left out. Raises `EditError`."""
    model = model_of(kind, kinds)
    try:
        dumped = model.model_validate(normalise(dict(data))).model_dump(mode="json", by_alias=True, exclude_unset=True)
        return {name: value for name, value in normalise(dumped).items() if not _is_left_out(model, name, value)}
    except NotJson as error:
        raise EditError([Problem(None, "not_json", str(error))]) from error
    except ValidationError as error:
        raise EditError([Problem(None, "invalid_data", line) for line in validation_lines(error)]) from error


def updated(
    kind: str, data: Mapping[str, Json], changes: Mapping[str, Json], unset: Sequence[str], kinds: Kinds
) -> dict[str, Json]:
    """`data` with `changes` merged in and `unset` taken out; fields not named keep their exact spelling.

    Raises `EditError` if the result is not of its kind, or if a field to unset is not there.
    """
    merged = removed_fields(merge_json(data, changes), unset)
    # no set, whose order is another one after each start: in this order the new fields are told
    named = dict.fromkeys((*changes, *(dotted.split(".")[0] for dotted in unset)))
    spelled = checked(kind, merged, kinds)
    result = {name: value for name, value in merged.items() if name not in named}
    result.update((name, spelled[name]) for name in named if name in spelled)
    return result


def merge_json(old: Mapping[str, Json], new: Mapping[str, Json]) -> dict[str, Json]:
    """A copy of `old` with the values of `new`, going into objects that both have."""
    merged = copy_json(dict(old))
    for key, value in new.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = merge_json(merged[key], value) if both else copy_json(value)
    return dict(merged)


def removed_fields(data: dict[str, Json], unset: Iterable[str]) -> dict[str, Json]:
    """`data` without the fields named by dotted paths. Raises `EditError` for one that is not there."""
    for dotted in unset:
        *path, last = dotted.split(".")
        inner: Any = data
        for key in path:
            inner = inner.get(key) if isinstance(inner, dict) else None
        if not isinstance(inner, dict) or last not in inner:
            raise EditError([Problem(None, "unknown_field", f"there is no {dotted} to unset", nearest(dotted, data))])
        del inner[last]
    return data


def is_whole(kind: str, path: Iterable[str], kinds: Kinds) -> bool:
    """Whether a field of a kind takes whole numbers only."""
    annotation: Any = kinds.get(kind)
    for key in path:
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return False
        if key not in annotation.model_fields:
            return False
        annotation = annotation.model_fields[key].annotation
        members = [member for member in get_args(annotation) if member is not NoneType]
        if len(members) == 1:
            annotation = members[0]
    return annotation is int


def _is_left_out(model: type[BaseModel], name: str, value: Json) -> bool:
    """Null for an optional field is the same as not giving it; it is stored in one way only."""
    field = model.model_fields.get(name)
    return value is None and field is not None and not field.is_required() and field.default is None
