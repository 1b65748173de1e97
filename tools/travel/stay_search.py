"""Searching places to stay: the interface to whoever offers them, and the sample provider."""

import datetime
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tools.result import Provenance
from tools.travel import sample_stays
from tools.travel.cities import City

MAX_NIGHTS = 60


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StayRequest(_Model):
    """The nights wanted, for how many guests."""

    check_in: datetime.date
    check_out: datetime.date
    guests: int = Field(default=1, ge=1, le=12)

    @model_validator(mode="after")
    def _some_nights(self) -> "StayRequest":
        if not 1 <= self.nights <= MAX_NIGHTS:
            raise ValueError(f"a stay is 1 to {MAX_NIGHTS} nights; check the two dates")
        return self

    @property
    def nights(self) -> int:
        return (self.check_out - self.check_in).days

    @property
    def rooms(self) -> int:
        """Rooms for two."""
        return sample_stays.rooms_for(self.guests)


class FoundStay(_Model):
    """A place to stay: position in degrees, and the price of all nights for all guests."""

    id: str
    name: str
    lat: float
    lon: float
    stars: int | None = None
    total_amount: float = Field(ge=0)
    total_currency: str


class Stays(_Model):
    """What a provider found, the cheapest first, and what it is worth."""

    stays: tuple[FoundStay, ...]
    provenance: Provenance
    retrieved_at: datetime.datetime


class StaySearch(Protocol):
    """Whoever knows places to stay. Raises `tools.travel.flight_search.FlightSearchFailed` when it does not answer."""

    async def search_stays(self, request: StayRequest, city: City, now: datetime.datetime) -> Stays: ...


class SampleStays:
    """A provider that needs no network."""

    async def search_stays(self, request: StayRequest, city: City, now: datetime.datetime) -> Stays:
        """Return the made-up stays of a curated city."""
        found = tuple(
            FoundStay(
                id=one.id,
                name=one.name,
                lat=one.lat,
                lon=one.lon,
                stars=one.stars,
                total_amount=round(one.night * request.nights * request.rooms, 2),
                total_currency=one.currency,
            )
            for one in sample_stays.sample_stays(city)
        )
        return Stays(stays=found, provenance=Provenance(kind="sample", source=sample_stays.SOURCE), retrieved_at=now)
