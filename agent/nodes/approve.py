"""Wait for a person's decision. Nothing but the interrupt happens here: a resumed node runs from its start again."""

from __future__ import annotations

from typing import Any

from langgraph.types import interrupt

from agent.results import answered_back, turned_down
from agent.schemas.plan_tools import EDIT, Decision, Decisions
from agent.state import State
from agent.turn import PlanCall, changing_calls

ALLOWED = ("approve", "edit", "reject", "respond")


async def approve(state: State) -> dict[str, Any]:
    """Ask, in the shape of a HITLRequest, and put the answer into the state."""
    proposal = dict(state.get("proposal") or {})
    decision = interrupt(request(proposal), response_schema=Decisions).decisions[0]
    return _decided(proposal, decision, changing_calls(state["messages"]))


def request(proposal: dict[str, Any]) -> dict[str, Any]:
    """What is asked: one action with its diff in Markdown, and beside it the plan's own fields."""
    name, args = _action(proposal)
    warnings = [f"- **{issue['severity']}**: {issue['message']}" for issue in proposal["issues"]]
    described = proposal["markdown"] + ("\n\n" + "\n".join(warnings) if warnings else "")
    return {
        "action_requests": [{"name": name, "args": args, "description": described}],
        "review_configs": [{"action_name": name, "allowed_decisions": list(ALLOWED)}],
        "plan_id": proposal["plan_id"],
        "proposal_id": proposal["id"],
        "base_version": proposal["base_version"],
        "summary": proposal["summary"],
        "diff": proposal["diff"],
        "issues": proposal["issues"],
    }


def _action(proposal: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The one call, or several edits as the one call that they come to."""
    calls = [PlanCall.from_json(call) for call in proposal["calls"]]
    if len(calls) == 1:
        return calls[0].name, calls[0].args
    args = {"base_version": proposal["base_version"], "rationale": proposal["rationale"], "ops": proposal["ops"]}
    return EDIT, args


def _decided(proposal: dict[str, Any], decision: Decision, calls: list[PlanCall]) -> dict[str, Any]:
    if decision.type == "approve":
        return {"proposal": proposal | {"approved": True}}
    if decision.type == "edit":
        name, args = _action(proposal)
        edited = decision.edited_action or {}
        replaced = {"name": str(edited.get("name") or name), "args": dict(edited.get("args") or args)}
        return {"proposal": {"edited": replaced, "reviewed": True}}
    told = turned_down if decision.type == "reject" else answered_back
    return {"messages": [told(call, decision.message) for call in calls], "proposal": None}
