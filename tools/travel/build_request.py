"""What a trip is built from, and the error that says why one cannot be built."""

import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from tools.travel.cities import INTERESTS

Pace = Literal["relaxed", "moderate", "full"]
MAX_DAYS = 21
MOST_YEARS_AHEAD = 3
_PACES = {
    "slow": "relaxed", "easy": "relaxed", "leisurely": "relaxed", "calm": "relaxed", "gentle": "relaxed",
    "normal": "moderate", "medium": "moderate", "balanced": "moderate",
    "fast": "full", "packed": "full", "busy": "full", "intense": "full", "quick": "full",
}  # fmt: skip
_INTERESTS = {
    "museum": "museums", "arts": "art", "gallery": "art", "galleries": "art", "painting": "art", "temple": "temples",
    "shrine": "temples", "shrines": "temples", "view": "views", "sights": "views", "parks": "nature", "park": "nature",
    "gardens": "nature", "garden": "nature", "outdoors": "nature", "markets": "food", "market": "food",
    "eating": "food", "restaurants": "food", "shops": "shopping", "bars": "nightlife", "clubs": "nightlife",
    "kids": "family", "children": "family", "families": "family", "historic": "history", "architecture": "history",
    "culture": "history", "castles": "history", "churches": "history",
}  # fmt: skip


def pace_named(value: Any) -> Any:
    """Return the pace that a word stands for."""
    return _PACES.get(value.strip().lower(), value.strip().lower()) if isinstance(value, str) else value


def interest_named(text: str) -> str | None:
    """Return the interest that a word stands for, None for a word that is none."""
    word = text.strip().lower()
    word = _INTERESTS.get(word, word)
    return word if word in INTERESTS else None


class ItineraryRequest(BaseModel):
    """Where to, when, and how the traveller likes it.

    The trip begins on `start` and lasts `days`, or until `end`. With an `origin` it begins and ends with a flight. A
    `budget` is for the whole trip and everybody, without flights, in `currency` (the destination's, if left out).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    destination: str = Field(min_length=1, max_length=80, description="the city to visit")
    today: datetime.date
    start: datetime.date = Field(description="first day of the trip")
    days: int | None = Field(default=None, ge=1, le=400, description="number of days, 1 to 21")
    end: datetime.date | None = Field(default=None, description="last day, instead of days")
    travellers: int = Field(default=1, ge=1, le=12, description="how many people travel")
    pace: Annotated[Pace, BeforeValidator(pace_named)] = Field(
        default="moderate", description="how much to do in a day"
    )
    interests: tuple[str, ...] = Field(default=(), max_length=10, description=f"of: {', '.join(INTERESTS)}")
    must_see: tuple[str, ...] = Field(default=(), max_length=30, description="sights that must be in, by name")
    avoid: tuple[str, ...] = Field(default=(), max_length=30, description="sights or interests to leave out")
    budget: float | None = Field(default=None, gt=0, le=10_000_000, allow_inf_nan=False, description="money for it all")
    currency: str | None = Field(default=None, min_length=3, max_length=3, description="ISO currency of the budget")
    strict_budget: bool = Field(default=False, description="whether the budget must never be exceeded")
    origin: str | None = Field(default=None, max_length=80, description="city or airport to fly from, if any")
    tz: str | None = Field(default=None, description="the traveller's IANA time zone")
    title: str | None = Field(default=None, min_length=1, max_length=200, description="a title other than the usual")


class ItineraryNotPossible(ValueError):
    """No trip can be built from a request; `str(error)` is a whole sentence that says what would be possible."""
