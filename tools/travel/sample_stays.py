"""Places to stay, made up: plausible names and prices for the curated cities, the same for the same question.

Sample data: none of these places exists, and every answer says so.
"""

import hashlib
from dataclasses import dataclass

from tools.travel.cities import City
from tools.travel.currency import rounded

SOURCE = "made-up stays of Planloom's sample provider"
_TIERS = (("Hostel", 0.4, 1), ("Guesthouse", 0.7, 2), ("Hotel", 1.0, 3), ("Hotel", 1.5, 4), ("Grand Hotel", 2.6, 5))
_STREETS = ("Garden", "Station", "River", "Market", "Old Town", "Park", "Bridge", "Square", "Lantern", "Harbour")


@dataclass(frozen=True)
class StayOffer:
    """A place to stay: position in degrees, stars 1 to 5, and the price of a room for two for one night."""

    id: str
    name: str
    lat: float
    lon: float
    stars: int
    night: float
    currency: str


def sample_stays(city: City) -> list[StayOffer]:
    """Return the made-up stays of a city, the cheapest first."""
    offers = []
    for number, (kind, factor, stars) in enumerate(_TIERS):
        seed = hashlib.sha256(f"{city.id}/{number}".encode()).digest()
        name = f"{_STREETS[seed[0] % len(_STREETS)]} {kind} {city.name}"
        lat, lon = (centre + (byte / 255 - 0.5) * 0.018 for centre, byte in ((city.lat, seed[1]), (city.lon, seed[2])))
        night = rounded(city.night * factor * (0.94 + seed[3] / 255 * 0.12), city.currency)
        offers.append(
            StayOffer(f"{city.id}-stay-{number + 1}", name, round(lat, 4), round(lon, 4), stars, night, city.currency)
        )
    return offers


def rooms_for(travellers: int) -> int:
    """How many rooms for two that makes."""
    return -(-travellers // 2)
