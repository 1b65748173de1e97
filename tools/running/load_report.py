"""What a runner did, week by week, beside what the plan asked for."""

import datetime
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.running.activity import Activity
from tools.running.clock_text import km_text
from tools.running.plan_items import HARD_TYPES
from tools.running.plan_view import PlanView, read_plan

_DAYS_OF_LONGEST = 30


@dataclass(frozen=True)
class WeekOfTraining:
    """One week from Monday: km and runs done, km and runs planned, load (effort times minutes), monotony and strain.

    Monotony is the mean of the seven days' loads over their standard deviation, strain is load times monotony
    (Foster, Medicine & Science in Sports & Exercise 30, 1998); both are None where a run has no rated effort or
    where every day was alike.
    """

    start: datetime.date
    km: float
    runs: int
    planned_km: float
    planned_runs: int
    kept: int
    load: float | None
    monotony: float | None
    strain: float | None

    @property
    def adherence(self) -> float | None:
        """The share of the planned runs that were done; None where none was planned."""
        return self.kept / self.planned_runs if self.planned_runs else None


@dataclass(frozen=True)
class LoadReport:
    """The weeks in order; `longest_km` of the last 30 days; `hard_share` of the planned km that are fast."""

    weeks: tuple[WeekOfTraining, ...]
    longest_km: float | None
    hard_share: float | None

    def text(self) -> str:
        """Return the report in sentences, the latest week first."""
        if not self.weeks:
            return "There is nothing to report yet: no run is logged and no planned day is over."
        return " ".join([*(_line(week) for week in reversed(self.weeks)), *self._summary()])

    def _summary(self) -> list[str]:
        lines = []
        if self.longest_km is not None:
            lines.append(f"Longest run of the last {_DAYS_OF_LONGEST} days: {km_text(self.longest_km)} km.")
        if self.hard_share is not None:
            lines.append(f"Of the planned km {self.hard_share:.0%} are fast.")
        return lines


def load_report(
    document: Mapping[str, Any] | None, activities: Sequence[Activity], today: datetime.date, *, weeks: int = 4
) -> LoadReport:
    """Return the last `weeks` weeks up to `today`: what was done beside what the plan asked for up to that day.

    A planned run counts as kept when a run was logged on its day. `document` may be None: then nothing was planned.
    Raises ValueError for a number of weeks that is not between 1 and 52.
    """
    if not 1 <= weeks <= 52:
        raise ValueError("A report covers 1 to 52 weeks.")
    view = read_plan(document) if document is not None else PlanView((), ())
    monday = today - datetime.timedelta(days=today.weekday())
    starts = [monday - datetime.timedelta(weeks=back) for back in reversed(range(weeks))]
    rows = [_week(start, view, activities, today) for start in starts]
    first = next((index for index, row in enumerate(rows) if row.runs or row.planned_runs), len(rows))
    since = today - datetime.timedelta(days=_DAYS_OF_LONGEST)
    recent = [activity.km for activity in activities if since < activity.date <= today]
    return LoadReport(tuple(rows[first:]), max(recent, default=None), _hard_share(view))


def _week(start: datetime.date, view: PlanView, activities: Sequence[Activity], today: datetime.date) -> WeekOfTraining:
    days = [start + datetime.timedelta(days=day) for day in range(7)]
    done = [activity for activity in activities if activity.date in days and activity.date <= today]
    planned = [item for item in view.sessions if item.is_run and item.date in days and item.date <= today]
    dates = {activity.date for activity in done}
    loads = [activity.load for activity in done]
    load = sum(known for known in loads if known is not None) if loads and None not in loads else None
    monotony = _monotony(done, days) if load is not None else None
    return WeekOfTraining(
        start=start,
        km=round(sum(activity.km for activity in done), 2),
        runs=len(done),
        planned_km=round(sum(item.km for item in planned), 2),
        planned_runs=len(planned),
        kept=sum(item.date in dates for item in planned),
        load=load,
        monotony=monotony,
        strain=load * monotony if load is not None and monotony is not None else None,
    )


def _monotony(done: Sequence[Activity], days: Sequence[datetime.date]) -> float | None:
    loads = [sum(activity.load or 0.0 for activity in done if activity.date == day) for day in days]
    spread = statistics.pstdev(loads)
    return statistics.fmean(loads) / spread if spread else None


def _hard_share(view: PlanView) -> float | None:
    runs = [item for item in view.sessions if item.is_run]
    km = sum(item.km for item in runs)
    fast = sum((item.quality_km or 0.0) if item.type in HARD_TYPES else 0.0 for item in runs)
    return fast / km if km else None


def _line(week: WeekOfTraining) -> str:
    head = f"Week from {week.start.day} {week.start:%b}: {km_text(week.km)} km in {_runs(week.runs)}"
    if week.planned_runs:
        head += f" of {km_text(week.planned_km)} km planned so far, {week.kept} of {_runs(week.planned_runs)} kept"
    if week.load is not None:
        head += f", load {week.load:.0f}"
    if week.monotony is not None:
        head += f", monotony {week.monotony:.1f}"
    return head + "."


def _runs(count: int) -> str:
    return f"{count} run" if count == 1 else f"{count} runs"
