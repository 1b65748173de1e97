"""Request and response shapes of the threads API."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, field_validator

from server.db.searches import Slice
from server.paging import SearchRequest
from server.requests import RequestModel, parse_uuid
from server.threads.extract import check_extract
from server.threads.ttl import TtlStrategy

_CENTURY_MINUTES = 52_596_000

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

STATE_FIELDS = (
    "values",
    "next",
    "tasks",
    "metadata",
    "created_at",
    "checkpoint",
    "parent_checkpoint",
    "interrupts",
    "checkpoint_id",
    "parent_checkpoint_id",
)


class TtlOut(BaseModel):
    """A thread's time to live."""

    strategy: TtlStrategy
    ttl_minutes: float
    expires_at: datetime


class ThreadOut(BaseModel):
    """A thread. `ttl` is shown with `include=ttl`, `extracted` by a search that extracts."""

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
    ttl: TtlOut | None = None
    extracted: dict[str, Any] | None = None


class ThreadTtl(RequestModel):
    """How long a thread lives after the last thing that happens on it."""

    strategy: TtlStrategy = Field(
        "delete", description="delete the thread, or keep_latest: all of its checkpoints but the newest"
    )
    ttl: float | None = Field(
        None, ge=0, le=_CENTURY_MINUTES, description="minutes from now; absent: as long as the server's default"
    )


def _minutes_alone(value: object) -> object:
    return {"ttl": value} if isinstance(value, int | float) and not isinstance(value, bool) else value


TtlField = Annotated[ThreadTtl | None, BeforeValidator(_minutes_alone)]


class SuperstepCommand(RequestModel):
    """A command that a node would have returned."""

    update: dict[str, Any] | list[tuple[str, Any]] | None = None
    resume: Any = None
    goto: Any = None


class SuperstepUpdate(RequestModel):
    """One write of a superstep."""

    as_node: str = Field(description="the node that the write counts as; `__input__` for the graph's input")
    values: dict[str, Any] | list[Any] | None = None
    command: SuperstepCommand | None = None


class Superstep(RequestModel):
    """Writes that happen at once."""

    updates: list[SuperstepUpdate]


def _thread_id(value: object) -> object:
    return value if value is None else parse_uuid(str(value), "thread")


class ThreadCreate(RequestModel):
    """A new thread."""

    thread_id: Annotated[UUID | None, BeforeValidator(_thread_id)] = Field(None, description="its id; made if absent")
    metadata: dict[str, Any] | None = None
    if_exists: Literal["raise", "do_nothing"] = Field("raise", description="when a thread of that id exists")
    ttl: TtlField = Field(None, description="an object, or the minutes alone")
    supersteps: list[Superstep] | None = Field(None, description="state to start with; needs metadata.graph_id")


class ThreadPatch(RequestModel):
    """What to change on a thread."""

    metadata: dict[str, Any] | None = Field(None, description="merged shallowly into the thread's")
    ttl: TtlField = Field(None, description="an object, or the minutes alone, counted from now")


class ThreadPrune(RequestModel):
    """Which threads to prune, and how."""

    thread_ids: list[Annotated[UUID, BeforeValidator(lambda value: parse_uuid(str(value), "thread"))]]
    strategy: TtlStrategy = Field(
        "delete", description="delete the threads, or keep_latest: all of their checkpoints but the newest"
    )


class PruneOut(BaseModel):
    """What was pruned."""

    pruned_count: int


class SizeOut(BaseModel):
    """Rows and bytes."""

    count: int
    bytes: int


class ChannelSizeOut(BaseModel):
    """Versions of one channel's value, and their bytes."""

    versions: int
    bytes: int


class ChannelValuesOut(SizeOut):
    """Stored values, one per version of a channel."""

    by_channel: dict[str, ChannelSizeOut]


class ThreadStorageOut(BaseModel):
    """What a thread's checkpoints take up in the database."""

    thread_id: UUID
    total_bytes: int
    checkpoints: SizeOut
    channel_values: ChannelValuesOut
    pending_writes: SizeOut


class ThreadCount(RequestModel):
    """Which threads to count."""

    metadata: dict[str, Any] | None = Field(None, description="only those whose metadata contain this")
    values: dict[str, Any] | None = Field(None, description="only those whose values contain this")
    status: Literal["idle", "busy", "interrupted", "error"] | None = None


class ThreadSearch(SearchRequest, ThreadCount):
    """Which threads to list, in what order, and which page of them."""

    ids: list[str] | None = Field(None, description="only these")
    sort_by: Literal["thread_id", "status", "created_at", "updated_at", "state_updated_at"] | None = None
    sort_order: Literal["asc", "desc"] | None = None
    select: list[ThreadField] | None = Field(None, description="only these keys of each")
    extract: dict[str, str] | None = Field(
        None,
        max_length=10,
        description="alias to path, such as `values.messages[-1]`: values to add to each under `extracted`",
    )

    @field_validator("extract")
    @classmethod
    def _readable_paths(cls, value: dict[str, str] | None) -> dict[str, str] | None:
        for alias, path in (value or {}).items():
            check_extract(alias, path)
        return value

    @property
    def part(self) -> Slice:
        """What is asked for of what is found; without `sort_by` always the last updated first."""
        descending = self.sort_by is None or self.sort_order != "asc"
        return Slice(self.sort_by or "updated_at", descending, self.limit, self.offset)


class CheckpointRef(RequestModel):
    """Names a checkpoint of the thread."""

    checkpoint_id: str | None = None
    checkpoint_ns: str = ""
    checkpoint_map: dict[str, Any] | None = None
    thread_id: str | None = Field(None, description="ignored: the path names the thread")


class StateUpdate(RequestModel):
    """A write to a thread's state, as if a node had returned it."""

    values: dict[str, Any] | list[Any] | None = None
    as_node: str | None = Field(None, description="the node that the write counts as")
    checkpoint: CheckpointRef | None = Field(None, description="fork from here instead of the newest")
    checkpoint_id: str | None = Field(None, description="short for checkpoint.checkpoint_id")


def _checkpoint_named(value: object) -> object:
    if isinstance(value, str):
        return {"checkpoint_id": value}
    return value["configurable"] if isinstance(value, dict) and "configurable" in value else value


def state_keys(value: list[str] | None) -> list[str] | None:
    """A selection of a state's keys, checked. Raises `ValueError`."""
    for key in value or ():
        if key not in STATE_FIELDS and not key.startswith("values."):
            raise ValueError(f"{key!r} is not a key of a state; take one of {', '.join(STATE_FIELDS)}, or values.<key>")
    return value


StateSelect = Annotated[
    list[str] | None,
    AfterValidator(state_keys),
    Field(description="only these keys of a state; `values.<key>` for one of its values"),
]


class StateAtCheckpoint(RequestModel):
    """Which checkpoint's state to read."""

    checkpoint: CheckpointRef
    subgraphs: bool = False
    select: StateSelect = None


class HistoryRequest(RequestModel):
    """Which part of a thread's history to list."""

    limit: int = Field(1, ge=1, le=1000)
    before: Annotated[CheckpointRef | None, BeforeValidator(_checkpoint_named)] = Field(
        None, description="only checkpoints before this one: a checkpoint, a config that names it, or its id"
    )
    metadata: dict[str, Any] | None = Field(None, description="only checkpoints whose metadata contain this")
    checkpoint: CheckpointRef | None = Field(None, description="its checkpoint_ns selects a subgraph's history")
    select: StateSelect = None


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
