"""Values as they were when a trace took note of them, to be encoded later in another thread.

Containers are copied, since graphs change them in place; what they hold at the leaves (texts, numbers, messages) is shared.
"""

from collections.abc import Collection
from typing import Any

MOST_VALUES = 20_000
"""How many values a snapshot copies. What has more is left out: copying it would hold the graph up."""

_PART_BYTES = 50  # of a container, for each part
_OTHER_BYTES = 100  # of what is neither text nor container: a number is less, a message more, but shared


class _TooManyError(Exception):
    """The value has more parts than a snapshot copies."""


class Snapshots:
    """Takes snapshots, and knows roughly how many bytes they keep alive."""

    def __init__(self, excluded: Collection[str] = ()) -> None:
        self._excluded = excluded
        self._left = 0
        self._size = 0

    def take(self, value: Any) -> Any:
        """`value` to keep. Of a mapping, the excluded keys are named without what they hold."""
        if type(value) is dict:
            return {key: _excluded(one) if key in self._excluded else self._bounded(one) for key, one in value.items()}
        return self._bounded(value)

    def spent(self) -> int:
        """How many bytes were taken since this was last asked."""
        size, self._size = self._size, 0
        return size

    def _bounded(self, value: Any) -> Any:
        self._left = MOST_VALUES
        try:
            return self._copied(value)
        except (_TooManyError, RecursionError):
            return f"left out: {_described(value)} with more than {MOST_VALUES} values"

    def _copied(self, value: Any) -> Any:
        kind = type(value)
        if kind is str:
            self._size += len(value)
            return value
        if kind is dict:
            self._count(len(value))
            return {key: self._copied(one) for key, one in value.items()}
        if kind is list or kind is tuple:
            self._count(len(value))
            return [self._copied(one) for one in value]
        if kind is set or kind is frozenset:
            self._count(len(value))
            return list(value)
        self._size += _OTHER_BYTES
        return value

    def _count(self, values: int) -> None:
        self._size += values * _PART_BYTES
        self._left -= values
        if self._left < 0:
            raise _TooManyError


def _excluded(value: Any) -> str:
    return f"excluded: {_described(value)}"


def _described(value: Any) -> str:
    size = f" of {len(value)}" if isinstance(value, Collection) else ""
    return f"{type(value).__name__}{size}"
