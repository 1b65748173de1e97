"""Flights, made up: plausible times and prices from real distances, the same for the same question.

Sample data: no such flight exists, the airline's name says so, and every answer is labelled.
"""

import datetime
import functools
import itertools
import random

from tools import dates
from tools.result import Provenance
from tools.travel.airports import Airport, airport
from tools.travel.flight_search import CabinClass, Offer, OfferRequest, Offers, Segment, Slice, SliceRequest
from tools.travel.flight_time import flight_time, landing
from tools.travel.geodesic import leg

SOURCE = "made-up flights of Planloom's sample provider"
AIRLINE = "Sample Air"
_CARRIER = "XS"
_HUBS = (
    "LHR",
    "CDG",
    "FRA",
    "IST",
    "DXB",
    "DOH",
    "SIN",
    "HKG",
    "HND",
    "ICN",
    "JFK",
    "ATL",
    "ORD",
    "LAX",
    "GRU",
    "SYD",
    "JNB",
)
_NONSTOP_UP_TO_KM = 9_500.0
_MOST_DETOUR = 1.35
_COUNT = 5
_CABINS: dict[CabinClass, float] = {"economy": 1.0, "premium_economy": 1.7, "business": 3.6, "first": 6.0}
_GOOD_FOR = datetime.timedelta(minutes=30)


class SampleFlights:
    """A provider that needs no network."""

    async def search(self, request: OfferRequest, now: datetime.datetime) -> Offers:
        """Return five offers at most, the cheapest first."""
        return sample_offers(request, now)


def sample_offers(request: OfferRequest, now: datetime.datetime) -> Offers:
    """Return the made-up offers for a request; only `expires_at` depends on when it is asked."""
    # not for secrets: the same question gets the same answer
    chance = random.Random(request.model_dump_json())  # noqa: S311
    offers = sorted(
        (_offer(request, now, number, chance) for number in range(_COUNT)), key=lambda one: one.total_amount
    )
    return Offers(offers=tuple(offers), provenance=Provenance(kind="sample", source=SOURCE), retrieved_at=now)


def _offer(request: OfferRequest, now: datetime.datetime, number: int, chance: random.Random) -> Offer:
    slices = tuple(_slice(one, number, chance) for one in request.slices)
    km = sum(_km(airport(one.origin), airport(one.destination)) for one in request.slices)
    stops = sum(len(one.segments) - 1 for one in slices)
    weekend = sum(one.departure_date.weekday() in (4, 6) for one in request.slices)
    each = 35 * len(slices) + 0.9 * km**0.78 * (1 - 0.09 * min(stops, 2)) * (1 + 0.08 * weekend)
    each *= _CABINS[request.cabin_class] * chance.uniform(0.85, 1.25)
    return Offer(
        id=f"sample_{chance.getrandbits(48):012x}",
        total_amount=round(each * request.passengers, 2),
        total_currency="EUR",
        owner=AIRLINE,
        expires_at=now + _GOOD_FOR,
        slices=slices,
    )


def _slice(wanted: SliceRequest, number: int, chance: random.Random) -> Slice:
    origin, destination = airport(wanted.origin), airport(wanted.destination)
    stops = [origin, *_via(origin, destination, number), destination]
    minutes = chance.randrange(6 * 12, 21 * 12) * 5
    departs = dates.on_clocks_of(wanted.departure_date, minutes, origin.tz)
    segments = []
    for here, there in itertools.pairwise(stops):
        arrives = landing(here, there, departs, flight_time(here, there).minutes)
        segments.append(
            Segment(
                origin=here.iata,
                destination=there.iata,
                departing_at=departs,
                arriving_at=arrives,
                carrier=AIRLINE,
                flight_number=f"{_CARRIER}{chance.randrange(100, 999)}",
            )
        )
        departs = arrives + datetime.timedelta(minutes=chance.randrange(70, 200, 5))
    return Slice(segments=tuple(segments))


def _via(origin: Airport, destination: Airport, number: int) -> list[Airport]:
    """Nothing for a direct flight; else a hub on the way. Long journeys and every other offer change planes."""
    km = _km(origin, destination)
    if km <= _NONSTOP_UP_TO_KM and (number % 2 == 0 or km < 1500):
        return []
    choices = _hubs(origin, destination)
    return [choices[number // 2 % len(choices)]]


@functools.lru_cache(maxsize=1024)
def _hubs(origin: Airport, destination: Airport) -> tuple[Airport, ...]:
    """The hubs that are least out of the way: three at most, one at least."""
    hubs = [airport(code) for code in _HUBS if code not in (origin.iata, destination.iata)]
    detours = sorted((_km(origin, hub) + _km(hub, destination), hub.iata, hub) for hub in hubs)
    near = [hub for length, _, hub in detours if length <= _MOST_DETOUR * _km(origin, destination)]
    return tuple(near[:3]) or (detours[0][2],)


@functools.lru_cache(maxsize=4096)
def _km(origin: Airport, destination: Airport) -> float:
    return leg(origin.lat, origin.lon, destination.lat, destination.lon).km
