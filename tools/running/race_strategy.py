"""How to run a race: a target for every kilometre or mile, what to drink and eat, and the last weeks before it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tools.running.clock_text import duration_text

SplitUnit = Literal["km", "mile"]
Strategy = Literal["even", "negative"]

KM_PER_MILE = 1.609344
MOST_SPLITS = 200

_NEGATIVE_DRIFT = 0.02
"""The first half of a negative split is run this much slower than the second: about 1 % either side of the average."""
_STEEPEST = 0.45
"""Minetti's measurements end at this gradient."""
_FUEL_FROM_S = 75 * 60
_FUEL_EVERY_S = 30 * 60
_LONG_RACE_S = 150 * 60


@dataclass(frozen=True)
class Split:
    """One stretch of a race: where it ends in km, its target in seconds, and the clock at its end in seconds."""

    end_km: float
    seconds: float
    clock_s: float


@dataclass(frozen=True)
class Fuelling:
    """Carbohydrate for a race: grams per hour (from, to), and the clock times in seconds at which to take some."""

    grams_per_hour: tuple[int, int]
    at_s: tuple[int, ...]


def splits(
    distance_km: float,
    goal_s: float,
    *,
    unit: SplitUnit = "km",
    strategy: Strategy = "even",
    climb_m: Sequence[float] = (),
) -> list[Split]:
    """Return the targets of a race that is to take `goal_s` seconds; they add up to it.

    `climb_m` is the net climb of each stretch in metres (negative downhill), as many numbers as there are
    stretches; targets then hold the effort even, not the pace: cost of running by gradient after Minetti et al.,
    Journal of Applied Physiology 93 (2002). Raises ValueError for numbers that make no race.
    """
    if not (math.isfinite(distance_km) and 0.4 <= distance_km <= 250):
        raise ValueError("The distance has to be between 0.4 and 250 km.")
    if not (math.isfinite(goal_s) and 100 <= goal_s / distance_km <= 1200):
        raise ValueError("The goal has to be a pace between 1:40 and 20:00 per km.")
    lengths = _lengths(distance_km, 1.0 if unit == "km" else KM_PER_MILE)
    if climb_m and len(climb_m) != len(lengths):
        raise ValueError(f"The race has {len(lengths)} splits of a {unit}; give the climb of each, not {len(climb_m)}.")
    efforts = [
        length * _drift(index, len(lengths), strategy) * (_cost(climb_m[index], length) if climb_m else 1.0)
        for index, length in enumerate(lengths)
    ]
    per_effort = goal_s / sum(efforts)
    found: list[Split] = []
    end_km = clock = 0.0
    for length, effort in zip(lengths, efforts, strict=True):
        end_km += length
        clock += effort * per_effort
        found.append(Split(round(end_km, 4), effort * per_effort, clock))
    return found


def fuelling(goal_s: float) -> Fuelling | None:
    """Return what to eat on the way, None for a race that needs nothing.

    Rates: American College of Sports Medicine, Nutrition and Athletic Performance (2016): 30 to 60 g an hour from
    about 75 minutes, up to 90 g an hour beyond two and a half hours.
    """
    if goal_s < _FUEL_FROM_S:
        return None
    rate = (60, 90) if goal_s > _LONG_RACE_S else (30, 60)
    last = int(goal_s) - 15 * 60
    return Fuelling(rate, tuple(range(_FUEL_EVERY_S, last, _FUEL_EVERY_S)))


def heat_note(temperature_c: float) -> str | None:
    """Return what a race day's warmth means, None where it means nothing much.

    Direction only, since the size differs by runner: times lengthen from about 10 °C up, most for slower runners
    (Ely et al., Medicine & Science in Sports & Exercise 39, 2007). Raises ValueError for no earthly temperature.
    """
    if not (math.isfinite(temperature_c) and -40 <= temperature_c <= 55):
        raise ValueError("The temperature has to be in °C, between -40 and 55.")
    if temperature_c < 15:
        return None
    if temperature_c < 25:
        return (
            f"At {temperature_c:g} °C most runners are slower than on a cool day: start by effort, not by these splits."
        )
    return (
        f"At {temperature_c:g} °C give up the goal time: run by effort, drink to thirst, and stop if you feel unwell."
    )


def describe(found: Sequence[Split], unit: SplitUnit) -> str:
    """Return the targets as one sentence: the pace where all are alike, otherwise first, halfway and finish."""
    first_km = found[0].end_km
    ends_whole = abs(found[-1].end_km / first_km - len(found)) < 1e-3
    whole = found if ends_whole else found[:-1]
    slowest, fastest = max(s.seconds for s in whole), min(s.seconds for s in whole)
    halfway = found[(len(found) - 1) // 2]
    pace = (
        f"{duration_text(fastest)} a {unit}"
        if slowest - fastest < 1
        else f"between {duration_text(fastest)} and {duration_text(slowest)} a {unit}"
    )
    return f"{pace}; {duration_text(halfway.clock_s)} at {halfway.end_km:g} km, {duration_text(found[-1].clock_s)} at the end"


def _lengths(distance_km: float, step_km: float) -> list[float]:
    whole = int(distance_km / step_km + 1e-9)
    if whole > MOST_SPLITS:
        raise ValueError(f"More than {MOST_SPLITS} splits are not a plan for a race.")
    rest = distance_km - whole * step_km
    return [step_km] * whole + ([rest] if rest > 1e-6 else [])


def _drift(index: int, count: int, strategy: Strategy) -> float:
    """Return how much slower (above 1) or faster than the average a stretch is run."""
    if strategy == "even" or count == 1:
        return 1.0
    return 1.0 + _NEGATIVE_DRIFT / 2 - _NEGATIVE_DRIFT * index / (count - 1)


def _cost(climb_m: float, length_km: float) -> float:
    """Return the cost of running at a gradient relative to the flat (Minetti 2002, fifth-degree fit)."""
    gradient = climb_m / (1000 * length_km)
    if not (math.isfinite(gradient) and abs(gradient) <= _STEEPEST):
        raise ValueError("A stretch that climbs or falls more than 45 % cannot be estimated.")
    i = gradient
    return (155.4 * i**5 - 30.4 * i**4 - 43.3 * i**3 + 46.3 * i**2 + 19.5 * i + 3.6) / 3.6
