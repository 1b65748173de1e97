"""The travel assistant: the planning agent with the travel domain. Compiled without a checkpointer; servers bring one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import tools.travel
from agent import person_edits
from agent.context import Context
from agent.demo.phrases import load_phrases
from agent.demo.slots_travel import TRAVEL_PARSERS, TRAVEL_SLOTS
from agent.domain import Circumstances, Domain, Draft
from agent.graph import build_graph
from agent.plan.document import PlanDocument
from agent.plan.replanning import Tail
from agent.prompts import TRAVEL_ROLE
from tools.issues import Issue
from tools.travel import tables
from tools.travel.build_itinerary import build_itinerary
from tools.travel.build_request import ItineraryRequest
from tools.travel.describe import trip_lines
from tools.travel.langchain_tools import ALL_TOOLS
from tools.travel.plan_items import KINDS
from tools.travel.replan import ReplanRequest, replan
from tools.travel.rules import check_itinerary


def _build(parameters: Mapping[str, Any], context: Context) -> Draft:
    told = {**parameters, "today": context.today(), "tz": context.timezone}
    built = build_itinerary(ItineraryRequest.model_validate(told))
    return Draft(dict(built.document), tuple(built.assumptions))


def _replan(document: PlanDocument, from_date: date, constraints: Mapping[str, Any], context: Context) -> Tail:
    rest = replan(document.to_json(), from_date, ReplanRequest.model_validate(constraints), today=context.today())
    return Tail(rest.start, rest.items, rest.meta)


def _check(document: Mapping[str, Any], *, base: Mapping[str, Any] | None, circumstances: Circumstances) -> list[Issue]:
    return check_itinerary(document, base=base, today=circumstances.today)


def _lines(document: PlanDocument, day: int | None) -> list[str]:
    return trip_lines(document.to_json(), day)


tables.load()
TRAVEL = Domain(
    name="travel",
    assistant="travel",
    kinds=KINDS,
    build_request=ItineraryRequest,
    build=_build,
    validate=_check,
    replan=_replan,
    replan_request=ReplanRequest,
    role=TRAVEL_ROLE,
    phrases=load_phrases("travel", parsers=TRAVEL_PARSERS, slots=TRAVEL_SLOTS),
    tools=ALL_TOOLS,
    knowledge_folder=Path(tools.travel.__path__[0]) / "knowledge",
    group="day",
    lines=_lines,
)

person_edits.register(TRAVEL)
graph = build_graph(TRAVEL).compile(name=TRAVEL.assistant)
