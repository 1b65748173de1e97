"""What a turn shows and keeps: who speaks, events, plain state, memory, and clear errors."""

import json
from pathlib import Path

import pytest

from agent.domain import Domain
from agent.graph import build_graph
from agent.models import ModelNotConfigured
from agent.plan import connections
from agent.plan.connections import NoDatabaseError
from agent.plan_store import NoThreadError, NotMigratedError
from tests.integration.agent.talk import EDIT, PLAN, Talk, in_memory


async def test_only_the_agent_speaks_and_its_words_have_the_ids_of_the_stored_message(talk: Talk) -> None:
    turn = await talk.say(PLAN)
    assert {node for node, _ in turn.spoken} == {"agent"}
    stored = (await talk.messages())[-1]
    ids = {message.id for _, message in turn.spoken if message.text}
    assert ids == {stored.id}
    assert turn.text == stored.text
    assert stored.response_metadata["offline"] is True


async def test_a_turn_goes_through_the_nodes_in_order(talk: Talk) -> None:
    first = await talk.say(PLAN)
    assert first.nodes == [
        "load_context",
        "safety_gate",
        "retrieve",
        "agent",
        "plan",
        "plan_diff",
        "validate",
        "commit",
        "agent",
        "respond",
        "remember",
    ]
    second = await talk.say("show week 3")
    assert second.nodes[:3] == ["load_context", "safety_gate", "retrieve"]
    assert second.nodes[3:] == ["agent", "tools", "agent", "respond", "remember"]


async def test_state_besides_messages_is_plain_json_at_every_step(talk: Talk) -> None:
    await talk.say(PLAN)
    await talk.say(EDIT)
    await talk.decide(type="approve")
    async for snapshot in talk.graph.aget_state_history(talk.config):
        rest = {key: value for key, value in snapshot.values.items() if key != "messages"}
        assert json.loads(json.dumps(rest)) == rest


async def test_a_finished_turn_keeps_a_pointer_and_no_plan(talk: Talk) -> None:
    await talk.say(PLAN)
    state = await talk.state()
    assert set(state["plan_ref"]) == {"plan_id", "version", "hash"}
    assert state["proposal"] is None
    assert state["outcome"] == {"plan_updated": True, "version": 1}
    await talk.say("thanks")
    assert (await talk.state())["outcome"] == {"plan_updated": False}


async def test_events_carry_what_clients_need(talk: Talk) -> None:
    first = await talk.say(PLAN)
    draft = first.of("plan.draft")[0]
    assert draft["title"] == "8-week half marathon plan"
    assert draft["text"]["markdown"].count("\n- Week ") == 8
    version = first.of("plan.version")[0]
    assert (version["version"], version["is_current"], version["parent"], version["author"]) == (1, True, None, "agent")
    second = await talk.say(EDIT)
    change = second.of("plan.diff")[0]
    assert (change["base_version"], change["stats"]["changed"]) == (1, 2)
    assert [op["op"] for op in change["patch"]].count("replace") == 2
    assert change["text"]["plain"] == change["summary"]
    assert second.of("plan.issues")[0]["approval"] is True
    for event in [*first.events, *second.events]:
        assert json.loads(json.dumps(event)) == event


async def test_a_question_is_answered_from_the_articles_with_its_hits_as_an_event(talk: Talk) -> None:
    turn = await talk.say("why is there a taper before the race?")
    assert turn.of("retrieval.hits")[0]["hits"][0]["title"] == "The taper"
    assert "Bosquet and others, 2007" in turn.text


async def test_without_its_articles_a_turn_goes_on_and_says_so(coach: Domain, tmp_path: Path) -> None:
    (tmp_path / "taper.md").unlink()
    (tmp_path / "bad.md").write_text("no front matter", encoding="utf-8")
    turn = await Talk(in_memory(build_graph(coach))).say(PLAN)
    assert turn.types == ["retrieval.failed", "plan.draft", "plan.issues", "plan.version"]


async def test_calculators_are_called_as_tools(talk: Talk) -> None:
    turn = await talk.say("what are my training paces if I ran 10 km in 50:00?")
    assert turn.text.startswith("At VDOT 40.0: easy")


async def test_injuries_of_the_person_rule_out_workouts(coach: Domain) -> None:
    hurt = Talk(in_memory(build_graph(coach)), injuries=["achilles"])
    await hurt.say(PLAN)
    kinds = {item.data.get("type") for item in (await hurt.document()).items.values()}
    assert not kinds & {"interval", "repetition"}


async def test_what_was_wrong_before_holds_up_no_other_change(coach: Domain) -> None:
    graph = in_memory(build_graph(coach))
    talk = Talk(graph, approval="auto")
    await talk.say(PLAN)
    tempo = next(key for key in (await talk.document()).items if key.startswith("w6-int"))
    talk.context["injuries"] = ["achilles"]
    turn = await talk.say("make the long run in week 3 0.5 km longer")
    assert [one["code"] for one in turn.of("plan.issues")[0]["issues"] if one["severity"] == "error"] == []
    assert turn.of("plan.version")[0]["version"] == 2
    blocked = await talk.say(f"add an interval session of 5 km on Monday in week 2 and remove {tempo}")
    assert "ruled_out_by_injury" in [one["code"] for one in blocked.of("plan.issues")[0]["issues"]]
    assert (await talk.version()).version == 2


async def test_injuries_told_with_the_request_hold_for_later_edits(talk: Talk) -> None:
    await talk.say(PLAN + ", my achilles hurts")
    assert (await talk.document()).meta["injuries"] == ["achilles"]
    easy = next(key for key in (await talk.document()).items if key.startswith("w3-easy"))
    turn = await talk.say(f"make {easy} an interval session")
    assert [issue["code"] for issue in turn.of("plan.issues")[0]["issues"]] == ["ruled_out_by_injury"]
    assert (await talk.version()).version == 1


async def test_a_model_that_is_named_but_has_no_key_fails_the_run_and_says_what_to_set(coach: Domain) -> None:
    named = Talk(in_memory(build_graph(coach)), model="openai:gpt-4o-mini")
    with pytest.raises(ModelNotConfigured, match="OPENAI_API_KEY"):
        await named.say(PLAN)


async def test_without_a_database_the_error_names_the_variable(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    await connections.close()
    monkeypatch.delenv("DATABASE_URL")
    with pytest.raises(NoDatabaseError, match="DATABASE_URL"):
        await talk.say(PLAN)


async def test_on_a_database_without_tables_the_error_says_how_to_make_them(
    talk: Talk, empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    with pytest.raises(NotMigratedError, match="planloom migrate"):
        await talk.say(PLAN)
    await connections.close()


async def test_without_a_thread_the_error_names_what_is_missing(coach: Domain) -> None:
    graph = build_graph(coach).compile()
    with pytest.raises(NoThreadError, match="thread_id"):
        await graph.ainvoke({"messages": [("user", PLAN)]})


async def test_a_thread_may_have_any_id(coach: Domain) -> None:
    named = Talk(in_memory(build_graph(coach)), thread="my thread")
    await named.say(PLAN)
    assert (await named.version()).version == 1


async def test_the_context_and_the_input_have_titles_for_forms(talk: Talk) -> None:
    context = talk.graph.get_context_jsonschema()
    assert context is not None
    assert context["properties"]["approval"]["enum"] == ["auto", "warnings", "always"]
    assert all("title" in one and "description" in one for one in context["properties"].values())
    assert talk.graph.get_input_jsonschema()["properties"]["messages"]["title"] == "Messages"


async def test_the_rest_is_planned_anew_from_a_week_on_and_the_weeks_before_stay(talk: Talk) -> None:
    await talk.say(PLAN)
    before = await talk.document()
    turn = await talk.say("replan the rest from week 5 on, with 3 days a week")
    if turn.interrupt is not None:
        await talk.decide(type="approve")
    after = await talk.document()
    early = [item_id for item_id in before.items if item_id[:2] in ("w1", "w2", "w3", "w4")]
    assert [after.items[item_id] for item_id in early] == [before.items[item_id] for item_id in early]
    assert after.meta["days_per_week"] == 3
    refused = await talk.say("replan from week 7")
    assert "fewer than 4 weeks" in refused.text
    assert (await talk.version()).version == 2
