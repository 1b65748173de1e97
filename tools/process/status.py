"""What may follow what: the statuses of events and steps. Everything else is refused."""

from collections.abc import Mapping

from tools.process.plan_items import EventStatus, StepStatus

EVENT_MOVES: Mapping[EventStatus, frozenset[EventStatus]] = {
    "draft": frozenset({"scheduled", "cancelled"}),
    "scheduled": frozenset({"draft", "in_progress", "blocked", "cancelled"}),
    "in_progress": frozenset({"blocked", "done", "cancelled"}),
    "blocked": frozenset({"scheduled", "in_progress", "cancelled"}),
    "done": frozenset({"in_progress"}),
    "cancelled": frozenset({"draft"}),
}
STEP_MOVES: Mapping[StepStatus, frozenset[StepStatus]] = {
    "todo": frozenset({"in_progress", "blocked", "done", "skipped"}),
    "in_progress": frozenset({"todo", "blocked", "done", "skipped"}),
    "blocked": frozenset({"todo", "in_progress", "skipped"}),
    "done": frozenset({"todo", "in_progress"}),
    "skipped": frozenset({"todo"}),
}
CLOSED_EVENTS: frozenset[str] = frozenset({"done", "cancelled"})
CLOSED_STEPS: frozenset[str] = frozenset({"done", "skipped"})

_MOVES: dict[str, dict[str, frozenset[str]]] = {
    "event": {before: frozenset(after) for before, after in EVENT_MOVES.items()},
    "step": {before: frozenset(after) for before, after in STEP_MOVES.items()},
}


def may_become(kind: str, before: str, after: str) -> bool:
    """Whether an item of a kind may go from one status to another; False for kinds without a status."""
    return after in _MOVES.get(kind, {}).get(before, frozenset())


def next_statuses(kind: str, status: str) -> list[str]:
    """Return what may follow a status, in alphabetical order."""
    return sorted(_MOVES.get(kind, {}).get(status, frozenset()))
