"""Begin a turn: which plan the thread works on now, and what is remembered about the person."""

from __future__ import annotations

from typing import Any

from langgraph.runtime import Runtime
from psycopg.errors import UndefinedTable

from agent import memories
from agent.context import Context, user_of
from agent.plan.diff import diff
from agent.plan.render import render
from agent.plan.repository import PlanRepository
from agent.plan_store import Base, NotMigratedError, newest, reference, repository
from agent.state import Json, State


async def load_context(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
    """The plan as it is now, which others may have changed since the last turn; a proposal left over is dropped."""
    plans = await repository()
    try:
        base = await newest(state, runtime, plans)
    except UndefinedTable as error:
        raise NotMigratedError("the database has no plan tables: run `planloom migrate` on it") from error
    facts = await memories.recall(runtime.store, user_of(runtime))
    return {
        "plan_ref": reference(base.version),
        "meanwhile": await _meanwhile(state.get("plan_ref"), base, plans),
        "facts": facts,
        "proposal": None,
        "retrieved": [],
        "outcome": {"plan_updated": False},
    }


async def _meanwhile(seen: Json | None, base: Base, plans: PlanRepository) -> str | None:
    """What others changed since the conversation last saw its plan, in words; None if nothing."""
    if seen is None or base.version is None or str(base.plan_id) != str(seen["plan_id"]):
        return None
    before = await plans.version(base.plan_id, seen["version"]) if seen["version"] != base.number else None
    if before is None or before.hash == base.version.hash:
        return None
    return render(diff(before.document, base.version.document), before.document, base.version.document)
