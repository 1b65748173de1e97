"""A tool call as a run: what it asks for, and what of the run's events is its progress and its result."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from server.assistants.repository import Assistant
from server.errors import Malformed, NotFound
from server.events.failures import public_error
from server.events.log import EventsGoneError
from server.events.types import LoggedEvent
from server.ids import new_id
from server.protocols.mcp.tools import NEW_THREAD, RESULT, ToolShape
from server.runs.repository import Run
from server.runs.schemas import RunCommand, RunCreate
from server.runs.service import RunService
from server.wire_json import encode

_INTERRUPT = "__interrupt__"
_MOST_OF_A_TEXT = 200
_PROGRESS_KEYS = ("summary", "message", "text", "title")


@dataclass(frozen=True)
class ToolCall:
    """A call of an assistant's tool: the run that it asks for, on `thread_id` or on a thread of its own."""

    request: RunCreate
    thread_id: UUID | None
    message_id: str
    """The id of the message that a text for `messages` becomes."""
    goes_on: bool
    """Whether the thread has messages from before, which are not the result's."""


def tool_call(assistant: Assistant, shape: ToolShape, arguments: Mapping[str, Any], *, tells: bool) -> ToolCall:
    """What the call asks for; `tells` if its progress is wanted. Raises `Malformed` in words for the model that called."""
    named, resumes = arguments.get(shape.thread_key), shape.resume_key in arguments
    thread_id = _thread(named, shape.thread_key)
    if resumes and (thread_id is None or named == NEW_THREAD):
        raise Malformed(
            f"{shape.resume_key} answers a run that waits: give the {shape.thread_key} that its result named"
        )
    message_id = str(new_id())
    request = RunCreate(
        assistant_id=str(assistant.assistant_id),
        input=None if resumes else shape.graph_input(arguments, message_id),
        command=RunCommand(resume=arguments[shape.resume_key]) if resumes else None,
        stream_mode=["values", "updates", "custom"] if tells else ["values"],
        if_not_exists="create" if named == NEW_THREAD else "reject",
    )
    return ToolCall(request, thread_id, message_id, goes_on=thread_id is not None)


@dataclass(frozen=True)
class Progress:
    """What an event tells of a run, in few words; of the same kind are those of which the newest says enough."""

    kind: str
    text: str


class Outcome:
    """What a run's events come to, as the result of its call."""

    def __init__(self, call: ToolCall, shape: ToolShape, run: Run) -> None:
        self._call = call
        self._shape = shape
        self._run = run
        self._values: Any = None
        self._has_begun = False
        self._asked: dict[Any, Any] = {}
        self._failure: dict[str, str] | None = None
        self._earlier: set[str] | None = None if call.goes_on else set()

    def take(self, event: LoggedEvent) -> Progress | None:
        """Note what the event says; what to tell of it as progress, if anything."""
        if event.name == "values":
            self._take_values(orjson.loads(event.data))
        elif event.name == "error":
            self._failure = orjson.loads(event.data)
        elif event.name == "updates":
            nodes = [name for name in orjson.loads(event.data) if not name.startswith("__")]
            return Progress(event.name, ", ".join(nodes)) if nodes else None
        elif event.name == "custom":
            return _told(orjson.loads(event.data))
        return None

    def _take_values(self, values: Any) -> None:
        if self._earlier is None:  # the first are those that the run began with
            ids = {_id_of(message) for message in _messages(values)}
            self._earlier = {one for one in ids if one is not None and one != self._call.message_id}
        if isinstance(values, dict):  # each branch tells of its own interrupt alone
            self._asked |= {_id_of(one): one for one in values.pop(_INTERRUPT, ())}
        self._values, self._has_begun = values, True

    def failed(self, failure: dict[str, str]) -> None:
        """The run's events cannot be read to their end."""
        self._failure = failure

    def result(self) -> dict[str, Any]:
        """The result of the call, once the run is over."""
        meta = {"run_id": str(self._run.run_id)}
        if self._failure is not None:
            return failure(": ".join(part for part in self._failure.values() if part), meta)
        if not self._has_begun:
            return failure("Cancelled: the run was stopped before it began", meta)
        values, asked = self._own(self._shape.result(self._values)), list(self._asked.values())
        if asked:
            values = {**(values if isinstance(values, dict) else {}), _INTERRUPT: asked}
        kept = self._call.thread_id is not None or bool(asked)
        if kept:
            meta["thread_id"] = str(self._run.thread_id)
        content = [_text(encode(values).decode())]
        structured = values if isinstance(values, dict) else {RESULT: values}
        if kept:
            structured = {"thread_id": meta["thread_id"], **structured}
            content.append(_text(self._how_to_go_on(meta["thread_id"], asked)))
        return {"content": content, "structuredContent": structured, "isError": False, "_meta": meta}

    def _own(self, values: Any) -> Any:
        """The values without the messages that the thread had before."""
        if not self._earlier or not isinstance(values, dict) or not isinstance(values.get("messages"), list):
            return values
        return {**values, "messages": [one for one in values["messages"] if _id_of(one) not in self._earlier]}

    def _how_to_go_on(self, thread_id: str, asked: list[Any]) -> str:
        thread = f'"{self._shape.thread_key}": "{thread_id}"'
        if not asked:
            return f"To go on with this conversation, call this tool again with {{{thread}}}."
        answer = "<answer>" if len(asked) == 1 else "{<id>: <answer>, …}"
        return (
            f"The run stopped to ask what {_INTERRUPT} holds, and nothing is done until it is answered. "
            f'To answer, call this tool again with {{{thread}, "{self._shape.resume_key}": {answer}}}.'
        )


async def outcome_of(service: RunService, run: Run, outcome: Outcome) -> AsyncGenerator[str, None]:
    """Read the run to its end, noting it all in `outcome`; yields what to tell meanwhile, the newest of each kind."""
    try:
        async with aclosing(service.events(run.run_id)) as pages:
            async for page in pages:
                newest: dict[str, str] = {}
                for event in page:
                    if (progress := outcome.take(event)) is not None:
                        newest.pop(progress.kind, None)
                        newest[progress.kind] = progress.text
                for text in newest.values():
                    yield text
    except EventsGoneError as gone:
        outcome.failed(public_error(gone))
        return
    if not run.is_temporary and await _was_cancelled(service, run):
        outcome.failed({"error": "Cancelled", "message": "the run was cancelled before it was done"})


async def _was_cancelled(service: RunService, run: Run) -> bool:
    try:
        return (await service.get(run.thread_id, run.run_id)).status == "interrupted"
    except NotFound:  # it was rolled back, or its thread is gone
        return True


def failure(text: str, meta: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The result of a call that failed: the model that called reads why."""
    return {"content": [_text(text)], "isError": True, **({"_meta": meta} if meta else {})}


def _thread(named: object, key: str) -> UUID | None:
    if named is None or named == "":
        return None
    if named == NEW_THREAD:
        return new_id()
    try:
        return UUID(str(named))
    except ValueError as error:
        raise Malformed(f'{key} must be the thread_id that a result named, or "{NEW_THREAD}"') from error


def _text(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


def _told(chunk: Any) -> Progress | None:
    """What a custom event says for people, if it does."""
    if isinstance(chunk, str):
        return Progress("custom", chunk[:_MOST_OF_A_TEXT])
    if not isinstance(chunk, dict):
        return None
    said = next((chunk[key] for key in _PROGRESS_KEYS if isinstance(chunk.get(key), str)), None)
    parts = [part for part in (chunk.get("type"), said) if isinstance(part, str)]
    text = ": ".join(parts)[:_MOST_OF_A_TEXT]
    return Progress(f"custom: {chunk.get('type', '')}", text) if text else None


def _messages(values: Any) -> list[Any]:
    messages = values.get("messages") if isinstance(values, dict) else None
    return messages if isinstance(messages, list) else []


def _id_of(message: Any) -> Any:
    return message.get("id") if isinstance(message, dict) else None
