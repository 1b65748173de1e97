"""How long a direct flight takes, from its distance, and when it lands on the clocks there.

Our own fit to timetables of jets: 800 km/h over the ground and 40 minutes for taxiing, climb and descent. In middle
latitudes, where the jet stream blows, up to 50 km/h more eastwards and less westwards.
"""

import datetime
import math
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from tools.travel.airports import Airport
from tools.travel.geodesic import leg

SOURCE = "our own estimate: 800 km/h, 40 minutes on the ground and in climb, prevailing westerlies"
_CRUISE_KMH = 800.0
_WIND_KMH = 50.0
_GROUND_MINUTES = 40.0
_LONGEST_DIRECT_KM = 16_000.0


@dataclass(frozen=True)
class FlightTime:
    """An estimate: length in km, minutes from gate to gate, and whether any airliner flies that far without a stop."""

    km: float
    minutes: int
    direct: bool


def flight_time(origin: Airport, destination: Airport) -> FlightTime:
    """Return the estimate for a direct flight; raises ValueError when both ends are the same airport."""
    if origin.iata == destination.iata:
        raise ValueError(f"{origin.iata} is both ends of the flight; name two airports")
    way = leg(origin.lat, origin.lon, destination.lat, destination.lon)
    back = leg(destination.lat, destination.lon, origin.lat, origin.lon)
    # the mean of how far east the way points at both ends: great circles bend
    eastward = (math.sin(math.radians(way.bearing)) - math.sin(math.radians(back.bearing))) / 2
    speed = _CRUISE_KMH + _WIND_KMH * eastward * _windiness((abs(origin.lat) + abs(destination.lat)) / 2)
    minutes = _GROUND_MINUTES + way.km / speed * 60
    return FlightTime(way.km, 5 * round(minutes / 5), way.km <= _LONGEST_DIRECT_KM)


def landing(origin: Airport, destination: Airport, departure: datetime.datetime, minutes: int) -> datetime.datetime:
    """Return the local time of arrival. A departure without an offset is on the clocks at the origin."""
    left = departure if departure.tzinfo is not None else departure.replace(tzinfo=ZoneInfo(origin.tz))
    arrived = left.astimezone(datetime.UTC) + datetime.timedelta(minutes=minutes)
    return arrived.astimezone(ZoneInfo(destination.tz))


def _windiness(latitude: float) -> float:
    """1 where the westerlies blow, 0 in the tropics and at the poles."""
    return max(0.0, min(1.0, (latitude - 15) / 20, (80 - latitude) / 15))
