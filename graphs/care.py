"""The care assistant: the planning agent with the pain domain. Compiled without a checkpointer; servers bring one.

Information, not diagnosis; not a medical device.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import tools.pain
from agent import person_edits
from agent.context import Context
from agent.demo.phrases import load_phrases
from agent.demo.slots_care import PARSERS, SLOTS
from agent.domain import Circumstances, Domain, Draft
from agent.graph import build_graph
from agent.plan.document import PlanDocument
from agent.plan.replanning import Tail
from agent.prompts import CARE_ROLE
from graphs.care_facts import CareInput, CareState, load_care
from graphs.care_safety import pain_safety
from tools.issues import Issue
from tools.pain.build_plan import build_plan
from tools.pain.build_request import BuildRequest
from tools.pain.plan_items import KINDS
from tools.pain.plan_tools import PLAN_TOOLS
from tools.pain.record_tools import RECORD_TOOLS
from tools.pain.replan import ReplanRequest, replan
from tools.pain.rules import check


def _build(parameters: Mapping[str, Any], context: Context) -> Draft:
    conditions = (*parameters.get("conditions", ()), *context.injuries)
    told = {**parameters, "conditions": conditions, "today": context.today(), "tz": context.timezone}
    built = build_plan(BuildRequest.model_validate(told))
    return Draft(built.document, tuple(built.assumptions))


def _replan(document: PlanDocument, from_date: date, constraints: Mapping[str, Any], context: Context) -> Tail:
    conditions = [*constraints.get("conditions", ()), *context.injuries]
    told = ReplanRequest.model_validate({**constraints, "conditions": conditions})
    rest = replan(document.to_json(), from_date, told, today=context.today())
    return Tail(rest.start, rest.items, rest.meta)


def _check(document: Mapping[str, Any], *, base: Mapping[str, Any] | None, circumstances: Circumstances) -> list[Issue]:
    return check(document, base=base, today=circumstances.today, conditions=circumstances.injuries)


CARE = Domain(
    name="pain",
    assistant="care",
    role=CARE_ROLE,
    phrases=load_phrases("care", parsers=PARSERS, slots=SLOTS),
    kinds=KINDS,
    build_request=BuildRequest,
    build=_build,
    validate=_check,
    replan=_replan,
    replan_request=ReplanRequest,
    tools=[*RECORD_TOOLS, *PLAN_TOOLS],
    knowledge_folder=Path(tools.pain.__path__[0]) / "knowledge",
    safety=pain_safety,
    load=load_care,
    input_state=CareInput,
    state=CareState,
)

person_edits.register(CARE)
graph = build_graph(CARE).compile(name=CARE.assistant)
