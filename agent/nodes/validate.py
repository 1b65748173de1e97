"""Hold a proposal against the domain's rules: only what it brings or makes worse counts."""

from __future__ import annotations

from typing import Any

from langgraph.runtime import Runtime

from agent.context import Context, context_of
from agent.domain import Circumstances, Domain
from agent.nodes.node import Node
from agent.plan.document import PlanDocument
from agent.plan_store import base_of, repository
from agent.proposed_change import proposed
from agent.results import blocked
from agent.schemas import events
from agent.state import State
from agent.turn import changing_calls
from tools.issues import Issue, introduced


def validate_node(domain: Domain) -> Node:
    """The node that checks; errors go back to the model, warnings may ask for approval."""

    async def validate(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
        context, proposal = context_of(runtime), dict(state.get("proposal") or {})
        base = await base_of(proposal, runtime, await repository())
        before = base.document(domain.name) if base.version is not None else None
        circumstances = Circumstances.of(context, state.get("facts"))
        issues = new_issues(domain, circumstances, before, proposed(proposal, base, domain))
        proposal["issues"] = [issue.model_dump(mode="json") for issue in issues]
        proposal["approval"] = needs_approval(context, proposal)
        runtime.stream_writer(
            events.plan_issues(
                proposal["plan_id"], proposal["id"], proposal["issues"], approval=bool(proposal["approval"])
            )
        )
        errors = [issue for issue in issues if issue.severity == "error"]
        if errors:
            calls = changing_calls(state["messages"])
            return {"messages": [blocked(call, errors) for call in calls], "proposal": None}
        return {"proposal": proposal}

    return validate


def new_issues(
    domain: Domain, circumstances: Circumstances, before: PlanDocument | None, after: PlanDocument
) -> list[Issue]:
    """The issues of `after` that `before` didn't have, or had less badly."""
    old = before.to_json() if before is not None else None
    known = domain.validate(old, base=None, circumstances=circumstances) if old is not None else []
    return introduced(known, domain.validate(after.to_json(), base=old, circumstances=circumstances))


def needs_approval(context: Context, proposal: dict[str, Any]) -> bool:
    """Whether a person must say yes: by the run's policy, unless the change is a person's own wording."""
    if proposal.get("reviewed") or context.approval == "auto":
        return False
    warned = any(issue["severity"] == "warning" for issue in proposal["issues"])
    return context.approval == "always" or warned or bool(proposal["conflicts"])
