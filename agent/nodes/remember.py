"""Keep a fact or preference that the person asked to remember."""

from __future__ import annotations

from typing import Any

from langgraph.runtime import Runtime

from agent import memories
from agent.context import Context, context_of, user_of
from agent.schemas import events
from agent.state import State
from agent.turn import last_said


async def remember(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
    """Save it in the store, where there is one, with the thread that it came from."""
    fact = memories.stated_fact(last_said(state["messages"]))
    if fact is None or runtime.store is None:
        return {}
    info = runtime.execution_info
    source = {"thread_id": info.thread_id if info else None, "said_at": context_of(runtime).moment().isoformat()}
    key = await memories.remember(runtime.store, user_of(runtime), fact, source)
    runtime.stream_writer(events.memory_saved(key, fact))
    return {}
