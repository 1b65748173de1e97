"""A task as it goes: the events of its run, told in A2A's terms."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from server.assistants.repository import Assistant
from server.events.log import EventsGoneError
from server.events.types import LoggedEvent
from server.protocols.a2a.conversation import text_of, tool_results
from server.protocols.a2a.model import (
    ArtifactUpdate,
    Message,
    Part,
    StatusUpdate,
    Task,
    TaskEvent,
    TaskState,
    TaskStatus,
    TextPart,
)
from server.protocols.a2a.tasks import TaskService


async def task_events(
    service: TaskService, assistant: Assistant, task: Task, run_id: UUID
) -> AsyncGenerator[TaskEvent, None]:
    """The task as it is now, what the agent says while its runs go on, from `run_id` on, and how that ended."""
    yield replace(task, artifacts=())  # they come when they are whole
    progress = Progress(task.task_id, task.context_id)
    following: UUID | None = run_id
    while following is not None:
        try:
            async with aclosing(service.events(following)) as pages:
                async for page in pages:
                    for update in progress.updates(page):
                        yield update
        except EventsGoneError:
            pass  # that run is over long since: how it ended is still known
        following = await service.working_run(assistant, task.task_id)
    for event in ending(await service.get(assistant, task.task_id, history_length=0)):
        yield event


def ending(task: Task) -> list[TaskEvent]:
    """What the stream of a task tells when its run is over: what there is to take, and where it is now."""
    artifacts = [ArtifactUpdate(task.task_id, task.context_id, artifact) for artifact in task.artifacts]
    return [*artifacts, StatusUpdate(task.task_id, task.context_id, task.status, is_last=True)]


class Progress:
    """What the agent has said so far in one run. Each update has a message's whole text, so a page needs one of each."""

    def __init__(self, task_id: str, context_id: str) -> None:
        self._task_id = task_id
        self._context_id = context_id
        self._texts: dict[str, str] = {}
        self._open: list[str] = []  # the messages of event streaming v2 that have begun, and not ended

    def updates(self, page: Sequence[LoggedEvent]) -> list[StatusUpdate]:
        """The updates that a page of events makes; those of a message come together."""
        said: dict[str, tuple[tuple[Part, ...], datetime]] = {}
        for event in page:
            if event.name != "messages":
                continue
            told = orjson.loads(event.data)
            # a run that event streaming v2 started has that protocol's events in its log
            message = self._piece(told["params"]["data"]) if isinstance(told, dict) else told[0]
            parts = self._parts(message)
            if parts:
                said[str(message.get("id"))] = parts, event.at
        return [self._update(message_id, parts, at) for message_id, (parts, at) in said.items()]

    def _piece(self, told: Mapping[str, Any]) -> Mapping[str, Any]:
        """A message of event streaming v2, which comes in blocks, as a piece of a message like others.

        Its events name it where several come at once; else it is the one that has not ended.
        """
        kind = told["event"]
        if kind == "message-start":
            self._open.append(str(told["id"]))
        message_id = str(told.get("message_id") or told.get("id") or next(iter(self._open), ""))
        if kind in ("message-finish", "error") and message_id in self._open:
            self._open.remove(message_id)
        text = (told.get("delta") or {}).get("text", "")
        return {"type": "AIMessageChunk", "id": message_id, "content": text}

    def _parts(self, message: Mapping[str, Any]) -> tuple[Part, ...]:
        if message.get("type") == "tool":
            return (tool_results(message),)
        added = text_of(message) if message.get("type") in ("ai", "AIMessageChunk") else ""
        if not added:
            return ()
        message_id = str(message.get("id"))
        is_piece = message["type"] == "AIMessageChunk"
        self._texts[message_id] = self._texts.get(message_id, "") + added if is_piece else added
        return (TextPart(self._texts[message_id]),)

    def _update(self, message_id: str, parts: tuple[Part, ...], at: datetime) -> StatusUpdate:
        message = Message(message_id, "agent", parts, self._context_id, self._task_id)
        return StatusUpdate(self._task_id, self._context_id, TaskStatus(TaskState.WORKING, at, message))
