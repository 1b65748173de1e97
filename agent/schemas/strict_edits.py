"""The operations of `edit_plan` for a domain as a strict JSON Schema: each kind's fields with their types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from agent.plan.ops import AddItem, MoveItem, RemoveItem, Replan, Scale, SetMeta, ShiftDates, Swap, UpdateItem
from agent.schemas.strict_schema import Schema, nullable, plain, strict_object, strict_schema

Kinds = Mapping[str, type[BaseModel]]

_TOP = "Id of the item it goes under; null to leave it where it is, an empty text for the top level."
_LEFT = "Only the fields that change; null leaves a field as it is, and `unset` removes one."


def strict_ops(kinds: Kinds, replan_request: type[BaseModel] | None, *, can_replan: bool) -> Schema:
    """The schema of `ops`. Nulls stand for what is left out: `strict_schema.plain` reads them."""
    whole = {name: strict_schema(model.model_json_schema()) for name, model in kinds.items()}
    choices = [_adding(kind, schema, told=number == 0) for number, (kind, schema) in enumerate(whole.items())]
    choices.append(_updating(list(whole.values())))
    choices.append(_of(MoveItem, parent=nullable({"type": "string", "description": _TOP})))
    choices += [_of(model) for model in (RemoveItem, SetMeta, ShiftDates, Scale, Swap)]
    if can_replan:
        asked = strict_schema(replan_request.model_json_schema()) if replan_request else strict_object({})
        choices.append(_of(Replan, constraints=nullable(asked)))
    return {
        "type": "array",
        "minItems": 1,
        "description": "The operations, in order.",
        "items": {"anyOf": choices},
    }


def _of(model: type[BaseModel], **instead: Schema) -> Schema:
    """An operation's schema, some properties replaced."""
    schema = strict_schema(model.model_json_schema())
    return strict_object({**schema["properties"], **instead}, schema.get("description", ""))


def _adding(kind: str, data: Schema, *, told: bool) -> Schema:
    """The op for one kind; what its other properties mean is `told` once, since a prompt carries all of this."""
    schema = _of(AddItem, kind={"type": "string", "enum": [kind]}, data=data)
    if not told:
        schema.pop("description", None)
        for name, one in schema["properties"].items():
            if name not in ("kind", "data"):
                one.pop("description", None)
    return schema


def _updating(kinds: Sequence[Schema]) -> Schema:
    fields: dict[str, list[Schema]] = {}
    for schema in kinds:
        for name, one in schema["properties"].items():
            choices = one.get("anyOf", [one])
            fields.setdefault(name, []).extend(choice for choice in choices if choice not in fields.get(name, []))
    partial = {name: nullable(_one_of(choices)) for name, choices in fields.items()}
    return _of(UpdateItem, set=nullable(strict_object(partial, _LEFT)))


def _one_of(choices: list[Schema]) -> Schema:
    return choices[0] if len(choices) == 1 else {"anyOf": choices}


def plain_op(op: Any) -> Any:
    """An operation as it would be without strictness; a move's empty parent is the null that operations know."""
    read = plain(op)
    to_top = isinstance(read, dict) and read.get("op") == "move_item" and read.get("parent") == ""
    return {**read, "parent": None} if to_top else read
