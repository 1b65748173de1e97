"""A run that was done: what is kept of it, however it came in."""

import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

ActivitySource = Literal["told", "gpx", "tcx"]


class Activity(BaseModel):
    """One run of the log: `km` and moving `seconds`; `rpe` is the session's rated effort from 0 to 10 (Foster 2001)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1, max_length=80)
    date: datetime.date
    km: float = Field(gt=0, le=500, allow_inf_nan=False)
    seconds: int | None = Field(default=None, gt=0, le=500_000)
    rpe: float | None = Field(default=None, ge=0, le=10, allow_inf_nan=False)
    climb_m: float | None = Field(default=None, ge=0, le=20_000, allow_inf_nan=False)
    source: ActivitySource = "told"

    @property
    def load(self) -> float | None:
        """The session's load: rated effort times minutes; None where either is unknown."""
        if self.rpe is None or self.seconds is None:
            return None
        return self.rpe * self.seconds / 60
