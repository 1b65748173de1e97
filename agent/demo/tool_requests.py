"""Tools that are asked for by name: “use the forecast tool with city=Lisbon and days=3”, or with JSON.

For tools that no vocabulary knows, such as those of MCP servers: what a language model would choose, a person names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from agent.demo.reply import Reply, call

_REQUEST = re.compile(
    r"(?:please )?(?:use|call|run|invoke) (?:the )?(?:tool )?[`'\"“]?(?P<name>[\w-]+)[`'\"”]?(?: tool)?"
    r"(?:[,:]? (?:with|for|on)\b:? ?(?P<given>.+))?",
    re.IGNORECASE | re.DOTALL,
)
_PAIR = re.compile(
    r"(?P<key>[A-Za-z_][\w-]*) ?[=:] ?(?P<value>\"[^\"]*\"|“[^”]*”|'[^']*'|.+?)"
    r"(?=(?:,| and|, and|;) [A-Za-z_][\w-]* ?[=:]|[,;]?$)",
    re.DOTALL,
)
_QUOTES = "\"'“”"
_YES = frozenset({"true", "yes", "on"})
_NO = frozenset({"false", "no", "off"})


def asked_tool(text: str, parameters: Mapping[str, Mapping[str, Any]]) -> Reply | None:
    """The call that the words ask for, or what it lacks; None if they name no tool. `parameters` are JSON Schemas by tool."""
    found = _REQUEST.fullmatch(text.strip().rstrip(" .!"))
    name = None if found is None else next((one for one in parameters if one.lower() == found["name"].lower()), None)
    if found is None or name is None:
        return None
    schema = parameters[name]
    given = (found["given"] or "").strip()
    try:
        arguments = json.loads(given) if given.startswith("{") else _pairs(given, schema)
    except json.JSONDecodeError as error:
        return Reply(f"The arguments of {name} are no JSON: {error}.")
    missing = [one for one in schema.get("required", ()) if one not in arguments]
    if missing:
        example = ", ".join(f"{one}=…" for one in missing)
        return Reply(f"{name} needs {', '.join(missing)}. Say “use {name} with {example}”.")
    return call(name, arguments)


def _pairs(given: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """`key=value` pairs; words without a key are the only argument there is, or the only one that is needed."""
    properties: Mapping[str, Any] = schema.get("properties", {})
    said = {pair["key"]: pair["value"] for pair in _PAIR.finditer(given)}
    if not said and given:
        needed = list(schema.get("required", ())) or list(properties)
        said = {needed[0]: given} if len(needed) == 1 else {}
    return {key: _value(text, properties.get(key, {})) for key, text in said.items()}


def _value(text: str, schema: Mapping[str, Any]) -> Any:
    """Words as the JSON value that the schema asks for; as they are where they can't be that: the tool will say so."""
    text = text.strip()
    kind = schema.get("type")
    if kind == "string" or (kind is None and text[:1] in _QUOTES):
        return text.strip(_QUOTES)
    if kind == "boolean" and text.lower() in _YES | _NO:
        return text.lower() in _YES
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        return [part.strip() for part in text.split(",")] if kind == "array" else text.strip(_QUOTES)
    return float(value) if kind == "number" and isinstance(value, int) and not isinstance(value, bool) else value
