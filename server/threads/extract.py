"""`extract` of a thread search: single values out of a thread by path, such as `values.messages[-1].content`."""

import re
from collections.abc import Mapping
from typing import Any

from server.errors import Malformed

ROOTS = ("config", "interrupts", "metadata", "values")

_ALIAS = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_ROOT = re.compile(r"[a-z]+(?=[.\[]|\Z)")
_STEP = re.compile(r"\.(?P<key>[^.\[\]]+)|\[(?P<index>-?\d{1,9})\]")


def check_extract(alias: str, path: str) -> None:
    """Raise `Malformed`, in the API's words, for an alias or a path that no thread can answer."""
    if not _ALIAS.match(alias):
        raise Malformed(f"Extract key '{alias}' must be a valid identifier (letters, digits, underscores)")
    if not path:
        raise Malformed(f"Extract path for '{alias}' must be a non-empty string")
    root = _ROOT.match(path)
    if root is None or root.group() not in ROOTS:
        raise Malformed(f"Extract path '{path}' must start with one of: {', '.join(ROOTS)}")


def extracted(documents: Mapping[str, Any], paths: Mapping[str, str]) -> dict[str, Any]:
    """What each path names in a thread's documents (one for each of `ROOTS`); null for what it does not name."""
    return {alias: _at(documents[root_of(path)], path[len(root_of(path)) :]) for alias, path in paths.items()}


def root_of(path: str) -> str:
    """The document that a checked path begins in."""
    return next(name for name in ROOTS if path.startswith(name))


def _at(value: Any, steps: str) -> Any:
    place = 0
    while place < len(steps.rstrip(".")):
        step = _STEP.match(steps, place)
        if step is None:
            return None
        key, index = step.group("key"), step.group("index")
        if key is not None:
            value = value.get(key) if isinstance(value, dict) else None
        else:
            at = int(index)
            value = value[at] if isinstance(value, list) and -len(value) <= at < len(value) else None
        place = step.end()
    return value
