"""End a turn with words: usually the model has spoken; when it may not go on, say plainly what failed."""

from __future__ import annotations

from typing import Any

from langchain_core.messages import AIMessage, ToolMessage

from agent.state import State
from agent.turn import MAX_MODEL_CALLS, MAX_REPAIRS, envelope, is_plan_error, since_last_human


async def respond(state: State) -> dict[str, Any]:
    """Nothing when the last message is an answer; otherwise an answer that names the failure."""
    turn = since_last_human(state["messages"])
    last = turn[-1] if turn else None
    if isinstance(last, AIMessage) and not last.tool_calls:
        return {}
    failure = next((m for m in reversed(turn) if isinstance(m, ToolMessage) and is_plan_error(m)), None)
    if failure is not None:
        reason = str(envelope(failure).get("text", ""))
        text = f"I could not make that change; after {MAX_REPAIRS} corrections this was still wrong: {reason}"
    else:
        text = f"I stopped after {MAX_MODEL_CALLS} steps without an answer. Ask for less at once."
    outcome = dict(state.get("outcome") or {}) | {"failed": text}
    return {"messages": [AIMessage(text)], "outcome": outcome}
