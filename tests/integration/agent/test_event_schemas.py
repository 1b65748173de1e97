"""Every object on the `custom` stream is as its schema in agent/schemas says: checked on a real conversation."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from jsonschema_rs import Draft202012Validator

import agent.schemas
from agent.domain import Domain
from agent.graph import build_graph
from agent.plan.edits import compile_edits
from agent.plan.records import Proposal
from agent.plan_store import repository
from tests.integration.agent.talk import EDIT, PLAN, Talk, in_memory
from tools.running.plan_items import KINDS

FOLDER = Path(agent.schemas.__path__[0])
SCHEMAS = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.json")}
TALK = (
    PLAN,
    "why is there a taper before the race?",
    "remember that I run on Mondays",
    "move the tempo in week 3 to Wednesday",
    "make the long run in week 3 40 km",
    "remove the easy run on Thursday of week 5",
    "undo that",
    "I want to end my life",
    "forget that I run on Mondays",
)


async def edit_by_hand(talk: Talk, km: float) -> None:
    """Somebody changes the long run of week 3 while the agent waits."""
    head = await talk.version()
    document = compile_edits(head.document, [{"op": "update_item", "id": "w3-long", "set": {"km": km}}], KINDS)
    change = Proposal(id=uuid4(), plan_id=head.plan_id, base_version=head.version, document=document)
    await (await repository()).commit(change)


async def everything_emitted(coach: Domain, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The events of a conversation with edits of every kind, a conflict, and of one without its articles."""
    talk = Talk(in_memory(build_graph(coach)), approval="auto")
    turns = [await talk.say(text) for text in TALK]
    careful = Talk(in_memory(build_graph(coach)), approval="always")
    turns.append(await careful.say(PLAN))
    turns.append(await careful.decide(type="approve"))
    turns.append(await careful.say(EDIT))
    await edit_by_hand(careful, 14.5)
    turns.append(await careful.decide(type="approve"))
    for article in coach.knowledge_folder.iterdir():
        article.write_text("no front matter", encoding="utf-8")
    turns.append(await Talk(in_memory(build_graph(coach))).say("why is there a taper before the race?"))
    talk.context["history_tokens"] = 300
    turns.append(await talk.say("why is there a taper before the race?"))
    monkeypatch.setenv("EMBEDDINGS", "nonsense")
    monkeypatch.setenv("MCP_SERVERS", '{"weather": {"command": "/nowhere/weather"}}')
    turns.append(await talk.say("hello"))
    return [json.loads(json.dumps(event)) for turn in turns for event in turn.events]


async def test_what_a_conversation_emits_is_as_the_schemas_say_and_every_schema_is_met(
    coach: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    emitted = await everything_emitted(coach, monkeypatch)
    for event in emitted:
        validator = Draft202012Validator(SCHEMAS[event["type"]], validate_formats=True)
        problems = [f"{list(one.instance_path)}: {one.message}" for one in validator.iter_errors(event)]
        assert not problems, (event["type"], problems)
    assert {event["type"] for event in emitted} == SCHEMAS.keys()


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_a_schema_is_valid_is_named_for_its_type_and_takes_nothing_else(name: str) -> None:
    schema = SCHEMAS[name]
    validator = Draft202012Validator(schema)
    assert schema["properties"]["type"] == {"const": name}
    assert schema["description"]
    assert not validator.is_valid({"type": name, "unknown": 1})
    assert not validator.is_valid({"type": "something.else"})
