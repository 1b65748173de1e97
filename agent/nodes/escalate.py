"""Answer a red flag with fixed words: no model is asked, and nothing in a plan is changed."""

from __future__ import annotations

from typing import Any

from langchain_core.messages import AIMessage
from langgraph.runtime import Runtime

from agent.context import Context, context_of
from agent.nodes.safety_gate import help_for
from agent.safety.finding import SafetyFinding
from agent.schemas import events
from agent.state import State

FIXED = {"model_name": "fixed-safety-text", "model_provider": "planloom-safety"}
"""Marks a message that no model wrote."""


async def escalate(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
    """Say the text for what was found, and where help is to be had."""
    finding = SafetyFinding.from_json((state.get("safety") or {})["finding"])
    told = help_for(context_of(runtime))
    text, resources = told.text(finding), [one.to_json() for one in told.resources(finding)]
    runtime.stream_writer(events.safety_escalated(finding, text, resources, told.language))
    outcome = dict(state.get("outcome") or {}) | {"escalated": {"code": finding.code, "level": finding.level}}
    return {"messages": [AIMessage(text, response_metadata=dict(FIXED))], "outcome": outcome}


async def ask_first(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
    """Ask the one question that tells a red flag from a false alarm; the next turn's words answer it."""
    finding = SafetyFinding.from_json((state.get("safety") or {})["asked"])
    question = help_for(context_of(runtime)).question(finding)
    return {"messages": [AIMessage(question, response_metadata=dict(FIXED))]}
