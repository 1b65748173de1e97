"""What a plan is built from, and the errors that say why one cannot be built."""

import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from tools.running.race_distances import GoalRace, goal_race

MIN_WEEKS = 4
MAX_WEEKS = 24


def _race_name(value: Any) -> Any:
    return goal_race(value) if isinstance(value, str) else value


class RaceResult(BaseModel):
    """A race that was run: its distance in km and its time in seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    distance_km: float = Field(ge=1, le=100, allow_inf_nan=False)
    time_s: int = Field(ge=120, le=100_000)


class BuildRequest(BaseModel):
    """A runner's goal and starting point.

    `weekly_km` and `longest_km` describe the last four weeks. `weeks` may be left out: it then follows from
    `race_date`, or from the race. Without `race_date` the race is on the Sunday of the last week; without
    `start` the plan begins on the first Monday after `today`. `goal_time_s` is the hoped-for time in seconds.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    race: Annotated[GoalRace, BeforeValidator(_race_name)]
    today: datetime.date
    weekly_km: float = Field(ge=0, le=250, allow_inf_nan=False)
    longest_km: float = Field(ge=0, le=100, allow_inf_nan=False)
    weeks: int | None = Field(default=None, ge=1, le=200)
    days_per_week: int = Field(default=4, ge=3, le=7)
    race_date: datetime.date | None = None
    start: datetime.date | None = None
    goal_time_s: int | None = Field(default=None, ge=600, le=100_000)
    recent_race: RaceResult | None = None
    injuries: tuple[str, ...] = ()
    tz: str | None = None
    title: str | None = Field(default=None, max_length=200)


class PlanNotPossible(ValueError):
    """No plan can responsibly be built from a request.

    `str(error)` is a whole sentence for the runner that says what would be possible instead; `race` and
    `weeks` name that alternative for programs, where there is one.
    """

    def __init__(self, sentence: str, *, race: GoalRace | None = None, weeks: int | None = None) -> None:
        super().__init__(sentence)
        self.race = race
        self.weeks = weeks
