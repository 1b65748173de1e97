"""The kinds of items in a trip, and what a person decides about each.

Moments carry their offset, so what lies between them is known across time zones. What follows from these (how long a
visit is, how far it is to the next, what the trip costs) is computed, never stored. Prices are for all travellers, in
the plan's currency.
"""

import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from tools import dates
from tools.travel.cities import WEEKDAYS, minutes_of

Mode = Literal["walk", "transit", "train", "bus", "taxi", "car", "ferry"]
Provenance = Literal["sample", "provider", "estimate", "own"]


def _date(text: str) -> str:
    datetime.date.fromisoformat(text)
    return text


def _moment(text: str) -> str:
    dates.moment(text)
    return text


def _zone(text: str) -> str:
    dates.zone(text)
    return text


def _hours(text: str) -> str:
    opens, found, closes = text.partition("-")
    if not found or minutes_of(opens) >= minutes_of(closes):
        raise ValueError("write opening hours as 09:00-17:00")
    return text


def _weekdays(text: str) -> str:
    if any(day.strip() not in WEEKDAYS for day in text.split(",")):
        raise ValueError("write closed weekdays as Mon, Tue")
    return text


IsoDate = Annotated[
    str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="a date as YYYY-MM-DD"), AfterValidator(_date)
]
IsoMoment = Annotated[
    str,
    Field(max_length=40, description="local date and time with offset, 2026-05-04T09:30:00+09:00"),
    AfterValidator(_moment),
]
Zone = Annotated[str, Field(max_length=60, description="IANA time zone"), AfterValidator(_zone)]
Price = Annotated[float, Field(ge=0, le=10_000_000, allow_inf_nan=False, description="price for all travellers")]
Latitude = Annotated[float, Field(ge=-90, le=90, description="degrees north")]
Longitude = Annotated[float, Field(ge=-180, le=180, description="degrees east")]
Note = Annotated[str, Field(max_length=500)]
Iata = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="IATA code of an airport")]


class _ItemData(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Day(_ItemData):
    """One day of the trip, which the items of that day are under."""

    start: IsoDate
    days: Literal[1] = 1


class _Timed(_ItemData):
    start: IsoMoment
    end: IsoMoment
    tz: Zone | None = None
    price: Price | None = None
    note: Note | None = None


class _Placed(_Timed):
    lat: Latitude | None = None
    lon: Longitude | None = None

    @model_validator(mode="after")
    def _whole_position(self) -> "_Placed":
        if (self.lat is None) != (self.lon is None):
            raise ValueError("give lat and lon together")
        return self


class Visit(_Placed):
    """Something to see or do; `hours` and `closed` say when it is open, where that is known."""

    hours: Annotated[str, Field(description="opening hours, 09:00-17:00"), AfterValidator(_hours)] | None = None
    closed: Annotated[str, Field(description="closed weekdays, Mon, Tue"), AfterValidator(_weekdays)] | None = None
    interest: Annotated[str, Field(max_length=40)] | None = None
    provenance: Provenance | None = None


class Meal(_Placed):
    """A meal, at a place or wherever one is then."""

    cuisine: Annotated[str, Field(max_length=60)] | None = None


class Transfer(_Timed):
    """A way that takes planning, such as to the airport; short ways between visits are computed instead."""

    mode: Mode
    origin: Annotated[str, Field(max_length=120)]
    destination: Annotated[str, Field(max_length=120)]


class Flight(_Timed):
    """A flight; `tz` is the zone of the departure, `end_tz` that of the arrival."""

    origin: Iata
    destination: Iata
    end_tz: Zone | None = None
    number: Annotated[str, Field(max_length=40, description="flight numbers")] | None = None
    stops: Annotated[int, Field(ge=0, le=5)] | None = None
    provenance: Provenance | None = None


class Stay(_Placed):
    """Where one sleeps, from check-in to check-out."""

    provenance: Provenance | None = None


class NoteItem(_ItemData):
    """Something to remember on a day."""

    date: IsoDate
    note: Note | None = None


KINDS: dict[str, type[BaseModel]] = {
    "day": Day,
    "visit": Visit,
    "meal": Meal,
    "transfer": Transfer,
    "flight": Flight,
    "stay": Stay,
    "note": NoteItem,
}
TIMED = frozenset({"visit", "meal", "transfer", "flight"})
"""Kinds of which a traveller can do one at a time."""
