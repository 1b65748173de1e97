"""A way to ask the demo model something about a self-care plan, as the graph's agent node does."""

import json
from datetime import date
from functools import cache
from typing import Any

from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.runnables import Runnable

from agent.demo.model import DemoChatModel
from agent.plan.document import PlanDocument
from agent.plan.outline import outline
from agent.schemas.plan_tools import plan_tools
from graphs.care import CARE
from tools.pain.build_plan import build_plan
from tools.pain.build_request import BuildRequest

TODAY = date(2026, 11, 23)


@cache
def plan() -> PlanDocument:
    """Six weeks for the lower back, from today."""
    request = BuildRequest(region="lower_back", pain=5, today=TODAY, comfortable_minutes=10)
    return PlanDocument.from_json(build_plan(request).document)


@cache
def model() -> Runnable[LanguageModelInput, AIMessage]:
    """The demo model with the care assistant's tools."""
    tools = [*plan_tools(CARE.build_request, CARE.injected, CARE.kinds), *CARE.tools]
    return DemoChatModel(phrases=CARE.phrases).bind_tools(tools)


@cache
def asked(said: str, *, with_plan: bool = True) -> tuple[str, Any]:
    """The tool that a request leads to and its arguments, or "say" and the words."""
    told = {"version": 1, "title": "Plan", "items": outline(plan())} if with_plan else None
    about = {"today": TODAY.isoformat(), "plan": told, "facts": []}
    reply = model().invoke([SystemMessage(f"```json\n{json.dumps(about)}\n```"), HumanMessage(said)])
    if not reply.tool_calls:
        return "say", reply.text
    [call] = reply.tool_calls
    return call["name"], {
        name: value for name, value in call["args"].items() if name not in ("rationale", "base_version")
    }
