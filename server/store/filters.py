"""Search filters over items' values, as SQL conditions.

A filter maps keys of the value to what is wanted there: something to equal, an object of operators (`{"$gt": 3}`), or an
object of further filters. Numbers are compared as numbers and text as text; a missing key counts as null.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from server.errors import Invalid

_ORDERINGS = {"$gt": ">", "$gte": ">=", "$lt": "<", "$lte": "<="}

Condition = tuple[str, list[Any]]
"""SQL with `%s` placeholders, and their values."""


class UnsupportedFilterError(Invalid, ValueError):
    """A filter asks for what cannot be compared. A `ValueError` too, as graphs know it from other stores."""


def conditions(wanted: dict[str, Any]) -> Iterator[Condition]:
    """What the rows of `store` must fulfil, all of it. Raises `UnsupportedFilterError`."""
    for key, value in wanted.items():
        yield from _at([key], value)


def _at(path: Sequence[str], wanted: Any) -> Iterator[Condition]:
    if not isinstance(wanted, dict):
        yield _compared(path, "$eq", wanted)
    elif any(key.startswith("$") for key in wanted):
        for operator, operand in wanted.items():
            yield _compared(path, operator, operand)
    else:
        yield "jsonb_typeof(store.value #> %s::text[]) = 'object'", [list(path)]
        for key, value in wanted.items():
            yield from _at([*path, key], value)


def _compared(path: Sequence[str], operator: str, operand: Any) -> Condition:
    at = list(path)
    if operator in ("$eq", "$ne"):
        sign = "=" if operator == "$eq" else "<>"
        text = orjson.dumps(operand).decode()
        return f"coalesce(store.value #> %s::text[], 'null') {sign} %s::jsonb", [at, text]
    if operator not in _ORDERINGS:
        raise UnsupportedFilterError(f"Unsupported operator: {operator}")
    sign = _ORDERINGS[operator]
    if isinstance(operand, str):
        return _if_type("string", f'(store.value #>> %s::text[]) collate "C" {sign} %s', [at, at, operand])
    if isinstance(operand, int | float) and not isinstance(operand, bool):
        return _if_type("number", f"(store.value #>> %s::text[])::numeric {sign} %s::numeric", [at, at, str(operand)])
    raise UnsupportedFilterError(f"{operator} compares numbers or text, at {'.'.join(path)}")


def _if_type(kind: str, compare: str, values: list[Any]) -> Condition:
    # a case, since Postgres may evaluate the operands of `and` in any order, and a cast of another type would fail
    return f"case when jsonb_typeof(store.value #> %s::text[]) = '{kind}' then {compare} else false end", values
