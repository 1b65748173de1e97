"""Look for red flags in the person's own words, before anything is looked up or any model is asked."""

from __future__ import annotations

from typing import Any

from langchain_core.messages import HumanMessage
from langgraph.runtime import Runtime

from agent.context import Context, context_of
from agent.domain import Domain
from agent.nodes.node import Node
from agent.safety.answers import cleared
from agent.safety.finding import SafetyFinding, SafetyInput, gravest
from agent.safety.self_harm import self_harm
from agent.safety.texts import Help
from agent.schemas import events
from agent.schemas.events import SafetyOutcome
from agent.state import Json, State
from agent.turn import decided_in_words, last_said

EARLIER = 20
"""How many of the person's messages before the last one a rule sees."""


def safety_gate_node(domain: Domain) -> Node:
    """The node with a domain's rules, and with those that every domain has."""

    async def safety_gate(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
        seen = _seen(state, context_of(runtime))
        finding = gravest(domain.safety(seen) if domain.safety is not None else None, self_harm(seen))
        outcome = _outcome(finding)
        if finding is None and seen.active is not None:
            finding = seen.active
            outcome = "released" if cleared(seen.text) else "held"
        if finding is not None:
            runtime.stream_writer(events.safety_checked(finding, outcome))
        told = _told(finding, outcome, seen.active, context_of(runtime))
        if finding is None and seen.asked is not None:
            told["advice"] = help_for(context_of(runtime)).all_clear
        return {"safety": told}

    return safety_gate


def help_for(context: Context) -> Help:
    """The fixed words for a run's language and region."""
    return Help(context.locale, context.emergency_number)


def _seen(state: State, context: Context) -> SafetyInput:
    said = [message.text for message in state["messages"] if isinstance(message, HumanMessage)]
    before = state.get("safety") or {}
    return SafetyInput(
        text=decided_in_words(state["messages"]) or last_said(state["messages"]),
        now=context.moment(),
        locale=context.locale,
        earlier=tuple(said[-EARLIER - 1 : -1]),
        facts=state.get("facts") or {},
        asked=_kept(before, "asked"),
        active=_kept(before, "active"),
    )


def _kept(before: Json, name: str) -> SafetyFinding | None:
    told = before.get(name)
    return SafetyFinding.from_json(told) if told else None


def _outcome(finding: SafetyFinding | None) -> SafetyOutcome:
    if finding is None:
        return "clear"
    if finding.level == "advice":
        return "advised"
    return "asked" if finding.question is not None else "escalated"


def _told(
    finding: SafetyFinding | None, outcome: SafetyOutcome, active: SafetyFinding | None, context: Context
) -> dict[str, Any]:
    """What the state keeps: the open question, the flag that holds edits, and what this turn must say."""
    if outcome == "released":
        active = None
    elif outcome == "escalated" and finding is not None and finding.holds:
        active = finding
    told: dict[str, Any] = {"outcome": outcome, "active": active.to_json() if active is not None else None}
    if finding is not None and outcome in ("asked", "escalated"):
        told["finding" if outcome == "escalated" else "asked"] = finding.to_json()
    elif finding is not None and outcome == "advised":
        told["advice"] = help_for(context).text(finding)
    return told
