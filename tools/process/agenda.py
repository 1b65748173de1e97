"""What is on: the events and due steps of a day or some days, what is late, and where everybody stands."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tools.process.view import EventItem, StepItem, TeamPlan
from tools.recurrence import occurrences

MOST_DAYS = 366


@dataclass(frozen=True)
class Agenda:
    """What falls on the days asked for; steps in order of their due days, reminders as (moment, words)."""

    events: tuple[EventItem, ...]
    due: tuple[StepItem, ...]
    late: tuple[StepItem, ...]
    reminders: tuple[tuple[datetime.datetime, str], ...]


@dataclass(frozen=True)
class Standing:
    """One person's open steps: in progress, blocked, and due next (at most three)."""

    person: str
    working: tuple[StepItem, ...]
    blocked: tuple[StepItem, ...]
    next_due: tuple[StepItem, ...]


def agenda(plan: TeamPlan, now: datetime.datetime, *, days: int = 1, person: str | None = None) -> Agenda:
    """Return what is on from today for so many days, of one person if asked; what was due before is late.

    `now` is on the team's clocks. Raises ValueError for a number of days outside 1 to 366.
    """
    if not 1 <= days <= MOST_DAYS:
        raise ValueError(f"An agenda covers 1 to {MOST_DAYS} days.")
    first = now.date()
    last = first + datetime.timedelta(days=days - 1)
    steps = [step for step in open_steps(plan) if person is None or step.data.owner == person]
    events = [event for event in plan.events.values() if event.is_open and first <= event.date <= last]
    return Agenda(
        events=tuple(sorted(events, key=lambda event: (event.data.date, event.data.time or "", event.id))),
        due=_by_due(step for step in steps if step.due and first <= step.due <= last),
        late=_by_due(step for step in steps if step.due and step.due < first),
        reminders=tuple(sorted(_reminders(plan, now, last))),
    )


def standup(plan: TeamPlan) -> tuple[Standing, ...]:
    """Return where everybody with open steps stands, by name; steps without an owner under an empty name at the end."""
    steps = open_steps(plan)
    people = sorted({step.data.owner or "" for step in steps}, key=lambda name: (not name, name))
    return tuple(_standing(person, [s for s in steps if (s.data.owner or "") == person]) for person in people)


def open_steps(plan: TeamPlan) -> list[StepItem]:
    """Return the steps of open events that are not done."""
    return [
        step
        for step in plan.steps.values()
        if step.is_open and (event := plan.event_of(step)) is not None and event.is_open
    ]


def _standing(person: str, steps: Sequence[StepItem]) -> Standing:
    return Standing(
        person,
        tuple(step for step in steps if step.data.status == "in_progress"),
        tuple(step for step in steps if step.data.status == "blocked"),
        _by_due(step for step in steps if step.data.status == "todo" and step.due is not None)[:3],
    )


def _by_due(steps: Iterable[StepItem]) -> tuple[StepItem, ...]:
    return tuple(sorted(steps, key=lambda step: (step.due or datetime.date.max, step.id)))


def _reminders(plan: TeamPlan, now: datetime.datetime, last: datetime.date) -> Iterable[tuple[datetime.datetime, str]]:
    for reminder in plan.reminders.values():
        data = reminder.data
        start = datetime.datetime.combine(
            datetime.date.fromisoformat(data.date), datetime.time.fromisoformat(data.time), now.tzinfo
        )
        rule = data.rule or "FREQ=DAILY;COUNT=1"
        span = (last - now.date()).days + 1
        for moment in occurrences(rule, start, after=now, count=span):
            if moment.date() <= last:
                yield moment, data.text
