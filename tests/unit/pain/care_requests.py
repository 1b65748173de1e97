"""A way to ask the demo model something about a self-care plan, as the graph's agent node does."""

from datetime import date
from functools import cache
from typing import Any

from agent.plan.document import PlanDocument
from graphs.care import CARE
from tests.unit.agent.demo.sayings import Listener
from tools.pain.build_plan import build_plan
from tools.pain.build_request import BuildRequest

TODAY = date(2026, 11, 23)


@cache
def plan() -> PlanDocument:
    """Six weeks for the lower back, from today."""
    request = BuildRequest(region="lower_back", pain=5, today=TODAY, comfortable_minutes=10)
    return PlanDocument.from_json(build_plan(request).document)


@cache
def listener() -> Listener:
    """The demo model with the care assistant's tools."""
    return Listener(CARE.phrases, [tool.name for tool in CARE.tools], plan().to_json(), TODAY)


@cache
def asked(said: str, *, with_plan: bool = True) -> tuple[str, Any]:
    """The tool that a request leads to and its arguments, or "say" and the words."""
    reply = listener().reply(said, new=not with_plan)
    if not reply.tool_calls:
        return "say", reply.text
    [call] = reply.tool_calls
    return call["name"], {
        name: value for name, value in call["args"].items() if name not in ("rationale", "base_version")
    }
