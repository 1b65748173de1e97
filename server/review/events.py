"""The events of a run's log, with when they came, as what refines a review: exact times, tokens, the graph's own events."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from server.chat.run_events import Interrupted, read_interrupts

MODES = ("custom", "debug", "events", "messages", "tasks", "tools", "updates")
"""The stream modes that a review reads; the states of `values` and `checkpoints` are in the thread's history."""


@dataclass(slots=True)
class TaskTimes:
    """A node's task as `tasks` or `debug` told of it."""

    name: str
    namespace: str
    start: datetime | None = None
    end: datetime | None = None
    error: str | None = None
    result: Any = None
    interrupts: tuple[Interrupted, ...] = ()


@dataclass(slots=True)
class CallTimes:
    """A call of a model or a tool. `start` is known from mode `events` alone."""

    first: datetime
    start: datetime | None = None
    end: datetime | None = None
    node: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class Custom:
    """What the graph said on its `custom` stream."""

    at: datetime
    data: Any


@dataclass(slots=True)
class RunEvents:
    """What one run's log tells."""

    attempts: list[tuple[datetime, int]] = field(default_factory=list)
    tasks: dict[str, TaskTimes] = field(default_factory=dict)
    updates: list[tuple[datetime, str, str]] = field(default_factory=list)  # when, namespace, node
    messages: dict[str, CallTimes] = field(default_factory=dict)  # by the id of the message
    tool_calls: dict[str, CallTimes] = field(default_factory=dict)  # by the id of the call
    custom: list[Custom] = field(default_factory=list)
    error: str | None = None
    _calls: dict[str, datetime] = field(default_factory=dict)  # when calls started, by their id
    _open: dict[tuple[str, str], str] = field(default_factory=dict)  # messages under way, by namespace and node

    def has_model_times(self) -> bool:
        """Whether anything was told of a model's pieces."""
        return bool(self.messages)


def read_events(recorded: Iterable[Mapping[str, Any]]) -> RunEvents:
    """The events of a run's record (`{seq, event, at, data}` each, in order)."""
    told = RunEvents()
    for one in recorded:
        at = datetime.fromisoformat(one["at"])
        mode, _, namespace = str(one["event"]).partition("|")
        data = one.get("data")
        if isinstance(data, dict) and _is_enveloped(data, mode):  # of a run that was started by event streaming v2
            params = data["params"]
            if mode == "messages":
                _block(told, at, namespace, params)
                continue
            data = params.get("data")
        match mode.partition("/")[0]:
            case "metadata" if isinstance(data, dict):
                told.attempts.append((at, int(data.get("attempt") or 1)))
            case "error" if isinstance(data, dict):
                told.error = f"{data.get('error', 'error')}: {data.get('message', '')}"
            case "tasks" if isinstance(data, dict):
                _task(told, at, namespace, data)
            case "debug" if isinstance(data, dict) and data.get("type") in ("task", "task_result"):
                _task(told, _timestamp(data, at), namespace, data.get("payload") or {})
            case "updates" if isinstance(data, dict):
                told.updates.extend((at, namespace, node) for node in data if not node.startswith("__"))
            case "messages":
                _message(told, at, mode, data)
            case "tools" if isinstance(data, dict):
                _tool(told, at, data)
            case "events" if isinstance(data, dict):
                _record(told, at, data)
            case "custom":
                told.custom.append(Custom(at, data))
    return told


def _task(told: RunEvents, at: datetime, namespace: str, payload: Mapping[str, Any]) -> None:
    name = str(payload.get("name", ""))
    if not payload.get("id") or name.startswith("__"):
        return
    task = told.tasks.setdefault(str(payload["id"]), TaskTimes(name, namespace))
    if "result" not in payload:
        task.start = at  # of its last attempt
        return
    task.end = at
    task.result = payload["result"]
    error = payload.get("error")
    task.error = f"{error.get('error')}: {error.get('message')}" if isinstance(error, dict) else error
    task.interrupts = tuple(read_interrupts(payload.get("interrupts")))


def _message(told: RunEvents, at: datetime, mode: str, data: Any) -> None:
    if mode == "messages/metadata" and isinstance(data, dict):
        for message_id, one in data.items():
            about = one.get("metadata") if isinstance(one, dict) else None
            _piece(told, at, message_id, about or {})
        return
    message, about = (data[0], data[1] if len(data) > 1 else {}) if isinstance(data, list) and data else ({}, {})
    if isinstance(message, dict) and message.get("type") in ("AIMessageChunk", "ai"):
        _piece(told, at, str(message.get("id")), about if isinstance(about, dict) else {})


def _piece(told: RunEvents, at: datetime, message_id: str, about: Mapping[str, Any]) -> None:
    call = told.messages.setdefault(message_id, CallTimes(at))
    call.end = at
    call.node = call.node or str(about.get("langgraph_node", ""))
    call.model = call.model or str(about.get("ls_model_name") or "")


def _is_enveloped(data: Mapping[str, Any], mode: str) -> bool:
    return data.get("type") == "event" and data.get("method") == mode and "params" in data


def _block(told: RunEvents, at: datetime, namespace: str, params: Mapping[str, Any]) -> None:
    """A message block by block: its beginning names it, what follows does so only beside others of its node."""
    data, node = params.get("data") or {}, str(params.get("node") or "")
    if data.get("event") == "message-start":
        if data.get("role") != "ai":
            told._open.pop((namespace, node), None)
            return
        told._open[namespace, node] = str(data.get("id"))
    message_id = data.get("message_id") or told._open.get((namespace, node))
    if message_id is not None:
        _piece(told, at, str(message_id), {"langgraph_node": node})


def _tool(told: RunEvents, at: datetime, data: Mapping[str, Any]) -> None:
    call_id = str(data.get("tool_call_id"))
    if data.get("event") == "tool-started":
        told._calls[call_id] = at
    elif call_id in told._calls and data.get("event") in ("tool-finished", "tool-error"):
        told.tool_calls[call_id] = CallTimes(told._calls[call_id], told._calls[call_id], at)


def _record(told: RunEvents, at: datetime, record: Mapping[str, Any]) -> None:
    """A record of LangChain's `astream_events`."""
    kind, call_id = str(record.get("event")), str(record.get("run_id"))
    given = record.get("data") or {}
    if kind in ("on_chat_model_start", "on_tool_start"):
        told._calls[call_id] = at
    elif kind in ("on_chat_model_stream", "on_chat_model_end"):
        message = given.get("chunk") or given.get("output") or {}
        if isinstance(message, dict) and message.get("id"):
            _piece(told, at, str(message["id"]), record.get("metadata") or {})
            told.messages[str(message["id"])].start = told._calls.get(call_id)
    elif kind == "on_tool_end":
        message = given.get("output") or {}
        if isinstance(message, dict) and message.get("tool_call_id") and call_id in told._calls:
            start = told._calls[call_id]
            told.tool_calls[str(message["tool_call_id"])] = CallTimes(start, start, at)


def _timestamp(debug: Mapping[str, Any], at: datetime) -> datetime:
    try:
        return datetime.fromisoformat(str(debug.get("timestamp")))
    except ValueError:
        return at
