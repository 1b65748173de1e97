"""What is asked before a change is as agent/schemas/interrupts says, and as chat front ends recognise it."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator
from langgraph.types import Command

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


def is_human_interrupt(value: Any) -> bool:
    """Whether inboxes of the older shape show an interrupt's value: the check of the chat app that npm has."""
    config = value.get("config")
    switches = ("allow_respond", "allow_accept", "allow_edit", "allow_ignore")
    return isinstance(value.get("action_request"), dict) and isinstance(config, dict) and set(switches) <= config.keys()


async def answered_by_inbox(talk: Talk, responses: list[dict[str, Any]]) -> dict[str, Any]:
    """What was asked about an edit, after it was answered as an older inbox does."""
    await talk.say(PLAN)
    asked = (await talk.say(EDIT)).interrupt
    assert asked is not None
    assert is_human_interrupt(asked)
    assert Draft202012Validator(asked["response_schema"]).is_valid(responses)
    await talk.run(Command(resume=responses))
    return asked


async def test_an_older_inbox_may_accept(talk: Talk) -> None:
    asked = await answered_by_inbox(talk, [{"type": "accept", "args": None}])
    assert (await talk.version()).summary == asked["summary"]


@pytest.mark.parametrize("kind", ["ignore", "response"])
async def test_an_older_inbox_may_say_no(talk: Talk, kind: str) -> None:
    await answered_by_inbox(talk, [{"type": kind, "args": "not this week" if kind == "response" else None}])
    assert (await talk.version()).version == 1


@pytest.mark.parametrize("is_older", [True, False])
async def test_edited_arguments_may_come_back_as_the_text_that_an_inbox_showed(talk: Talk, is_older: bool) -> None:
    args = {
        "base_version": "1",
        "rationale": "longer",
        "ops": '[{"op": "update_item", "id": "w3-long", "set": {"km": 14}}]',
    }
    action = {"action" if is_older else "name": "edit_plan", "args": args}
    if is_older:
        await answered_by_inbox(talk, [{"type": "edit", "args": action}])
    else:
        await talk.say(PLAN)
        await talk.say(EDIT)
        await talk.decide(type="edit", edited_action=action)
    assert (await talk.document()).items["w3-long"].data["km"] == 14


async def test_an_edit_that_is_no_json_is_refused_by_name(talk: Talk) -> None:
    await talk.say(PLAN)
    await talk.say(EDIT)
    turn = await talk.decide(type="edit", edited_action={"name": "edit_plan", "args": {"base_version": 1, "ops": "[{"}})
    assert "ops" in turn.text
    assert (await talk.version()).version == 1
