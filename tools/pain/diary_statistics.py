"""What a pain diary shows, by statistics that single bad days don't sway: medians, Theil-Sen, median deviations.

Trend: median of all pairwise slopes (Theil 1950; Sen, Journal of the American Statistical Association 63, 1968). Flares:
days above the median by more than twice the median absolute deviation. What was noted together is counted, no more: a
diary cannot tell what leads to what.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

from tools.pain.diary_entries import DiaryEntry

LONGEST_DAYS = 180
"""Days back from the latest entry that are looked at."""
LEAST_FOR_TREND = 5
LEAST_FOR_GROUP = 3
"""Days that both groups of a comparison need."""
_LEAST_FOR_WEEKDAYS = 14
_LEAST_FOR_RANGE = 4
_LEAST_FLARE_STEP = 1.0
_SHORT_NIGHT = 6.0
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Comparison:
    """Days on which something was noted beside those on which it was not: how many, and the median pain of each."""

    what: str
    days_with: int
    days_without: int
    median_with: float
    median_without: float


@dataclass(frozen=True)
class DiaryStatistics:
    """A diary in numbers; pain is 0 to 10. None where there are too few days to say."""

    days: int
    entries: int
    first: datetime.date
    last: datetime.date
    median: float
    low: float
    high: float
    mad: float
    per_week: float | None
    week_change: float | None
    best_weekday: str | None
    worst_weekday: str | None
    flare_from: float
    flares: tuple[datetime.date, ...]
    comparisons: tuple[Comparison, ...]
    medication_days: int
    median_sleep: float | None

    @property
    def text(self) -> str:
        """The numbers in sentences."""
        days = "1 day" if self.days == 1 else f"{self.days} days"
        span = _day(self.first) if self.first == self.last else f"{_day(self.first)} to {_day(self.last)}"
        middle = f"half of the days between {self.low:g} and {self.high:g}" if self.days >= _LEAST_FOR_RANGE else ""
        parts = [f"{days} noted, {span}. Pain: median {self.median:g} of 10{', ' + middle if middle else ''}."]
        if self.per_week is not None:
            parts.append(f"Trend: {_signed(self.per_week)} points a week.")
        if self.week_change is not None:
            parts.append(f"The last 7 days against the 7 before: {_signed(self.week_change)}.")
        if self.best_weekday and self.worst_weekday:
            parts.append(f"Lowest on {self.best_weekday}s, highest on {self.worst_weekday}s.")
        if self.flares:
            count = "1 day" if len(self.flares) == 1 else f"{len(self.flares)} days"
            parts.append(f"Flare days (above {self.flare_from:g}): {count}, the last on {_day(self.flares[-1])}.")
        parts += [
            f"With “{one.what}” noted: median {one.median_with:g} on {one.days_with} days; without: "
            f"{one.median_without:g} on {one.days_without} days."
            for one in self.comparisons
        ]
        if self.comparisons:
            parts.append("Such counts show what came together, not what led to what.")
        return " ".join(parts)


def diary_statistics(entries: Iterable[DiaryEntry]) -> DiaryStatistics | None:
    """The statistics of the last 180 days up to the latest entry; None for an empty diary.

    Several entries of a day count as one day with their median.
    """
    by_day: dict[datetime.date, list[DiaryEntry]] = {}
    for entry in sorted(entries, key=lambda one: one.at):
        by_day.setdefault(entry.day, []).append(entry)
    if not by_day:
        return None
    last = max(by_day)
    by_day = {day: found for day, found in by_day.items() if (last - day).days < LONGEST_DAYS}
    pain = {day: float(median(one.pain for one in found)) for day, found in sorted(by_day.items())}
    middle = median(pain.values())
    mad = median(abs(value - middle) for value in pain.values())
    flare_from = middle + max(2 * mad, _LEAST_FLARE_STEP)
    low, high = quartiles(list(pain.values()))
    best, worst = _weekdays(pain)
    sleep = [one.sleep_hours for found in by_day.values() for one in found if one.sleep_hours is not None]
    return DiaryStatistics(
        days=len(pain),
        entries=sum(map(len, by_day.values())),
        first=min(pain),
        last=last,
        median=middle,
        low=low,
        high=high,
        mad=mad,
        per_week=_rounded(theil_sen(pain)),
        week_change=_week_change(pain, last),
        best_weekday=best,
        worst_weekday=worst,
        flare_from=flare_from,
        flares=tuple(day for day, value in pain.items() if value > flare_from),
        comparisons=_comparisons(by_day, pain),
        medication_days=sum(any(one.medication for one in found) for found in by_day.values()),
        median_sleep=median(sleep) if sleep else None,
    )


def theil_sen(pain: Mapping[datetime.date, float]) -> float | None:
    """The median slope between all pairs of days, in points a week; None for fewer than five days."""
    if len(pain) < LEAST_FOR_TREND:
        return None
    ordered = sorted(pain.items())
    return 7 * median((b - a) / (later - earlier).days for (earlier, a), (later, b) in combinations(ordered, 2))


def quartiles(values: Sequence[float]) -> tuple[float, float]:
    """The medians of the lower and of the upper half (Tukey's hinges, the middle value in both)."""
    ordered = sorted(values)
    half = (len(ordered) + 1) // 2
    return median(ordered[:half]), median(ordered[-half:])


def _week_change(pain: Mapping[datetime.date, float], last: datetime.date) -> float | None:
    this = [value for day, value in pain.items() if (last - day).days < 7]
    before = [value for day, value in pain.items() if 7 <= (last - day).days < 14]
    if len(this) < LEAST_FOR_GROUP or len(before) < LEAST_FOR_GROUP:
        return None
    return _rounded(median(this) - median(before))


def _weekdays(pain: Mapping[datetime.date, float]) -> tuple[str | None, str | None]:
    groups: dict[int, list[float]] = {}
    for day, value in pain.items():
        groups.setdefault(day.weekday(), []).append(value)
    medians = {weekday: median(values) for weekday, values in groups.items() if len(values) > 1}
    if len(pain) < _LEAST_FOR_WEEKDAYS or len(medians) < 2 or max(medians.values()) == min(medians.values()):
        return None, None
    best = min(medians, key=lambda weekday: (medians[weekday], weekday))
    worst = max(medians, key=lambda weekday: (medians[weekday], -weekday))
    return _WEEKDAYS[best], _WEEKDAYS[worst]


def _comparisons(
    by_day: Mapping[datetime.date, Sequence[DiaryEntry]], pain: Mapping[datetime.date, float]
) -> tuple[Comparison, ...]:
    noted: dict[str, set[datetime.date]] = {}
    for day, found in by_day.items():
        for trigger in {noted_one for one in found for noted_one in _noted(one)}:
            noted.setdefault(trigger, set()).add(day)
    days = set(pain)
    compared = [_compared(what, having, days, pain) for what, having in sorted(noted.items())]
    slept = {day: max(hours) for day, found in by_day.items() if (hours := _hours(found))}
    short = {day for day, hours in slept.items() if hours < _SHORT_NIGHT}
    compared.append(_compared(f"less than {_SHORT_NIGHT:g} hours of sleep", short, set(slept), pain))
    found_ones = [one for one in compared if one is not None]
    return tuple(sorted(found_ones, key=_difference, reverse=True)[:5])


def _difference(one: Comparison) -> float:
    return abs(one.median_with - one.median_without)


def _noted(entry: DiaryEntry) -> tuple[str, ...]:
    """What was noted beside the pain: triggers, and what the person did."""
    return (*entry.triggers, *([entry.activity.lower().strip()] if entry.activity else []))


def _hours(found: Sequence[DiaryEntry]) -> list[float]:
    return [one.sleep_hours for one in found if one.sleep_hours is not None]


def _compared(
    what: str, having: set[datetime.date], days: set[datetime.date], pain: Mapping[datetime.date, float]
) -> Comparison | None:
    lacking = days - having
    if len(having) < LEAST_FOR_GROUP or len(lacking) < LEAST_FOR_GROUP:
        return None
    return Comparison(
        what, len(having), len(lacking), median(pain[day] for day in having), median(pain[day] for day in lacking)
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2) + 0.0


def _signed(value: float) -> str:
    return "no change" if value == 0 else f"{value:+g}".replace("-", "\u2212")


def _day(day: datetime.date) -> str:
    return f"{day.day} {day:%b %Y}"
