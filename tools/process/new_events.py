"""Further events of a plan as edits to propose: one more from a process, a series by a rule, and reminders."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools.process.build_process import due_day, holidays_around, origin_of
from tools.process.offsets import parse_offset
from tools.process.view import StepItem, TeamPlan
from tools.recurrence import cron_schedule, occurrences

MOST_EVENTS = 12
_SHOWN = 10


@dataclass(frozen=True)
class Reminding:
    """A reminder to propose: the edit, its next moments, and the schedule for a cron of the server, if one can say it."""

    op: dict[str, Any]
    upcoming: tuple[datetime.datetime, ...]
    schedule: str | None


def event_from_process(
    plan: TeamPlan,
    process_id: str,
    date: datetime.date,
    *,
    title: str | None = None,
    time: str | None = None,
    owners: Mapping[str, str] | None = None,
    taken: frozenset[str] = frozenset(),
) -> list[dict[str, Any]]:
    """Return the edits that add an event with the process's steps, due by their offsets.

    `owners` says who takes which role; `taken` are ids that the plan uses or used. Raises LookupError for an unknown
    process.
    """
    process = plan.processes.get(process_id)
    if process is None:
        there = ", ".join(plan.processes) or "none"
        raise LookupError(f"There is no process {process_id}; there are: {there}.")
    event_id = _free_event_id(plan, taken)
    holidays = holidays_around(plan.region, date)
    steps = plan.steps_of.get(process_id, ())
    data: dict[str, Any] = {"date": date.isoformat(), "status": "scheduled", "process": process_id}
    data["made_of"] = [step.id for step in steps]
    if time is not None:
        data["time"] = time
    name = title or process.title
    ops = [{"op": "add_item", "id": event_id, "kind": "event", "parent": None, "title": name, "data": data}]
    names = {step.id: f"{event_id}-{_tail(step.id, process_id)}" for step in steps}
    for step in steps:
        ops.append(_step(step, names, event_id, date, holidays, owners or {}))
        substeps = [ref for ref, _ in plan.substeps.values() if ref.parent == step.id]
        ops += [
            {"op": "add_item", "kind": "substep", "parent": names[step.id], "title": ref.title, "data": {}}
            for ref in sorted(substeps, key=lambda ref: ref.rank)
        ]
    return ops


def series(
    rule: str, first: datetime.datetime, *, now: datetime.datetime, count: int = MOST_EVENTS
) -> list[datetime.datetime]:
    """Return the moments of a recurring event from now on, at most twelve. Raises ValueError as `occurrences`."""
    if not 1 <= count <= MOST_EVENTS:
        raise ValueError(f"A series makes 1 to {MOST_EVENTS} events at a time.")
    return occurrences(rule, first, after=now, count=count)


def reminder(
    text: str, first: datetime.datetime, *, rule: str | None, now: datetime.datetime, parent: str | None = None
) -> Reminding:
    """Return a reminder from `first` on, once or by a rule. Raises ValueError when it would never come."""
    upcoming = occurrences(rule or "FREQ=DAILY;COUNT=1", first, after=now, count=_SHOWN)
    if not upcoming:
        raise ValueError("That reminder would never come: its last moment is over.")
    data = {"text": text, "date": first.date().isoformat(), "time": f"{first:%H:%M}"}
    if rule:
        data["rule"] = rule
    op = {"op": "add_item", "kind": "reminder", "parent": parent, "title": "Reminder", "data": data}
    return Reminding(op, tuple(upcoming), cron_schedule(rule, first.time()) if rule else None)


def _step(
    step: StepItem,
    names: Mapping[str, str],
    event_id: str,
    date: datetime.date,
    holidays: frozenset[datetime.date],
    owners: Mapping[str, str],
) -> dict[str, Any]:
    says: dict[str, Any] = {"days": step.data.days}
    data: dict[str, Any] = {"days": step.data.days, "status": "todo", "of": step.id}
    if step.data.offset:
        says["offset"] = step.data.offset
        data["due"] = due_day(parse_offset(step.data.offset), date, holidays)
    if step.data.owner:
        says["owner"] = step.data.owner
        if step.data.owner in owners:
            data["owner"] = owners[step.data.owner]
    needs = [names[needed] for needed in step.data.depends_on if needed in names]
    if needs:
        data["depends_on"] = needs
    data["origin"] = origin_of(step.title, says)
    return {
        "op": "add_item",
        "id": names[step.id],
        "kind": "step",
        "parent": event_id,
        "title": step.title,
        "data": data,
    }


def _free_event_id(plan: TeamPlan, taken: frozenset[str]) -> str:
    used = taken | set(plan.events)
    return next(name for number in range(1, len(used) + 2) if (name := f"e{number}") not in used)


def _tail(step_id: str, process_id: str) -> str:
    return step_id.removeprefix(f"{process_id}-")
