"""What a plan is built from, and the errors that say why one cannot be built."""

import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from tools.running.plan_items import Methodology
from tools.running.race_distances import GoalRace, goal_race

MIN_WEEKS = 4
MAX_WEEKS = 24


def _race_name(value: Any) -> Any:
    return goal_race(value) if isinstance(value, str) else value


class RaceResult(BaseModel):
    """A race that was run: its distance in km and its time in seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    distance_km: float = Field(ge=1, le=100, allow_inf_nan=False, description="distance in km")
    time_s: int = Field(ge=120, le=100_000, description="finishing time in seconds")


class BuildRequest(BaseModel):
    """A runner's goal and starting point.

    `weekly_km` and `longest_km` describe the last four weeks. `weeks` may be left out: it then follows from
    `race_date`, or from the race. Without `race_date` the race is on the Sunday of the last week; without
    `start` the plan begins on the first Monday after `today`. `goal_time_s` is the hoped-for time in seconds.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    race: Annotated[GoalRace, BeforeValidator(_race_name)] = Field(description="the race to prepare for")
    today: datetime.date
    weekly_km: float = Field(ge=0, le=250, allow_inf_nan=False, description="km run in a usual week now")
    longest_km: float = Field(ge=0, le=100, allow_inf_nan=False, description="longest run of the last 30 days in km")
    weeks: int | None = Field(default=None, ge=1, le=200, description="length of the plan in weeks, 4 to 24")
    days_per_week: int = Field(default=4, ge=3, le=7, description="days a week to train on")
    race_date: datetime.date | None = Field(default=None, description="date of the race, if there is one")
    start: datetime.date | None = Field(default=None, description="earliest day to begin on, if one was named")
    goal_time_s: int | None = Field(default=None, ge=600, le=100_000, description="hoped-for time in seconds")
    methodology: Methodology = Field(
        default="daniels",
        description="whose manner of training: daniels (threshold and intervals), lydiard (an easy base first), "
        "higdon (mostly easy, for first races) or polarised (hard or easy, nothing between)",
    )
    recent_race: RaceResult | None = Field(default=None, description="a recent race result, which paces follow")
    injuries: tuple[str, ...] = Field(default=(), description="injuries to be careful with, in the runner's words")
    tz: str | None = Field(default=None, description="the runner's IANA time zone")
    title: str | None = Field(default=None, max_length=200, description="a title other than the usual one")


class PlanNotPossible(ValueError):
    """No plan can responsibly be built from a request.

    `str(error)` is a whole sentence for the runner that says what would be possible instead; `race` and
    `weeks` name that alternative for programs, where there is one.
    """

    def __init__(self, sentence: str, *, race: GoalRace | None = None, weeks: int | None = None) -> None:
        super().__init__(sentence)
        self.race = race
        self.weeks = weeks
