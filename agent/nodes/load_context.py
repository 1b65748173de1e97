"""Begin a turn: which plan the thread works on now, and what is remembered about the person."""

from __future__ import annotations

from typing import Any

from langgraph.runtime import Runtime
from psycopg.errors import UndefinedTable

from agent import memories
from agent.context import Context, user_of
from agent.plan_store import NotMigratedError, newest, reference, repository
from agent.state import State


async def load_context(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
    """The plan as it is now, which others may have changed since the last turn; a proposal left over is dropped."""
    try:
        base = await newest(state, runtime, await repository())
    except UndefinedTable as error:
        raise NotMigratedError("the database has no plan tables: run `planloom migrate` on it") from error
    facts = await memories.recall(runtime.store, user_of(runtime))
    return {
        "plan_ref": reference(base.version),
        "facts": facts,
        "proposal": None,
        "retrieved": [],
        "outcome": {"plan_updated": False},
    }
