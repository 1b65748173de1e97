"""Which resources of a kind a caller may touch: conditions on their metadata, all of which must hold.

A handler answers `{"owner": "ann"}` or `{"owner": {"$eq": "ann"}}` (equal) or `{"teams": {"$contains": "a"}}` (the list
holds it, or all of a list's). As SQL each is one `metadata @> …` or an equality, with keys and values bound.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql
from psycopg.types.json import Jsonb

from server.errors import PlanloomError

METADATA = sql.Identifier("metadata")
"""The column that conditions are on, unless a query says otherwise."""

_SCALARS = (str, int, float, bool, type(None))


class FilterError(PlanloomError):
    """A handler answered something that is no filter."""


@dataclass(frozen=True, slots=True)
class Condition:
    """That `key` of the metadata equals `value`, or (`contains`) is a list that holds all of its elements."""

    key: str
    value: Any
    contains: bool = False

    def matches(self, metadata: Mapping[str, Any]) -> bool:
        """Whether it holds, as the SQL says it."""
        if self.key not in metadata:
            return False
        found = metadata[self.key]
        if self.contains:
            return isinstance(found, list) and all(any(_equal(one, wanted) for one in found) for wanted in self.value)
        return _equal(found, self.value)

    def as_sql(self, metadata: sql.Composable) -> tuple[sql.Composable, list[Any]]:
        """The condition on the column (or expression) `metadata`, and what to bind."""
        if self.contains or isinstance(self.value, _SCALARS):
            return sql.SQL("{} @> %s").format(metadata), [Jsonb({self.key: self.value})]
        return sql.SQL("{} -> %s::text = %s").format(metadata), [self.key, Jsonb(self.value)]


@dataclass(frozen=True, slots=True)
class Filter:
    """What may be touched: resources whose metadata meet every condition. Repositories of what has an owner ask for one."""

    conditions: tuple[Condition, ...]

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> "Filter":
        """The filter that a handler answered. Raises `FilterError` for an operator that there is not."""
        return cls(tuple(condition for key, wanted in given.items() for condition in _conditions(key, wanted)))

    @classmethod
    def of_search(cls, metadata: Mapping[str, Any]) -> "Filter":
        """What a search for those metadata finds: a handler may narrow a search by what it adds to them."""
        return cls(tuple(Condition(key, value) for key, value in metadata.items()))

    def __and__(self, other: "Filter") -> "Filter":
        return Filter((*self.conditions, *other.conditions))

    def matches(self, metadata: Mapping[str, Any]) -> bool:
        """Whether a resource of that metadata may be touched."""
        return all(condition.matches(metadata) for condition in self.conditions)

    def as_sql(self, metadata: sql.Composable = METADATA) -> tuple[list[sql.Composable], list[Any]]:
        """Conditions to join by `and`, and the values to bind in their order."""
        pairs = [condition.as_sql(metadata) for condition in self.conditions]
        return [text for text, _ in pairs], [value for _, values in pairs for value in values]


EVERYTHING = Filter(())
"""No condition: what the server itself, and callers that no rule restricts, may touch."""


def _conditions(key: str, wanted: Any) -> Sequence[Condition]:
    if not isinstance(key, str):
        raise FilterError(f"a filter's keys are names in the metadata, not {key!r}")
    if not isinstance(wanted, Mapping):
        return [Condition(key, wanted)]
    found: list[Condition] = []
    for operator, value in wanted.items():
        if operator == "$eq":
            found.append(Condition(key, value))
        elif operator == "$contains":
            several = list(value) if isinstance(value, list | tuple | set | frozenset) else [value]
            if not all(isinstance(one, _SCALARS) for one in several):
                raise FilterError(f"$contains of {key!r} takes strings, numbers or booleans")
            found.append(Condition(key, several, contains=True))
        else:
            raise FilterError(f"{operator!r} of {key!r} is no operator; there are $eq and $contains")
    if not found:
        raise FilterError(f"{key!r} has no operator; there are $eq and $contains")
    return found


def _equal(left: Any, right: Any) -> bool:
    """Equality of JSON: true is not 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_equal, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_equal(left[key], right[key]) for key in left)
    return bool(left == right)
