"""Getting about in a city: how long it takes from one place to another, on foot or by public transport.

Our own figures: streets make ways 1.3 times as long as the crow flies; people walk at 4.5 km/h and prefer to ride from
1.6 km on; public transport makes 18 km/h and takes ten minutes of walking and waiting; a taxi makes 24 km/h and takes
four minutes to find.
"""

from typing import NamedTuple

from tools.travel.geodesic import short_km

SOURCE = "our own figures for walking, public transport and taxis in cities"
_DETOUR = 1.3
_WALK_KMH = 4.5
_WALK_UP_TO_KM = 1.6
_TRANSIT_KMH, _TRANSIT_MINUTES = 18.0, 10.0
_TAXI_KMH, _TAXI_MINUTES = 24.0, 4.0
_SLOW_TAXI_KMH = 60.0
"""Beyond the city's streets."""


class Way(NamedTuple):
    """A way within a city: its length in km, how it is gone and the minutes that takes."""

    km: float
    mode: str
    minutes: float


def way(lat1: float, lon1: float, lat2: float, lon2: float) -> Way:
    """Return how people usually go from one position to another (degrees): on foot if near, else by transport."""
    km = _DETOUR * short_km(lat1, lon1, lat2, lon2)
    if km <= _WALK_UP_TO_KM:
        return Way(km, "walk", km / _WALK_KMH * 60)
    return Way(km, "transit", _TRANSIT_MINUTES + km / _TRANSIT_KMH * 60)


def least_minutes(km: float) -> float:
    """Return the fewest minutes in which `km` of streets can be gone: on foot or by taxi."""
    in_town = min(km, 30.0)
    taxi = _TAXI_MINUTES + in_town / _TAXI_KMH * 60 + (km - in_town) / _SLOW_TAXI_KMH * 60
    return min(km / _WALK_KMH * 60, taxi)
