"""Begin a turn: which plan the thread works on now, what is remembered about the person, and the domain's own facts."""

from __future__ import annotations

from typing import Any

from langgraph.runtime import Runtime
from psycopg.errors import UndefinedTable

from agent.context import Context, context_of, user_of
from agent.domain import Domain, Loading
from agent.memory.facts import Facts
from agent.memory.failures import FAILURES
from agent.nodes.node import Node
from agent.plan.diff import diff
from agent.plan.render import render
from agent.plan.repository import PlanRepository
from agent.plan_store import Base, NotMigratedError, newest, reference, repository
from agent.state import Json, State
from agent.trace import note
from agent.turn import last_said
from agent.typed_answers import taken_up

TOLD = 50
"""How many facts a model is told, the newest."""


def load_context_node(domain: Domain) -> Node:
    """The node for a domain."""

    async def load_context(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
        """The plan as it is now, which others may have changed since the last turn, and what becomes of a change that
        waited.
        """
        plan = await _plan(state, runtime) if domain.plans else {"plan_ref": None, "meanwhile": None}
        return {
            **plan,
            "memories": await _memories(user_of(runtime)),
            "facts": await _facts(domain, state, runtime),
            **taken_up(state),
            "retrieved": [],
            "outcome": {"plan_updated": False},
            # What came with this turn has been read, and must not come up again in the next.
            **dict.fromkeys(domain.own_inputs),
        }

    return load_context


async def _memories(user_id: str) -> list[str] | None:
    """What the person asked to remember; None where nothing can be."""
    try:
        return [fact.text for fact in await Facts(user_id).all()][-TOLD:]
    except FAILURES:
        return None


async def _plan(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
    plans = await repository()
    try:
        base = await newest(state, runtime, plans)
    except UndefinedTable as error:
        raise NotMigratedError("the database has no plan tables: run `planloom migrate` on it") from error
    if base.version is not None:
        note(plan_id=str(base.plan_id), base_version=base.number, plan_version=base.number)
    return {
        "plan_ref": reference(base.version),
        "meanwhile": await _meanwhile(state.get("plan_ref"), base, plans),
    }


async def _facts(domain: Domain, state: State, runtime: Runtime[Context]) -> Json:
    if domain.load is None:
        return {}
    given: dict[str, Any] = dict(state)
    info = runtime.execution_info
    loaded = await domain.load(
        Loading(
            given={name: given[name] for name in domain.own_inputs if given.get(name) is not None},
            facts=state.get("facts") or {},
            said=last_said(state["messages"]),
            context=context_of(runtime),
            user_id=user_of(runtime),
            thread_id=info.thread_id if info else None,
            store=runtime.store,
            emit=runtime.stream_writer,
        )
    )
    return dict(loaded)


async def _meanwhile(seen: Json | None, base: Base, plans: PlanRepository) -> str | None:
    """What others changed since the conversation last saw its plan, in words; None if nothing."""
    if seen is None or base.version is None or str(base.plan_id) != str(seen["plan_id"]):
        return None
    before = await plans.version(base.plan_id, seen["version"]) if seen["version"] != base.number else None
    if before is None or before.hash == base.version.hash:
        return None
    return render(diff(before.document, base.version.document), before.document, base.version.document)
