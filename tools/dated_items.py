"""What the data of items with a day has in common, whatever the plan is about."""

import datetime
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

IsoDate = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="a date as YYYY-MM-DD")]
PhaseT = TypeVar("PhaseT", bound=str)


class ItemData(BaseModel):
    """What a person decides about an item; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Dated(ItemData):
    """The data of an item on one day, which has to be in the calendar."""

    date: IsoDate

    @model_validator(mode="after")
    def _date_exists(self) -> "Dated":
        datetime.date.fromisoformat(self.date)
        return self


class WeekOf(ItemData, Generic[PhaseT]):
    """Seven days from `start`, in a phase of the plan."""

    phase: PhaseT
    start: IsoDate

    @model_validator(mode="after")
    def _start_exists(self) -> "WeekOf[PhaseT]":
        datetime.date.fromisoformat(self.start)
        return self
