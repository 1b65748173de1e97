"""The frames of a run's stream, as the typed events that a terminal shows.

Read from the modes `messages-tuple` (tokens), `updates` (tool calls, their results, interrupts) and `custom` (what
the agent says about its plan).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from langgraph_sdk.schema import StreamMode

from server.chat.plan_events import OtherEvent, PlanEvent, read_plan_event

STREAM_MODES: tuple[StreamMode, ...] = ("messages-tuple", "custom", "updates")


@dataclass(frozen=True)
class Token:
    """A piece of the assistant's answer. `message_id` tells answers apart."""

    text: str
    message_id: str


@dataclass(frozen=True)
class ModelNamed:
    """Which model speaks; `offline` for the deterministic demo model."""

    name: str
    offline: bool


@dataclass(frozen=True)
class ToolCalled:
    """The assistant calls a tool."""

    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class ToolAnswered:
    """A tool's answer, as the model reads it."""

    name: str
    content: str
    failed: bool


@dataclass(frozen=True)
class Interrupted:
    """The run waits for a person. `value` is what the agent asks, as it sent it."""

    interrupt_id: str
    value: Any


@dataclass(frozen=True)
class RunFailed:
    """The run ended with an error."""

    error: str
    message: str


RunEvent = Token | ModelNamed | ToolCalled | ToolAnswered | Interrupted | RunFailed | PlanEvent | OtherEvent


class FrameReader:
    """Reads one run's frames. What a graph within the graph told is not told again when the outer one hears of it."""

    def __init__(self) -> None:
        self._heard_within = False
        self._asked: set[str] = set()

    def read(self, event: str, data: Any) -> Iterator[RunEvent]:
        """The events in one frame, in order."""
        if event.startswith("updates|"):
            self._heard_within = True
        elif event == "updates" and self._heard_within and isinstance(data, dict):
            data = {node: update for node, update in data.items() if node == "__interrupt__"}
        for told in read_frame(event, data):
            if isinstance(told, Interrupted):
                if told.interrupt_id in self._asked:
                    continue
                self._asked.add(told.interrupt_id)
            yield told


def read_frame(event: str, data: Any) -> Iterator[RunEvent]:
    """The events in one server-sent frame, in order; nothing for frames that a reader has no use for."""
    match event.partition("|")[0]:
        case "messages" if isinstance(data, list) and data and isinstance(data[0], dict):
            yield from _read_token(data[0])
        case "updates" if isinstance(data, dict):
            for node, update in data.items():
                yield from read_interrupts(update) if node == "__interrupt__" else _read_update(update)
        case "custom":
            if (told := read_plan_event(data)) is not None:
                yield told
        case "error":
            details = data if isinstance(data, dict) else {"message": str(data)}
            yield RunFailed(str(details.get("error", "error")), str(details.get("message", "")))


def message_text(message: dict[str, Any]) -> str:
    """The words in a message, whether its content is a string or a list of blocks."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    blocks = content if isinstance(content, list) else []
    return "".join(
        block if isinstance(block, str) else str(block.get("text", ""))
        for block in blocks
        if isinstance(block, str) or (isinstance(block, dict) and block.get("type") == "text")
    )


def model_of(message: dict[str, Any]) -> ModelNamed | None:
    """The model that wrote `message`, if the message says so."""
    metadata = message.get("response_metadata")
    if not isinstance(metadata, dict) or not metadata.get("model_name"):
        return None
    return ModelNamed(str(metadata["model_name"]), bool(metadata.get("offline")))


def read_interrupts(raised: Any) -> Iterator[Interrupted]:
    """The interrupts in a list of them, such as `__interrupt__` or a task's `interrupts`."""
    for interrupt in raised if isinstance(raised, list) else []:
        if isinstance(interrupt, dict):
            yield Interrupted(str(interrupt.get("id", "")), interrupt.get("value"))


def _read_token(message: dict[str, Any]) -> Iterator[RunEvent]:
    if message.get("type") not in ("ai", "AIMessageChunk"):
        return
    if (model := model_of(message)) is not None:
        yield model
    if text := message_text(message):
        yield Token(text, str(message.get("id", "")))


def _read_update(update: Any) -> Iterator[RunEvent]:
    """Tool calls and answers come whole in a node's update, where the stream of tokens has them in pieces."""
    for part in update if isinstance(update, list) else [update]:
        messages = part.get("messages") if isinstance(part, dict) else None
        for message in messages if isinstance(messages, list) else [messages]:
            if not isinstance(message, dict):
                continue
            for call in message.get("tool_calls") or []:
                yield ToolCalled(str(call.get("name", "")), dict(call.get("args") or {}))
            if message.get("type") == "tool":
                failed = message.get("status") == "error"
                yield ToolAnswered(str(message.get("name") or "tool"), message_text(message), failed)
