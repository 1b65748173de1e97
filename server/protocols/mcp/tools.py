"""An assistant as a tool: its schemas, and what of a call's arguments is the graph's input."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from server.assistants.introspection import GraphInterface, JsonSchema
from server.assistants.repository import Assistant
from server.errors import Malformed

NEW_THREAD = "new"
"""What a caller gives as `thread_id` to start a conversation that it can go on with."""

RESULT = "result"
"""Where a value that is no object is in a tool's structured content."""

_ANNOTATIONS = {"readOnlyHint": False, "destructiveHint": False, "idempotentHint": False, "openWorldHint": True}
_MESSAGE = {"type": "string", "title": "Messages", "description": "The user message to send to the agent."}
_THREAD = {
    "type": "string",
    "title": "Thread",
    "description": 'Goes on with a conversation: the thread_id that a result named. "new" starts one that can be gone on '
    "with. Without it nothing is kept, unless the run stops to ask something.",
}
_RESUME = {
    "title": "Resume",
    "description": "The answer to what the run of thread_id stopped to ask (__interrupt__ of its result); several questions "
    "are answered by an object of answers by the questions' ids. The other arguments are not read then.",
}
_INTERRUPTS = {
    "type": "array",
    "description": "What the run stopped to ask. Call again with thread_id and resume to answer.",
    "items": {"type": "object", "properties": {"id": {"type": "string"}, "value": {}}},
}


@dataclass(frozen=True)
class ToolShape:
    """How a graph's input and output go through a tool's arguments and result."""

    input: JsonSchema
    """The JSON Schema of the graph's part of the arguments: always of an object."""
    output: JsonSchema
    fields: frozenset[str] | None
    """What of the final values the graph declares as its output; None for all."""
    is_wrapped: bool
    """Whether the graph's input is no object, and goes by the argument `input`."""
    thread_key: str
    """The argument that names the thread: `thread_id`, unless that is the graph's own."""
    resume_key: str

    @classmethod
    def of(cls, interface: GraphInterface) -> "ToolShape":
        """The shape for a graph."""
        given = _as_object(interface.input or {"type": "object"})
        is_wrapped = given is None
        properties = {} if given is None else dict(given.get("properties", {}))
        if given is None:
            schema = interface.input or {}
            wrapped = {key: value for key, value in schema.items() if key != "$defs"}
            given = {"type": "object", "$defs": schema.get("$defs", {}), "required": ["input"]}
            properties = {"input": wrapped}
        elif "messages" in properties:
            properties["messages"] = _MESSAGE
        return cls(
            _with_used_definitions({**given, "properties": properties}),
            _output(interface.output),
            _fields(interface.output),
            is_wrapped,
            _free("thread_id", properties),
            _free("resume", properties),
        )

    def result(self, values: Any) -> Any:
        """What of a run's final values is the result of its call."""
        if self.fields is None or not isinstance(values, dict):
            return values
        return {name: value for name, value in values.items() if name in self.fields}

    def graph_input(self, arguments: Mapping[str, Any], message_id: str) -> Any:
        """What the graph is given. A text for `messages` is one message of the user, with that id.

        Raises `Malformed` for `messages` that are neither a text nor messages.
        """
        own = {key: value for key, value in arguments.items() if key not in (self.thread_key, self.resume_key)}
        if self.is_wrapped:
            return own.get("input")
        if "messages" in own and self.input["properties"].get("messages") is _MESSAGE:
            said = own["messages"]
            if isinstance(said, str):
                own["messages"] = [{"role": "user", "content": said, "id": message_id}]
            elif not isinstance(said, (list, dict)):
                raise Malformed("messages must be a text: what the user says")
        return own


def described(name: str, assistant: Assistant, shape: ToolShape) -> dict[str, Any]:
    """A tool as `tools/list` shows it."""
    properties = {**shape.input["properties"], shape.thread_key: _THREAD, shape.resume_key: _RESUME}
    return {
        "name": name,
        "title": assistant.name,
        "description": assistant.description or f"Tool based on the {assistant.name} assistant",
        "inputSchema": {**shape.input, "properties": properties},
        "outputSchema": shape.output,
        "annotations": _ANNOTATIONS,
    }


def _as_object(schema: JsonSchema) -> JsonSchema | None:
    """The schema with `"type": "object"` at its top, as a tool's must have; None if it is of something else."""
    definitions = schema.get("$defs", {})
    reference = str(schema.get("$ref", ""))
    if reference.startswith("#/$defs/"):
        schema = {**definitions.get(reference.removeprefix("#/$defs/"), {}), "$defs": definitions}
    return schema if schema.get("type") == "object" else None


def _output(schema: JsonSchema | None) -> JsonSchema:
    """What is said of a result: names and descriptions only, since values go over the wire in forms of their own."""
    whole = _as_object(schema or {"type": "object"}) or {"properties": {RESULT: {}}}
    shown = {
        name: {key: given[key] for key in ("title", "description") if key in given}
        for name, given in whole.get("properties", {}).items()
    }
    return {
        "type": "object",
        "properties": {**shown, "__interrupt__": _INTERRUPTS, "thread_id": shown.get("thread_id", {"type": "string"})},
    }


def _fields(schema: JsonSchema | None) -> frozenset[str] | None:
    properties = (_as_object(schema or {}) or {}).get("properties")
    return frozenset(properties) if properties else None


def _with_used_definitions(schema: JsonSchema) -> JsonSchema:
    """The schema with those `$defs` only that something refers to, and none if nothing does."""
    definitions = schema.get("$defs", {})
    rest = {key: value for key, value in schema.items() if key != "$defs"}
    used: set[str] = set()
    waiting = _references(rest)
    while waiting:
        name = waiting.pop()
        if name in definitions and name not in used:
            used.add(name)
            waiting |= _references(definitions[name])
    kept = {name: given for name, given in definitions.items() if name in used}
    return {**rest, "$defs": kept} if kept else rest


def _references(schema: Any) -> set[str]:
    if isinstance(schema, list):
        return {name for item in schema for name in _references(item)}
    if not isinstance(schema, dict):
        return set()
    found = {name for value in schema.values() for name in _references(value)}
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#/$defs/"):
        found.add(reference.removeprefix("#/$defs/"))
    return found


def _free(name: str, taken: Mapping[str, Any]) -> str:
    return name if name not in taken else f"langgraph_{name}"
