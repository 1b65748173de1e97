"""One line of a pain diary, as a person gives it."""

from __future__ import annotations

import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

EARLIEST_YEAR = 2000

Trigger = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, min_length=1, max_length=40)]


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


class DiaryEntry(BaseModel):
    """Pain at a time: `pain` on the numeric rating scale, 0 (none) to 10 (worst imaginable).

    `medication` only says whether some was taken, never which or how much. `triggers` are what the person noted beside
    it, in their words.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    at: datetime.datetime
    pain: int = Field(ge=0, le=10, description="pain from 0 (none) to 10 (worst imaginable)")
    activity: str | None = Field(default=None, max_length=200, description="what the person did")
    sleep_hours: float | None = Field(default=None, ge=0, le=24, allow_inf_nan=False, description="hours slept")
    medication: bool | None = Field(default=None, description="whether any pain medication was taken")
    triggers: Annotated[tuple[Trigger, ...], BeforeValidator(_listed)] = Field(default=(), max_length=10)
    note: str | None = Field(default=None, max_length=500)

    @property
    def day(self) -> datetime.date:
        """The calendar day where it was noted."""
        return self.at.date()


def moment_noted(day: datetime.date | None, now: datetime.datetime) -> datetime.datetime:
    """When an entry is for: now, or midday of an earlier day.

    Raises ValueError, with what to change, for a day to come or before 2000.
    """
    if day is None or day == now.date():
        return now
    if day > now.date():
        raise ValueError(f"{day.isoformat()} is in the future; a diary holds what has been. Today is {now.date()}.")
    if day.year < EARLIEST_YEAR:
        raise ValueError(f"{day.isoformat()} is too long ago; entries go back to {EARLIEST_YEAR}.")
    return datetime.datetime.combine(day, datetime.time(12), tzinfo=now.tzinfo)
