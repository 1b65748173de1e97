"""What runs of the classic API emit, as far as the protocol has words for it: values, updates, custom events, tokens."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson

from server.events.protocol import INPUT_REQUESTED, Namespace, parts_of, protocol_event
from server.events.types import Event

_TOOL_FIELDS = ("tool_call_id", "status", "artifact")


class ClassicEvents:
    """The protocol's events for those of one run's classic log, which has only what its caller asked for."""

    def __init__(self, graph_name: str) -> None:
        self._graph_name = graph_name
        self._asked: set[str] = set()
        self._messages: dict[tuple[Namespace, str], _Message] = {}

    def of(self, name: str, data: bytes, at: int) -> list[Event]:
        """The events for one of the log's; none for those that the protocol has no words for."""
        method, _, namespace = parts_of(name)
        if method == "values":
            return [*self._finished(namespace, at), *self._values(namespace, orjson.loads(data), at)]
        if method == "updates":
            update = {node: _compact(one) for node, one in orjson.loads(data).items() if node != "__interrupt__"}
            return [protocol_event("updates", namespace, update, at=at)] if update else []
        if method == "custom":
            return [protocol_event("custom", namespace, orjson.loads(data), at=at)]
        if method == "messages":
            return self._piece(namespace, at, *orjson.loads(data))
        return []

    def close(self, at: int) -> list[Event]:
        """What is left to be said when the log ends."""
        namespaces = dict.fromkeys(namespace for namespace, _ in self._messages)
        return [event for namespace in namespaces for event in self._finished(namespace, at)]

    def _values(self, namespace: Namespace, values: Any, at: int) -> list[Event]:
        events = []
        interrupts = values.pop("__interrupt__", ()) if isinstance(values, dict) else ()
        for one in interrupts:
            if one["id"] not in self._asked:
                self._asked.add(one["id"])
                asked = {"interrupt_id": one["id"], "payload": one["value"], "value": one["value"]}
                events.append(protocol_event(INPUT_REQUESTED, namespace, asked, at=at))
        return [*events, protocol_event("values", namespace, _compact(values), at=at)]

    def _piece(self, namespace: Namespace, at: int, piece: dict[str, Any], metadata: dict[str, Any]) -> list[Event]:
        """A piece of a message that a model streams; messages that were there at once are in the values only."""
        if piece.get("type") != "AIMessageChunk":
            return []
        key = (namespace, str(piece.get("id")))
        message = self._messages.setdefault(key, _Message(str(piece.get("id")), metadata.get("langgraph_node")))
        pieces = message.add(piece)
        if piece.get("chunk_position") == "last":
            pieces += self._messages.pop(key).finish()
        return [protocol_event("messages", namespace, one, at=at, node=message.node) for one in pieces]

    def _finished(self, namespace: Namespace, at: int) -> list[Event]:
        """The ends of the messages that nobody said were over."""
        over = [key for key in self._messages if key[0] == namespace]
        messages = [self._messages.pop(key) for key in over]
        return [
            protocol_event("messages", namespace, one, at=at, node=message.node)
            for message in messages
            for one in message.finish()
        ]


@dataclass
class _Message:
    """A message as its blocks become known: text, and a block for each tool call."""

    id: str
    node: str | None
    _is_started: bool = False
    _blocks: dict[object, dict[str, Any]] = field(default_factory=dict)
    _usage: dict[str, Any] | None = None

    def add(self, piece: dict[str, Any]) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = []
        if not self._is_started:
            self._is_started = True
            events.append({"event": "message-start", "role": "ai", "id": self.id})
        self._usage = piece.get("usage_metadata") or self._usage
        if text := _text(piece.get("content")):
            events += self._text_delta(text)
        for call in piece.get("tool_call_chunks", ()):
            events += self._call_delta(call)
        return events

    def finish(self) -> list[dict[str, Any]]:
        finished = [
            {"event": "content-block-finish", "index": index, "content": _finished_block(block)}
            for index, block in enumerate(self._blocks.values())
        ]
        return [*finished, {"event": "message-finish", **({"usage": self._usage} if self._usage else {})}]

    def _text_delta(self, text: str) -> list[dict[str, Any]]:
        events = self._block("text", {"type": "text", "text": ""})
        self._blocks["text"]["text"] += text
        delta = {"type": "text-delta", "text": text}
        return [*events, {"event": "content-block-delta", "index": self._place("text"), "delta": delta}]

    def _call_delta(self, call: dict[str, Any]) -> list[dict[str, Any]]:
        key, args = ("call", call.get("index")), call.get("args") or ""
        named = {"id": call.get("id"), "name": call.get("name"), "args": "", "index": call.get("index")}
        events = self._block(key, {"type": "tool_call_chunk", **named})
        self._blocks[key]["args"] += args
        if args:
            delta = {"type": "tool-call-delta", "args": args}
            events.append({"event": "content-block-delta", "index": self._place(key), "delta": delta})
        return events

    def _block(self, key: object, empty: dict[str, Any]) -> list[dict[str, Any]]:
        if key in self._blocks:
            return []
        self._blocks[key] = dict(empty)
        return [{"event": "content-block-start", "index": self._place(key), "content": empty}]

    def _place(self, key: object) -> int:
        return list(self._blocks).index(key)


def _finished_block(block: dict[str, Any]) -> dict[str, Any]:
    if block["type"] != "tool_call_chunk":
        return block
    named = {"id": block["id"], "name": block["name"]}
    try:
        args = orjson.loads(block["args"] or "{}")
    except orjson.JSONDecodeError as error:
        return {"type": "invalid_tool_call", **named, "args": block["args"], "error": str(error)}
    return {"type": "tool_call", **named, "args": args}


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    blocks: Iterable[Any] = content if isinstance(content, list) else ()
    return "".join(block["text"] for block in blocks if isinstance(block, dict) and isinstance(block.get("text"), str))


def _compact(value: Any) -> Any:
    """A value of a log with its messages as the protocol shows them (see `server.wire_json.encode_compact`)."""
    if isinstance(value, list):
        return [_compact(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "additional_kwargs" not in value or "content" not in value:
        return {key: _compact(item) for key, item in value.items()}
    compact = {key: value[key] for key in ("type", "content")}
    compact |= {key: value[key] for key in ("id", "name") if value.get(key) is not None}
    compact |= {key: value[key] for key in ("response_metadata", "tool_calls") if value.get(key)}
    if value.get("type") == "tool":
        compact |= {key: value.get(key) for key in _TOOL_FIELDS}
    return compact
