"""Which sights to see on which day: near ones together, each on a day on which it is open.

Capacity-bound nearest-neighbour clustering: a day begins with what lies farthest out, then takes what is nearest to it.
"""

from collections.abc import Sequence

from tools.travel.cities import Sight
from tools.travel.day_route import Window, open_in
from tools.travel.geodesic import short_km


def clustered(sights: Sequence[Sight], windows: Sequence[Window], capacities: Sequence[int]) -> list[list[Sight]]:
    """Return the sights of each window, in the order of the windows; what fits no window's day is in none."""
    left = list(sights)
    days: list[list[Sight]] = [[] for _ in windows]
    # Days that are open to few of the sights choose first.
    order = sorted(range(len(windows)), key=lambda day: (sum(open_in(one, windows[day]) for one in left), day))
    for day in order:
        fitting = [one for one in left if open_in(one, windows[day])]
        while fitting and len(days[day]) < capacities[day]:
            chosen = (
                _seed(fitting, windows[day], windows, order, day) if not days[day] else _nearest(fitting, days[day])
            )
            days[day].append(chosen)
            fitting.remove(chosen)
            left.remove(chosen)
    for one in list(left):
        room = [day for day in order if len(days[day]) < capacities[day] and open_in(one, windows[day])]
        if room:
            day = min(room, key=lambda number: _apart(one, days[number]))
            days[day].append(one)
            left.remove(one)
    return days


def _seed(fitting: Sequence[Sight], window: Window, windows: Sequence[Window], order: Sequence[int], day: int) -> Sight:
    """What has the fewest later chances, then what lies farthest out."""
    later = order[order.index(day) + 1 :]

    def chances(one: Sight) -> int:
        return sum(open_in(one, windows[other]) for other in later)

    return max(fitting, key=lambda one: (-chances(one), short_km(window.lat, window.lon, one.lat, one.lon), one.id))


def _nearest(fitting: Sequence[Sight], day: Sequence[Sight]) -> Sight:
    return min(fitting, key=lambda one: (_apart(one, day), one.id))


def _apart(one: Sight, day: Sequence[Sight]) -> float:
    """Km to the middle of a day's sights; 0 for an empty day."""
    if not day:
        return 0.0
    lat, lon = sum(other.lat for other in day) / len(day), sum(other.lon for other in day) / len(day)
    return short_km(lat, lon, one.lat, one.lon)
