"""What is asked before a change is as agent/schemas/interrupts says, and as chat front ends recognise it."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

import agent.schemas
from agent.domain import Domain
from agent.graph import build_graph
from tests.integration.agent.talk import EDIT, PLAN, Talk, in_memory
from tests.integration.agent.test_choosing import TEMPO, conflicting

SCHEMA = json.loads((Path(agent.schemas.__path__[0]) / "interrupts" / "plan.approval.json").read_text(encoding="utf-8"))


def problems(asked: Any) -> list[str]:
    validator = Draft202012Validator(SCHEMA, validate_formats=True)
    return [f"{list(one.instance_path)}: {one.message}" for one in validator.iter_errors(json.loads(json.dumps(asked)))]


def is_hitl_request(value: Any) -> bool:
    """Whether agent-chat-ui shows its approval view for an interrupt's value: its `isAgentInboxInterruptSchema`."""
    actions, configs = value.get("action_requests"), value.get("review_configs")
    if not isinstance(actions, list) or not actions or not isinstance(configs, list) or not configs:
        return False
    named = all(isinstance(one.get("name"), str) and isinstance(one.get("args"), dict) for one in actions)
    return named and all(
        isinstance(one.get("action_name"), str) and isinstance(one.get("allowed_decisions"), list) for one in configs
    )


async def everything_asked(coach: Domain) -> list[Any]:
    """What is asked about a first plan, an edit, a conflict, and an undo that later changes cover."""
    careful = Talk(in_memory(build_graph(coach)), approval="always")
    first = (await careful.say(PLAN)).interrupt
    talk = Talk(in_memory(build_graph(coach)))
    again = (await conflicting(talk)).interrupt
    await talk.decide(type="approve", accept=[TEMPO])
    await talk.say("move the tempo in week 3 to Friday")
    undo = (await talk.say("undo version 3")).interrupt
    edits = Talk(in_memory(build_graph(coach)))
    await edits.say(PLAN)
    return [first, again, undo, (await edits.say(EDIT)).interrupt]


async def test_whatever_is_asked_has_the_shape_that_front_ends_know_and_the_fields_that_are_documented(
    coach: Domain,
) -> None:
    for asked in await everything_asked(coach):
        assert asked is not None
        assert problems(asked) == []
        assert is_hitl_request(asked)


@pytest.mark.parametrize(
    "decision",
    [
        {"type": "approve"},
        {"type": "reject", "message": "no"},
        {"type": "edit", "edited_action": {"name": "edit_plan", "args": {"ops": []}}},
        {"type": "respond", "message": "why?"},
    ],
)
async def test_the_four_decisions_of_the_common_shape_are_answers(talk: Talk, decision: dict[str, Any]) -> None:
    await talk.say(PLAN)
    asked = (await talk.say(EDIT)).interrupt
    assert asked is not None
    assert Draft202012Validator(asked["response_schema"]).is_valid({"decisions": [decision]})
