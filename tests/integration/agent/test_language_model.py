"""The coach with a language model: ChatOpenAI over real HTTP, against the stand-in for OpenAI."""

import json
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator
from openai import RateLimitError

from agent.domain import Domain
from agent.graph import build_graph
from tests.integration.agent.talk import Talk, in_memory
from tests.openai_server import OpenAIServer, ToolCall
from tests.openai_server.fixture import openai_server

__all__ = ["openai_server"]

BUILD = {"race": "half marathon", "weekly_km": 25, "longest_km": 10, "weeks": 8}


@pytest.fixture(autouse=True)
def keyed(openai_server: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "test")
    monkeypatch.setenv("OPENAI_BASE_URL", openai_server.base_url)
    monkeypatch.setenv("EMBEDDINGS", "local")


async def test_a_language_model_builds_and_edits_through_the_same_graph(
    talk: Talk, openai_server: OpenAIServer
) -> None:
    openai_server.reply(tool_calls=[ToolCall("build_plan", BUILD)])
    openai_server.reply(text="Here is your plan.")
    first = await talk.say("I'd love to run a half.")
    assert first.text == "Here is your plan."
    assert first.of("plan.version")[0]["version"] == 1
    ops = [{"op": "move_item", "id": "w3-tempo", "date": "2026-04-22"}]
    openai_server.reply(tool_calls=[ToolCall("edit_plan", {"base_version": 1, "rationale": "asked", "ops": ops})])
    openai_server.reply(text="Moved.")
    await talk.say("Wednesdays suit me better in the third week.")
    assert (await talk.document()).items["w3-tempo"].data["date"] == "2026-04-22"
    message = (await talk.messages())[-1]
    assert message.response_metadata["model_name"].startswith("gpt-4o-mini")
    assert "offline" not in message.response_metadata


async def test_the_model_is_told_role_rules_plan_passages_and_day_in_this_order(
    talk: Talk, openai_server: OpenAIServer
) -> None:
    openai_server.reply(tool_calls=[ToolCall("build_plan", BUILD)])
    openai_server.reply(text="Here is your plan.")
    await talk.say("why is there a taper before the race?")
    told = openai_server.chat_requests[-1]["messages"][0]
    assert told["role"] == "system"
    parts = ["running coach", "Rules", '"id": "w3-tempo"', "lets fatigue fade", '"today": "2026-04-01"']
    places = [told["content"].index(part) for part in parts]
    assert places == sorted(places)
    results = [m for m in openai_server.chat_requests[-1]["messages"] if m["role"] == "tool"]
    assert json.loads(results[0]["content"])["result_type"] == "plan_version"


async def test_the_tools_offered_describe_operations_and_kinds_and_hide_what_the_server_knows(
    talk: Talk, openai_server: OpenAIServer
) -> None:
    openai_server.reply(text="Hello.")
    await talk.say("hello")
    offered = {tool["function"]["name"]: tool["function"] for tool in openai_server.chat_requests[0]["tools"]}
    assert {"build_plan", "edit_plan", "undo_plan", "restore_plan", "training_paces"} <= set(offered)
    assert "run: date" in offered["edit_plan"]["description"]
    build = offered["build_plan"]["parameters"]
    assert not {"today", "tz"} & set(build["properties"])
    nullable = {name for name, one in build["properties"].items() if {"type": "null"} in one.get("anyOf", ())}
    assert build["properties"].keys() - nullable == {"race", "weekly_km", "longest_km"}


async def test_every_plan_tool_but_the_patch_is_strict_and_its_nulls_are_left_out(
    talk: Talk, openai_server: OpenAIServer
) -> None:
    left = dict.fromkeys(("weeks", "days_per_week", "race_date", "start", "goal_time_s", "recent_race"))
    openai_server.reply(
        tool_calls=[ToolCall("build_plan", {**BUILD, **left, "weeks": 8, "injuries": None, "title": None})]
    )
    openai_server.reply(text="Here is your plan.")
    await talk.say("I'd love to run a half.")
    offered = {tool["function"]["name"]: tool["function"] for tool in openai_server.chat_requests[0]["tools"]}
    own = [name for name in offered if name.endswith("_plan") or name in ("compare_versions", "plan_history")]
    assert {name for name in own if offered[name].get("strict")} == set(own) - {"patch_plan"}

    fields = {"date": None, "km": 14.5, "type": None, "pace": None, "quality_km": None, "note": None}
    fields |= {"phase": None, "start": None, "name": None, "minutes": None}
    pair = {"field": "goal.time", "value": "1:45:00"}
    place = {"parent": None, "after": None, "before": None}
    ops = [
        {"op": "update_item", "id": "w3-long", "title": None, "set": fields, "unset": None},
        {"op": "move_item", "id": "w3-tempo", "date": "2026-04-22", **place},
        {"op": "set_meta", "set": [pair], "unset": None},
    ]
    _conforms(offered["edit_plan"]["parameters"], {"base_version": 1, "rationale": "asked", "ops": ops})
    openai_server.reply(tool_calls=[ToolCall("edit_plan", {"base_version": 1, "rationale": "asked", "ops": ops})])
    openai_server.reply(text="Done.")
    await talk.say("As I said.")
    document = await talk.document()
    assert document.items["w3-long"].data["km"] == 14.5
    assert document.items["w3-long"].data["type"] == "long"
    assert document.items["w3-tempo"].parent == "w3"
    assert document.meta["goal"]["time"] == "1:45:00"
    assert document.meta["goal"]["race"] == "half marathon"


async def test_a_patch_changes_what_it_names_and_is_refused_by_name_where_it_is_stale(
    talk: Talk, openai_server: OpenAIServer
) -> None:
    openai_server.reply(tool_calls=[ToolCall("build_plan", BUILD)])
    openai_server.reply(text="Here is your plan.")
    await talk.say("I'd love to run a half.")
    path = "/items/w3-long/data/km"
    stale = [{"op": "test", "path": path, "value": 99}, {"op": "replace", "path": path, "value": 13}]
    fresh = [{"op": "test", "path": path, "value": 13.5}, {"op": "replace", "path": path, "value": 13}]
    for patch in (stale, fresh):
        arguments = {"base_version": 1, "rationale": "asked", "patch": patch}
        openai_server.reply(tool_calls=[ToolCall("patch_plan", arguments)])
    openai_server.reply(text="Done.")
    turn = await talk.say("13 km will do.")
    refusal, done = [m for m in openai_server.chat_requests[-1]["messages"] if m["role"] == "tool"][-2:]
    assert f"{path} is not what the patch expects" in refusal["content"]
    assert json.loads(done["content"])["result_type"] == "plan_version"
    assert [one["change_id"] for one in turn.of("plan.diff")[0]["changes"]] == [path]


def _conforms(schema: dict[str, Any], arguments: dict[str, Any]) -> None:
    problems = [
        f"{list(one.instance_path)}: {one.message}" for one in Draft202012Validator(schema).iter_errors(arguments)
    ]
    assert not problems


async def test_tokens_of_the_model_are_streamed_as_they_come(talk: Talk, openai_server: OpenAIServer) -> None:
    openai_server.reply(text="Easy runs build the base.")
    turn = await talk.say("hello")
    assert len([chunk for _, chunk in turn.spoken if chunk.text]) > 1
    assert len({chunk.id for _, chunk in turn.spoken}) == 1


async def test_an_error_of_the_provider_fails_the_run_and_the_next_turn_goes_on(
    talk: Talk, openai_server: OpenAIServer
) -> None:
    for _ in range(3):
        openai_server.fail(429, headers={"retry-after-ms": "1"})
    with pytest.raises(RateLimitError):
        await talk.say("hello")
    openai_server.reply(text="Hello again.")
    assert (await talk.say("are you there?")).text == "Hello again."


async def test_memory_stands_between_plan_and_history_and_the_request_comes_last(
    coach: Domain, openai_server: OpenAIServer
) -> None:
    graph = in_memory(build_graph(coach))
    openai_server.reply(tool_calls=[ToolCall("remember", {"text": "I taper before a race", "kind": "fact"})])
    openai_server.reply(text="Noted.")
    await Talk(graph).say("I always taper for two weeks before the race")
    talk = Talk(graph)
    for answer in ("Hello.", "Because fatigue fades."):
        openai_server.reply(text=answer)
    await talk.say("hello")
    await talk.say("why is there a taper before the race?")
    sent = openai_server.chat_requests[-1]["messages"]
    parts = [
        "running coach",
        "Rules",
        '"plan": null',
        '"facts": ["I taper before a race"]',
        '"earlier": [{',
        '"passages": [{',
        '"today": "2026-04-01"',
    ]
    places = [sent[0]["content"].index(part) for part in parts]
    assert places == sorted(places)
    assert [(one["role"], one["content"]) for one in sent[1:]] == [
        ("user", "hello"),
        ("assistant", "Hello."),
        ("user", "why is there a taper before the race?"),
    ]


async def test_a_long_history_is_summarised_by_the_model_and_never_spoken(
    coach: Domain, openai_server: OpenAIServer
) -> None:
    talk = Talk(in_memory(build_graph(coach)), history_tokens=500)
    long = "I like hills, and I run them on Sundays with my sister. " * 20
    for answer in ("One.", "Two."):
        openai_server.reply(text=answer)
    await talk.say(f"first: {long}")
    openai_server.reply(text="They like hills, Sundays, and their sister.")
    openai_server.reply(text="Three.")
    await talk.say(f"second: {long}")
    turn = await talk.say("and now?")
    summaries = [
        one for one in openai_server.chat_requests if "Summarise the older part" in one["messages"][0]["content"]
    ]
    assert len(summaries) == 1
    assert "tools" not in summaries[0]
    assert (await talk.state())["summary"]
    last = openai_server.chat_requests[-1]["messages"]
    assert '"summary": ' in last[0]["content"]
    assert not any("first: " in str(one["content"]) for one in last[1:])
    assert "They like hills" not in turn.text
