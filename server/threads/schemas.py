"""Request and response shapes of the threads API."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, field_validator

from server.paging import MAX_OFFSET
from server.requests import RequestModel

ThreadField = Literal[
    "thread_id",
    "created_at",
    "updated_at",
    "state_updated_at",
    "metadata",
    "status",
    "config",
    "values",
    "error",
    "interrupts",
]


class ThreadOut(BaseModel):
    """A thread."""

    thread_id: UUID
    created_at: datetime
    updated_at: datetime
    state_updated_at: datetime
    metadata: dict[str, Any]
    status: Literal["idle", "busy", "interrupted", "error"]
    config: dict[str, Any]
    values: Any = None
    error: dict[str, Any] | None = None
    interrupts: dict[str, list[dict[str, Any]]] | None = None


class ThreadCreate(RequestModel):
    """A new thread."""

    thread_id: UUID | None = Field(None, description="its id; made if absent")
    metadata: dict[str, Any] | None = None
    if_exists: Literal["raise", "do_nothing"] = Field("raise", description="when a thread of that id exists")
    ttl: Any = None
    supersteps: Any = None

    @field_validator("ttl", "supersteps")
    @classmethod
    def _not_yet(cls, value: object) -> object:
        return refuse(value)


class ThreadPatch(RequestModel):
    """What to change on a thread."""

    metadata: dict[str, Any] | None = Field(None, description="merged shallowly into the thread's")
    ttl: Any = None

    @field_validator("ttl")
    @classmethod
    def _not_yet(cls, value: object) -> object:
        return refuse(value)


class ThreadCount(RequestModel):
    """Which threads to count."""

    metadata: dict[str, Any] | None = Field(None, description="only those whose metadata contain this")
    values: dict[str, Any] | None = Field(None, description="only those whose values contain this")
    status: Literal["idle", "busy", "interrupted", "error"] | None = None


class ThreadSearch(ThreadCount):
    """Which threads to list, in what order, and which page of them."""

    ids: list[UUID] | None = None
    limit: int = Field(10, ge=1, le=1000)
    offset: int = Field(0, ge=0, le=MAX_OFFSET)
    sort_by: Literal["thread_id", "status", "created_at", "updated_at", "state_updated_at"] | None = None
    sort_order: Literal["asc", "desc"] | None = None
    select: list[ThreadField] | None = Field(None, description="only these keys of each")
    extract: Any = None

    @field_validator("extract")
    @classmethod
    def _not_yet(cls, value: object) -> object:
        return refuse(value)


class CheckpointRef(RequestModel):
    """Names a checkpoint of the thread."""

    checkpoint_id: UUID | None = None
    checkpoint_ns: str = ""
    checkpoint_map: dict[str, Any] | None = None
    thread_id: UUID | None = Field(None, description="ignored: the path names the thread")


class StateUpdate(RequestModel):
    """A write to a thread's state, as if a node had returned it."""

    values: dict[str, Any] | list[Any] | None = None
    as_node: str | None = Field(None, description="the node that the write counts as")
    checkpoint: CheckpointRef | None = Field(None, description="fork from here instead of the newest")
    checkpoint_id: UUID | None = Field(None, description="short for checkpoint.checkpoint_id")


class StateAtCheckpoint(RequestModel):
    """Which checkpoint's state to read."""

    checkpoint: CheckpointRef
    subgraphs: bool = False


class HistoryRequest(RequestModel):
    """Which part of a thread's history to list."""

    limit: int = Field(1, ge=1, le=1000)
    before: dict[str, Any] | None = Field(
        None, description="only checkpoints before this one; a checkpoint or a config"
    )
    metadata: dict[str, Any] | None = Field(None, description="only checkpoints whose metadata contain this")
    checkpoint: CheckpointRef | None = Field(None, description="its checkpoint_ns selects a subgraph's history")


class CheckpointWritten(BaseModel):
    """Where a state write ended up."""

    checkpoint: dict[str, Any]
    configurable: dict[str, Any]
    checkpoint_id: str


class ThreadStateOut(BaseModel):
    """A thread's state at one checkpoint."""

    values: Any
    next: list[str]
    tasks: list[dict[str, Any]]
    metadata: dict[str, Any] | None
    created_at: str | None
    checkpoint: dict[str, Any] | None
    parent_checkpoint: dict[str, Any] | None
    interrupts: list[dict[str, Any]]
    checkpoint_id: str | None
    parent_checkpoint_id: str | None


def refuse(value: object) -> object:
    """For a field of the API that this version does not serve: absent or null is fine, anything else is refused."""
    if value is not None:
        raise ValueError("this version of the server does not support this field; leave it out")
    return value
