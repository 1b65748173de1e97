"""JSON Schemas in the subset that OpenAI calls strict, and arguments that follow them read back.

Strict objects name all their properties as required and allow no others, so what may be left out is nullable instead,
and an object of any keys is a list of fields with values. Source: OpenAI, "Structured model outputs", supported
schemas (platform.openai.com/docs/guides/structured-outputs).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Schema = dict[str, Any]

_KEPT = (
    "type",
    "description",
    "enum",
    "pattern",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
)
_FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"})
_PAIR = frozenset({"field", "value"})
_SCALARS: list[Schema] = [{"type": "string"}, {"type": "number"}, {"type": "boolean"}]
ANY_FIELDS: Schema = {
    "type": "array",
    "description": "Fields with their values; dots go inwards.",
    "items": {
        "type": "object",
        "properties": {
            "field": {"type": "string"},
            "value": {"anyOf": [*_SCALARS, {"type": "array", "items": {"anyOf": _SCALARS}}]},
        },
        "required": ["field", "value"],
        "additionalProperties": False,
    },
}
"""Stands for an object of any keys."""


def strict_schema(schema: Mapping[str, Any]) -> Schema:
    """The schema, of an object, in the strict subset, without references."""
    return _strict(schema, schema.get("$defs", {}))


def nullable(schema: Schema) -> Schema:
    """The schema that also takes null."""
    if "anyOf" in schema:
        known = any(one.get("type") == "null" for one in schema["anyOf"])
        return schema if known else {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    described = {"description": schema["description"]} if "description" in schema else {}
    bare = {key: value for key, value in schema.items() if key != "description"}
    return {**described, "anyOf": [bare, {"type": "null"}]}


def strict_object(properties: Mapping[str, Schema], description: str = "") -> Schema:
    """An object with exactly these properties."""
    made: Schema = {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }
    return {"description": description, **made} if description else made


def plain(value: Any) -> Any:
    """Arguments as they would be without strictness: nulls left out, lists of fields as objects."""
    if isinstance(value, Mapping):
        # conditions name fields as they are written, dots and all
        return {
            key: _conditions(inner) if key == "match" and isinstance(inner, list) else plain(inner)
            for key, inner in value.items()
            if inner is not None
        }
    if not isinstance(value, list):
        return value
    if value and all(isinstance(one, Mapping) and one.keys() == _PAIR for one in value):
        return _object(value)
    return [plain(one) for one in value]


def _conditions(pairs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {str(pair["field"]): plain(pair["value"]) for pair in pairs}


def _object(pairs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for pair in pairs:
        *path, last = str(pair["field"]).split(".")
        inner = made
        for key in path:
            found = inner.setdefault(key, {})
            inner = found if isinstance(found, dict) else inner
        inner[last] = plain(pair["value"])
    return made


def _strict(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> Schema:
    if "$ref" in schema:
        found = defs[str(schema["$ref"]).rsplit("/", 1)[-1]]
        return _strict({**found, **{key: value for key, value in schema.items() if key != "$ref"}}, defs)
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        made: Schema = {"anyOf": _flat([_strict(one, defs) for one in choices])}
        return {"description": schema["description"], **made} if "description" in schema else made
    if len(schema.get("allOf", ())) == 1:
        return _strict({**schema["allOf"][0], **{key: value for key, value in schema.items() if key != "allOf"}}, defs)
    made = {key: schema[key] for key in _KEPT if key in schema}
    if "const" in schema:
        made["enum"] = [schema["const"]]
        made.setdefault("type", _type_of(schema["const"]))
    if schema.get("format") in _FORMATS:
        made["format"] = schema["format"]
    if schema.get("type") == "object":
        return _strict_object(schema, made, defs)
    if schema.get("type") == "array":
        made["items"] = _items(schema, defs)
    return made if made.keys() - {"description"} else {**made, "anyOf": _SCALARS}


def _strict_object(schema: Mapping[str, Any], made: Schema, defs: Mapping[str, Any]) -> Schema:
    if not schema.get("properties"):
        if schema.get("additionalProperties") is False:
            return strict_object({}, made.get("description", ""))
        return {**ANY_FIELDS, **({"description": made["description"]} if "description" in made else {})}
    required = set(schema.get("required", ()))
    properties = {
        name: _strict(one, defs) if name in required else nullable(_strict(one, defs))
        for name, one in schema["properties"].items()
    }
    return strict_object(properties, made.get("description", ""))


def _items(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> Schema:
    if "prefixItems" in schema:
        return {"anyOf": _flat([_strict(one, defs) for one in schema["prefixItems"]])}
    return _strict(schema.get("items") or {}, defs)


def _flat(choices: Sequence[Schema]) -> list[Schema]:
    """Choices within choices as one list, each once."""
    flat: list[Schema] = []
    for one in choices:
        inner = one["anyOf"] if set(one) <= {"anyOf", "description"} and "anyOf" in one else [one]
        flat += [choice for choice in inner if choice not in flat]
    return flat


def _type_of(value: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string"}
    return names.get(type(value), "null")
