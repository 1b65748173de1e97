"""One day's visits: in which order, at which times, with meals in between.

Nearest neighbour first, then 2-opt: any stretch of the order is turned round while that lets more visits into their
opening hours, or else makes the ways shorter. Times are minutes after midnight on the city's clocks.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from tools.travel.cities import Sight
from tools.travel.local_travel import Way, way

STEP = 5
_BUFFER = 5.0
"""Minutes between arriving somewhere and beginning."""
_KM_WORTH = 0.2
"""What a km counts beside a minute when orders are compared."""


@dataclass(frozen=True)
class Break:
    """A meal: not before `earliest`, before anything that would begin after `latest`, for so many minutes."""

    name: str
    earliest: int
    latest: int
    minutes: int


LUNCH = Break("lunch", 11 * 60 + 30, 12 * 60 + 30, 60)
DINNER = Break("dinner", 18 * 60, 18 * 60 + 30, 75)


@dataclass(frozen=True)
class Window:
    """From when to when there is time, and where the day begins (degrees)."""

    opens: int
    closes: int
    lat: float
    lon: float
    weekday: int


@dataclass(frozen=True)
class Slot:
    """A visit or a meal with its times; `sight` None for a meal."""

    name: str
    start: int
    end: int
    sight: Sight | None = None


@dataclass(frozen=True)
class DayRoute:
    """The day as planned: its slots in order, the sights that did not fit, and the minutes under way."""

    slots: tuple[Slot, ...]
    left_out: tuple[Sight, ...]
    travel: float

    @property
    def visits(self) -> list[Sight]:
        return [slot.sight for slot in self.slots if slot.sight is not None]


def open_in(sight: Sight, window: Window) -> bool:
    """Whether a visit fits into a window by itself."""
    if window.weekday in sight.closed:
        return False
    begin = max(sight.opens, window.opens)
    return begin + sight.minutes <= min(sight.closes, window.closes)


def best_route(sights: Sequence[Sight], window: Window) -> DayRoute:
    """Return the best order found for visiting the sights within the window."""
    ways = _ways(sights, window)
    order = _nearest_neighbours(sights, ways)
    best, value = order, _value(_schedule(order, window, ways))
    improved = True
    while improved:
        improved = False
        for first in range(len(best) - 1):
            for last in range(first + 1, len(best)):
                turned = [*best[:first], *reversed(best[first : last + 1]), *best[last + 1 :]]
                found = _value(_schedule(turned, window, ways))
                if found > value:
                    best, value, improved = turned, found, True
    return _schedule(best, window, ways)


Ways = dict[tuple[str, str], Way]
_HOTEL = ""


def _ways(sights: Sequence[Sight], window: Window) -> Ways:
    places = [(_HOTEL, window.lat, window.lon), *((one.id, one.lat, one.lon) for one in sights)]
    return {(a[0], b[0]): way(a[1], a[2], b[1], b[2]) for a in places for b in places if a[0] != b[0]}


def _nearest_neighbours(sights: Sequence[Sight], ways: Ways) -> list[Sight]:
    left, order, here = list(sights), list[Sight](), _HOTEL
    while left:
        nearest = min(left, key=lambda one: (ways[here, one.id].minutes, one.id))
        left.remove(nearest)
        order.append(nearest)
        here = nearest.id
    return order


def _schedule(order: Sequence[Sight], window: Window, ways: Ways) -> DayRoute:
    """Go through the sights in order, each as early as it can be; those that do not fit are left out."""
    slots: list[Slot] = []
    left_out: list[Sight] = []
    here, now, travel = _HOTEL, window.opens, 0.0
    meals = [
        meal
        for meal in (LUNCH, DINNER)
        if window.opens <= meal.latest and meal.earliest + meal.minutes <= window.closes
    ]
    for sight in order:
        minutes = ways[here, sight.id].minutes + _BUFFER
        eaten: list[Slot] = []
        start = max(_up(now + minutes), sight.opens)
        for meal in list(meals):
            if start > meal.latest or start + sight.minutes > meal.latest + 75:
                begin = max(_up(now if not eaten else eaten[-1].end), meal.earliest)
                eaten.append(Slot(meal.name, begin, begin + meal.minutes))
                start = max(_up(eaten[-1].end + minutes), sight.opens)
        end = start + sight.minutes
        if window.weekday in sight.closed or end > min(sight.closes, window.closes):
            left_out.append(sight)
            continue
        meals = meals[len(eaten) :]
        slots += [*eaten, Slot(sight.name, start, end, sight)]
        here, now, travel = sight.id, end, travel + minutes
    for meal in meals:
        begin = max(_up(now), meal.earliest)
        if begin + meal.minutes <= window.closes:
            slots.append(Slot(meal.name, begin, begin + meal.minutes))
            now = begin + meal.minutes
    return DayRoute(tuple(slots), tuple(left_out), travel)


def _value(route: DayRoute) -> tuple[float, float]:
    """More of what matters first, then less time under way and waiting."""
    return sum(one.weight for one in route.visits), -route.travel - _waiting(route)


def _waiting(route: DayRoute) -> float:
    """Idle minutes between the first and the last slot, at a fifth of their worth: a pause is no loss."""
    slots = route.slots
    return _KM_WORTH * sum(max(0, b.start - a.end) for a, b in itertools.pairwise(slots))


def _up(minutes: float) -> int:
    """Up to the next five minutes."""
    return -int(-minutes // STEP) * STEP
