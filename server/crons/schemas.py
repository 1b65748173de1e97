"""Request and response shapes of the crons API."""

from datetime import UTC, datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, PrivateAttr, field_validator, model_validator
from pydantic.functional_validators import ModelWrapValidatorHandler

from server.crons.history import Outcome
from server.paging import SearchRequest
from server.requests import RequestModel
from server.runs.schemas import RunBody

OnRunCompleted = Literal["delete", "keep"]
CronField = Literal[
    "cron_id",
    "assistant_id",
    "thread_id",
    "on_run_completed",
    "end_time",
    "schedule",
    "timezone",
    "created_at",
    "updated_at",
    "user_id",
    "payload",
    "next_run_date",
    "metadata",
    "enabled",
    "last_firing",
]

_SCHEDULE = Field(
    description="minute, hour, day of the month, month and day of the week, then seconds if wanted; or an alias such as @daily",
    max_length=500,
)
_TIMEZONE = Field(
    None, description="the IANA time zone of the schedule, such as `Europe/Berlin`; UTC by default", max_length=100
)
_END_TIME = Field(None, description="nothing is fired after it, in ISO 8601; UTC if it has no offset")


class FiringOut(BaseModel):
    """What became of one time of a cron's schedule."""

    scheduled_at: datetime = Field(description="the moment of the schedule")
    at: datetime = Field(description="when this became of it")
    outcome: Outcome = Field(
        description="`started` a run, or `made_up` for what was missed; `missed`, or `refused` a run; `waiting` to be tried again"
    )
    run_id: UUID | None = Field(description="the run that it started")
    error: str | None = Field(description="why there is no run")


class CronOut(BaseModel):
    """A cron."""

    cron_id: UUID
    assistant_id: UUID
    thread_id: UUID | None
    user_id: str | None
    end_time: datetime | None
    schedule: str
    timezone: str | None
    payload: dict[str, Any]
    next_run_date: datetime | None
    metadata: dict[str, Any]
    on_run_completed: OnRunCompleted | None
    enabled: bool
    created_at: datetime
    updated_at: datetime
    last_firing: FiringOut | None


class _CronBody(RunBody):
    """What crons add to what any run is given. Keeps the body as it came, to be shown as the cron's payload."""

    end_time: datetime | None = _END_TIME
    timezone: str | None = _TIMEZONE

    _given: dict[str, Any] = PrivateAttr(default_factory=dict)

    @model_validator(mode="wrap")
    @classmethod
    def _keep(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        body = handler(value)
        body._given = dict(value) if isinstance(value, dict) else {}
        return body

    @property
    def given(self) -> dict[str, Any]:
        """The body as it came."""
        return dict(self._given)

    @field_validator("end_time", mode="before")
    @classmethod
    def _in_utc(cls, value: object) -> datetime | None:
        if value is None:
            return None
        try:
            moment = datetime.fromisoformat(value if isinstance(value, str) else "")
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise ValueError("give a time in ISO 8601, such as 2030-01-31T09:00:00+01:00") from error


class ThreadCronCreate(_CronBody):
    """A cron whose runs are on one thread."""

    assistant_id: str = Field(description="an assistant's id, or a graph's name", min_length=1)
    schedule: str = _SCHEDULE
    enabled: bool = Field(True, description="whether it fires")

    @field_validator("enabled", mode="before")
    @classmethod
    def _null_is_on(cls, value: object) -> object:
        return True if value is None else value


class CronCreate(ThreadCronCreate):
    """A cron whose runs have a thread of their own each."""

    on_run_completed: OnRunCompleted | None = Field(
        None, description="what becomes of a run's thread when the run is over; by default it goes"
    )


class CronPatch(_CronBody):
    """What to change of a cron: metadata are merged, whatever else is given replaces what was."""

    schedule: str | None = Field(None, description=_SCHEDULE.description, max_length=500)
    enabled: bool | None = Field(None, description="whether it fires")
    on_run_completed: OnRunCompleted | None = Field(
        None, description="what becomes of a run's thread when the run is over; only for crons without a thread"
    )


class CronCount(RequestModel):
    """Which crons to count."""

    assistant_id: str | None = Field(None, description="only those of this assistant: its id, or its graph's name")
    thread_id: UUID | None = Field(None, description="only those of this thread")
    enabled: bool | None = Field(None, description="only those that fire, or only those that don't")
    metadata: dict[str, Any] | None = Field(None, description="only those whose metadata contain this")


class CronSearch(SearchRequest, CronCount):
    """Which crons to list, in what order, and which page of them."""

    sort_by: Literal[
        "cron_id", "assistant_id", "thread_id", "next_run_date", "end_time", "created_at", "updated_at"
    ] = "created_at"
    sort_order: Literal["asc", "desc"] = "desc"
    select: list[CronField] | None = Field(None, description="only these keys of each")
