"""Values as they were when a trace took note of them, to be encoded later in another thread.

Containers are copied, since graphs change them in place; what they hold at the leaves (texts, numbers, messages) is shared.
"""

from collections.abc import Collection
from typing import Any

MOST_VALUES = 20_000
"""How many values a snapshot copies. What has more is left out: copying it would hold the graph up."""


class _TooManyError(Exception):
    """The value has more parts than a snapshot copies."""


class _Copier:
    def __init__(self, most: int) -> None:
        self._left = most

    def copied(self, value: Any) -> Any:
        kind = type(value)
        if kind is dict:
            self._count(len(value))
            return {key: self.copied(one) for key, one in value.items()}
        if kind is list or kind is tuple:
            self._count(len(value))
            return [self.copied(one) for one in value]
        if kind is set or kind is frozenset:
            self._count(len(value))
            return list(value)
        return value

    def _count(self, values: int) -> None:
        self._left -= values
        if self._left < 0:
            raise _TooManyError


def snapshot(value: Any, excluded: Collection[str] = ()) -> Any:
    """`value` to keep. Of a mapping, the `excluded` keys are named without what they hold."""
    if type(value) is dict:
        return {key: _excluded(one) if key in excluded else _bounded(one) for key, one in value.items()}
    return _bounded(value)


def _bounded(value: Any) -> Any:
    try:
        return _Copier(MOST_VALUES).copied(value)
    except (_TooManyError, RecursionError):
        return f"left out: {_described(value)} with more than {MOST_VALUES} values"


def _excluded(value: Any) -> str:
    return f"excluded: {_described(value)}"


def _described(value: Any) -> str:
    size = f" of {len(value)}" if isinstance(value, Collection) else ""
    return f"{type(value).__name__}{size}"
