"""From what a graph emits to the events of event streaming v2, purely: no I/O.

One `ProtocolConverter` per attempt at a run. What it makes goes into the run's log, encoded once for all readers: an event's
name there is its method and namespace (`values`, `values|child:<task id>`, `custom:<channel>`), its data the event itself
without the id and the place that each connection gives it. The shapes are those of `langchain_protocol`, in the order in which
`langgraph` emits them; how the official server shows them decided where the two leave a choice.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import ToolMessage
from langgraph.types import Command, Interrupt

from server.events.failures import MASKED, public_error
from server.events.types import Event
from server.wire_json import encode, encode_compact

INPUT_REQUESTED = "input.requested"
HEAD = b'{"type":"event",'
"""What each event begins with."""

Namespace = tuple[str, ...]


def event_name(method: str, namespace: Namespace = (), channel: str | None = None) -> str:
    """An event's name in the log; `channel` is the graph's own that a `custom` event comes from."""
    named = f"{method}:{channel}" if channel else method
    return "|".join((named, *namespace))


def parts_of(name: str) -> tuple[str, str | None, Namespace]:
    """Method, channel and namespace that an event's name in the log says."""
    named, *namespace = name.split("|")
    method, _, channel = named.partition(":")
    return method, channel or None, tuple(namespace)


def protocol_event(
    method: str,
    namespace: Namespace,
    data: Any,
    *,
    at: int | None = None,
    channel: str | None = None,
    node: str | None = None,
) -> Event:
    """An event of the protocol; `at` is in milliseconds since the epoch, by default now."""
    params: dict[str, Any] = {
        "namespace": list(namespace),
        "timestamp": int(time.time() * 1000) if at is None else at,
        "data": data,
    }
    if node is not None:
        params["node"] = node
    whole = {"type": "event", "method": method, "params": params}
    encoded = encode(whole) if method == "messages" else encode_compact(whole)
    return Event(event_name(method, namespace, channel), encoded)


@dataclass
class ProtocolConverter:
    """Turns the events of a graph's v3 stream into the protocol's.

    `tool_errors` has by tool call what callers may read of a tool's failure; somebody else fills it.
    """

    graph_name: str
    tool_errors: Mapping[str, str] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)
    _graph_names: dict[Namespace, str] = field(default_factory=dict)
    _failures: dict[tuple[Namespace, str], str] = field(default_factory=dict)
    _messages: dict[str, tuple[Namespace, str]] = field(default_factory=dict)

    def convert(self, emitted: Mapping[str, Any]) -> list[Event]:
        """The events for one event of the graph's stream; none for those that the protocol does not know."""
        method: str = emitted["method"]
        params = emitted["params"]
        namespace, at = tuple(params["namespace"]), params["timestamp"]
        data = params["data"]
        kind, _, channel = method.partition(":")
        events: list[Event] = []
        match method:
            case "messages":
                events = self._message(namespace, at, *data)
            case "values":
                events = self._values(namespace, at, data, params.get("interrupts", ()))
            case "updates":
                changed = {node: update for node, update in data.items() if node != "__interrupt__"}
                events = [protocol_event(method, namespace, changed, at=at)] if changed else []
            case "custom":
                events = [protocol_event(method, namespace, data, at=at)]
            case "tools":
                events = self._tool(namespace, at, data)
            case "lifecycle":
                events = self._lifecycle(tuple(data["namespace"]), at, data)
            case "checkpoints":
                events = [protocol_event(method, namespace, _checkpoint(data), at=at)]
            case "tasks":
                events = self._task(tuple(data["namespace"]), at, data["task"])
            case _ if kind == "custom" and channel:
                named = {"name": channel, "payload": data}
                events = [protocol_event(kind, namespace, named, at=at, channel=channel)]
        return events

    def _values(self, namespace: Namespace, at: int, values: Any, interrupts: Iterable[Interrupt]) -> list[Event]:
        events = []
        for one in interrupts:
            if one.id not in self._asked:
                self._asked.add(one.id)
                # the protocol's types say `payload`, the Python SDK reads `value`
                asked = {"interrupt_id": one.id, "payload": one.value, "value": one.value}
                events.append(protocol_event(INPUT_REQUESTED, namespace, asked, at=at))
        if isinstance(values, dict) and "__interrupt__" in values:
            values = {key: value for key, value in values.items() if key != "__interrupt__"}
        return [*events, protocol_event("values", namespace, values, at=at)]

    def _message(self, namespace: Namespace, at: int, piece: Any, metadata: Mapping[str, Any]) -> list[Event]:
        """A piece of a message that a model streams. Messages that are there at once are in the values only."""
        if not isinstance(piece, dict) or "event" not in piece:
            return []
        call, kind = str(metadata.get("run_id", "")), piece["event"]
        if kind == "message-start":
            message_id = piece.get("id") or piece.get("message_id")
            piece = {"event": kind, "role": piece.get("role"), "id": message_id, **_without(piece, "message_id")}
            self._messages[call] = (namespace, str(message_id))
        elif sum(1 for where, _ in self._messages.values() if where == namespace) > 1 and call in self._messages:
            # which of the messages that stream here at the same time
            piece = {**piece, "message_id": self._messages[call][1]}
        if kind in ("message-finish", "error"):
            self._messages.pop(call, None)
        return [protocol_event("messages", namespace, piece, at=at, node=metadata.get("langgraph_node"))]

    def _tool(self, namespace: Namespace, at: int, data: Mapping[str, Any]) -> list[Event]:
        call_id = str(data.get("tool_call_id"))
        if data["event"] == "tool-error":
            data = {**data, "message": self.tool_errors.get(call_id, MASKED)}
        elif data["event"] == "tool-output-delta" and not isinstance(data["delta"], str):
            data = {**data, "delta": encode(data["delta"]).decode()}
        elif data["event"] == "tool-finished":
            output = data["output"]
            said = [protocol_event("tools", namespace, {**data, "output": _full(output)}, at=at)]
            return said + _tool_message(call_id, output, at)
        return [protocol_event("tools", namespace, data, at=at)]

    def _lifecycle(self, namespace: Namespace, at: int, data: Mapping[str, Any]) -> list[Event]:
        if data["event"] == "started":
            if "graph_name" in data:
                self._graph_names[namespace] = data["graph_name"]
            return [protocol_event("lifecycle", namespace, data, at=at)]
        event = "interrupted" if data["event"] == "drained" else data["event"]
        said = {"event": event, "graph_name": self._graph_names.pop(namespace, namespace[-1].partition(":")[0])}
        if event == "failed":
            task_id = namespace[-1].partition(":")[2]
            said["error"] = self._failures.get((namespace[:-1], task_id), MASKED)
        return [protocol_event("lifecycle", namespace, said, at=at)]

    def _task(self, namespace: Namespace, at: int, task: Mapping[str, Any]) -> list[Event]:
        shown = {"id": task["id"], "name": task["name"]}
        if "result" not in task:
            # its input is in the values before it
            return [protocol_event("tasks", namespace, {**shown, "triggers": task.get("triggers", ())}, at=at)]
        error = task.get("error")
        if isinstance(error, BaseException):
            error = public_error(error)["message"]
            self._failures[namespace, task["id"]] = error
        shown |= {"error": error, "result": task["result"], "interrupts": task.get("interrupts", ())}
        return [protocol_event("tasks", namespace, shown, at=at)]


def _without(piece: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in piece.items() if name != key}


def _checkpoint(payload: Mapping[str, Any]) -> dict[str, Any]:
    """What names a checkpoint, and where it is in its thread."""
    shown: dict[str, Any] = {"id": payload["config"]["configurable"]["checkpoint_id"]}
    if payload.get("parent_config"):
        shown["parent_id"] = payload["parent_config"]["configurable"]["checkpoint_id"]
    metadata = payload.get("metadata", {})
    return {**shown, "step": metadata.get("step"), "source": metadata.get("source")}


def _full(output: Any) -> Any:
    return output.model_dump() if isinstance(output, ToolMessage) else output


def _tool_message(call_id: str, output: Any, at: int) -> list[Event]:
    """A tool's result as a message of its own, as if it had been streamed."""
    text = _text_of(call_id, output)
    if text is None:
        return []
    whole = {"type": "text", "text": text}
    pieces: list[dict[str, Any]] = [
        {"event": "message-start", "role": "tool", "id": f"tool-{call_id}", "tool_call_id": call_id},
        {"event": "content-block-start", "index": 0, "content": {"type": "text", "text": ""}},
        # the official server sends `content` here, the protocol's types say `delta`: clients read the one or the other
        {"event": "content-block-delta", "index": 0, "content": whole, "delta": {"type": "text-delta", "text": text}},
        {"event": "content-block-finish", "index": 0, "content": whole},
        {"event": "message-finish", "metadata": {}},
    ]
    return [protocol_event("messages", (f"tools:{call_id}",), piece, at=at) for piece in pieces]


def _text_of(call_id: str, output: Any) -> str | None:
    if isinstance(output, Command):
        update = output.update if isinstance(output.update, dict) else {}
        written = (message for value in update.values() if isinstance(value, list) for message in value)
        output = next((one for one in written if isinstance(one, ToolMessage) and one.tool_call_id == call_id), None)
    if isinstance(output, ToolMessage):
        return output.text
    return output if isinstance(output, str) else None
