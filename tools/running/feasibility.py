"""Whether a race can responsibly be reached, and what can be reached instead."""

import math

from tools.running.build_request import MAX_WEEKS, MIN_WEEKS, BuildRequest, PlanNotPossible
from tools.running.clock_text import km_text
from tools.running.load_curve import PROFILES, WeekLoad, load_curve
from tools.running.paces import training_paces
from tools.running.race_distances import GoalRace
from tools.running.vdot import vdot_of

MIN_WEEKLY_KM = 8.0
MIN_LONGEST_KM = 3.0

LONG_RUN_MINUTES: dict[GoalRace, int] = {
    "5 km": 150,
    "10 km": 150,
    "half marathon": 150,
    "marathon": 180,
}
"""Longest time on feet a training run should take: Daniels' 150 minutes; marathon plans commonly go to three
hours (Higdon's longest runs take slower runners longer still)."""

_A_RACE: dict[GoalRace, str] = {
    "5 km": "a 5 km race",
    "10 km": "a 10 km race",
    "half marathon": "a half marathon",
    "marathon": "a marathon",
}


def longest_allowed_km(race: GoalRace, vdot: float | None) -> float:
    """Return the longest training run in km that stays within the time limit; infinite without a VDOT."""
    if vdot is None:
        return math.inf
    paces = training_paces(vdot)
    seconds_per_km = (round(paces.easy_fast) + round(paces.easy_slow)) / 2
    return math.floor(LONG_RUN_MINUTES[race] * 60 / seconds_per_km * 2) / 2


def vdot_of_request(request: BuildRequest) -> float | None:
    """Return the VDOT of the request's recent race, None without one.

    Raises PlanNotPossible when the result is not a plausible one.
    """
    if request.recent_race is None:
        return None
    try:
        return vdot_of(request.recent_race.distance_km, request.recent_race.time_s)
    except ValueError as error:
        raise PlanNotPossible(f"The recent race does not look right: {error}. Correct it, or leave it out.") from error


def loads_for(
    request: BuildRequest, race: GoalRace, weeks: int, *, vdot: float | None, early: bool = False
) -> list[WeekLoad]:
    """Return the load curve of a race for this runner; `early` for a race on a Monday to Wednesday."""
    return load_curve(
        race,
        weeks,
        request.weekly_km,
        request.longest_km,
        longest_allowed_km=longest_allowed_km(race, vdot),
        race_early_in_week=early,
    )


def _reachable(race: GoalRace, loads: list[WeekLoad], vdot: float | None) -> bool:
    allowed = longest_allowed_km(race, vdot)
    return max(load.long_km for load in loads) >= min(PROFILES[race].long_needed, allowed)


def reachable_loads(request: BuildRequest, weeks: int, *, vdot: float | None, early: bool) -> list[WeekLoad]:
    """Return the load curve of the request's race.

    Raises PlanNotPossible, saying what would be possible, when the race is out of reach: when the long run
    cannot grow to what it needs, when there is no base to build on, or outside 4 to 24 weeks.
    """
    if request.weekly_km < MIN_WEEKLY_KM or request.longest_km < MIN_LONGEST_KM:
        raise _needs_a_base(request, weeks)
    if weeks > MAX_WEEKS:
        raise PlanNotPossible(
            f"A plan covers {MIN_WEEKS} to {MAX_WEEKS} weeks, and {weeks} were asked for; keep running as you do "
            f"now, and let the plan be the last {MAX_WEEKS} weeks before the race.",
            race=request.race,
            weeks=MAX_WEEKS,
        )
    if weeks >= MIN_WEEKS:
        loads = loads_for(request, request.race, weeks, vdot=vdot, early=early)
        if _reachable(request.race, loads, vdot):
            return loads
    raise _out_of_reach(request, weeks, vdot)


def _needs_a_base(request: BuildRequest, weeks: int) -> PlanNotPossible:
    ratio = MIN_WEEKLY_KM / max(request.weekly_km, 3.5)
    longest_ratio = MIN_LONGEST_KM / max(request.longest_km, 1.5)
    base_weeks = max(2, math.ceil(math.log(max(ratio, longest_ratio, 1.0)) / math.log(1.1)))
    return PlanNotPossible(
        f"{_goal(request, weeks)} cannot be planned from {km_text(request.weekly_km)} km a week with a longest "
        f"run of {km_text(request.longest_km)} km; possible is a base first: about {base_weeks} weeks of "
        f"run-walking three times a week up to {km_text(MIN_WEEKLY_KM)} km a week and "
        f"{km_text(MIN_LONGEST_KM)} km at a time, then a 5 km plan of 8 weeks.",
        race="5 km",
        weeks=8,
    )


def _out_of_reach(request: BuildRequest, weeks: int, vdot: float | None) -> PlanNotPossible:
    why = (
        f"a plan takes at least {MIN_WEEKS} weeks"
        if weeks < MIN_WEEKS
        else f"the long run has to reach {km_text(PROFILES[request.race].long_needed)} km first"
    )
    options = _alternatives(request, max(weeks, MIN_WEEKS), vdot)
    offers = " or ".join(f"{_A_RACE[race]} in {count} weeks" for race, count in options)
    instead = f"possible is {offers}" if offers else "possible is to build up your weekly distance first"
    race, count = options[0] if options else (None, None)
    return PlanNotPossible(
        f"{_goal(request, weeks)} is out of reach from {km_text(request.weekly_km)} km a week with a longest "
        f"run of {km_text(request.longest_km)} km, because {why}; {instead}.",
        race=race,
        weeks=count,
    )


def _alternatives(request: BuildRequest, weeks: int, vdot: float | None) -> list[tuple[GoalRace, int]]:
    """Return the same race with enough weeks, and the longest shorter race in the weeks asked for."""
    found: list[tuple[GoalRace, int]] = []
    for count in range(weeks, MAX_WEEKS + 1):
        if _reachable(request.race, loads_for(request, request.race, count, vdot=vdot), vdot):
            found.append((request.race, count))
            break
    shorter = list(PROFILES)[: list(PROFILES).index(request.race)]
    for race in reversed(shorter):
        if _reachable(race, loads_for(request, race, weeks, vdot=vdot), vdot):
            found.append((race, weeks))
            break
    return found


def _goal(request: BuildRequest, weeks: int) -> str:
    name = _A_RACE[request.race]
    return f"{name[0].upper()}{name[1:]} in {weeks} week{'' if weeks == 1 else 's'}"
