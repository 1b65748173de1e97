"""What a graph's context schema takes of what its caller chose: as LangGraph servers do, its fields and nothing else."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from pydantic import AliasChoices, AliasPath, BaseModel
from pydantic.fields import FieldInfo


def is_model(schema: Any) -> bool:
    """Whether LangGraph makes an instance of `schema` out of a mapping; of a `TypedDict` it makes nothing."""
    return isinstance(schema, type) and (dataclasses.is_dataclass(schema) or issubclass(schema, BaseModel))


def fitting(schema: Any, chosen: Mapping[str, Any]) -> dict[str, Any] | None:
    """Those of the `chosen` that `schema` has fields for; all of them where a graph has no schema.

    None where a `TypedDict`, or no schema, is given nothing: a model is made all the same, of its defaults.
    """
    if schema is None:
        return dict(chosen) or None
    names = _names(schema)
    fit = {key: value for key, value in chosen.items() if key in names}
    return fit if is_model(schema) else fit or None


def _names(schema: Any) -> set[str]:
    if isinstance(schema, type) and issubclass(schema, BaseModel):
        return {name for field in schema.model_fields.items() for name in _names_of_field(*field)}
    if dataclasses.is_dataclass(schema):
        return {field.name for field in dataclasses.fields(schema) if field.init}
    return set(getattr(schema, "__annotations__", {}))


def _names_of_field(name: str, field: FieldInfo) -> list[str]:
    """The field's own name, and what else it may be called; the model itself says which of them it takes."""
    alias = field.validation_alias
    choices = alias.choices if isinstance(alias, AliasChoices) else [] if alias is None else [alias]
    return [name, *(str(choice.path[0]) if isinstance(choice, AliasPath) else choice for choice in choices)]
