"""The kinds of items in a self-care plan, and what a person decides about each.

What follows from these (how an exercise is done at a step) is looked up, never stored; titles carry no numbers.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from tools.dated_items import Dated, WeekOf
from tools.pain.exercises import STEPS

Phase = Literal["settle", "build", "keep"]
PracticeId = Literal["breathing", "relaxation", "pacing", "sleep"]

Pain = Annotated[int, Field(ge=0, le=10, description="pain from 0 (none) to 10 (worst imaginable)")]
Note = Annotated[str, Field(max_length=500)]


class Week(WeekOf[Phase]):
    """Seven days from `start`, and what they are for."""


class ExerciseSession(Dated):
    """Some minutes of an exercise of the catalogue (`exercise` is its id) at a step from 1 to 5.

    `done` with pain before and after is how a session went; progression and easing off follow from it.
    """

    exercise: str = Field(min_length=1, max_length=60, description="the exercise's id, such as walking or bridge")
    minutes: int = Field(ge=1, le=120, description="minutes")
    step: int = Field(default=1, ge=1, le=STEPS, description="level from 1 (easiest) to 5")
    done: bool | None = None
    pain_before: Pain | None = None
    pain_after: Pain | None = None
    note: Note | None = None


class PracticeSession(Dated):
    """Some minutes of breathing, relaxation, pacing or preparing the night."""

    practice: PracticeId
    minutes: int = Field(ge=1, le=60, description="minutes")
    done: bool | None = None
    note: Note | None = None


class Review(Dated):
    """A day to look back: diary, PEG, what to change."""

    note: Note | None = None


class Rest(Dated):
    """A day kept free on purpose."""

    note: Note | None = None


KINDS: dict[str, type[BaseModel]] = {
    "week": Week,
    "exercise": ExerciseSession,
    "practice": PracticeSession,
    "review": Review,
    "rest": Rest,
}
