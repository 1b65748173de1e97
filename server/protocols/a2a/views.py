"""A task as it is shown: from the record of its runs and from its thread. Pure."""

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID, uuid5

import orjson

from server.protocols.a2a.conversation import history, question_parts
from server.protocols.a2a.model import Artifact, DataPart, Message, Part, Task, TaskState, TaskStatus, TextPart
from server.protocols.a2a.repository import TaskRecord
from server.threads.repository import Thread

HistoryScope = Literal["context", "task"]
"""Whether a task's history is that of its whole context."""

RESPONSE = "Assistant Response"
INTERRUPT = "Interrupt"


def task_view(
    task: TaskRecord,
    thread: Thread,
    assistant_id: UUID,
    *,
    scope: HistoryScope = "context",
    history_length: int | None = None,
) -> Task:
    """The task. `history_length` is how many of the last messages to show: null for all, 0 for no history at all."""
    values = orjson.loads(thread.values) if thread.values is not None else None
    said = _messages(task, values)
    shown = said if scope == "context" else [message for message in said if message.task_id == task.task_id]
    kept = None if history_length == 0 else tuple(shown[-history_length:] if history_length else shown)
    artifacts = _artifacts(task, thread, values, said, assistant_id)
    return Task(task.task_id, str(task.thread_id), _status(task, thread), kept, artifacts)


def _messages(task: TaskRecord, values: Any) -> list[Message]:
    """What was said in the task's context; what its last run was given is not in the thread's values while it runs."""
    context_id = str(task.thread_id)
    messages = values.get("messages") if isinstance(values, dict) else None
    said = list(history(messages, context_id))
    if task.state in (TaskState.SUBMITTED, TaskState.WORKING):
        known = {message.message_id for message in said}
        said += [message for message in history(task.said, context_id) if message.message_id not in known]
    return said


def _status(task: TaskRecord, thread: Thread) -> TaskStatus:
    parts: tuple[Part, ...] = ()
    if task.state is TaskState.INPUT_REQUIRED:
        parts = question_parts(_interrupts(thread))
    elif task.state is TaskState.CANCELED:
        parts = (TextPart("Task was canceled"),)
    elif task.state is TaskState.FAILED:
        parts = (TextPart(_failure(thread if task.is_newest else None)),)
    if not parts:
        return TaskStatus(task.state, task.at)
    message_id = str(uuid5(task.last_run_id, task.state.value))
    return TaskStatus(task.state, task.at, Message(message_id, "agent", parts, str(task.thread_id), task.task_id))


def _failure(thread: Thread | None) -> str:
    """What may be told of a failure. Only the thread's last one is kept."""
    error = (thread.error if thread else None) or {}
    told = ": ".join(str(error[key]) for key in ("error", "message") if error.get(key))
    return f"Error executing assistant: {told}" if told else "Error executing assistant"


def _artifacts(
    task: TaskRecord, thread: Thread, values: Any, said: Sequence[Message], assistant_id: UUID
) -> tuple[Artifact, ...]:
    if task.state is TaskState.INPUT_REQUIRED:
        asked = tuple(DataPart(one) for one in _interrupts(thread))
        return (_artifact(task, INTERRUPT, "Agent requires input to continue", asked),) if asked else ()
    if task.state is not TaskState.COMPLETED:
        return ()
    parts = _response(task, values, said)
    return (_artifact(task, RESPONSE, f"Response from assistant {assistant_id}", parts),) if parts else ()


def _artifact(task: TaskRecord, name: str, description: str, parts: tuple[Part, ...]) -> Artifact:
    return Artifact(str(uuid5(task.last_run_id, name)), name, description, parts)


def _response(task: TaskRecord, values: Any, said: Sequence[Message]) -> tuple[Part, ...]:
    """The last thing that the agent said in the task; of a graph without messages all of its output."""
    mine = [message for message in said if message.task_id == task.task_id]
    if not mine and task.is_newest:  # the graph keeps no marks: what was said last is this task's
        mine = list(said)
    if mine and mine[-1].role == "agent":
        return mine[-1].parts
    if task.is_newest and values is not None and not (isinstance(values, dict) and "messages" in values):
        return (DataPart(values),)
    return ()


def _interrupts(thread: Thread) -> list[Any]:
    return [one for several in orjson.loads(thread.interrupts or "{}").values() for one in several]
