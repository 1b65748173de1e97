"""Telling whoever counts or watches of plan versions that are stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from agent.plan.records import PlanVersion

Listener = Callable[[PlanVersion], None]

_listeners: list[Listener] = []


@contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """Have `listener` called with each version that this process stores, after its commit. It must be quick and not raise."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def announce(*versions: PlanVersion | None) -> None:
    """Tell the listeners of versions that are stored."""
    for version in versions:
        if version is not None:
            for listener in _listeners:
                listener(version)
