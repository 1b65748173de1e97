"""A team's plan in words: one line an event and step, an agenda, a stand-up, a critical path."""

import datetime
from collections.abc import Sequence
from typing import Any

from tools.process.agenda import Agenda, Standing
from tools.process.critical_path import Schedule
from tools.process.view import EventItem, ItemRef, StepItem, TeamPlan, read_plan

_MARKS = {"todo": " ", "in_progress": "~", "blocked": "!", "done": "x", "skipped": "-"}


def plan_lines(document: dict[str, Any], group: int | None = None) -> list[str]:
    """Return a plan in lines: its events by day with their steps, or only the one with a number (from 1).

    Log entries stay out. Raises LookupError for an event that there isn't.
    """
    plan = read_plan(document)
    events = sorted(plan.events.values(), key=lambda event: (event.data.date, event.id))
    if group is not None:
        if not 1 <= group <= len(events):
            raise LookupError(f"There is no event {group}; the plan has {len(events)}.")
        events = [events[group - 1]]
    lines = [line for event in events for line in _event_lines(plan, event)]
    if group is None:
        lines += [
            f"Process {process.title} ({process.id}): {_steps(plan, process)}" for process in plan.processes.values()
        ]
        lines += [
            f"Reminder: {one.data.text}, {one.data.date} {one.data.time}"
            + (f", {one.data.rule}" if one.data.rule else "")
            for one in plan.reminders.values()
        ]
    return lines


def agenda_text(found: Agenda, today: datetime.date, days: int) -> str:
    """Return an agenda in sentences."""
    span = "Today" if days == 1 else f"The next {days} days"
    parts = [f"{event.title} on {_day(event.date)}{_at(event)}" for event in found.events]
    parts += [f"{_step(step)} due {_day(step.due)}" for step in found.due if step.due]
    parts += [f"reminder {moment:%H:%M} on {_day(moment.date())}: {text}" for moment, text in found.reminders]
    text = f"{span} ({_day(today)}): {'; '.join(parts) if parts else 'nothing is due'}."
    if found.late:
        text += " Late: " + "; ".join(f"{_step(step)}, due {_day(step.due)}" for step in found.late if step.due) + "."
    return text


def standup_text(found: Sequence[Standing], today: datetime.date) -> str:
    """Return where everybody stands, a line each."""
    lines = []
    for one in found:
        parts = []
        if one.working:
            parts.append("on " + ", ".join(step.title for step in one.working))
        if one.blocked:
            parts.append("blocked: " + ", ".join(step.title for step in one.blocked))
        if one.next_due:
            parts.append("next " + ", ".join(f"{step.title} ({_due(step, today)})" for step in one.next_due))
        lines.append(f"{one.person or 'Nobody has'}: {'; '.join(parts) or 'nothing dated'}.")
    return "\n".join(lines) or "All steps are done."


def schedule_text(title: str, timing: Schedule, plan: TeamPlan) -> str:
    """Return a critical path in sentences."""
    if not timing.timings:
        return f"{title} has no steps."
    path = " → ".join(plan.steps[step_id].title for step_id in timing.critical)
    slack = [
        f"{plan.steps[step_id].title} {one.slack:g}" for step_id, one in timing.timings.items() if not one.is_critical
    ]
    text = f"{title} takes {timing.days:g} working days at least: {path}."
    return text + (f" Days that others can slip: {', '.join(slack)}." if slack else "")


def _event_lines(plan: TeamPlan, event: EventItem) -> list[str]:
    place = f", {event.data.place}" if event.data.place else ""
    head = f"{event.title} ({event.id}): {_day(event.date)}{_at(event)}{place}, {event.data.status.replace('_', ' ')}"
    lines = [head]
    for step in sorted(plan.steps_of.get(event.id, ()), key=lambda step: (step.due or datetime.date.max, step.rank)):
        due = f", due {_day(step.due)}" if step.due else ""
        owner = f", {step.data.owner}" if step.data.owner else ""
        lines.append(f"  - [{_MARKS[step.data.status]}] {step.title} ({step.id}){due}{owner}")
        substeps = [(ref, done) for ref, done in plan.substeps.values() if ref.parent == step.id]
        lines += [
            f"      - [{'x' if done else ' '}] {ref.title}" for ref, done in sorted(substeps, key=lambda s: s[0].rank)
        ]
    return lines


def _steps(plan: TeamPlan, process: ItemRef) -> str:
    steps = plan.steps_of.get(process.id, ())
    return ", ".join(f"{step.title} {step.data.offset or ''}".strip() for step in steps) or "no steps"


def _step(step: StepItem) -> str:
    return f"{step.title} ({step.data.owner})" if step.data.owner else step.title


def _due(step: StepItem, today: datetime.date) -> str:
    if step.due is None:
        return "no day"
    return f"late since {_day(step.due)}" if step.due < today else _day(step.due)


def _at(event: EventItem) -> str:
    return f" {event.data.time}" if event.data.time else ""


def _day(day: datetime.date | None) -> str:
    return f"{day:%a} {day.day} {day:%b}" if day else ""
