"""Team processes: the planning agent with events, steps and their statuses. Compiled without a checkpointer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import tools.process
from agent import person_edits
from agent.context import Context
from agent.demo.phrases import load_phrases
from agent.demo.slots_process import PARSERS
from agent.domain import Circumstances, Domain, Draft
from agent.graph import build_graph
from agent.plan.document import PlanDocument
from agent.plan.replanning import Tail
from agent.prompts import PROCESS_ROLE
from tools.issues import Issue
from tools.process.build_process import BuildRequest, build_process
from tools.process.describe import plan_lines
from tools.process.langchain_tools import PROCESS_TOOLS
from tools.process.plan_items import KINDS
from tools.process.replan import ReplanRequest, replan
from tools.process.rules import check


def _build(parameters: Mapping[str, Any], context: Context) -> Draft:
    told = {**parameters, "today": context.today(), "tz": context.timezone}
    built = build_process(BuildRequest.model_validate(told))
    return Draft(built.document, tuple(built.assumptions))


def _replan(document: PlanDocument, from_date: date, constraints: Mapping[str, Any], context: Context) -> Tail:
    rest = replan(document.to_json(), from_date, ReplanRequest.model_validate(constraints), today=context.today())
    return Tail(rest.start, rest.items)


def _check(document: Mapping[str, Any], *, base: Mapping[str, Any] | None, circumstances: Circumstances) -> list[Issue]:
    return check(document, base=base, now=circumstances.now)


def _lines(document: PlanDocument, group: int | None) -> list[str]:
    return plan_lines(document.to_json(), group)


PROCESS = Domain(
    name="process",
    assistant="process",
    role=PROCESS_ROLE,
    phrases=load_phrases("process", parsers=PARSERS),
    kinds=KINDS,
    build_request=BuildRequest,
    build=_build,
    validate=_check,
    replan=_replan,
    replan_request=ReplanRequest,
    tools=PROCESS_TOOLS,
    knowledge_folder=Path(tools.process.__path__[0]) / "knowledge",
    group="event",
    lines=_lines,
)

person_edits.register(PROCESS)
graph = build_graph(PROCESS).compile(name=PROCESS.assistant)
