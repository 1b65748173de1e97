"""Make one proposal of a message's calls: compile them against the plan that the model saw, and say what differs."""

from __future__ import annotations

from typing import Any
from uuid import uuid5

from langchain_core.messages import ToolMessage
from langgraph.runtime import Runtime

from agent.context import Context, context_of
from agent.domain import Domain
from agent.nodes.node import Node
from agent.plan.diff import Diff, diff
from agent.plan_store import Base, base_of, referred, repository, thread_of
from agent.proposals import CallRefused, Composition, calls_of
from agent.proposed_change import conflicts_json, described, origin_of
from agent.results import answered, refused
from agent.schemas import events
from agent.state import State
from agent.turn import PlanCall, changing_calls


def plan_diff_node(domain: Domain) -> Node:
    """The node that turns calls into a proposal, or answers them with what is wrong."""

    async def plan_diff(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
        before = state.get("proposal") or {}
        calls, asked = calls_of(state), changing_calls(state["messages"])
        plans, thread = await repository(), thread_of(runtime)
        # what a reviewer wrote was made for the version that the review showed
        base = await (base_of(before, runtime, plans) if "edited" in before else referred(state, runtime, plans))
        info = runtime.execution_info
        proposal_id = str(uuid5(thread, f"{info.task_id if info else ''}/{'/'.join(call.id for call in calls)}"))
        retired = await plans.retired_ids(base.plan_id)
        context = context_of(runtime)
        replanner = domain.replanner(context)
        work = Composition(domain, plans, base, retired, proposal_id, before.get("draft"), replanner)
        try:
            await work.take(calls)
        except CallRefused as error:
            return {"messages": _refusals(asked, error), "proposal": None}
        change = diff(work.before, work.document)
        proposal = _proposal(work, change, calls, proposal_id) | {"reviewed": bool(before.get("reviewed"))}
        asks = bool(work.conflicts) and context.approval != "auto"
        if not proposal["changes"] and not asks:
            return {"messages": [_unchanged(call, base, work) for call in asked], "proposal": None}
        if base.version is not None and proposal["changes"]:
            runtime.stream_writer(
                events.plan_diff(
                    plan_id=proposal["plan_id"],
                    base_version=base.number,
                    proposal_id=proposal_id,
                    change=change,
                    before=work.before,
                    after=work.document,
                )
            )
        return {"proposal": proposal}

    return plan_diff


def _proposal(work: Composition, change: Diff, calls: list[PlanCall], proposal_id: str) -> dict[str, Any]:
    first = work.base.version is None
    origin = origin_of(work.undoes, work.undo_change) if work.undoes and work.undo_change is not None else None
    return {
        "id": proposal_id,
        "plan_id": str(work.base.plan_id),
        "base_version": work.base.number,
        "kind": "create" if first else work.kind,
        "undoes": work.undoes,
        "rationale": " ".join(work.rationales),
        "ops": work.ops,
        "calls": [call.to_json() for call in calls],
        **described(change, work.before, work.document, first=first),
        "conflicts": conflicts_json(work.conflicts),
        "origin": origin,
        "problem": None,
        "assumptions": list((work.draft or {}).get("assumptions", [])),
        "issues": [],
    }


def _refusals(calls: list[PlanCall], error: CallRefused) -> list[ToolMessage]:
    """One call wrong, none carried out: the others are told so too."""
    return [
        refused(call, error.text, error.problems)
        if call.id == error.call.id
        else refused(call, f"Not carried out, because {error.call.name} failed: {error.text}")
        for call in calls
    ]


def _unchanged(call: PlanCall, base: Base, work: Composition) -> ToolMessage:
    text = "The plan is like that already; nothing changed."
    if work.undoes is not None:
        left = "later changes of the same things are kept" if work.conflicts else "it is no longer in the plan"
        text = f"Undoing version {work.undoes} changes nothing: {left}."
    return answered(call, "plan_unchanged", text, {"version": base.number})
