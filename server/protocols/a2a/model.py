"""What A2A is about, apart from how its two dialects write it (see `dialects`)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal


class TaskState(StrEnum):
    """Where a task is, in the words of dialect 0.3."""

    SUBMITTED = "submitted"
    WORKING = "working"
    INPUT_REQUIRED = "input-required"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def is_terminal(self) -> bool:
        """Whether the task will not change any more."""
        return self in (TaskState.COMPLETED, TaskState.FAILED, TaskState.CANCELED)


@dataclass(frozen=True, slots=True)
class TextPart:
    """Words."""

    text: str


@dataclass(frozen=True, slots=True)
class DataPart:
    """A JSON value."""

    data: Any


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file: its bytes in base64, or where it is."""

    base64: str | None
    uri: str | None
    media_type: str | None
    name: str | None


Part = TextPart | DataPart | FilePart


@dataclass(frozen=True, slots=True)
class Message:
    """Something said by the user or the agent; `task_id` is null where nothing tells of which task it is part."""

    message_id: str
    role: Literal["user", "agent"]
    parts: tuple[Part, ...]
    context_id: str
    task_id: str | None
    metadata: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Artifact:
    """Something that a task made, or what it asks."""

    artifact_id: str
    name: str
    description: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class TaskStatus:
    """Where a task is, since when, and what the agent has to say about that."""

    state: TaskState
    at: datetime
    message: Message | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A task. Without `history` none was asked for."""

    task_id: str
    context_id: str
    status: TaskStatus
    history: tuple[Message, ...] | None = None
    artifacts: tuple[Artifact, ...] = ()


@dataclass(frozen=True, slots=True)
class PushConfig:
    """Who is to be told of a task: the URL, and what it wants to be shown: a token, and credentials of a scheme."""

    config_id: str
    task_id: str
    url: str
    token: str | None = None
    scheme: str | None = None
    credentials: str | None = None


@dataclass(frozen=True, slots=True)
class StatusUpdate:
    """A task's status changed; nothing follows the one that `is_last`."""

    task_id: str
    context_id: str
    status: TaskStatus
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class ArtifactUpdate:
    """A task has an artifact, whole."""

    task_id: str
    context_id: str
    artifact: Artifact


TaskEvent = Task | StatusUpdate | ArtifactUpdate
"""What a stream of a task tells."""
