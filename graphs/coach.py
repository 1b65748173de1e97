"""The running coach: the planning agent with the running domain. Compiled without a checkpointer; servers bring one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date
from pathlib import Path
from typing import Annotated, Any, NotRequired

from pydantic import Field

import tools.running
from agent import person_edits
from agent.context import Context
from agent.demo.phrases import load_phrases
from agent.demo.slots_running import PARSERS
from agent.domain import Circumstances, Domain, Draft, Loading
from agent.graph import build_graph
from agent.plan.document import PlanDocument
from agent.plan.replanning import Tail
from agent.prompts import COACH_ROLE
from agent.state import InputState, State
from tools.issues import Issue
from tools.running.activity_import import import_activity
from tools.running.build_plan import build_plan
from tools.running.build_request import BuildRequest
from tools.running.langchain_tools import RUNNING_TOOLS
from tools.running.plan_items import KINDS
from tools.running.replan import ReplanRequest, replan
from tools.running.rules import check

ActivityFile = Annotated[
    str | None,
    Field(title="Activity file", description="The text of a GPX or TCX file: the run goes into the log."),
]


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


class CoachInput(InputState):
    """Messages, and a run from a watch."""

    activity_file: NotRequired[ActivityFile]


class CoachState(State):
    """The coach's own input beside what every assistant works on."""

    activity_file: NotRequired[ActivityFile]


async def _load(loading: Loading) -> dict[str, str]:
    content = loading.given.get("activity_file")
    if not isinstance(content, str):
        return {}
    zone = loading.context.moment().tzinfo or UTC
    return await import_activity(content, loading.store, loading.user_id, zone)


COACH = Domain(
    name="running",
    assistant="coach",
    kinds=KINDS,
    build_request=BuildRequest,
    build=_build,
    validate=_check,
    role=COACH_ROLE,
    phrases=load_phrases("running", parsers=PARSERS),
    tools=RUNNING_TOOLS,
    knowledge_folder=Path(tools.running.__path__[0]) / "knowledge",
    replan=_replan,
    replan_request=ReplanRequest,
    load=_load,
    input_state=CoachInput,
    state=CoachState,
)

person_edits.register(COACH)
graph = build_graph(COACH).compile(name=COACH.assistant)
