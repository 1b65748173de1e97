"""What a self-care plan is built from, and the errors that say why one cannot be built."""

from __future__ import annotations

import datetime
import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

MIN_WEEKS, MAX_WEEKS = 2, 12

Region = Literal[
    "lower_back", "upper_back", "neck", "shoulder", "elbow_hand", "hip", "knee", "ankle_foot", "widespread"
]
Liking = Literal["walking", "cycling", "swimming", "seated-marching"]

_REGION_WORDS: tuple[tuple[str, Region], ...] = (
    (r"all over|everywhere|widespread|whole body|many places", "widespread"),
    (r"neck|nape", "neck"),
    (r"upper back|mid[- ]?back|thoracic|shoulder ?blade", "upper_back"),
    (r"shoulder", "shoulder"),
    (r"back|lumbar|sciatica|sacrum|tailbone|spine", "lower_back"),
    (r"hip|buttock|groin|thigh", "hip"),
    (r"knee", "knee"),
    (r"ankle|foot|feet|heel|achilles|calf|shin|toe", "ankle_foot"),
    (r"elbow|wrist|hand|finger|thumb|forearm|arm", "elbow_hand"),
)


def region_named(text: str) -> Region | None:
    """The region that a word such as "lower back" or "sciatica" means, None for none of them."""
    said = text.lower().replace("_", " ")
    return next((region for pattern, region in _REGION_WORDS if re.search(rf"\b(?:{pattern})", said)), None)


def _region(value: Any) -> Any:
    return region_named(value) or value if isinstance(value, str) else value


def likings(value: Any) -> Any:
    """What people like, as the exercises that are called so."""
    if isinstance(value, str):
        value = [value]
    return [_liking(one) for one in value] if isinstance(value, list | tuple) else value


def _liking(value: Any) -> Any:
    said = str(value).lower()
    for pattern, liking in (("walk", "walking"), ("cycl|bike|biking", "cycling"), ("swim|water|pool", "swimming")):
        if re.search(pattern, said):
            return liking
    return "seated-marching" if re.search("chair|seat|sit", said) else value


class BuildRequest(BaseModel):
    """Where it hurts, how much, and what the person can and wants to do.

    `pain` is the usual pain of the last week. `comfortable_minutes` is how long the person can be active now without
    paying for it later; without it the plan begins with very little. `about` are the person's own words on the pain.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    region: Annotated[Region, BeforeValidator(_region)] = Field(description="where it hurts most")
    pain: int = Field(ge=0, le=10, description="usual pain of the last week, 0 (none) to 10 (worst imaginable)")
    today: datetime.date
    weeks: int = Field(default=6, ge=MIN_WEEKS, le=MAX_WEEKS, description="length of the plan in weeks, 2 to 12")
    days_per_week: int = Field(default=4, ge=2, le=7, description="days a week with exercise, 2 to 7")
    minutes_per_day: int = Field(default=20, ge=5, le=60, description="most minutes of exercise on a day, 5 to 60")
    comfortable_minutes: int | None = Field(
        default=None, ge=1, le=120, description="minutes of walking or the like that are comfortable now"
    )
    likes: Annotated[tuple[Liking, ...], BeforeValidator(likings)] = Field(
        default=(), description="what the person likes: walking, cycling, swimming, seated-marching"
    )
    conditions: tuple[Annotated[str, Field(max_length=200)], ...] = Field(
        default=(), max_length=20, description="health conditions and limits, in the person's words"
    )
    about: str = Field(default="", max_length=2000, description="the person's own words on the pain")
    start: datetime.date | None = Field(default=None, description="earliest day to begin on, if one was named")
    tz: str | None = Field(default=None, description="the person's IANA time zone")
    title: str | None = Field(default=None, max_length=200, description="a title other than the usual one")


class PlanNotPossible(ValueError):
    """No plan can responsibly be built from a request; the message is for the person and says what to do instead."""
