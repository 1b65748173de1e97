"""The kinds of items in a running plan, and what a person decides about each.

Whatever follows from these (a run's duration, a week's total) is computed, never stored, and titles carry no
numbers: so one decision is one field, and one edit is one change.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from tools.dated_items import Dated, ItemData, WeekOf

Phase = Literal["base", "build", "peak", "taper"]
Methodology = Literal["daniels", "lydiard", "higdon", "polarised"]
RunType = Literal["easy", "long", "tempo", "interval", "repetition", "marathon_pace", "recovery"]

HARD_TYPES: frozenset[str] = frozenset({"long", "tempo", "interval", "repetition", "marathon_pace"})
"""Types that ask for an easier day afterwards."""

Kilometres = Annotated[float, Field(gt=0, le=500, allow_inf_nan=False, description="distance in km")]


class Pace(ItemData):
    """A range of paces in seconds per km; `lo` is the faster end."""

    lo: int = Field(ge=100, le=1200)
    hi: int = Field(ge=100, le=1200)

    @model_validator(mode="after")
    def _ordered(self) -> "Pace":
        if self.lo > self.hi:
            raise ValueError("lo is the faster end of the range and must not be above hi")
        return self


class Week(WeekOf[Phase]):
    """Seven days from `start`, and what they are for."""


class Run(Dated):
    """A training run of `km` in all; `quality_km` of them at the pace of its type, the rest easy."""

    km: Kilometres
    type: RunType
    pace: Pace | None = None
    quality_km: Kilometres | None = None
    note: str | None = Field(default=None, max_length=500)


class Race(Dated):
    """A race: the plan's goal, or one on the way to it."""

    km: Kilometres
    name: str = Field(min_length=1, max_length=120)


class Strength(Dated):
    """A strength session, which is not a run."""

    minutes: int = Field(ge=5, le=240)
    note: str | None = Field(default=None, max_length=500)


class Rest(Dated):
    """A day kept free on purpose."""

    note: str | None = Field(default=None, max_length=500)


KINDS: dict[str, type[BaseModel]] = {
    "week": Week,
    "run": Run,
    "race": Race,
    "strength": Strength,
    "rest": Rest,
}
