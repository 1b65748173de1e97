"""The two dialects of A2A as JSON: 0.3 (`message/send`, `kind`, `input-required`) and 1.0 (`SendMessage`, protobuf's JSON,
`TASK_STATE_INPUT_REQUIRED`). Sources: the types of the package `a2a-sdk`, of `a2a.types` and `a2a.compat.v0_3`."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from server.protocols.a2a.model import (
    Artifact,
    ArtifactUpdate,
    DataPart,
    Message,
    Part,
    PushConfig,
    StatusUpdate,
    Task,
    TaskEvent,
    TaskState,
    TaskStatus,
    TextPart,
)

Json = dict[str, Any]


class Dialect(Protocol):
    """How one version of the protocol writes what there is to tell."""

    version: str

    def task(self, task: Task) -> Json:
        """A task by itself."""

    def sent(self, task: Task) -> Json:
        """The answer to a message."""

    def event(self, event: TaskEvent) -> Json:
        """One result of a stream."""

    def push_config(self, config: PushConfig) -> Json:
        """Who is told of a task. Credentials are not shown: they were given to be sent to the receiver."""

    def push_configs(self, configs: Sequence[PushConfig]) -> Json | list[Json]:
        """All who are told of a task."""

    def deleted(self) -> Json | None:
        """That something is not there any more."""


class Legacy:
    """Dialect 0.3: what an object is stands in its `kind`."""

    version = "0.3"

    def task(self, task: Task) -> Json:
        """A task by itself."""
        return {"kind": "task", **_task(self, task)}

    def sent(self, task: Task) -> Json:
        """The answer to a message."""
        return self.task(task)

    def event(self, event: TaskEvent) -> Json:
        """One result of a stream; the last status is `final`."""
        if isinstance(event, Task):
            return self.task(event)
        of_task = {"taskId": event.task_id, "contextId": event.context_id}
        if isinstance(event, StatusUpdate):
            return {**of_task, "kind": "status-update", "status": _status(self, event.status), "final": event.is_last}
        return {**of_task, "kind": "artifact-update", **_artifact_update(self, event)}

    def push_config(self, config: PushConfig) -> Json:
        """Who is told of a task."""
        shown = _push_config(config, {"schemes": [config.scheme]})
        return {"taskId": config.task_id, "pushNotificationConfig": shown}

    def push_configs(self, configs: Sequence[PushConfig]) -> list[Json]:
        """All who are told of a task."""
        return [self.push_config(config) for config in configs]

    def deleted(self) -> None:
        """That something is not there any more."""
        return

    def message(self, message: Message) -> Json:
        """A message."""
        return {"kind": "message", **_message(self, message, message.role)}

    def part(self, part: Part) -> Json:
        """A part."""
        if isinstance(part, TextPart):
            return {"kind": "text", "text": part.text}
        if isinstance(part, DataPart):
            return {"kind": "data", "data": part.data}
        content = {"bytes": part.base64, "uri": part.uri, "mimeType": part.media_type, "name": part.name}
        return {"kind": "file", "file": _given(content)}

    def state(self, state: TaskState) -> str:
        """A state's name."""
        return state.value

    def time(self, at: datetime) -> str:
        """A moment."""
        return at.isoformat()


class Current:
    """Dialect 1.0: what an object is stands in the key that it is under."""

    version = "1.0"

    def task(self, task: Task) -> Json:
        """A task by itself."""
        return _task(self, task)

    def sent(self, task: Task) -> Json:
        """The answer to a message."""
        return {"task": self.task(task)}

    def event(self, event: TaskEvent) -> Json:
        """One result of a stream. None is `final`: the stream ends."""
        if isinstance(event, Task):
            return self.sent(event)
        of_task = {"taskId": event.task_id, "contextId": event.context_id}
        if isinstance(event, StatusUpdate):
            return {"statusUpdate": {**of_task, "status": _status(self, event.status)}}
        return {"artifactUpdate": {**of_task, **_artifact_update(self, event)}}

    def push_config(self, config: PushConfig) -> Json:
        """Who is told of a task."""
        return {"taskId": config.task_id, **_push_config(config, {"scheme": config.scheme})}

    def push_configs(self, configs: Sequence[PushConfig]) -> Json:
        """All who are told of a task: so few that they are one page."""
        return {"configs": [self.push_config(config) for config in configs], "nextPageToken": ""}

    def deleted(self) -> Json:
        """That something is not there any more."""
        return {}

    def message(self, message: Message) -> Json:
        """A message."""
        return _message(self, message, f"ROLE_{message.role.upper()}")

    def part(self, part: Part) -> Json:
        """A part."""
        if isinstance(part, TextPart):
            return {"text": part.text}
        if isinstance(part, DataPart):
            return {"data": part.data}
        return _given({"raw": part.base64, "url": part.uri, "mediaType": part.media_type, "filename": part.name})

    def state(self, state: TaskState) -> str:
        """A state's name."""
        return f"TASK_STATE_{state.name}"

    def time(self, at: datetime) -> str:
        """A moment, as protobuf's JSON has it."""
        return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


LEGACY, CURRENT = Legacy(), Current()
BY_VERSION: Mapping[str, Dialect] = {dialect.version: dialect for dialect in (LEGACY, CURRENT)}

_STATES = {name: state for state in TaskState for name in (LEGACY.state(state), CURRENT.state(state))}


def state_named(name: str) -> TaskState | None:
    """The state that either dialect calls so."""
    return _STATES.get(name)


def _task(dialect: Legacy | Current, task: Task) -> Json:
    shown: Json = {"id": task.task_id, "contextId": task.context_id, "status": _status(dialect, task.status)}
    if task.history is not None:
        shown["history"] = [dialect.message(message) for message in task.history]
    if task.artifacts:
        shown["artifacts"] = [_artifact(dialect, artifact) for artifact in task.artifacts]
    return shown


def _status(dialect: Legacy | Current, status: TaskStatus) -> Json:
    shown: Json = {"state": dialect.state(status.state), "timestamp": dialect.time(status.at)}
    if status.message is not None:
        shown["message"] = dialect.message(status.message)
    return shown


def _message(dialect: Legacy | Current, message: Message, role: str) -> Json:
    parts = [dialect.part(part) for part in message.parts]
    ids = {"messageId": message.message_id, "taskId": message.task_id, "contextId": message.context_id}
    return _given({"role": role, "parts": parts, **ids, "metadata": message.metadata})


def _artifact(dialect: Legacy | Current, artifact: Artifact) -> Json:
    parts = [dialect.part(part) for part in artifact.parts]
    named = {"artifactId": artifact.artifact_id, "name": artifact.name, "description": artifact.description}
    return {**named, "parts": parts}


def _artifact_update(dialect: Legacy | Current, update: ArtifactUpdate) -> Json:
    return {"artifact": _artifact(dialect, update.artifact), "append": False, "lastChunk": True}


def _push_config(config: PushConfig, authentication: Json) -> Json:
    shown = {"id": config.config_id, "url": config.url, "token": config.token}
    return _given({**shown, "authentication": authentication if config.scheme else None})


def _given(fields: Json) -> Json:
    return {key: value for key, value in fields.items() if value is not None}
