"""What OpenAI refuses in a chat request, so that a conversation that passes here passes there."""

import re
from typing import Any

Json = dict[str, Any]

FUNCTION_NAME = re.compile(r"^[a-zA-Z0-9_-]{1,64}$")
ROLES = {"system", "developer", "user", "assistant", "tool"}


def problem_with(request: Json) -> str | None:
    """Why OpenAI would answer 400, or None."""
    if not isinstance(request.get("model"), str) or not request["model"]:
        return "you must provide a model parameter"
    messages = request.get("messages")
    if not isinstance(messages, list) or not messages:
        return "[] is too short - 'messages'"
    return problem_with_messages(messages) or problem_with_tools(request.get("tools"))


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
        if (function.get("parameters") or {"type": "object"}).get("type") != "object":
            return f"Invalid schema for function '{name}': schema must be of type 'object'"
    return None
