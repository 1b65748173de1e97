"""What a week consists of: which session on which day, how long, and how much of it fast."""

import datetime
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tools.running.load_curve import WeekLoad, to_half_km
from tools.running.plan_items import Methodology, Phase, RunType
from tools.running.race_distances import GoalRace

Role = Literal["quality", "second", "easy", "recovery", "long"]

MON, TUE, WED, THU, FRI, SAT, SUN = range(7)

LAYOUTS: dict[int, tuple[tuple[int, Role], ...]] = {
    3: ((TUE, "quality"), (THU, "easy"), (SUN, "long")),
    4: ((TUE, "quality"), (THU, "easy"), (SAT, "easy"), (SUN, "long")),
    5: ((TUE, "quality"), (WED, "easy"), (THU, "second"), (SAT, "easy"), (SUN, "long")),
    6: ((MON, "recovery"), (TUE, "quality"), (WED, "easy"), (THU, "second"), (SAT, "easy"), (SUN, "long")),
}
"""(weekday, role) by runs a week: hard days never touch, and every layout leaves a day without running."""

SECOND_QUALITY_FROM_KM = 45.0
"""Weekly volume from which a second quality session is given; below it the slot is an easy run."""

_SMALLEST_EASY_KM = 3.0


@dataclass(frozen=True)
class QualityLimit:
    """How much of a week one session of a type may be, in km: a share, an absolute cap and a floor."""

    share: float
    most: float
    floor: float

    def of_week(self, week_km: float) -> float:
        """Return the limit for a week of `week_km` km."""
        return max(self.floor, min(self.most, self.share * week_km))


QUALITY_LIMITS: dict[RunType, QualityLimit] = {
    "tempo": QualityLimit(share=0.10, most=math.inf, floor=3.0),
    "interval": QualityLimit(share=0.08, most=10.0, floor=2.0),
    "repetition": QualityLimit(share=0.05, most=8.0, floor=1.5),
}
"""Shares and caps: Daniels' Running Formula. The floors are ours: below 30 km a week the shares would forbid
even the shortest useful session."""


@dataclass(frozen=True)
class Session:
    """A run to be: `name` ends its id (`w3-tempo`); distances in km."""

    name: str
    title: str
    date: datetime.date
    type: RunType
    km: float
    quality_km: float | None = None


_TITLES: dict[RunType, tuple[str, str]] = {
    "easy": ("easy", "Easy run"),
    "long": ("long", "Long run"),
    "tempo": ("tempo", "Tempo"),
    "interval": ("interval", "Intervals"),
    "repetition": ("repetition", "Repetitions"),
    "marathon_pace": ("mp", "Marathon pace"),
    "recovery": ("recovery", "Recovery run"),
}

_QUALITY_SHARE: dict[RunType, float] = {"tempo": 0.6, "interval": 0.5, "repetition": 0.4, "marathon_pace": 0.7}


def runs_a_week(days: int, first: WeekLoad) -> int:
    """Return how many runs a week the volume carries: at most `days` and 6, at least 3.

    Runs are dropped while the easy ones would be shorter than 3 km in the first week.
    """
    runs = min(days, 6)
    while runs > 3 and (first.km - first.long_km - _quality_km(first)) / (runs - 2) < _SMALLEST_EASY_KM:
        runs -= 1
    return runs


def quality_types(
    race: GoalRace,
    phase: Phase,
    week: int,
    excluded: frozenset[RunType],
    methodology: Methodology = "daniels",
) -> tuple[RunType, RunType]:
    """Return the types of the first and second quality session; "easy" where an injury or the method leaves none."""
    even = week % 2 == 0
    wanted = _WANTED_BY[methodology](race, phase, even)
    first, second = (_allowed(kind, excluded) for kind in wanted)
    return first, second if second != first else "easy"


def _daniels(race: GoalRace, phase: Phase, even: bool) -> tuple[RunType, RunType]:
    """Threshold all along, intervals towards the peak, race pace for the marathon (Daniels' Running Formula)."""
    if race == "marathon":
        steady = phase in {"peak", "taper"} or (phase == "build" and even)
        return ("marathon_pace", "tempo") if steady else ("tempo", "interval")
    if race == "half marathon":
        return ("interval", "tempo") if phase == "peak" and even else ("tempo", "interval")
    if phase == "base":
        return "tempo", "repetition"
    if race == "10 km":
        return ("interval", "tempo") if even or phase == "taper" else ("tempo", "interval")
    return ("repetition", "tempo") if phase == "build" and not even else ("interval", "tempo")


def _lydiard(race: GoalRace, phase: Phase, even: bool) -> tuple[RunType, RunType]:
    """An aerobic base without fast running, then strength at speed, then sharpening (Lydiard, Running to the Top)."""
    if phase == "base":
        return "easy", "easy"
    if phase == "build":
        return ("repetition", "tempo") if even else ("tempo", "repetition")
    if race == "marathon":
        return "marathon_pace", "interval"
    return "interval", "tempo"


def _higdon(race: GoalRace, phase: Phase, even: bool) -> tuple[RunType, RunType]:
    """Easy running with one steadier run every other week and no track work (Higdon's novice plans)."""
    if not even or phase == "taper":
        return "easy", "easy"
    return ("marathon_pace" if race == "marathon" else "tempo"), "easy"


def _polarised(race: GoalRace, phase: Phase, even: bool) -> tuple[RunType, RunType]:
    """Hard days hard and all others easy, little in between (Seiler, IJSPP 5, 2010)."""
    return ("repetition", "interval") if phase == "base" and even else ("interval", "repetition")


_WANTED_BY: dict[Methodology, Callable[[GoalRace, Phase, bool], tuple[RunType, RunType]]] = {
    "daniels": _daniels,
    "lydiard": _lydiard,
    "higdon": _higdon,
    "polarised": _polarised,
}


def training_week(start: datetime.date, load: WeekLoad, runs: int, types: tuple[RunType, RunType]) -> list[Session]:
    """Return the sessions of a week with a long run; their sum is the week's load where the days allow it."""
    layout = LAYOUTS[runs]
    cap = max(1.0, _floor_half(0.8 * load.long_km))
    quality = min(cap, _quality_km(load))
    has_second = load.km >= SECOND_QUALITY_FROM_KM and runs >= 5 and types[1] != "easy"
    second = min(cap, to_half_km(0.15 * load.km)) if has_second else 0.0
    easy_slots = sum(role in {"easy", "recovery"} or (role == "second" and not second) for _, role in layout)
    easy = _shared(load.km - load.long_km - quality - second, easy_slots, cap)
    planned: list[tuple[datetime.date, RunType, float]] = []
    for weekday, role in layout:
        date = start + datetime.timedelta(days=weekday)
        if role == "long":
            planned.append((date, "long", load.long_km))
        elif role == "quality":
            planned.append((date, types[0], quality))
        elif role == "second" and second:
            planned.append((date, types[1], second))
        else:
            planned.append((date, "recovery" if role == "recovery" else "easy", easy.pop(0)))
    return _named(planned)


def last_days(
    start: datetime.date, race_date: datetime.date, *, km: float, runs: int, first: RunType, longest: float
) -> list[Session]:
    """Return the sessions of a week that belongs to the race: short, without a long run, the last days quiet.

    `longest` caps each run in km. The day before the race has a short shakeout or nothing.
    """
    planned: list[tuple[datetime.date, RunType, float]] = []
    for weekday, role in LAYOUTS[runs]:
        date = start + datetime.timedelta(days=weekday)
        days_left = (race_date - date).days
        if days_left < 1 or (days_left == 1 and runs < 4) or (days_left == 2 and runs >= 5):
            continue
        planned.append((date, first if role == "quality" and days_left >= 3 else "easy", 0.0))
    if not planned:
        return []
    each = max(1.0, min(_floor_half(longest), to_half_km(km / len(planned))))
    return _named(
        [(date, kind, min(each, 3.0) if (race_date - date).days == 1 else each) for date, kind, _ in planned],
        shakeout=race_date - datetime.timedelta(days=1),
    )


def _named(planned: list[tuple[datetime.date, RunType, float]], shakeout: datetime.date | None = None) -> list[Session]:
    week_km = sum(km for _, _, km in planned)
    easy_count = 0
    sessions: list[Session] = []
    for date, kind, km in planned:
        name, title = _TITLES[kind]
        if date == shakeout:
            kind, name, title = "recovery", "shakeout", "Shakeout"  # noqa: PLW2901 - one run, renamed
        elif kind == "easy":
            easy_count += 1
            name = f"easy{easy_count}"
        sessions.append(Session(name, title, date, kind, km, _fast_part(kind, km, week_km)))
    return sessions


def _fast_part(kind: RunType, km: float, week_km: float) -> float | None:
    """Return the km at the type's pace, the rest being warm-up and cool-down; None for easy types."""
    if kind not in _QUALITY_SHARE:
        return None
    part = _QUALITY_SHARE[kind] * km
    if kind in QUALITY_LIMITS:
        part = min(part, QUALITY_LIMITS[kind].of_week(week_km))
    return max(0.5, _floor_half(part))


def _quality_km(load: WeekLoad) -> float:
    return to_half_km(min(14.0, max(0.22 * load.km, min(3.0, (load.km - load.long_km) / 2))))


def _shared(km: float, runs: int, cap: float) -> list[float]:
    """Share kilometres over runs in half kilometres, the earlier ones taking what is left over."""
    halves, left = divmod(max(round(km * 2), 2 * runs), runs)
    return [min(cap, (halves + (number < left)) / 2) for number in range(runs)]


def _allowed(kind: RunType, excluded: frozenset[RunType]) -> RunType:
    fallbacks: tuple[RunType, ...] = (kind, "tempo", "easy")
    return next(option for option in fallbacks if option not in excluded)


def _floor_half(km: float) -> float:
    return math.floor(km * 2 + 1e-9) / 2
