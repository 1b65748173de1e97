"""JSON values as the plan kernel keeps them: copied at every boundary, with one spelling per number.

Numbers follow I-JSON (RFC 7493 §2.2: within ±(2^53-1), finite), and a whole number is kept as an int, as RFC 8785
§3.2.2.3 writes it, so that 6 and 6.0 are the same kilometres. True and 1 stay different.
"""

from __future__ import annotations

import math
from typing import Any

Json = Any
"""None, bool, int, float, str, or lists and string-keyed dicts of these."""

MAX_NUMBER = 2**53 - 1
MAX_DEPTH = 24


class NotJson(ValueError):
    """A value that a plan cannot store; the message says where and why."""


def normalise(value: Json, where: str = "", depth: int = 0) -> Json:
    """A deep copy of `value` in the one spelling that plans use. Raises `NotJson`."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value, where)
    if isinstance(value, int | float):
        return _number(value, where)
    if depth >= MAX_DEPTH:
        raise NotJson(f"{where or 'the value'} is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise NotJson(f"{where or 'the value'} has a key that is not text: {key!r}")
            _text(key, where)
        return {key: normalise(inner, f"{where}/{key}", depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [normalise(inner, f"{where}/{index}", depth + 1) for index, inner in enumerate(value)]
    raise NotJson(f"{where or 'the value'} is a {type(value).__name__}, which JSON has no form for")


def _text(value: str, where: str) -> str:
    # PostgreSQL's jsonb can hold neither, and UTF-8 has no form for lone surrogates.
    if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value if letter > "\ud7ff"):
        raise NotJson(f"{where or 'the value'} has text with a NUL or a lone surrogate")
    return value


def _number(value: float, where: str) -> int | float:
    if not math.isfinite(value):
        raise NotJson(f"{where or 'the value'} is not a finite number")
    if abs(value) > MAX_NUMBER:
        raise NotJson(f"{where or 'the value'} is beyond ±(2^53-1)")
    return int(value) if value == int(value) else float(value)


def pointer(*keys: str) -> str:
    """The JSON Pointer (RFC 6901) that goes through these keys."""
    return "".join("/" + escape(key) for key in keys)


def escape(key: str) -> str:
    """A key as a JSON Pointer token (RFC 6901 §3)."""
    return key.replace("~", "~0").replace("/", "~1")


def copy_json(value: Json) -> Json:
    """A deep copy of a value that is already normal; shares nothing mutable with it."""
    if isinstance(value, dict):
        return {key: copy_json(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [copy_json(inner) for inner in value]
    return value


def same_json(a: Json, b: Json) -> bool:
    """Whether two normal values are the same JSON; key order is none of it, and True is not 1."""
    if isinstance(a, dict):
        return (
            isinstance(b, dict)
            and len(a) == len(b)
            and all(key in b and same_json(inner, b[key]) for key, inner in a.items())
        )
    if isinstance(a, list):
        return isinstance(b, list) and len(a) == len(b) and all(map(same_json, a, b))
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)
