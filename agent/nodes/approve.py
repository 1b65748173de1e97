"""Wait for a person's decision. Nothing but the interrupt happens here: a resumed node runs from its start again."""

from __future__ import annotations

from typing import Any

from langgraph.types import interrupt
from pydantic import TypeAdapter

from agent.results import answered_back, turned_down
from agent.schemas.decisions import Decision, as_proposed, decisions_about
from agent.schemas.plan_tools import BUILD, EDIT, PATCH
from agent.state import State
from agent.turn import PlanCall, changing_calls

ALLOWED = ("approve", "edit", "reject", "respond")


async def approve(state: State) -> dict[str, Any]:
    """Ask, in the shape of a HITLRequest, and put the answer into the state."""
    proposal = dict(state.get("proposal") or {})
    answers = decisions_about(proposal["changes"], proposal["conflicts"])
    asked = request(proposal) | {"response_schema": TypeAdapter(answers).json_schema()}
    decision = interrupt(asked, response_schema=answers).decisions[0]
    return _decided(proposal, decision, changing_calls(state["messages"]))


def request(proposal: dict[str, Any]) -> dict[str, Any]:
    """What is asked: one action with its diff in Markdown, and beside it the plan's own fields.

    It is asked twice: as a HITLRequest, and as the HumanInterrupt that inboxes knew before.
    """
    name, args = _action(proposal)
    described = _described(proposal)
    return {
        "action_requests": [{"name": name, "args": args, "description": described}],
        "review_configs": [{"action_name": name, "allowed_decisions": list(ALLOWED)}],
        "action_request": {"action": name, "args": args},
        "config": dict.fromkeys(("allow_accept", "allow_edit", "allow_respond", "allow_ignore"), True),
        "description": described,
        "plan_id": proposal["plan_id"],
        "proposal_id": proposal["id"],
        "base_version": proposal["base_version"],
        "diff_hash": proposal["diff_hash"],
        "summary": proposal["summary"],
        "diff": proposal["diff"],
        "changes": proposal["changes"],
        "issues": proposal["issues"],
        "conflicts": proposal["conflicts"],
        "problem": proposal["problem"],
    }


def _described(proposal: dict[str, Any]) -> str:
    """Markdown for a page: what was wrong with the last answer, the change, what the rules say, what collides."""
    parts = [f"**{proposal['problem']}**"] if proposal["problem"] else []
    parts.append(proposal["markdown"])
    lines = [f"- **{issue['severity']}**: {issue['message']}" for issue in proposal["issues"]]
    lines += [
        f"- **conflict** at `{one['pointer']}`: here {_value(one, 'ours')}, there {_value(one, 'theirs')}, before "
        f"{_value(one, 'base')}; kept: {one['kept']}"
        for one in proposal["conflicts"]
    ]
    return "\n\n".join([*parts, *(["\n".join(lines)] if lines else [])])


def _value(conflict: dict[str, Any], side: str) -> str:
    value = conflict.get(side)
    if isinstance(value, dict):
        return str(value.get("title") or "an item")
    return "nothing" if value is None else str(value)


def _action(proposal: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The one call, several edits as the one that they come to, or else the change itself as a patch."""
    calls = [PlanCall.from_json(call) for call in proposal["calls"]]
    names = {call.name for call in calls}
    if proposal["origin"] is None and (len(calls) == 1 or BUILD in names):
        call = next((call for call in calls if call.name == BUILD), calls[0])
        return call.name, call.args
    args = {"base_version": proposal["base_version"], "rationale": proposal["rationale"]}
    if proposal["origin"] is None and names == {EDIT}:
        return EDIT, args | {"ops": proposal["ops"]}
    return PATCH, args | {"patch": proposal["patch"]}


def _decided(proposal: dict[str, Any], decision: Decision, calls: list[PlanCall]) -> dict[str, Any]:
    if decision.type == "approve":
        out = decision.left_out([one["change_id"] for one in proposal["changes"]])
        nothing_left = bool(out) and len(out) == len(proposal["changes"]) and not decision.resolutions
        if nothing_left:
            return {"messages": [turned_down(call, decision.message) for call in calls], "proposal": None}
        if out or decision.resolutions:
            chosen = {"left_out": sorted(out), "resolutions": decision.resolutions or {}}
            return {"proposal": proposal | {"chosen": chosen}}
        return {"proposal": proposal | {"approved": True}}
    if decision.type == "edit":
        name, args = _action(proposal)
        edited = decision.edited_action or {}
        replaced = {"name": str(edited.get("name") or name), "args": as_proposed(edited.get("args") or args, args)}
        made_for = {name: proposal[name] for name in ("plan_id", "base_version")}
        return {"proposal": {"edited": replaced, "reviewed": True, **made_for}}
    told = turned_down if decision.type == "reject" else answered_back
    return {"messages": [told(call, decision.message) for call in calls], "proposal": None}
