"""A history beyond its budget is summarised, and prompts are built in one order."""

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from agent.domain import Domain
from agent.graph import build_graph
from agent.models import DEFAULT_HISTORY_TOKENS, history_budget
from tests.integration.agent.scripted_model import calling, script
from tests.integration.agent.talk import PLAN, Talk, in_memory

LONG = "I like to run in the hills behind our house, where the air is good. " * 20


async def test_old_turns_become_a_summary_and_the_conversation_goes_on_with_it(coach: Domain) -> None:
    talk = Talk(in_memory(build_graph(coach)), history_tokens=1000)
    await talk.say(f"first of all: {LONG}")
    assert not (await talk.say("hello")).of("summary")
    turns = [await talk.say(LONG) for _ in range(4)]
    turn = next(one for one in turns if one.of("summary"))
    told = turn.of("summary")[0]
    assert "summarise" in turn.nodes
    assert told["tokens_after"] < 1000 < told["tokens_before"]
    assert told["text"].startswith("They: first of all")
    state = await talk.state()
    assert state["summary"].startswith(told["text"])
    assert isinstance(state["messages"][0], HumanMessage)
    assert state["messages"][0].text != f"first of all: {LONG}"
    turn = await talk.say(PLAN)
    assert turn.of("plan.version")
    assert "Week 3" in (await talk.say("show week 3")).text
    assert await talk.unanswered() == set()


async def test_a_prompt_is_system_plan_memory_history_request_in_this_order(
    coach: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = in_memory(build_graph(coach))
    await Talk(graph).say("remember that I have a taper every year")
    await Talk(graph).say("my taper before the race was two weeks long in spring")
    talk = Talk(graph, history_tokens=1000)
    await talk.say(PLAN)
    for _ in range(3):
        await talk.say(LONG)
    model = script(monkeypatch, [AIMessage("Because.")])
    await talk.say("why is there a taper before the race?")
    system, *history = model.prompts[0]
    assert isinstance(system, SystemMessage)
    headings = [
        "You are Planloom's running coach",
        "Rules\n",
        "The current plan",
        "Facts that this person asked to remember",
        "Said in other conversations",
        "What this conversation began with",
        "Passages found for the last message",
        "The moment where the person is",
    ]
    places = [system.text.index(heading) for heading in headings]
    assert places == sorted(places)
    assert isinstance(history[0], HumanMessage)
    assert history[-1].text == "why is there a taper before the race?"
    assert not any(isinstance(one, SystemMessage) for one in history)


async def test_a_failed_attempt_is_shown_in_its_turn_and_left_out_later(
    coach: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = Talk(in_memory(build_graph(coach)))
    model = script(monkeypatch, [calling(("no_such_tool", {})), AIMessage("It failed."), AIMessage("Hello.")])
    await talk.say("do it")
    await talk.say("hello")
    during, after = model.prompts[1], model.prompts[2]
    assert [message.type for message in during] == ["system", "human", "ai", "tool"]
    assert [message.type for message in after] == ["system", "human", "ai", "human"]


def test_the_budget_is_the_runs_else_the_servers_else_the_usual() -> None:
    assert history_budget(500, {"HISTORY_TOKENS": "900"}) == 500
    assert history_budget(None, {"HISTORY_TOKENS": "900"}) == 900
    assert history_budget(None, {"HISTORY_TOKENS": "lots"}) == history_budget(None, {}) == DEFAULT_HISTORY_TOKENS
