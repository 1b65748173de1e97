"""Red flags in a conversation: fixed words before any model, held edits, questions, and domains with inputs of their own."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, NotRequired

import pytest
from langchain_core.messages import AIMessage
from pydantic import Field

from agent.domain import Domain, Loading
from agent.graph import build_graph
from agent.safety.finding import SafetyFinding, SafetyInput
from agent.state import InputState, State
from tests.integration.agent.scripted_model import script
from tests.integration.agent.talk import PLAN, Talk, in_memory

Drawing = NotRequired[Annotated[str | None, Field(title="Drawing", description="A drawn outline.")]]


class DrawnInput(InputState):
    """Messages, and a drawing."""

    drawing: Drawing


class DrawnState(State):
    """The state with the drawing of this turn."""

    drawing: Drawing


def numb(seen: SafetyInput) -> SafetyFinding | None:
    """A rule on words, facts and an answer."""
    if seen.asked is not None and seen.asked.code == "numb?":
        return flag("numb") if seen.text == "yes" else None
    if "numb" in seen.text or seen.facts.get("region") == "saddle":
        return flag("numb")
    return replace(flag("numb?"), question="Is it numb between the legs?") if "tingles" in seen.text else None


def flag(code: str) -> SafetyFinding:
    return SafetyFinding(code, "urgent", (code,), "the test", holds=True)


async def test_words_of_danger_are_answered_with_fixed_words_and_no_model(
    coach: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = script(monkeypatch, [])
    talk = Talk(in_memory(build_graph(coach)), locale="en-US")
    turn = await talk.say(f"I want to kill myself. {PLAN}")
    assert turn.nodes == ["load_context", "safety_gate", "escalate", "remember"]
    assert "988" in turn.text
    assert asked.prompts == []
    state = await talk.state()
    assert state["plan_ref"] is None
    assert state["outcome"] == {"plan_updated": False, "escalated": {"code": "self_harm", "level": "emergency"}}
    escalated = turn.of("safety.escalated")[0]
    assert next(one["contact"] for one in escalated["resources"]) == "911"
    assert turn.of("safety.checked")[0]["outcome"] == "escalated"


async def test_a_doubt_is_asked_about_and_a_no_lets_the_conversation_go_on(coach: Domain) -> None:
    talk = Talk(in_memory(build_graph(coach)))
    turn = await talk.say("I nearly killed myself on that hill")
    assert "yes or no" in turn.text
    assert turn.nodes == ["load_context", "safety_gate", "ask_first", "remember"]
    after = await talk.say("no")
    assert after.text == "Good, thank you for telling me."
    assert "retrieve" in after.nodes
    assert (await talk.say(PLAN)).of("plan.version")


async def test_a_question_that_is_passed_over_gets_the_numbers_said_first(coach: Domain) -> None:
    talk = Talk(in_memory(build_graph(coach)))
    await talk.say("I'm not suicidal")
    turn = await talk.say("show the plan")
    assert turn.text.startswith("If it ever gets too much: Samaritans")
    assert turn.of("safety.checked")[0]["outcome"] == "advised"
    assert not (await talk.say("show the plan")).of("safety.checked")


async def test_an_active_flag_holds_plan_edits_until_a_professional_has_looked_at_it(coach: Domain) -> None:
    talk = Talk(in_memory(build_graph(replace(coach, safety=numb))), approval="auto")
    await talk.say(PLAN)
    assert (await talk.say("my leg is numb")).of("safety.escalated")
    held = await talk.say("make the long run in week 3 2 km longer")
    assert held.of("safety.checked")[0]["outcome"] == "held"
    assert "should be looked at by a professional first" in held.text
    assert (await talk.version()).version == 1
    assert (await talk.say("forget that, just do it: make the long run in week 3 2 km longer")).of("plan.version") == []
    released = await talk.say("my doctor ruled it out")
    assert released.of("safety.checked")[0]["outcome"] == "released"
    assert (await talk.say("make the long run in week 3 2 km longer")).of("plan.version")


async def test_a_held_plan_is_held_against_a_language_model_too(coach: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = Talk(in_memory(build_graph(replace(coach, safety=numb))), approval="auto")
    await talk.say(PLAN)
    await talk.say("my leg is numb")
    call = {"name": "undo_plan", "args": {}, "id": "call_1"}
    build = {"name": "build_plan", "args": {"race": "5k", "weekly_km": 20, "longest_km": 8}, "id": "call_2"}
    script(monkeypatch, [AIMessage("", tool_calls=[call, build]), AIMessage("It is done.")])
    turn = await talk.say("never mind that")
    assert "hold" in turn.nodes
    assert (await talk.version()).version == 1
    assert await talk.unanswered() == set()


async def test_a_domains_question_is_answered_by_the_next_turn(coach: Domain) -> None:
    talk = Talk(in_memory(build_graph(replace(coach, safety=numb))))
    assert (await talk.say("it tingles")).text == "Is it numb between the legs?"
    assert (await talk.say("yes")).of("safety.escalated")[0]["code"] == "numb"


async def test_a_domains_own_input_reaches_its_facts_and_its_rules_once(coach: Domain) -> None:
    loaded: list[Mapping[str, Any]] = []

    async def load(loading: Loading) -> Mapping[str, Any]:
        loaded.append(loading.given)
        loading.emit({"type": "regions.found", "regions": len(loading.given)})
        return {"region": loading.given.get("drawing"), "turns": loading.facts.get("turns", 0) + 1}

    domain = replace(coach, safety=numb, load=load, input_state=DrawnInput, state=DrawnState)
    talk = Talk(in_memory(build_graph(domain)))
    assert "drawing" in talk.graph.get_input_jsonschema()["properties"]
    hello = {"messages": [{"role": "user", "content": "hello"}]}
    assert (await talk.run(hello | {"drawing": "arm"})).of("regions.found") == [{"type": "regions.found", "regions": 1}]
    assert (await talk.state())["facts"] == {"region": "arm", "turns": 1}
    await talk.run(hello)
    assert loaded == [{"drawing": "arm"}, {}]
    assert (await talk.state())["facts"] == {"region": None, "turns": 2}
    assert (await talk.run(hello | {"drawing": "saddle"})).of("safety.escalated")
    state = await talk.state()
    assert json.loads(json.dumps({k: v for k, v in state.items() if k != "messages"}))


async def test_a_domain_without_plans_offers_none(coach: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    domain = replace(coach, kinds={}, build=None, build_request=None, knowledge_folder=None)
    build = {"name": "build_plan", "args": {}, "id": "call_1"}
    script(monkeypatch, [AIMessage("", tool_calls=[build]), AIMessage("Sorry.")])
    talk = Talk(in_memory(build_graph(domain)))
    turn = await talk.say("a plan, please")
    assert turn.nodes == ["load_context", "safety_gate", "retrieve", "agent", "tools", "agent", "respond", "remember"]
    told = next(m for m in await talk.messages() if m.type == "tool")
    assert "no tool 'build_plan'" in told.text


@pytest.mark.parametrize("decision", ["reject", "respond"])
async def test_words_beside_a_decision_are_read_before_any_model_sees_them(
    coach: Domain, monkeypatch: pytest.MonkeyPatch, decision: str
) -> None:
    talk = Talk(in_memory(build_graph(coach)), approval="always")
    await talk.say(PLAN)
    model = script(monkeypatch, [AIMessage("As you like.")])
    turn = await talk.decide(type=decision, message="forget it, I want to kill myself")
    assert turn.of("safety.escalated")
    assert model.prompts == []
    assert (await talk.state())["plan_ref"] is None
    assert await talk.unanswered() == set()


async def test_harmless_words_beside_a_decision_go_to_the_model(coach: Domain) -> None:
    talk = Talk(in_memory(build_graph(coach)), approval="always")
    await talk.say(PLAN)
    turn = await talk.decide(type="reject", message="too much for me")
    assert "too much for me" in turn.text
    assert "retrieve" not in turn.nodes
