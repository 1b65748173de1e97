"""A plan's outline and a way to talk to the demo model about it, as the graph's agent node does."""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from agent.demo.model import DemoChatModel
from agent.demo.phrases import load_phrases
from agent.demo.slots_running import PARSERS

TODAY = date(2026, 4, 1)
FIRST_MONDAY = date(2026, 4, 6)
PHRASES = load_phrases("running", parsers=PARSERS)
TOOLS = (
    "remember",
    "forget",
    "build_plan",
    "edit_plan",
    "undo_plan",
    "restore_plan",
    "compare_versions",
    "plan_history",
    "show_plan",
    "training_paces",
    "vdot_from_race",
    "equivalent_times",
    "predict_time",
)
SESSIONS = (("tempo", "Tempo", "tempo", 1), ("easy1", "Easy run", "easy", 3), ("easy2", "Easy run", "easy", 5))


def eight_weeks() -> list[dict[str, Any]]:
    """Tempo on Tuesdays (6 km), easy runs on Thursdays and Saturdays (5 km), long runs on Sundays (10 km + week)."""
    rows: list[dict[str, Any]] = []
    for week in range(1, 9):
        monday = FIRST_MONDAY + timedelta(weeks=week - 1)
        parent = f"w{week}"
        rows.append(row(parent, "week", None, f"Week {week}", start=monday.isoformat()))
        for name, title, run_type, offset in SESSIONS:
            day = (monday + timedelta(days=offset)).isoformat()
            km = 6 if name == "tempo" else 5
            rows.append(row(f"{parent}-{name}", "run", parent, title, date=day, km=km, type=run_type))
        sunday = (monday + timedelta(days=6)).isoformat()
        if week == 8:
            rows.append(row("race", "race", parent, "Half marathon", date=sunday, km=21.0975))
        else:
            rows.append(row(f"{parent}-long", "run", parent, "Long run", date=sunday, km=10 + week, type="long"))
    return rows


def row(item_id: str, kind: str, parent: str | None, title: str, **fields: Any) -> dict[str, Any]:
    return {"id": item_id, "kind": kind, "parent": parent, "title": title, **fields}


def told(
    items: Sequence[dict[str, Any]] | None = None,
    version: int = 2,
    passages: Sequence[dict[str, str]] = (),
    facts: Sequence[str] | None = (),
) -> SystemMessage:
    """A system message that carries what the graph tells a model."""
    plan = {"version": version, "title": "Half marathon", "items": list(items)} if items is not None else None
    about = {"today": TODAY.isoformat(), "plan": plan, "facts": list(facts) if facts is not None else None}
    blocks = [about, {"passages": list(passages)}]
    return SystemMessage("\n".join(f"```json\n{json.dumps(block)}\n```" for block in blocks))


def answer(*said: str | BaseMessage, system: SystemMessage | None = None, tools: Sequence[str] = TOOLS) -> AIMessage:
    """The model's reply to a conversation; strings are what the person says."""
    messages = [HumanMessage(one) if isinstance(one, str) else one for one in said]
    model = DemoChatModel(phrases=PHRASES).bind_tools([tool(name) for name in tools])
    return model.invoke([system or told(eight_weeks()), *messages])


def tool(name: str) -> dict[str, Any]:
    parameters = {"type": "object", "properties": {}}
    return {"type": "function", "function": {"name": name, "description": name, "parameters": parameters}}


def only_call(message: AIMessage) -> tuple[str, dict[str, Any]]:
    """Name and arguments of the one tool call of a reply."""
    assert len(message.tool_calls) == 1, message.content
    return message.tool_calls[0]["name"], message.tool_calls[0]["args"]


def operations(text: str, *before: str | BaseMessage) -> list[dict[str, Any]]:
    """The edit operations that a request about the eight weeks comes to."""
    name, args = only_call(answer(*before, text))
    assert name == "edit_plan"
    assert args["base_version"] == 2
    return args["ops"]
