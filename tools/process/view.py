"""A team's plan document, read into typed items for rules, agendas and reports to work on.

Reading is lenient: what breaks its kind's model is reported by the structural rules and left out here.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from tools.process.plan_items import KINDS, Event, Reminder, StatusChange, Step, Substep
from tools.process.status import CLOSED_EVENTS, CLOSED_STEPS


@dataclass(frozen=True)
class ItemRef:
    """What every item has."""

    id: str
    parent: str | None
    title: str
    rank: str


@dataclass(frozen=True)
class StepItem(ItemRef):
    """A step, with its data."""

    data: Step

    @property
    def due(self) -> datetime.date | None:
        return datetime.date.fromisoformat(self.data.due) if self.data.due else None

    @property
    def is_open(self) -> bool:
        return self.data.status not in CLOSED_STEPS


@dataclass(frozen=True)
class EventItem(ItemRef):
    """An event, with its data and the id of what it was made from."""

    data: Event

    @property
    def date(self) -> datetime.date:
        return datetime.date.fromisoformat(self.data.date)

    @property
    def is_open(self) -> bool:
        return self.data.status not in CLOSED_EVENTS


@dataclass(frozen=True)
class ChangeItem(ItemRef):
    """An entry of the log."""

    data: StatusChange

    @property
    def at(self) -> datetime.datetime | None:
        try:
            moment = datetime.datetime.fromisoformat(self.data.at)
        except ValueError:
            return None
        return moment if moment.tzinfo else None


@dataclass(frozen=True)
class ReminderItem(ItemRef):
    """A reminder, with its data."""

    data: Reminder


@dataclass(frozen=True)
class TeamPlan:
    """The readable part of a plan document; every mapping by id, in the order of the ranks."""

    processes: dict[str, ItemRef]
    events: dict[str, EventItem]
    steps: dict[str, StepItem]
    substeps: dict[str, tuple[ItemRef, bool]]
    reminders: dict[str, ReminderItem]
    changes: dict[str, ChangeItem]
    participants: frozenset[str]
    region: str | None

    @cached_property
    def steps_of(self) -> Mapping[str, tuple[StepItem, ...]]:
        """The steps under each event or process, in order."""
        found: dict[str, list[StepItem]] = {}
        for step in self.steps.values():
            if step.parent is not None:
                found.setdefault(step.parent, []).append(step)
        return {parent: tuple(sorted(steps, key=lambda step: step.rank)) for parent, steps in found.items()}

    def event_of(self, step: StepItem) -> EventItem | None:
        """Return the event that a step belongs to, None for a template's."""
        return self.events.get(step.parent or "")


def read_plan(document: Mapping[str, Any]) -> TeamPlan:
    """Return what can be read of a document; never raises for a malformed one."""
    meta = document.get("meta")
    meta = meta if isinstance(meta, Mapping) else {}
    items = document.get("items")
    plan = TeamPlan({}, {}, {}, {}, {}, {}, _names(meta.get("participants")), _region(meta))
    for item_id, item in items.items() if isinstance(items, Mapping) else ():
        if isinstance(item, Mapping):
            _read(plan, str(item_id), item)
    return plan


def _read(plan: TeamPlan, item_id: str, item: Mapping[str, Any]) -> None:
    model = KINDS.get(str(item.get("kind")))
    if model is None:
        return
    try:
        data = model.model_validate(item.get("data", {}))
    except ValidationError:
        return
    parent = item.get("parent")
    own = (item_id, parent if isinstance(parent, str) else None, str(item.get("title", "")), str(item.get("rank", "")))
    if isinstance(data, Step):
        plan.steps[item_id] = StepItem(*own, data)
    elif isinstance(data, Event):
        plan.events[item_id] = EventItem(*own, data)
    elif isinstance(data, StatusChange):
        plan.changes[item_id] = ChangeItem(*own, data)
    elif isinstance(data, Reminder):
        plan.reminders[item_id] = ReminderItem(*own, data)
    elif isinstance(data, Substep):
        plan.substeps[item_id] = (ItemRef(*own), data.done)
    else:
        plan.processes[item_id] = ItemRef(*own)


def _names(value: Any) -> frozenset[str]:
    return frozenset(str(name) for name in value) if isinstance(value, list) else frozenset()


def _region(meta: Mapping[str, Any]) -> str | None:
    region = meta.get("region")
    return region if isinstance(region, str) else None
