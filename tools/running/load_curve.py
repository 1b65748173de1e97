"""The weekly load of a plan: phases, weekly kilometres and the long run, week by week.

Growth is bounded by what the validator of this package holds plans to. The long run grows about a tenth at a
time (Frandsen 2025: risk rises when one run exceeds the longest of the last 30 days by more than that), every
fourth week cuts back, and the taper follows Bosquet 2007 (about two weeks, volume 41 to 60 % lower).
"""

from dataclasses import dataclass

from tools.running.plan_items import Phase
from tools.running.race_distances import GoalRace

LONG_SHARE = 0.6
"""The largest part of a week's kilometres that its long run may be."""

CUT_BACK = 0.8
_LONG_STEP = 1.10
_LONG_STEP_MAX = 1.12
_SPACING_OF_CUT_BACKS = 4


@dataclass(frozen=True)
class RaceProfile:
    """What a race asks of its preparation; distances in km.

    A plan must reach `long_needed` to be offered, aims at `long_good`, and goes up to `long_most` for runners
    whose weekly volume carries it. `volume_most` is where weekly volume stops growing.
    """

    long_needed: float
    long_good: float
    long_most: float
    volume_most: float


PROFILES: dict[GoalRace, RaceProfile] = {
    "5 km": RaceProfile(long_needed=4, long_good=8, long_most=16, volume_most=45),
    "10 km": RaceProfile(long_needed=7, long_good=12, long_most=18, volume_most=55),
    "half marathon": RaceProfile(long_needed=14, long_good=16, long_most=22, volume_most=65),
    "marathon": RaceProfile(long_needed=24, long_good=30, long_most=32, volume_most=85),
}
"""Our own choice, within the range of published beginner to intermediate plans (Higdon, Pfitzinger, Daniels)."""


@dataclass(frozen=True)
class WeekLoad:
    """One week: its phase, its kilometres without the race, and its long run (0 in the race week)."""

    phase: Phase
    km: float
    long_km: float
    cut_back: bool


def to_half_km(km: float) -> float:
    """Round to the nearest half kilometre."""
    return round(km * 2) / 2


def taper_factors(race: GoalRace, weeks: int) -> tuple[float, ...]:
    """Return the share of the peak week that each taper week keeps; the last is the race week."""
    if race == "marathon" and weeks >= 12:
        return 0.8, 0.65, 0.45
    if race in {"half marathon", "marathon"} and weeks >= 6:
        return 0.65, 0.45
    if weeks >= 8:
        return 0.75, 0.45
    return (0.5,)


def load_curve(
    race: GoalRace,
    weeks: int,
    weekly_km: float,
    longest_km: float,
    *,
    longest_allowed_km: float,
    race_early_in_week: bool = False,
) -> list[WeekLoad]:
    """Return the load of each week for a runner who does `weekly_km` with a longest run of `longest_km`.

    `longest_allowed_km` caps the long run, whatever the race would like (time on feet, for one). With a race
    early in its week the week before is the quiet one, and the race week holds little but the race.
    """
    if race_early_in_week:
        quiet = load_curve(race, weeks - 1, weekly_km, longest_km, longest_allowed_km=longest_allowed_km)
        return [*quiet, WeekLoad("taper", to_half_km(0.3 * quiet[-1].km), 0.0, False)]
    taper = taper_factors(race, weeks)
    building = weeks - len(taper)
    cut_backs = _cut_back_weeks(building)
    growing = building - len(cut_backs)
    longs = _long_runs(PROFILES[race], weekly_km, longest_km, longest_allowed_km, growing)
    volumes = _volumes(PROFILES[race], weekly_km, max(longs), growing)
    longs = _carried(longs, volumes, longest_km)
    loads: list[WeekLoad] = []
    step = 0
    for week in range(1, building + 1):
        if week in cut_backs:
            km, long_km = CUT_BACK * volumes[step - 1], CUT_BACK * longs[step - 1]
        else:
            km, long_km = volumes[step], longs[step]
            step += 1
        loads.append(WeekLoad(_phase(week, building), to_half_km(km), to_half_km(long_km), week in cut_backs))
    for number, factor in enumerate(taper, start=1):
        long_km = 0.0 if number == len(taper) else to_half_km(factor * longs[-1])
        loads.append(WeekLoad("taper", to_half_km(factor * volumes[-1]), long_km, False))
    return loads


def _cut_back_weeks(building: int) -> set[int]:
    """Every fourth week, but not the last before the taper, which is a cut-back itself."""
    return set(range(_SPACING_OF_CUT_BACKS, building, _SPACING_OF_CUT_BACKS))


def _phase(week: int, building: int) -> Phase:
    if week <= round(building * 0.4):
        return "base"
    return "build" if week <= round(building * 0.7) else "peak"


def _long_runs(
    profile: RaceProfile, weekly_km: float, longest_km: float, longest_allowed_km: float, steps: int
) -> list[float]:
    """Return the long runs of the growing weeks: a steady rate from the longest recent run to the target."""
    carried_by_volume = max(0.3 * weekly_km, min(longest_km, 0.4 * weekly_km))
    target = min(max(profile.long_good, min(profile.long_most, carried_by_volume)), longest_allowed_km)
    if longest_km >= target:
        return [target] * steps
    rate = (target / longest_km) ** (1 / steps)
    if rate > _LONG_STEP:
        wanted = min(profile.long_good, longest_allowed_km)
        rate = max(_LONG_STEP, min(_LONG_STEP_MAX, (wanted / longest_km) ** (1 / steps)))
    return [min(target, longest_km * rate**step) for step in range(1, steps + 1)]


def _volumes(profile: RaceProfile, weekly_km: float, longest: float, steps: int) -> list[float]:
    """Return the kilometres of the growing weeks, from the current volume to what carries the long run."""
    most = max(profile.volume_most, weekly_km)
    target = min(most, max(longest / 0.45, 1.15 * weekly_km))
    fastest = 1.12 if weekly_km < 30 else 1.08
    rate = min(fastest, (target / weekly_km) ** (1 / max(1, steps - 1)))
    return [weekly_km * rate**step for step in range(steps)]


def _carried(longs: list[float], volumes: list[float], longest_km: float) -> list[float]:
    """Keep each long run within its share of the week, and within the step from the longest before it."""
    carried = [longest_km]
    for long_km, volume in zip(longs, volumes, strict=True):
        carried.append(min(long_km, LONG_SHARE * volume, _LONG_STEP_MAX * max(carried)))
    return carried[1:]
