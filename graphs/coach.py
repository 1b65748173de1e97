"""The running coach: the planning agent with the running domain. Compiled without a checkpointer; servers bring one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import tools.running
from agent import person_edits
from agent.context import Context
from agent.demo.phrases import load_phrases
from agent.domain import Circumstances, Domain, Draft
from agent.graph import build_graph
from agent.plan.document import PlanDocument
from agent.plan.replanning import Tail
from agent.prompts import COACH_ROLE
from tools.issues import Issue
from tools.running.build_plan import build_plan
from tools.running.build_request import BuildRequest
from tools.running.langchain_tools import RUNNING_TOOLS
from tools.running.plan_items import KINDS
from tools.running.replan import ReplanRequest, replan
from tools.running.rules import check


def _build(parameters: Mapping[str, Any], context: Context) -> Draft:
    injuries = (*parameters.get("injuries", ()), *context.injuries)
    told = {**parameters, "injuries": injuries, "today": context.today(), "tz": context.timezone}
    built = build_plan(BuildRequest.model_validate(told))
    document = dict(built.document)
    if injuries:
        # Later edits are held against them as well.
        document["meta"] = {**document["meta"], "injuries": sorted(set(injuries))}
    return Draft(document, tuple(built.assumptions))


def _replan(document: PlanDocument, from_date: date, constraints: Mapping[str, Any], context: Context) -> Tail:
    told = ReplanRequest.model_validate(
        {**constraints, "injuries": [*constraints.get("injuries", ()), *context.injuries]}
    )
    rest = replan(document.to_json(), from_date, told, today=context.today())
    return Tail(rest.start, rest.items, rest.meta)


def _check(document: Mapping[str, Any], *, base: Mapping[str, Any] | None, circumstances: Circumstances) -> list[Issue]:
    meta = document.get("meta")
    known = meta.get("injuries", []) if isinstance(meta, Mapping) else []
    injuries = [*circumstances.injuries, *map(str, known)]
    return check(document, base=base, today=circumstances.today, injuries=injuries)


COACH = Domain(
    name="running",
    assistant="coach",
    kinds=KINDS,
    build_request=BuildRequest,
    build=_build,
    validate=_check,
    role=COACH_ROLE,
    phrases=load_phrases("running"),
    tools=RUNNING_TOOLS,
    knowledge_folder=Path(tools.running.__path__[0]) / "knowledge",
    replan=_replan,
    replan_request=ReplanRequest,
)

person_edits.register(COACH)
graph = build_graph(COACH).compile(name=COACH.assistant)
