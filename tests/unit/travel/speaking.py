"""A way to talk to the demo model about a trip, and what it is expected to do, read from a file."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from agent.demo.model import DemoChatModel
from agent.demo.phrases import load_phrases
from agent.demo.slots_travel import TRAVEL_PARSERS, TRAVEL_SLOTS
from agent.plan.document import PlanDocument
from agent.plan.outline import outline
from tests.unit.agent.demo.conversation import tool
from tests.unit.travel.requests import TODAY, request
from tools.travel.build_itinerary import build_itinerary
from tools.travel.langchain_tools import ALL_TOOLS

PHRASES = load_phrases("travel", parsers=TRAVEL_PARSERS, slots=TRAVEL_SLOTS)
PLAN_TOOLS = ("build_plan", "edit_plan", "undo_plan", "restore_plan", "compare_versions", "plan_history", "show_plan")
TOOLS = [*PLAN_TOOLS, *(one.name for one in ALL_TOOLS)]
NEW = "(new) "
_PAIR = re.compile(r'(\w+)=("[^"]*"|\[[^\]]*\]|\S+)')


@dataclass(frozen=True)
class Saying:
    """What is said, whether there is a plan, and the call that must come of it ("ask": a question)."""

    said: str
    new: bool
    tool: str
    expected: tuple[dict[str, Any], ...]


def sayings(file: str) -> Iterator[Saying]:
    """The lines of a file beside this one."""
    for line in (Path(__file__).parent / file).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            said, _, told = line.partition(" => ")
            name, _, rest = told.partition(" ")
            parts = rest.split("; ") if name == "edit_plan" else [rest]
            yield Saying(said.removeprefix(NEW), said.startswith(NEW), name, tuple(map(_expected, parts)))


def _expected(text: str) -> dict[str, Any]:
    values = {key: _value(value) for key, value in _PAIR.findall(text)}
    op = text.split(" ", maxsplit=1)[0]
    return values if "=" in op or not op else {"op": op, **values}


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


TRIP = PlanDocument.from_json(build_itinerary(request()).document)


def reply(said: str, *, new: bool) -> AIMessage:
    """The demo model's answer."""
    plan = None if new else {"version": 2, "title": "3 days in Kyoto", "items": outline(TRIP), "last_change": "edit"}
    blocks = [{"today": TODAY.isoformat(), "plan": plan, "facts": []}, {"passages": []}]
    system = SystemMessage("\n".join(f"```json\n{json.dumps(block)}\n```" for block in blocks))
    model = DemoChatModel(phrases=PHRASES).bind_tools([tool(name) for name in TOOLS])
    return model.invoke([system, HumanMessage(said)])


def problem(saying: Saying) -> str | None:
    """What is wrong with the answer; None if it is what is expected."""
    answer = reply(saying.said, new=saying.new)
    calls = [(call["name"], call["args"]) for call in answer.tool_calls]
    if saying.tool == "ask":
        return None if not calls and "?" in answer.text else f"{calls or answer.text}"
    if [name for name, _ in calls] != [saying.tool]:
        return f"{calls or answer.text[:120]}"
    args = calls[0][1]
    got = args["ops"] if saying.tool == "edit_plan" else [args]
    if len(got) != len(saying.expected):
        return f"{got}"
    for one, wanted in zip(got, saying.expected, strict=True):
        if any(one.get(key) != value for key, value in wanted.items()):
            return f"{one}"
    return None
