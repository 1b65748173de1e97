"""Offer what changed in a template to the open events made from it: a three-way merge, field by field.

The base is what a step's template said when the event was made (its `origin`), one side what it says now, the other
what people made of the event's step since. What only the template changed is offered, what both changed is a conflict.
"""

import datetime
import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from tools.process.build_process import due_day, holidays_around, origin_of
from tools.process.offsets import between, parse_offset
from tools.process.view import EventItem, StepItem, TeamPlan

_FIELDS = ("title", "offset", "days")
"""What is merged: an owner is a role in a template and a person in an event."""


@dataclass(frozen=True)
class Offer:
    """Edits to propose for one event, what they do in words, and what stands against each other there."""

    event: str
    ops: tuple[dict[str, Any], ...]
    changes: tuple[str, ...]
    conflicts: tuple[str, ...]


def offers(plan: TeamPlan) -> list[Offer]:
    """Return an offer for each open event whose template says something new; none where all is as it was."""
    found = []
    for event in plan.events.values():
        if event.is_open and event.data.process in plan.processes:
            offer = _offer(plan, event)
            if offer.ops or offer.conflicts:
                found.append(offer)
    return found


def differences(plan: TeamPlan, event_id: str) -> list[str]:
    """Return in words how an event's steps differ from its template's; raises LookupError for an unknown event."""
    event = plan.events.get(event_id)
    if event is None or event.data.process not in plan.processes:
        raise LookupError(f"{event_id} is no event that was made from a process of this plan.")
    holidays = holidays_around(plan.region, event.date)
    own = {step.data.of: step for step in plan.steps_of.get(event_id, ())}
    lines = []
    for template in plan.steps_of.get(event.data.process, ()):
        step = own.pop(template.id, None)
        if step is None:
            lines.append(f"{template.title} is left out")
            continue
        now, then = _said(step, event, template, holidays), _template_says(template)
        lines += [
            f"{step.title}: {name} {_shown(then.get(name))} → {_shown(now.get(name))}"
            for name in ("title", "offset", "days")
            if now.get(name) != then.get(name)
        ]
    return [*lines, *(f"{step.title} is new" for step in own.values())]


def _offer(plan: TeamPlan, event: EventItem) -> Offer:
    holidays = holidays_around(plan.region, event.date)
    own = {step.data.of: step for step in plan.steps_of.get(event.id, ())}
    ops: list[dict[str, Any]] = []
    changes: list[str] = []
    conflicts: list[str] = []
    made_of = list(event.data.made_of)
    for template in plan.steps_of.get(event.data.process or "", ()):
        step = own.get(template.id)
        if step is None:
            if template.id not in event.data.made_of:  # otherwise somebody took it out of this event
                ops.append(_added(event, template, holidays))
                changes.append(f"adds {template.title}")
                made_of.append(template.id)
            continue
        if step.is_open:
            _merge(step, template, event, holidays, ops, changes, conflicts)
    for of, step in own.items():
        if of is not None and of not in plan.steps and step.data.status == "todo":
            ops.append({"op": "remove_item", "id": step.id, "reason": "its template has no such step any more"})
            changes.append(f"removes {step.title}")
    if len(made_of) > len(event.data.made_of):
        ops.append({"op": "update_item", "id": event.id, "set": {"made_of": made_of}})
    return Offer(event.id, tuple(ops), tuple(changes), tuple(conflicts))


def _merge(
    step: StepItem,
    template: StepItem,
    event: EventItem,
    holidays: Collection[datetime.date],
    ops: list[dict[str, Any]],
    changes: list[str],
    conflicts: list[str],
) -> None:
    try:
        base = json.loads(step.data.origin or "null")
    except ValueError:
        base = None
    theirs = _template_says(template)
    if not isinstance(base, dict) or base == theirs:
        return
    ours = _said(step, event, template, holidays)
    fields: dict[str, Any] = {"origin": origin_of(template.title, theirs)}
    title: str | None = None
    for name in _FIELDS:
        if theirs.get(name) == base.get(name) or ours.get(name) == theirs.get(name):
            continue
        if ours.get(name) != base.get(name):
            conflicts.append(f"{step.title}: {name} is {_shown(ours.get(name))} here, {_shown(theirs.get(name))} now")
        elif name == "title":
            title = template.title
            changes.append(f"{step.title} is called {title}")
        elif name == "offset":
            fields["due"] = due_day(parse_offset(str(theirs["offset"])), event.date, holidays)
            changes.append(f"{step.title} is due on {fields['due']}")
        else:
            fields[name] = theirs[name]
            changes.append(f"{step.title} takes {_shown(theirs[name])} days")
    op = {"op": "update_item", "id": step.id, "set": fields}
    ops.append(op | ({"title": title} if title else {}))


def _added(event: EventItem, template: StepItem, holidays: Collection[datetime.date]) -> dict[str, Any]:
    says = _template_says(template)
    data: dict[str, Any] = {
        "days": template.data.days,
        "status": "todo",
        "of": template.id,
        "origin": origin_of(template.title, says),
    }
    if template.data.offset:
        data["due"] = due_day(parse_offset(template.data.offset), event.date, holidays)
    return {"op": "add_item", "kind": "step", "parent": event.id, "title": template.title, "data": data}


def _template_says(template: StepItem) -> dict[str, Any]:
    said: dict[str, Any] = {"title": template.title, "days": template.data.days}
    said |= {"offset": template.data.offset} if template.data.offset else {}
    return said | ({"owner": template.data.owner} if template.data.owner else {})


def _said(step: StepItem, event: EventItem, template: StepItem, holidays: Collection[datetime.date]) -> dict[str, Any]:
    """What an event's step says, in the template's terms."""
    said: dict[str, Any] = {"title": step.title, "days": step.data.days}
    if step.due is not None:
        like = parse_offset(template.data.offset or "T")
        origin = json.loads(step.data.origin) if step.data.origin else {}
        was = origin.get("offset")
        if was and due_day(parse_offset(str(was)), event.date, holidays) == step.data.due:
            said["offset"] = was  # nobody moved it
        else:
            said["offset"] = str(between(event.date, step.due, like, holidays))
    return said


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
