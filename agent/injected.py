"""What a domain's tools are told of the run besides what the model writes: the plan, the clock, whose run it is.

A tool asks for one of these by a parameter of that name marked `InjectedToolArg`, so tools know no agent and models see
none of them: `plan` (the document as JSON that the conversation has seen, or None), `plan_ref` ({plan_id, version} of
it, or None), `now` (aware, in the person's zone), `timezone`, `user_id`.
"""

from __future__ import annotations

from typing import Any

from langchain_core.tools import BaseTool
from langchain_core.utils.pydantic import get_fields
from langgraph.runtime import Runtime

from agent.context import Context, context_of, user_of
from agent.plan_store import referred, repository
from agent.state import State

PLAN = frozenset({"plan", "plan_ref"})
NAMES = PLAN | {"now", "timezone", "user_id"}


def wanted(tool: BaseTool) -> frozenset[str]:
    """Which of these a tool asks for."""
    hidden = get_fields(tool.get_input_schema()).keys() - tool.args.keys()
    return NAMES & hidden


async def injected(tool: BaseTool, state: State, runtime: Runtime[Context]) -> dict[str, Any]:
    """The values that a tool asks for, by name; the plan is read only for tools that want it."""
    asked, context = wanted(tool), context_of(runtime)
    values: dict[str, Any] = {
        "now": context.moment(),
        "timezone": context.timezone,
        "user_id": user_of(runtime),
    }
    if asked & PLAN:
        base = await referred(state, runtime, await repository())
        there = base.version is not None
        values["plan"] = base.version.document.to_json() if base.version is not None else None
        values["plan_ref"] = {"plan_id": str(base.plan_id), "version": base.number} if there else None
    return {name: value for name, value in values.items() if name in asked}
