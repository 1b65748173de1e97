"""Training paces and equivalent race times that belong to a VDOT.

Source: J. Daniels, *Daniels' Running Formula* (3rd edition, 2014), tables of race times and training paces.
Easy, threshold and interval paces are constant fractions of VDOT; repetition pace is not, and marathon pace
leaves the race equation for slower runners, so those two rest on points of the published table.
"""

from dataclasses import dataclass
from itertools import pairwise

from tools.running.race_distances import RACE_KM
from tools.running.vdot import race_time, velocity_at

EASY_FRACTIONS = (0.63, 0.735)
THRESHOLD_FRACTION = 0.88
INTERVAL_FRACTION = 0.975

REPETITION_FRACTIONS = ((30.0, 1.078), (40.0, 1.052), (50.0, 1.051), (80.0, 1.036))
"""(VDOT, fraction) read off the published repetition paces."""

MARATHON_SLOWER_BY = ((30.0, 11.0), (45.0, 0.0))
"""(VDOT, s/km) by which the published marathon pace is slower than the race equation: 7:03/km at VDOT 30."""


@dataclass(frozen=True)
class TrainingPaces:
    """Paces in seconds per km. Easy is a range from its faster to its slower end."""

    easy_fast: float
    easy_slow: float
    marathon: float
    threshold: float
    interval: float
    repetition: float


def training_paces(vdot: float) -> TrainingPaces:
    """Return the training paces of a VDOT.

    Raises ValueError when the VDOT is outside 15 to 90.
    """
    marathon = race_time(vdot, RACE_KM["marathon"]) / RACE_KM["marathon"]
    slow, fast = EASY_FRACTIONS
    return TrainingPaces(
        easy_fast=_pace_at(vdot * fast),
        easy_slow=_pace_at(vdot * slow),
        marathon=marathon + _interpolated(MARATHON_SLOWER_BY, vdot),
        threshold=_pace_at(vdot * THRESHOLD_FRACTION),
        interval=_pace_at(vdot * INTERVAL_FRACTION),
        repetition=_pace_at(vdot * _interpolated(REPETITION_FRACTIONS, vdot)),
    )


def equivalent_times(vdot: float) -> dict[str, float]:
    """Return race name to time in seconds for the distances a plan can aim at.

    Raises ValueError when the VDOT is outside 15 to 90.
    """
    return {name: race_time(vdot, km) for name, km in RACE_KM.items()}


def _pace_at(oxygen: float) -> float:
    return 60_000 / velocity_at(oxygen)


def _interpolated(points: tuple[tuple[float, float], ...], x: float) -> float:
    """Interpolate linearly between points; beyond the ends the end's value holds."""
    if x <= points[0][0]:
        return points[0][1]
    for (x0, y0), (x1, y1) in pairwise(points):
        if x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return points[-1][1]
