"""A self-care plan document, read into typed sessions for rules and descriptions; what cannot be read is left out."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools.pain.plan_items import KINDS, ExerciseSession, PracticeSession, Week
from tools.week_view import PlanDay, PlanWeek, read_data


@dataclass(frozen=True)
class Session:
    """An exercise session of the plan."""

    id: str
    parent: str | None
    title: str
    date: datetime.date
    data: ExerciseSession

    @property
    def badly_borne(self) -> bool:
        """Whether pain after it was more than two points above the pain before it."""
        before, after = self.data.pain_before, self.data.pain_after
        return before is not None and after is not None and after > before + 2

    @property
    def borne_well(self) -> bool:
        """Whether it was done, and did not raise the pain by more than two points."""
        return bool(self.data.done) and not self.badly_borne


@dataclass(frozen=True)
class DatedItem(PlanDay):
    """Any item with a day, and whether it was done."""

    done: bool | None


@dataclass(frozen=True)
class PlanView:
    """The readable part of a plan; weeks, items and sessions in order of date."""

    weeks: tuple[PlanWeek, ...]
    items: tuple[DatedItem, ...]
    sessions: tuple[Session, ...]

    def of_exercise(self) -> dict[str, list[Session]]:
        """The sessions of each exercise, in order of date."""
        found: dict[str, list[Session]] = {}
        for session in self.sessions:
            found.setdefault(session.data.exercise, []).append(session)
        return found


def read_plan(document: Mapping[str, Any]) -> PlanView:
    """The view of a document; never raises for a malformed one."""
    weeks: list[PlanWeek] = []
    items: list[DatedItem] = []
    sessions: list[Session] = []
    told = document.get("items")
    for item_id, item in told.items() if isinstance(told, Mapping) else ():
        data = read_data(item, KINDS)
        if data is None:
            continue
        title = str(item.get("title") or item_id)
        if isinstance(data, Week):
            weeks.append(PlanWeek(str(item_id), title, datetime.date.fromisoformat(data.start)))
            continue
        day = datetime.date.fromisoformat(str(data.model_dump()["date"]))
        done = data.done if isinstance(data, ExerciseSession | PracticeSession) else None
        items.append(DatedItem(str(item_id), str(item["kind"]), item.get("parent"), title, day, done))
        if isinstance(data, ExerciseSession):
            sessions.append(Session(str(item_id), item.get("parent"), title, day, data))
    weeks.sort(key=lambda week: (week.start, week.id))
    items.sort(key=lambda one: (one.date, one.id))
    sessions.sort(key=lambda one: (one.date, one.id))
    return PlanView(tuple(weeks), tuple(items), tuple(sessions))
