"""Answers to tool calls, each in the one envelope that models, clients and the demo model read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from langchain_core.messages import ToolMessage

from agent.plan.problems import Problem
from agent.turn import PLAN_ERROR, PlanCall
from tools.issues import Issue
from tools.result import Provenance, ToolResult

PLAN_HELD = "plan_held"
_COMPUTED = Provenance(kind="computed", source="the plan kept by this server")


def answered(
    call: PlanCall, result_type: str, text: str, data: dict[str, Any] | None = None, warnings: Sequence[str] = ()
) -> ToolMessage:
    """A call's result."""
    return _message(call, result_type, text, data or {}, tuple(warnings), failed=False)


def refused(call: PlanCall, text: str, problems: Sequence[Problem] = ()) -> ToolMessage:
    """A call that could not be carried out, with what to put right."""
    data = {"problems": [problem.to_json() for problem in problems]}
    return _message(call, PLAN_ERROR, text, data, (), failed=True)


def failed(call: PlanCall, text: str) -> ToolMessage:
    """A call of another tool that went wrong."""
    return _message(call, "error", text, {}, (), failed=True)


def blocked(call: PlanCall, issues: Iterable[Issue]) -> ToolMessage:
    """A change that the domain's rules forbid."""
    issues = list(issues)
    told = "; ".join(issue.message + (f" {issue.fix}" if issue.fix else "") for issue in issues)
    data = {"issues": [issue.model_dump(mode="json") for issue in issues]}
    return _message(call, PLAN_ERROR, f"The plan's rules forbid this: {told}", data, (), failed=True)


def held(call: PlanCall) -> ToolMessage:
    """A change that must wait because a red flag is active."""
    text = (
        "The plan stays as it is for now: what you told me earlier should be looked at by a professional first. "
        "Tell me when that has happened."
    )
    return _message(call, PLAN_HELD, text, {}, (), failed=True)


def turned_down(call: PlanCall, message: str | None) -> ToolMessage:
    """A change that the person did not approve."""
    text = "The change was turned down; the plan stays as it is." + (f" Reason given: {message}" if message else "")
    return _message(call, "plan_rejected", text, {"message": message}, (), failed=True)


def answered_back(call: PlanCall, message: str | None) -> ToolMessage:
    """A change that the person answered with words instead of a yes or no."""
    text = f"Not changed yet. The answer to the proposal was: “{message or ''}”"
    return _message(call, "plan_response", text, {"message": message}, (), failed=False)


def _message(
    call: PlanCall, result_type: str, text: str, data: dict[str, Any], warnings: tuple[str, ...], *, failed: bool
) -> ToolMessage:
    result = ToolResult(result_type=result_type, data=data, text=text, provenance=_COMPUTED, warnings=warnings)
    return ToolMessage(
        result.model_dump_json(), tool_call_id=call.id, name=call.name, status="error" if failed else "success"
    )
