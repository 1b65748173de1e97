"""A change of status as edits to propose: the status itself, and the entry in the log that goes with it."""

import datetime
from typing import Any

from tools.process.status import may_become, next_statuses
from tools.process.view import EventItem, StepItem, TeamPlan


def set_status(
    plan: TeamPlan, item_id: str, status: str, *, now: datetime.datetime, by: str, note: str | None = None
) -> list[dict[str, Any]]:
    """Return the edits that bring a step or an event to a status.

    Raises LookupError for an unknown id, ValueError for a move that the status machine doesn't allow, for a template's
    step, and for a step whose blockers are not done.
    """
    item = _item(plan, item_id)
    kind = "event" if isinstance(item, EventItem) else "step"
    before = item.data.status
    if isinstance(item, StepItem) and plan.event_of(item) is None:
        raise ValueError(f"{item.title} is a template's step: only the steps of events have a status.")
    if before == status:
        raise ValueError(f"{item.title} is {_words(status)} already.")
    if not may_become(kind, before, status):
        allowed = ", ".join(map(_words, next_statuses(kind, before)))
        raise ValueError(f"{item.title} is {_words(before)}; from there it can become: {allowed}.")
    if isinstance(item, StepItem) and status == "done":
        waiting = [
            plan.steps[needed].title
            for needed in item.data.depends_on
            if needed in plan.steps and plan.steps[needed].is_open
        ]
        if waiting:
            raise ValueError(f"{item.title} can't be done before {', '.join(waiting)}.")
    data: dict[str, Any] = {"before": before, "after": status, "at": now.isoformat(timespec="seconds"), "by": by}
    if note:
        data["note"] = note
    return [
        {"op": "update_item", "id": item_id, "set": {"status": status}},
        {
            "op": "add_item",
            "kind": "status_change",
            "parent": item_id,
            "title": _words(status).capitalize(),
            "data": data,
        },
    ]


def history(plan: TeamPlan, item_id: str | None = None) -> list[str]:
    """Return the log in words, oldest first; of one item if asked."""
    entries = sorted(
        (change for change in plan.changes.values() if item_id is None or change.parent == item_id),
        key=lambda change: (change.data.at, change.id),
    )
    return [
        f"{change.data.at[:16].replace('T', ' ')} {_title(plan, change.parent)}: {_words(change.data.before)} → "
        f"{_words(change.data.after)} by {change.data.by}" + (f" ({change.data.note})" if change.data.note else "")
        for change in entries
    ]


def _item(plan: TeamPlan, item_id: str) -> StepItem | EventItem:
    found = plan.steps.get(item_id) or plan.events.get(item_id)
    if found is None:
        raise LookupError(f"There is no step or event {item_id}.")
    return found


def _title(plan: TeamPlan, item_id: str | None) -> str:
    found = plan.steps.get(item_id or "") or plan.events.get(item_id or "")
    return found.title if found else str(item_id)


def _words(status: str) -> str:
    return status.replace("_", " ")
