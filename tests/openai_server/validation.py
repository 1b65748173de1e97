"""What OpenAI refuses in a chat request, so that a conversation that passes here passes there."""

import re
from typing import Any

Json = dict[str, Any]

FUNCTION_NAME = re.compile(r"^[a-zA-Z0-9_-]{1,64}$")
STRICT_DEPTH = 10
STRICT_FORMATS = {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}
STRICT_KEYWORDS = {
    *("type", "description", "enum", "anyOf", "properties", "required", "additionalProperties", "items"),
    *("pattern", "format", "multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    *("minItems", "maxItems"),
}
"""Source: OpenAI, "Structured model outputs", supported schemas (platform.openai.com/docs/guides/structured-outputs)."""
AUDIO_ENDINGS = {"flac", "m4a", "mp3", "mp4", "mpeg", "mpga", "oga", "ogg", "wav", "webm"}
ROLES = {"system", "developer", "user", "assistant", "tool"}


def problem_with(request: Json) -> str | None:
    """Why OpenAI would answer 400, or None."""
    if not isinstance(request.get("model"), str) or not request["model"]:
        return "you must provide a model parameter"
    messages = request.get("messages")
    if not isinstance(messages, list) or not messages:
        return "[] is too short - 'messages'"
    return problem_with_messages(messages) or problem_with_tools(request.get("tools"))


def problem_with_transcription(fields: Json) -> str | None:
    """A transcription needs a model and a file whose name ends as its kind does."""
    if not fields.get("model"):
        return "you must provide a model parameter"
    file = fields.get("file")
    if not isinstance(file, tuple) or not file[1]:
        return "'file' is a required property"
    if str(file[0]).rpartition(".")[2] not in AUDIO_ENDINGS:
        return f"Invalid file format. Supported formats: {sorted(AUDIO_ENDINGS)}"
    return None


def problem_with_messages(messages: list[Json]) -> str | None:
    """Each tool call must be answered at once, and nothing else may be answered."""
    waiting: set[str] = set()
    for index, message in enumerate(messages):
        role = message.get("role")
        if role not in ROLES:
            return f"Invalid value: '{role}' - 'messages[{index}].role'"
        if role == "tool":
            if message.get("tool_call_id") not in waiting:
                return "messages with role 'tool' must be a response to a preceding message with 'tool_calls'."
            waiting.remove(message["tool_call_id"])
            continue
        if waiting:
            break
        if message.get("content") is None and not message.get("tool_calls"):
            return f"Invalid value for 'content': expected a string, got null. - 'messages[{index}].content'"
        waiting = {call["id"] for call in message.get("tool_calls") or []}
    if waiting:
        return (
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
            f"'tool_call_id'. The following tool_call_ids did not have response messages: {', '.join(sorted(waiting))}"
        )
    return None


def problem_with_tools(tools: Any) -> str | None:
    """Functions need a plain name of their own, and an object as parameters."""
    if tools is None:
        return None
    if not tools:
        return "[] is too short - 'tools'"
    names: set[str] = set()
    for index, tool in enumerate(tools):
        function = tool.get("function") or {}
        name = function.get("name", "")
        if not FUNCTION_NAME.match(name) or name in names:
            return f"Invalid 'tools[{index}].function.name': {name!r}"
        names.add(name)
        parameters = function.get("parameters") or {"type": "object"}
        if parameters.get("type") != "object":
            return f"Invalid schema for function '{name}': schema must be of type 'object'"
        if function.get("strict") and (problem := problem_with_strict(parameters)):
            return f"Invalid schema for function '{name}': In context={problem}"
    return None


def problem_with_strict(schema: Any, path: tuple[str, ...] = (), depth: int = 0) -> str | None:
    """What a strict schema may not have: other keywords, objects that leave anything open, more than ten levels."""
    if not isinstance(schema, dict):
        return f"{path}, {schema!r} is not an object"
    if strays := sorted(schema.keys() - STRICT_KEYWORDS):
        return f"{path}, '{strays[0]}' is not permitted."
    if not schema.keys() & {"type", "anyOf"}:
        return f"{path}, schema must have a 'type' key."
    inner = [((*path, "anyOf", str(index)), one) for index, one in enumerate(schema.get("anyOf", ()))]
    if schema.get("type") == "object":
        properties = schema.get("properties", {})
        if schema.get("additionalProperties") is not False:
            return f"{path}, 'additionalProperties' is required to be supplied and to be false."
        if set(schema.get("required", ())) != properties.keys():
            return f"{path}, 'required' is required to be an array including every key in properties."
        if depth >= STRICT_DEPTH:
            return f"{path}, schema is nested deeper than {STRICT_DEPTH} levels."
        inner += [((*path, "properties", name), one) for name, one in properties.items()]
    if schema.get("type") == "array":
        if "items" not in schema:
            return f"{path}, array schema missing items."
        inner.append(((*path, "items"), schema["items"]))
    if "format" in schema and schema["format"] not in STRICT_FORMATS:
        return f"{path}, '{schema['format']}' is not a valid format."
    deeper = depth + (schema.get("type") in ("object", "array"))
    return next((found for at, one in inner if (found := problem_with_strict(one, at, deeper))), None)
