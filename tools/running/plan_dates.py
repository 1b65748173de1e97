"""When a plan's weeks lie: from what is asked for to the Monday it starts on and the day of the race."""

import datetime
from dataclasses import dataclass

from tools.running.build_request import MAX_WEEKS, MIN_WEEKS, BuildRequest, PlanNotPossible
from tools.running.race_distances import GoalRace

DEFAULT_WEEKS: dict[GoalRace, int] = {"5 km": 8, "10 km": 8, "half marathon": 12, "marathon": 16}


@dataclass(frozen=True)
class PlanDates:
    """The first Monday, the number of weeks, and the race's date, which lies in the last week."""

    start: datetime.date
    weeks: int
    race_date: datetime.date

    def week_start(self, week: int) -> datetime.date:
        """Return the Monday of week 1, 2, …"""
        return self.start + datetime.timedelta(weeks=week - 1)


def plan_dates(request: BuildRequest, assumptions: list[str]) -> PlanDates:
    """Return the plan's dates, adding a sentence to `assumptions` for whatever was not asked for.

    Raises PlanNotPossible when the race is over or too close.
    """
    start = _first_monday(request)
    if request.race_date is None:
        weeks = request.weeks or DEFAULT_WEEKS[request.race]
        if request.weeks is None:
            assumptions.append(f"You named no number of weeks, so the plan takes {weeks}.")
        race_date = start + datetime.timedelta(weeks=weeks, days=-1)
        assumptions.append(f"You named no race date, so the race is on Sunday {race_date.isoformat()}.")
        return PlanDates(start, weeks, race_date)
    return _dates_to_race(request, request.race_date, start, assumptions)


def _first_monday(request: BuildRequest) -> datetime.date:
    tomorrow = request.today + datetime.timedelta(days=1)
    earliest = tomorrow if request.start is None else max(request.start, request.today)
    return earliest + datetime.timedelta(days=-earliest.weekday() % 7)


def _dates_to_race(
    request: BuildRequest, race_date: datetime.date, start: datetime.date, assumptions: list[str]
) -> PlanDates:
    race_monday = race_date - datetime.timedelta(days=race_date.weekday())
    available = (race_monday - start).days // 7 + 1
    if available < MIN_WEEKS:
        earliest = start + datetime.timedelta(weeks=MIN_WEEKS, days=-1)
        raise PlanNotPossible(
            f"A race on {race_date.isoformat()} is too close for a plan of at least {MIN_WEEKS} weeks that starts "
            f"on {start.isoformat()}; possible is a race on or about {earliest.isoformat()}.",
            race=request.race,
            weeks=MIN_WEEKS,
        )
    weeks = min(request.weeks or available, available, MAX_WEEKS)
    first = race_monday - datetime.timedelta(weeks=weeks - 1)
    if request.weeks is not None and weeks < request.weeks:
        assumptions.append(f"There are {weeks} weeks to the race, so the plan has {weeks}, not {request.weeks}.")
    if first > start:
        assumptions.append(f"To end in the race week the plan starts on Monday {first.isoformat()}.")
    return PlanDates(first, weeks, race_date)
