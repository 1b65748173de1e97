"""Make a proposal a version of the plan. Idempotent: a replay finds the proposal's id and stores nothing twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from langchain_core.messages import ToolMessage
from langgraph.runtime import Runtime

from agent.context import Context, context_of, user_of
from agent.domain import Circumstances, Domain
from agent.nodes.node import Node
from agent.nodes.validate import new_issues
from agent.plan.diff import Diff
from agent.plan.document import PlanDocument
from agent.plan.records import Committed, Conflicted, PlanVersion, Proposal, Shown
from agent.plan.repository import PlanRepository
from agent.plan_store import Base, base_of, reference, repository, thread_of
from agent.plan_text import bulleted
from agent.proposed_change import proposed
from agent.reproposal import onto_head
from agent.results import answered, refused
from agent.schemas import events
from agent.state import State
from agent.trace import note
from agent.turn import PlanCall, changing_calls

SEARCHED = 50
"""Versions back that an undo or restore is compared with, to say which one the plan is equal to again."""


def commit_node(domain: Domain) -> Node:
    """The node that stores a checked and, where needed, approved proposal."""

    async def commit(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
        context, told = context_of(runtime), dict(state.get("proposal") or {})
        circumstances = Circumstances.of(context, state.get("facts"))
        plans, thread = await repository(), thread_of(runtime)
        base = await base_of(told, runtime, plans)
        document = proposed(told, base, domain)
        base = await _owned(base, thread, plans)

        def judged(merged: PlanDocument, head: PlanDocument) -> Sequence[dict[str, Any]]:
            return [issue.model_dump(mode="json") for issue in new_issues(domain, circumstances, head, merged)]

        proposal = _record(told, base, document, runtime, owner=user_of(runtime))
        auto = context.approval == "auto" and not told.get("approved")
        outcome = await plans.commit(
            proposal,
            revalidate=judged,
            on_conflict="theirs" if auto else "ask",
            shown=None if auto else _shown(told),
        )
        calls = changing_calls(state["messages"])
        if outcome.conflicts:
            head = outcome.head if isinstance(outcome, Conflicted) else outcome.version.version
            conflicts = [conflict.to_json() for conflict in outcome.conflicts]
            runtime.stream_writer(events.plan_conflict(str(base.plan_id), told["id"], head, conflicts))
        if isinstance(outcome, Conflicted):
            return await _not_committed(told, base, outcome, calls, runtime, plans)
        if not outcome.changed:
            return _unchanged(outcome, calls)
        note(plan_id=str(outcome.current.plan_id), plan_version=outcome.current.version)
        runtime.stream_writer(events.plan_version(outcome.version))
        if outcome.tidied is not None:
            runtime.stream_writer(events.plan_version(outcome.tidied))
        return {
            "messages": _spoken(domain, calls, told, outcome, await _same_as(outcome.version, plans)),
            "plan_ref": reference(outcome.current),
            "proposal": None,
            "outcome": {"plan_updated": True, "version": outcome.current.version},
        }

    return commit


def _shown(told: dict[str, Any]) -> Shown:
    """What a person, or nobody, has seen of the change: a merge must come to the same."""
    seen = told["diff_hash"] if told.get("approved") or told.get("reviewed") else None
    return Shown(seen, frozenset(issue["message"] for issue in told["issues"] if issue["severity"] == "warning"))


async def _not_committed(
    told: dict[str, Any],
    base: Base,
    outcome: Conflicted,
    calls: list[PlanCall],
    runtime: Runtime[Context],
    plans: PlanRepository,
) -> dict[str, Any]:
    """What the rules forbid by now goes back to the model; anything else is proposed anew, for the version that is."""
    head = await plans.version(base.plan_id, outcome.head)
    if outcome.invalid or base.version is None or head is None:
        return {"messages": _conflicted(calls, outcome), "proposal": None}
    anew = onto_head(told, base.version, head, outcome)
    if anew["changes"]:
        runtime.stream_writer(
            events.plan_diff(
                plan_id=anew["plan_id"],
                base_version=head.version,
                proposal_id=anew["id"],
                change=Diff.from_json(anew["diff"]),
                before=head.document,
                after=outcome.merged,
            )
        )
    runtime.stream_writer(events.plan_issues(anew["plan_id"], anew["id"], anew["issues"], approval=True))
    return {"proposal": anew}


def _unchanged(outcome: Committed, calls: list[PlanCall]) -> dict[str, Any]:
    text = f"Nothing was changed: the plan is like that already, and stays at version {outcome.version.version}."
    told = [answered(call, "plan_unchanged", text, {"version": outcome.version.version}) for call in calls]
    return {"messages": told, "plan_ref": reference(outcome.version), "proposal": None}


async def _owned(base: Base, thread: UUID, plans: PlanRepository) -> Base:
    """The base in this thread's own plan: a thread that was copied gets its copy now, once."""
    if not base.foreign:
        return base
    copied = await plans.copy(base.plan_id, base.number, thread)
    return Base(copied.plan_id, copied)


def _record(
    told: dict[str, Any], base: Base, document: PlanDocument, runtime: Runtime[Context], owner: str
) -> Proposal:
    info = runtime.execution_info
    return Proposal(
        id=UUID(told["id"]),
        plan_id=base.plan_id,
        base_version=base.number,
        document=document,
        kind=told["kind"],
        author_kind="person" if told.get("reviewed") else "agent",
        author_id=owner if told.get("reviewed") else None,
        owner_id=owner,
        thread_id=thread_of(runtime),
        run_id=_uuid(info.run_id if info else None),
        checkpoint_id=info.checkpoint_id if info else None,
        ops=[op for op in told["ops"] if isinstance(op, dict)] or None,
        summary=told["summary"],
        rationale=told["rationale"],
        issues=told["issues"],
        undoes=told["undoes"],
        merged_from=told.get("merged_from"),
    )


async def _same_as(version: PlanVersion, plans: PlanRepository) -> int | None:
    """The newest earlier version that the plan is equal to again."""
    if version.kind not in ("undo", "restore"):
        return None
    earlier = await plans.history(version.plan_id, limit=SEARCHED, before=version.version)
    return next((one.version for one in earlier if one.hash == version.hash), None)


def _spoken(
    domain: Domain, calls: list[PlanCall], told: dict[str, Any], outcome: Committed, same_as: int | None
) -> list[ToolMessage]:
    """The result for the first call, and for the others of the same change that they are part of it."""
    version = outcome.version
    data = {"version": version.version, "plan_id": str(version.plan_id), "hash": version.hash, "kind": version.kind}
    warnings = [issue["message"] for issue in told["issues"] if issue["severity"] == "warning"]
    kept = {one["kept"] for one in told["conflicts"]} | {one.kept for one in outcome.conflicts}
    if kept == {"theirs"}:
        warnings.append("Somebody changed the same things meanwhile; their changes were kept.")
    elif kept:
        warnings.append("Somebody changed the same things meanwhile; the person chose which changes to keep.")
    if told.get("left_out"):
        warnings.append(f"The person left out: {'; '.join(told['left_out'])}.")
    text = _created(domain, version, told) if told["kind"] == "create" else _changed(version, told, same_as)
    first = answered(calls[0], "plan_version", text, data, warnings)
    part = f"Part of the same change, version {version.version}."
    return [first, *(answered(call, "plan_part", part, data) for call in calls[1:])]


def _changed(version: PlanVersion, told: dict[str, Any], same_as: int | None) -> str:
    undone = f"Version {told['undoes']} is undone. " if told["undoes"] else ""
    equal = f", the same as version {same_as}" if same_as else ""
    return f"{undone}{told['summary']}. The plan is now version {version.version}{equal}."


def _created(domain: Domain, version: PlanVersion, told: dict[str, Any]) -> str:
    assumed = "".join(f"\n- {assumption}" for assumption in told["assumptions"])
    text = f"{told['summary']}. It is saved as version 1.\n{bulleted(domain.shown(version.document))}"
    return text + (f"\n\nWhat I assumed:{assumed}" if assumed else "")


def _conflicted(calls: list[PlanCall], outcome: Conflicted) -> list[ToolMessage]:
    reasons = "; ".join(str(issue.get("message")) for issue in outcome.issues if issue.get("severity") == "error")
    text = f"The plan changed meanwhile (it is at version {outcome.head}) and this no longer fits: {reasons}"
    return [refused(call, text) for call in calls]


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(str(text)) if text else None
    except ValueError:
        return None
