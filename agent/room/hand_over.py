"""Giving the floor to somebody else in the room, as a tool for a model."""

from __future__ import annotations

from typing import Any

from langchain_core.tools import BaseTool, ToolException, tool

from agent.context import Context
from tools.result import answer
from tools.run_context import Runtime

_SOURCE = "this room"


@tool("hand_over", parse_docstring=True)
def hand_over(to: str, runtime: Runtime, why: str = "") -> str:
    """Let somebody else in this room answer: they see the person's last message and go on from there.

    Args:
        to: The id or the name of whoever is to answer.
        why: What it is about, in a few words.
    """
    context: Any = runtime.context
    there = context.personas if isinstance(context, Context) else []
    wanted = to.strip().lstrip("@").lower()
    found = next((one for one in there if wanted in (one.id, one.name.lower())), None)
    if found is None:
        names = ", ".join(one.id for one in there) or "nobody else"
        raise ToolException(f"There is no {to!r} in this room; there are: {names}.")
    text = f"{found.name} takes over{f': {why}' if why else ''}."
    return answer("hand_over", {"to": found.id}, text, _SOURCE)


@tool("who_is_here")
def who_is_here(runtime: Runtime) -> str:
    """List who is in this room, and what each of them knows about."""
    context: Any = runtime.context
    there = context.personas if isinstance(context, Context) else []
    lines = [f"{one.name} (@{one.id}): {one.assistant}" for one in there]
    data = {"personas": [one.model_dump(mode="json", exclude={"prompt"}) for one in there]}
    return answer("personas", data, "; ".join(lines) or "Only we two are here.", _SOURCE)


ROOM_TOOLS: list[BaseTool] = [hand_over, who_is_here]
for _tool in ROOM_TOOLS:
    _tool.handle_tool_error = True
