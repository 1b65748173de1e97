"""How far two places' clocks are apart, and how to get one's own clock across.

Sources: the IANA time zone database; for jet lag C. I. Eastman and H. J. Burgess, How to travel the world without jet
lag, Sleep Medicine Clinics 4 (2009): the body clock advances by about an hour a day and is delayed by about one and a
half; light after the body's temperature minimum, some three hours before usual waking, advances it, light before
delays it.
"""

import datetime
from dataclasses import dataclass
from zoneinfo import ZoneInfo

SOURCE = "Eastman and Burgess, Sleep Medicine Clinics 4 (2009)"
_ADVANCE_A_DAY = 1.0
_DELAY_A_DAY = 1.5
_MINIMUM_BEFORE_WAKING = 3.0
_DAY = 24.0


@dataclass(frozen=True)
class Shift:
    """How many hours the clocks at `there` are ahead of those at `here` (negative: behind), at a moment."""

    here: str
    there: str
    hours: float


@dataclass(frozen=True)
class AdjustmentDay:
    """One day at the destination, in its clock's hours (0 to 24): sleep, when to seek light and when to avoid it."""

    day: int
    sleep_from: float
    sleep_to: float
    light: tuple[float, float]
    dark: tuple[float, float]


def zone_shift(here: str, there: str, moment: datetime.datetime) -> Shift:
    """Return the difference between two IANA zones at an aware moment (it changes with summer time)."""
    offsets = [moment.astimezone(ZoneInfo(zone)).utcoffset() or datetime.timedelta() for zone in (here, there)]
    return Shift(here, there, (offsets[1] - offsets[0]).total_seconds() / 3600)


def jet_lag_schedule(hours: float, *, sleep_from: float = 23.0, sleep_to: float = 7.0) -> list[AdjustmentDay]:
    """Return a row for each day until the body clock has shifted by `hours` (positive: east), from the day of arrival.

    It goes the way that takes fewer days: far to the east, round by the west. `sleep_from`
    and `sleep_to` are the usual hours at home. Below two hours there is nothing to do.
    Raises ValueError for a shift beyond 14 hours or hours of the day outside 0 to 24.
    """
    if not -14 <= hours <= 14:
        raise ValueError("clocks are at most 14 hours apart in either direction")
    if not all(0 <= hour <= _DAY for hour in (sleep_from, sleep_to)):
        raise ValueError("hours of the day lie between 0 and 24")
    # A body clock that has come `left` hours short still lives by home's clock by that much.
    east = hours % _DAY
    left = east if east / _ADVANCE_A_DAY <= (_DAY - east) / _DELAY_A_DAY else east - _DAY
    days: list[AdjustmentDay] = []
    while abs(left) >= _ADVANCE_A_DAY * (2 if not days else 0.5):
        days.append(_day(len(days) + 1, left, sleep_from, sleep_to))
        left = max(0.0, left - _ADVANCE_A_DAY) if left > 0 else min(0.0, left + _DELAY_A_DAY)
    return days


def _day(number: int, left: float, sleep_from: float, sleep_to: float) -> AdjustmentDay:
    """Where the body's minimum is today on the clocks there, and what that means for light."""
    minimum = sleep_to - _MINIMUM_BEFORE_WAKING + left
    after, before = (minimum, minimum + 3), (minimum - 3, minimum)
    # Sleep keeps as close to the new night as the body clock bears: two hours off at most.
    off = max(-2.0, min(2.0, left))
    light, dark = (after, before) if left > 0 else (before, after)
    return AdjustmentDay(number, (sleep_from + off) % _DAY, (sleep_to + off) % _DAY, _span(light), _span(dark))


def _span(hours: tuple[float, float]) -> tuple[float, float]:
    return hours[0] % _DAY, hours[1] % _DAY


def hour_text(hour: float) -> str:
    """Return an hour of the day as hh:mm."""
    minutes = round(hour * 60) % (24 * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
