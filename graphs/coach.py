"""The running coach: the planning agent with the running domain. Compiled without a checkpointer; servers bring one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tools.running
from agent.context import Context
from agent.demo.phrases import load_phrases
from agent.domain import Domain, Draft
from agent.graph import build_graph
from agent.prompts import COACH_ROLE
from tools.running.build_plan import build_plan
from tools.running.build_request import BuildRequest
from tools.running.langchain_tools import RUNNING_TOOLS
from tools.running.plan_items import KINDS
from tools.running.rules import check


def _build(parameters: Mapping[str, Any], context: Context) -> Draft:
    injuries = (*parameters.get("injuries", ()), *context.injuries)
    told = {**parameters, "injuries": injuries, "today": context.today(), "tz": context.timezone}
    built = build_plan(BuildRequest.model_validate(told))
    return Draft(built.document, tuple(built.assumptions))


COACH = Domain(
    name="running",
    assistant="coach",
    kinds=KINDS,
    build_request=BuildRequest,
    build=_build,
    validate=check,
    role=COACH_ROLE,
    phrases=load_phrases("running"),
    tools=RUNNING_TOOLS,
    knowledge_folder=Path(tools.running.__path__[0]) / "knowledge",
)

graph = build_graph(COACH).compile(name=COACH.assistant)
