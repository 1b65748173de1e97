"""A running plan document, read into typed sessions for rules and descriptions to work on.

Reading is lenient: an item that breaks its kind's model is reported by the structural rules and left out here,
so that one bad item does not hide what is wrong elsewhere.
"""

import datetime
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tools.dates import as_date
from tools.running.plan_items import KINDS, Pace, RunType, Week
from tools.week_view import PlanDay, PlanWeek, read_data


@dataclass(frozen=True)
class DatedItem(PlanDay):
    """A run, race, strength session or rest day; `km` is 0 for what is not run."""

    km: float = 0.0
    type: RunType | None = None
    pace: Pace | None = None
    quality_km: float | None = None

    @property
    def is_run(self) -> bool:
        """Whether the day of this item is a day of running."""
        return self.kind in {"run", "race"}


@dataclass(frozen=True)
class WeekItem(PlanWeek):
    """A week of the plan, and its phase."""

    phase: str


@dataclass(frozen=True)
class PlanView:
    """The readable part of a plan document. Weeks and sessions are in order of date."""

    weeks: tuple[WeekItem, ...]
    sessions: tuple[DatedItem, ...]
    goal_race: str | None = None
    goal_date: datetime.date | None = None
    goal_km: float | None = None
    weekly_km: float | None = None
    longest_km: float | None = None
    runs_of_week: dict[str, tuple[DatedItem, ...]] = field(default_factory=dict)

    @cached_property
    def goal_item(self) -> DatedItem | None:
        """The race item that is the goal: the one on the goal's date, else the one called `race`."""
        races = [item for item in self.sessions if item.kind == "race"]
        on_date = [item for item in races if item.date == self.goal_date]
        return next(iter(on_date + [item for item in races if item.id == "race"]), None)

    def training_km(self, week_id: str) -> float:
        """Return the km of a week without the goal race."""
        goal = self.goal_item
        return sum(item.km for item in self.runs_of_week.get(week_id, ()) if item != goal)


def read_plan(document: Mapping[str, Any]) -> PlanView:
    """Return the view of a document (schema, domain, meta, items); never raises for a malformed one."""
    items = document.get("items")
    weeks: list[WeekItem] = []
    sessions: list[DatedItem] = []
    for item_id, item in items.items() if isinstance(items, Mapping) else ():
        read = _read_item(str(item_id), item)
        if isinstance(read, WeekItem):
            weeks.append(read)
        elif read is not None:
            sessions.append(read)
    weeks.sort(key=lambda week: (week.start, week.id))
    sessions.sort(key=lambda session: (session.date, session.id))
    runs = {week.id: tuple(s for s in sessions if s.parent == week.id and s.is_run) for week in weeks}
    meta = document.get("meta")
    return _with_meta(PlanView(tuple(weeks), tuple(sessions), runs_of_week=runs), meta)


def _with_meta(view: PlanView, meta: Any) -> PlanView:
    if not isinstance(meta, Mapping):
        return view
    goal = meta.get("goal")
    goal = goal if isinstance(goal, Mapping) else {}
    race = goal.get("race")
    return PlanView(
        weeks=view.weeks,
        sessions=view.sessions,
        runs_of_week=view.runs_of_week,
        goal_race=race if isinstance(race, str) else None,
        goal_date=as_date(goal.get("date")),
        goal_km=_positive(goal.get("distance_km")),
        weekly_km=_positive(meta.get("weekly_km")),
        longest_km=_positive(meta.get("longest_km")),
    )


def _positive(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and value > 0 else None


def _read_item(item_id: str, item: Any) -> WeekItem | DatedItem | None:
    data = read_data(item, KINDS)
    if data is None:
        return None
    title = str(item.get("title") or item_id)
    if isinstance(data, Week):
        return WeekItem(item_id, title, datetime.date.fromisoformat(data.start), data.phase)
    values = data.model_dump()
    return DatedItem(
        id=item_id,
        kind=str(item["kind"]),
        parent=item.get("parent"),
        title=title,
        date=datetime.date.fromisoformat(values["date"]),
        km=float(values.get("km", 0.0)),
        type=values.get("type"),
        pace=getattr(data, "pace", None),
        quality_km=values.get("quality_km"),
    )
