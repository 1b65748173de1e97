"""Searching flights: the interface to whoever sells them, in the words of Duffel's API.

An offer request has slices (journeys) and passengers; what comes back are offers, whose slices have segments (flights).
Times are local to their airports and carry their offsets. Nothing is booked here.
"""

import datetime
from typing import Annotated, Literal, Protocol

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from tools import dates
from tools.result import Provenance
from tools.travel.airports import airport

CabinClass = Literal["economy", "premium_economy", "business", "first"]
MAX_PASSENGERS = 9


class FlightSearchFailed(Exception):
    """A provider did not answer as it should; the message is a sentence for people, without secrets."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _iata(code: str) -> str:
    return airport(code).iata


Iata = Annotated[str, AfterValidator(_iata)]


class SliceRequest(_Model):
    """A journey that is wanted: IATA codes of airports and the local day of departure."""

    origin: Iata
    destination: Iata
    departure_date: datetime.date

    @model_validator(mode="after")
    def _two_places(self) -> "SliceRequest":
        if self.origin == self.destination:
            raise ValueError(f"{self.origin} is both ends of the journey; name two airports")
        return self


class OfferRequest(_Model):
    """What is searched: one slice for one way, two for there and back."""

    slices: tuple[SliceRequest, ...] = Field(min_length=1, max_length=4)
    passengers: int = Field(default=1, ge=1, le=MAX_PASSENGERS, description="adults")
    cabin_class: CabinClass = "economy"

    @model_validator(mode="after")
    def _in_order(self) -> "OfferRequest":
        days = [one.departure_date for one in self.slices]
        if days != sorted(days):
            raise ValueError("the way back cannot be before the way there; check the dates")
        return self


class Segment(_Model):
    """One flight: local times with offsets, the seller's carrier and flight number."""

    origin: str
    destination: str
    departing_at: datetime.datetime
    arriving_at: datetime.datetime
    carrier: str
    flight_number: str

    @property
    def minutes(self) -> float:
        return dates.elapsed_minutes(self.departing_at, self.arriving_at)


class Slice(_Model):
    """A journey as offered: its flights in order."""

    segments: tuple[Segment, ...] = Field(min_length=1)

    @property
    def origin(self) -> str:
        return self.segments[0].origin

    @property
    def destination(self) -> str:
        return self.segments[-1].destination

    @property
    def minutes(self) -> float:
        """From the first departure to the last arrival."""
        return dates.elapsed_minutes(self.segments[0].departing_at, self.segments[-1].arriving_at)


class Offer(_Model):
    """Flights at a price for all passengers, good until `expires_at`."""

    id: str
    total_amount: float = Field(ge=0)
    total_currency: str
    owner: str
    expires_at: datetime.datetime
    slices: tuple[Slice, ...] = Field(min_length=1)


class Offers(_Model):
    """What a provider found, the cheapest first, and what it is worth."""

    offers: tuple[Offer, ...]
    provenance: Provenance
    retrieved_at: datetime.datetime


class FlightSearch(Protocol):
    """Whoever answers offer requests."""

    async def search(self, request: OfferRequest, now: datetime.datetime) -> Offers:
        """Return offers; raises FlightSearchFailed when the provider does not answer as it should."""
        ...
