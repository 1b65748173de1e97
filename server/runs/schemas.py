"""Request and response shapes of the runs API."""

from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, field_validator, model_validator

from server.requests import RequestModel

StreamMode = Literal[
    "values", "messages", "messages-tuple", "updates", "events", "debug", "tasks", "checkpoints", "custom"
]
MultitaskStrategy = Literal["reject", "rollback", "interrupt", "enqueue"]
RunStatus = Literal["pending", "running", "success", "error", "interrupted", "timeout"]
CancelAction = Literal["interrupt", "rollback"]
RunField = Literal[
    "run_id",
    "thread_id",
    "assistant_id",
    "metadata",
    "status",
    "kwargs",
    "multitask_strategy",
    "created_at",
    "updated_at",
]


class SendTo(RequestModel):
    """Go to a node with an input of its own."""

    node: str
    input: Any = None


class RunCommand(RequestModel):
    """Resume an interrupt, write to the state, or go to nodes, instead of giving an input."""

    resume: Any = None
    update: dict[str, Any] | list[tuple[str, Any]] | None = None
    goto: str | SendTo | list[str | SendTo] | None = None


class RunCheckpoint(RequestModel):
    """The checkpoint to start from."""

    checkpoint_id: UUID | None = None
    checkpoint_ns: str = ""
    checkpoint_map: dict[str, Any] | None = None
    thread_id: UUID | None = Field(None, description="ignored: the path names the thread")


class RunConfig(RequestModel):
    """The run's config; its keys are laid over the thread's and the assistant's."""

    tags: list[str] | None = None
    recursion_limit: int | None = Field(None, ge=1, le=10_000)
    configurable: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None


class TracerChoice(RequestModel):
    """Where the run's trace goes."""

    project_name: str | None = None
    example_id: UUID | None = None


class RunBody(RequestModel):
    """What a run is given, whatever starts it: a request, or a cron at its time."""

    input: Any = Field(None, description="the graph's input; absent or null goes on from the checkpoint")
    command: RunCommand | None = None
    metadata: dict[str, Any] | None = None
    config: RunConfig | None = None
    context: dict[str, Any] | None = None
    checkpoint: RunCheckpoint | None = None
    checkpoint_id: UUID | None = None
    stream_mode: list[StreamMode] = Field(["values"], description="one mode or several")
    stream_subgraphs: bool = False
    stream_resumable: bool = Field(False, description="number the events, so that a reader can come back to them")
    interrupt_before: Literal["*"] | list[str] | None = None
    interrupt_after: Literal["*"] | list[str] | None = None
    multitask_strategy: MultitaskStrategy = Field("enqueue", description="what to do if the thread has a run")
    durability: Literal["sync", "async", "exit"] | None = None
    checkpoint_during: bool | None = None
    webhook: str | None = Field(None, min_length=1, description="is sent the run when it is over")
    feedback_keys: list[str] | None = Field(
        None, max_length=20, description="without LangSmith there are no feedback URLs to give"
    )
    langsmith_tracer: TracerChoice | None = None

    @field_validator("stream_mode", mode="before")
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        if value is None or value == []:
            return ["values"]
        return [value] if isinstance(value, str) else value

    @field_validator("metadata", "config", "stream_subgraphs", "stream_resumable", mode="before")
    @classmethod
    def _null_is_absent(cls, value: object, info: Any) -> object:
        if value is None:
            return cls.model_fields[info.field_name].get_default()
        return value


class RunCreate(RunBody):
    """A run to start."""

    assistant_id: str = Field(description="an assistant's id, or a graph's name", min_length=1)
    if_not_exists: Literal["reject", "create"] = Field("reject", description="what to do if there is no such thread")
    on_disconnect: Literal["cancel", "continue"] = "continue"
    after_seconds: float | None = Field(None, ge=0, le=366 * 86_400)
    on_completion: Literal["delete", "keep"] | None = None


class BatchedRun(RunCreate):
    """One run of a batch."""

    thread_id: UUID | None = Field(None, description="the thread to run on; absent: one of its own")


class ProtocolRunCreate(RunCreate):
    """A run that a command of event streaming v2 starts: its graph emits the protocol's events.

    What it answers depends on what its thread waits for when it is admitted, so that is said here and decided there.
    """

    stream_subgraphs: bool = True
    stream_resumable: bool = True
    answered: tuple[str, ...] = ()
    """Ids of interrupts that must be open."""
    input_may_answer: bool = False
    """Whether the input is the answer if the thread waits for one."""


class CancelMany(RequestModel):
    """Which runs to cancel: all of a status, or some of a thread."""

    status: Literal["pending", "running", "all"] | None = None
    thread_id: UUID | None = None
    run_ids: list[UUID] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.status is None) == (self.thread_id is None or self.run_ids is None):
            raise ValueError("give either status, or thread_id and run_ids")
        return self


class RunOut(BaseModel):
    """A run."""

    run_id: UUID
    thread_id: UUID
    assistant_id: UUID
    metadata: dict[str, Any]
    status: RunStatus
    # pydantic's generated __init__ has a parameter of that name already
    arguments: dict[str, Any] = Field(serialization_alias="kwargs")
    multitask_strategy: MultitaskStrategy
    created_at: datetime
    updated_at: datetime
    langsmith_session_name: str | None = None
