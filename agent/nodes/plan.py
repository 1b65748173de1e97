"""Draft a new plan: the domain's builder makes it from the parameters that the model understood."""

from __future__ import annotations

import asyncio
from typing import Any

from langgraph.runtime import Runtime
from pydantic import ValidationError

from agent import plan_text
from agent.context import Context, context_of
from agent.domain import Domain, Draft
from agent.nodes.node import Node
from agent.plan.document import PlanDocument
from agent.plan.ops import validation_lines
from agent.plan.problems import DocumentError, Problem
from agent.plan_store import own_plan_id
from agent.proposals import calls_of
from agent.results import refused
from agent.schemas import events
from agent.schemas.plan_tools import BUILD
from agent.state import State
from agent.turn import PlanCall, changing_calls


def plan_node(domain: Domain) -> Node:
    """The node that drafts; what it drafts becomes a proposal in `plan_diff`."""

    async def plan(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
        asked = changing_calls(state["messages"])
        call = next(call for call in calls_of(state) if call.name == BUILD)
        if domain.build is None:
            told = "There is no builder for such plans here: begin with an edit."
            return _refused(asked, told, [Problem(None, "no_builder", told)])
        try:
            draft = await asyncio.to_thread(domain.build, call.args, context_of(runtime))
            document = PlanDocument.from_json(draft.document)
        except ValidationError as error:
            problems = [Problem(None, "bad_arguments", line) for line in validation_lines(error)]
            return _refused(asked, "; ".join(problem.message for problem in problems), problems)
        except (DocumentError, ValueError) as error:
            return _refused(asked, str(error), [Problem(None, "not_possible", str(error))])
        runtime.stream_writer(_event(domain, state, runtime, document, draft))
        drafted = {"document": draft.document, "assumptions": list(draft.assumptions)}
        return {"proposal": dict(state.get("proposal") or {}) | {"draft": drafted}}

    return plan


def _event(
    domain: Domain, state: State, runtime: Runtime[Context], document: PlanDocument, draft: Draft
) -> events.Event:
    ref = state.get("plan_ref")
    return events.plan_draft(
        ref["plan_id"] if ref else str(own_plan_id(runtime)),
        title=plan_text.title(document),
        summary=plan_text.summary(document),
        lines=domain.shown(document),
        assumptions=draft.assumptions,
    )


def _refused(calls: list[PlanCall], text: str, problems: list[Problem]) -> dict[str, Any]:
    return {"messages": [refused(call, text, problems) for call in calls], "proposal": None}
