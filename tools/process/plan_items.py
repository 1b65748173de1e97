"""The kinds of items in a team's plan, and what people decide about each.

A plan holds processes (templates with steps) and events (what really takes place), each with steps and their substeps,
reminders, and a log of every change of a status. Log entries are items as well: added, never changed.
"""

import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from tools.process.offsets import parse_offset
from tools.recurrence import read_rule

EventStatus = Literal["draft", "scheduled", "in_progress", "blocked", "done", "cancelled"]
StepStatus = Literal["todo", "in_progress", "blocked", "done", "skipped"]


def _day(value: str) -> str:
    datetime.date.fromisoformat(value)
    return value


def _time(value: str) -> str:
    datetime.time.fromisoformat(value)
    return value


def _offset(value: str) -> str:
    parse_offset(value)
    return value


def _rule(value: str) -> str:
    read_rule(value, datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))
    return value


IsoDate = Annotated[
    str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="a date as YYYY-MM-DD"), AfterValidator(_day)
]
ClockTime = Annotated[str, Field(pattern=r"^\d{2}:\d{2}$", description="a time of day as HH:MM"), AfterValidator(_time)]
Offset = Annotated[
    str,
    Field(
        max_length=12, description="days before or after the event: T-2d, T+1w, or business days T-3bd; T is its day"
    ),
    AfterValidator(_offset),
]
Rule = Annotated[
    str, Field(max_length=200, description="an RFC 5545 RRULE such as FREQ=WEEKLY;BYDAY=MO"), AfterValidator(_rule)
]
Person = Annotated[str, Field(min_length=1, max_length=80, description="a participant's name")]
Note = Annotated[str, Field(max_length=1000)]


class _ItemData(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Process(_ItemData):
    """A template in this plan: its steps say when they are due relative to an event."""

    note: Note | None = None


class Event(_ItemData):
    """Something that takes place on `date`; `process` is the id of the template it was made from, if any.

    `made_of` are the template's steps that it was made of: one that it has no longer was taken out on purpose.
    """

    date: IsoDate
    time: ClockTime | None = None
    minutes: int | None = Field(default=None, ge=5, le=7 * 24 * 60, description="how long it takes")
    place: str | None = Field(default=None, max_length=200)
    status: EventStatus = "scheduled"
    process: str | None = None
    made_of: list[str] = Field(default_factory=list, max_length=200, description="the template's steps it was made of")
    rule: Rule | None = None
    note: Note | None = None


class Step(_ItemData):
    """A task: under an event it has a `due` day, under a process an `offset`.

    `days` is how many working days it takes, `depends_on` the ids of the steps that must be done first. In an event,
    `of` is the template's step it was made from, and `origin` what that step said then: what template changes are
    merged by.
    """

    due: IsoDate | None = None
    offset: Offset | None = None
    days: float = Field(default=1.0, gt=0, le=260, allow_inf_nan=False)
    owner: Person | None = None
    status: StepStatus = "todo"
    depends_on: list[str] = Field(default_factory=list, max_length=50)
    of: str | None = None
    origin: str | None = Field(default=None, max_length=1000)
    note: Note | None = None


class Substep(_ItemData):
    """A smaller task within a step."""

    done: bool = False
    note: Note | None = None


class Reminder(_ItemData):
    """Words to be said on a day or by a rule, at a time of day on the team's clocks."""

    text: str = Field(min_length=1, max_length=500)
    date: IsoDate
    time: ClockTime = "09:00"
    rule: Rule | None = None


class StatusChange(_ItemData):
    """An entry of the log: the status of its parent went from one to another at a moment."""

    before: str
    after: str
    at: str = Field(description="an ISO 8601 moment with offset")
    by: Person
    note: Note | None = None


KINDS: dict[str, type[BaseModel]] = {
    "process": Process,
    "event": Event,
    "step": Step,
    "substep": Substep,
    "reminder": Reminder,
    "status_change": StatusChange,
}
