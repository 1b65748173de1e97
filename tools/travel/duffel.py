"""Duffel's API as a provider of flights and stays: offer requests and stay searches over HTTPS, nothing is booked.

Source: https://duffel.com/docs/api (version v2): bodies in `data`, errors in `errors`, times local to their airport.
"""

import asyncio
import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from tools import dates
from tools.result import Provenance
from tools.travel.cities import City
from tools.travel.flight_search import FlightSearchFailed, Offer, OfferRequest, Offers, Segment, Slice
from tools.travel.stay_search import FoundStay, StayRequest, Stays

API = "https://api.duffel.com"
VERSION = "v2"
MOST_OFFERS = 20
_SUPPLIER_TIMEOUT_MS = 15_000
_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_ATTEMPTS = 3
_LONGEST_WAIT = 5.0
_RADIUS_KM = 5
_RETRIED = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Duffel:
    """A provider of flights and stays. `backoff` is the first wait in seconds before an attempt is repeated."""

    token: str
    url: str = API
    backoff: float = 0.5

    def __repr__(self) -> str:
        return f"Duffel(url={self.url!r})"  # never the token

    async def search(self, request: OfferRequest, now: datetime.datetime) -> Offers:
        """Return the offers for a request, the cheapest first; raises FlightSearchFailed."""
        body = {
            "slices": [one.model_dump(mode="json") for one in request.slices],
            "passengers": [{"type": "adult"}] * request.passengers,
            "cabin_class": request.cabin_class,
        }
        query = {"return_offers": "true", "supplier_timeout": str(_SUPPLIER_TIMEOUT_MS)}
        found = await self._post("/air/offer_requests", body, query)
        try:
            offers = sorted((_offer(one) for one in found["offers"]), key=lambda one: one.total_amount)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise FlightSearchFailed("Duffel answered with offers that I cannot read.") from error
        source = "Duffel" if found.get("live_mode") else "Duffel (test mode: these flights are not real)"
        return Offers(
            offers=tuple(offers[:MOST_OFFERS]), provenance=Provenance(kind="provider", source=source), retrieved_at=now
        )

    async def search_stays(self, request: StayRequest, city: City, now: datetime.datetime) -> Stays:
        """Return places to stay around a city's middle, the cheapest first; raises FlightSearchFailed."""
        around = {"latitude": city.lat, "longitude": city.lon}
        body = {
            "rooms": request.rooms,
            "location": {"radius": _RADIUS_KM, "geographic_coordinates": around},
            "check_in_date": request.check_in.isoformat(),
            "check_out_date": request.check_out.isoformat(),
            "guests": [{"type": "adult"}] * request.guests,
        }
        found = await self._post("/stays/search", body, {})
        try:
            stays = sorted((_stay(one) for one in found["results"]), key=lambda one: one.total_amount)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise FlightSearchFailed("Duffel answered with stays that I cannot read.") from error
        return Stays(
            stays=tuple(stays[:MOST_OFFERS]),
            provenance=Provenance(kind="provider", source="Duffel Stays"),
            retrieved_at=now,
        )

    async def _post(self, path: str, data: Mapping[str, Any], query: Mapping[str, str]) -> dict[str, Any]:
        """Ask, again after a while where that may help, and return the answer's `data`."""
        headers = {"Authorization": f"Bearer {self.token}", "Duffel-Version": VERSION, "Accept": "application/json"}
        async with httpx.AsyncClient(base_url=self.url, headers=headers, timeout=_TIMEOUT) as client:
            for attempt in range(_ATTEMPTS):
                last = attempt == _ATTEMPTS - 1
                try:
                    response = await client.post(path, json={"data": data}, params=query)
                except httpx.TransportError as error:
                    if last:
                        raise FlightSearchFailed(f"Duffel cannot be reached ({type(error).__name__}).") from error
                    await asyncio.sleep(self.backoff * 2**attempt)
                    continue
                if response.status_code in _RETRIED and not last:
                    await asyncio.sleep(_wait(response, self.backoff * 2**attempt))
                    continue
                return _data(response)
        raise AssertionError("the last attempt returns or raises")


def _data(response: httpx.Response) -> dict[str, Any]:
    try:
        told = response.json()
    except ValueError as error:
        raise FlightSearchFailed(f"Duffel answered with {response.status_code} and no JSON.") from error
    if response.is_success and isinstance(told, dict) and isinstance(told.get("data"), dict):
        found: dict[str, Any] = told["data"]
        return found
    errors = told.get("errors") if isinstance(told, dict) else None
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    reason = str(first.get("message") or first.get("title") or f"status {response.status_code}")[:300]
    hint = " Check DUFFEL_TOKEN." if response.status_code in (401, 403) else ""
    raise FlightSearchFailed(f"Duffel refused the search: {reason.rstrip('.')}.{hint}")


def _wait(response: httpx.Response, otherwise: float) -> float:
    """How long Duffel asks to wait, five seconds at most."""
    said = response.headers.get("retry-after", "")
    return min(_LONGEST_WAIT, float(said)) if said.isdigit() else min(_LONGEST_WAIT, otherwise)


def _offer(told: Mapping[str, Any]) -> Offer:
    return Offer(
        id=told["id"],
        total_amount=float(told["total_amount"]),
        total_currency=told["total_currency"],
        owner=told["owner"]["name"],
        expires_at=dates.moment(told["expires_at"]),
        slices=tuple(Slice(segments=tuple(_segment(one) for one in part["segments"])) for part in told["slices"]),
    )


def _segment(told: Mapping[str, Any]) -> Segment:
    origin, destination = told["origin"], told["destination"]
    carrier = told["marketing_carrier"]
    return Segment(
        origin=origin["iata_code"],
        destination=destination["iata_code"],
        departing_at=dates.moment(told["departing_at"], origin["time_zone"]),
        arriving_at=dates.moment(told["arriving_at"], destination["time_zone"]),
        carrier=carrier["name"],
        flight_number=f"{carrier['iata_code']}{told['marketing_carrier_flight_number']}",
    )


def _stay(told: Mapping[str, Any]) -> FoundStay:
    place = told["accommodation"]
    position = place["location"]["geographic_coordinates"]
    return FoundStay(
        id=told["id"],
        name=place["name"],
        lat=position["latitude"],
        lon=position["longitude"],
        stars=place.get("rating"),
        total_amount=float(told["cheapest_rate_total_amount"]),
        total_currency=told["cheapest_rate_currency"],
    )
