"""Training-load rules of a running plan, each with its source.

Calibrated on published plans: a rule that rejects one is wrong. The goal race itself is never judged as a
training run, nor counted in a week's training volume.
"""

import datetime
from collections.abc import Iterator
from itertools import pairwise

from tools.dates import day_text
from tools.issues import Issue, Severity
from tools.running.clock_text import km_text
from tools.running.plan_items import HARD_TYPES
from tools.running.plan_view import DatedItem, PlanView, WeekItem
from tools.running.sessions import QUALITY_LIMITS

FRANDSEN = "Frandsen et al. 2025, British Journal of Sports Medicine, doi 10.1136/bjsports-2024-109380"
RAMP_SOURCE = "our own limit, calibrated on published plans; week-to-week ratios alone predict little (Buist 2008)"
DANIELS = "Daniels' Running Formula, 3rd edition"
BOSQUET = "Bosquet et al. 2007, Medicine & Science in Sports & Exercise (meta-analysis of tapering)"

_WINDOW_DAYS = 30
_TINY = 1e-6


def load_issues(view: PlanView) -> Iterator[Issue]:
    """Yield what the training-load rules have to say about a plan."""
    yield from _single_runs(view)
    yield from _weekly_ramp(view)
    yield from _hard_days_in_a_row(view)
    yield from _two_runs_in_a_day(view)
    yield from _quality_share(view)
    yield from _time_on_feet(view)
    yield from _taper(view)


def _single_runs(view: PlanView) -> Iterator[Issue]:
    """Compare each run with the longest of the 30 days before it, the runner's own history included."""
    runs = [session for session in view.sessions if session.is_run]
    goal = view.goal_item
    if not runs:
        return
    first_day = runs[0].date
    longest_of_day: dict[datetime.date, float] = {}
    for run in runs:
        longest_of_day[run.date] = max(run.km, longest_of_day.get(run.date, 0.0))
    for run in runs:
        if run == goal:
            continue
        days_before = [run.date - datetime.timedelta(days=back) for back in range(1, _WINDOW_DAYS + 1)]
        earlier = [longest_of_day[day] for day in days_before if day in longest_of_day]
        covered = days_before[-1] >= first_day
        if not covered and view.longest_km is not None:
            earlier.append(view.longest_km)
        if earlier:
            yield from _spike(run, max(earlier), history_known=covered or view.longest_km is not None)


def _spike(run: DatedItem, longest: float, *, history_known: bool) -> Iterator[Issue]:
    excess = run.km / longest - 1
    severity: Severity
    if excess > 1.0 + _TINY:
        severity, limit = "error", 2.0 * longest
    elif not history_known or excess <= 0.1 + _TINY:
        # Before the plan began the runner may well have run farther than the plan's first days show.
        return
    elif excess > 0.3 + _TINY:
        severity, limit = "warning", 1.3 * longest
    else:
        severity, limit = "info", 1.1 * longest
    yield Issue(
        code="long_run_jump",
        severity=severity,
        ids=(run.id,),
        message=f"{run.title} ({run.id}) of {km_text(run.km)} km is {excess:.1%} more than the longest run of the "
        f"30 days before it ({km_text(longest)} km).",
        value=run.km,
        limit=round(limit, 2),
        source=FRANDSEN,
        fix=f"Keep it at or below {km_text(1.1 * longest - 0.05)} km to add no more than a tenth.",
    )


def _weekly_ramp(view: PlanView) -> Iterator[Issue]:
    """Compare each week with the largest of the three before it, the runner's usual week included."""
    volumes = [view.training_km(week.id) for week in view.weeks]
    for index, week in enumerate(view.weeks):
        before = volumes[max(0, index - 3) : index]
        if index < 3 and view.weekly_km is not None:
            before = [*before, view.weekly_km]
        most = max(before, default=0.0)
        if most <= 0:
            continue
        excess = volumes[index] / most - 1
        if excess <= 0.15 + _TINY:
            continue
        severity: Severity = "error" if excess > 0.3 + _TINY else "warning"
        yield Issue(
            code="weekly_volume_jump",
            severity=severity,
            ids=(week.id,),
            message=f"{week.title} has {km_text(volumes[index])} km, {excess:.1%} more than the largest of the "
            f"three weeks before it ({km_text(most)} km).",
            value=volumes[index],
            limit=round((1.3 if severity == "error" else 1.15) * most, 2),
            source=RAMP_SOURCE,
            fix=f"Keep the week at or below {km_text(1.15 * most - 0.05)} km.",
        )


def _hard_days_in_a_row(view: PlanView) -> Iterator[Issue]:
    hard = [item for item in view.sessions if item.kind == "race" or item.type in HARD_TYPES]
    for first, second in ((a, b) for i, a in enumerate(hard) for b in hard[i + 1 : i + 4]):
        gap = (second.date - first.date).days
        if gap > 1:
            continue
        when = "on the same day" if gap == 0 else "on days in a row"
        yield Issue(
            code="hard_days_in_a_row",
            severity="warning",
            ids=(first.id, second.id),
            message=f"{first.title} ({first.id}) and {second.title} ({second.id}) are {when}, "
            f"{day_text(first.date)}" + (f" and {day_text(second.date)}." if gap else "."),
            value=gap,
            limit=2,
            source=f"{DANIELS}: an easier day after a hard one",
            fix="Put an easy or free day between them.",
        )


def _two_runs_in_a_day(view: PlanView) -> Iterator[Issue]:
    runs = [session for session in view.sessions if session.is_run]
    for first, second in pairwise(runs):
        if first.date == second.date:
            yield Issue(
                code="two_runs_in_a_day",
                severity="info",
                ids=(first.id, second.id),
                message=f"{first.title} ({first.id}) and {second.title} ({second.id}) are both on "
                f"{day_text(first.date)}.",
                source="plan layout",
                fix="Move one of them to a free day.",
            )


def _quality_share(view: PlanView) -> Iterator[Issue]:
    for week in view.weeks:
        week_km = view.training_km(week.id)
        for run in view.runs_of_week[week.id]:
            if run.quality_km is None or run.type is None:
                continue
            if run.quality_km > run.km + _TINY:
                yield _fast_part_issue(run, "fast_part_longer_than_run", run.km, "the whole run")
            limit = QUALITY_LIMITS.get(run.type)
            if limit is not None and run.quality_km > limit.of_week(week_km) + _TINY:
                share = f"{limit.share:.0%} of the week's {km_text(week_km)} km"
                yield _fast_part_issue(run, "fast_part_large", limit.of_week(week_km), share)


def _fast_part_issue(run: DatedItem, code: str, limit: float, what: str) -> Issue:
    return Issue(
        code=code,
        severity="warning",
        ids=(run.id,),
        message=f"{run.title} ({run.id}) has {km_text(run.quality_km or 0)} km at its fast pace, more than "
        f"{km_text(limit)} km ({what}).",
        value=run.quality_km,
        limit=round(limit, 2),
        source=DANIELS,
        fix=f"Run at most {km_text(limit)} km of it fast.",
    )


def _time_on_feet(view: PlanView) -> Iterator[Issue]:
    """Judge the longest runs by their duration, where the pace is known."""
    marathon = view.goal_km is not None and view.goal_km > 40
    goal = view.goal_item
    for run in view.sessions:
        if run == goal or run.kind != "run" or run.pace is None:
            continue
        minutes = run.km * (run.pace.lo + run.pace.hi) / 2 / 60
        if minutes <= 150 + _TINY:
            continue
        severity: Severity = "info" if marathon and minutes <= 180 + _TINY else "warning"
        yield Issue(
            code="long_time_on_feet",
            severity=severity,
            ids=(run.id,),
            message=f"{run.title} ({run.id}) takes about {minutes:.0f} minutes.",
            value=round(minutes, 1),
            limit=180.0 if marathon and severity == "warning" else 150.0,
            source=f"{DANIELS}: 150 minutes; marathon plans commonly go to 180",
            fix="Shorten the run, or split its distance over two days.",
        )


def _taper(view: PlanView) -> Iterator[Issue]:
    """Compare the last 8 to 14 days before the race with the largest week."""
    goal = view.goal_item
    if goal is None or view.goal_date is None or goal.date != view.goal_date:
        return
    last: list[WeekItem] = [week for week in view.weeks if week.start <= goal.date]
    peak = max((view.training_km(week.id) for week in last), default=0.0)
    if peak <= 0 or len(last) < 4:
        return
    cuts = [1 - _km_before(view, goal, days) / (peak * days / 7) for days in range(8, 15)]
    if any(0.41 <= cut <= 0.60 for cut in cuts):
        return
    nearest = max(cuts) if max(cuts) < 0.41 else min(cuts)
    yield Issue(
        code="taper_volume",
        severity="info",
        ids=(last[-1].id,),
        message=f"The days before the race hold {nearest:.0%} less than the largest week; 41 to 60 % less over "
        "about two weeks worked best in studies.",
        value=round(nearest, 3),
        limit=0.41 if nearest < 0.41 else 0.60,
        source=BOSQUET,
    )


def _km_before(view: PlanView, goal: DatedItem, days: int) -> float:
    first = goal.date - datetime.timedelta(days=days)
    return sum(s.km for s in view.sessions if s.is_run and s != goal and first <= s.date < goal.date)
