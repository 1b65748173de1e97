"""Models that get it wrong: errors go back with what to put right, a few times; every call gets one answer."""

import json
from typing import Any

import pytest
from langchain_core.messages import AIMessage, ToolMessage

from agent.plan.diff import diff
from tests.integration.agent.scripted_model import calling, edit, longer, script
from tests.integration.agent.talk import PLAN, Talk


@pytest.fixture
async def planned(talk: Talk) -> Talk:
    await talk.say(PLAN)
    return talk


async def tool_messages(talk: Talk) -> list[ToolMessage]:
    return [message for message in await talk.messages() if isinstance(message, ToolMessage)]


async def test_a_wrong_id_comes_back_with_the_nearest_ids_and_a_repair_goes_in(
    planned: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong, right = calling(edit(longer("w3-lonk", 14)), tag="a"), calling(edit(longer("w3-long", 14)), tag="b")
    script(monkeypatch, [wrong, right, AIMessage("Done.")])
    await planned.say("longer, please")
    refusal = (await tool_messages(planned))[-2]
    problem = json.loads(refusal.text)["data"]["problems"][0]
    assert refusal.status == "error"
    assert (problem["op_index"], problem["nearest"][0]) == (0, "w3-long")
    assert (await planned.version()).version == 2


async def test_after_three_repairs_the_answer_says_what_failed(planned: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    stubborn = [calling(edit(longer("nowhere", 14)), tag=f"t{n}-") for n in range(9)]
    model = script(monkeypatch, stubborn)
    turn = await planned.say("longer, please")
    assert len(model.prompts) == 4
    assert "nowhere" in turn.text
    assert (await planned.state())["outcome"]["failed"] == turn.text
    assert (await planned.version()).version == 1
    assert not await planned.unanswered()


async def test_what_the_rules_forbid_goes_back_as_an_error_with_codes_and_ids(
    planned: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(monkeypatch, [calling(edit(longer("w3-long", 60))), AIMessage("That would be too much.")])
    turn = await planned.say("sixty!")
    answer = (await tool_messages(planned))[-1]
    issues = json.loads(answer.text)["data"]["issues"]
    assert answer.status == "error"
    assert any(issue["code"] == "long_run_jump" and issue["ids"] == ["w3-long"] for issue in issues)
    assert turn.of("plan.issues")[0]["blocked"] is True
    assert (await planned.version()).version == 1


async def test_several_edit_calls_of_one_message_are_one_proposal_in_their_order(
    planned: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await planned.document()
    calls = calling(
        edit(longer("w3-easy1", 4)),
        ("training_paces", {"distance_km": 10, "time": "50:00"}),
        edit(longer("w3-easy1", 4.5), longer("w3-easy2", 4.5)),
    )
    script(monkeypatch, [calls, AIMessage("Done.")])
    turn = await planned.say("do it")
    version = await planned.version()
    assert version.version == 2
    assert diff(before, version.document).touched == {"w3-easy1", "w3-easy2"}
    assert version.document.items["w3-easy1"].data["km"] == 4.5
    assert len(turn.of("plan.diff")) == 1
    assert [m.name for m in (await tool_messages(planned))[-3:]] == ["training_paces", "edit_plan", "edit_plan"]
    assert not await planned.unanswered()


async def test_one_bad_call_among_several_stops_them_all(planned: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = calling(edit(longer("w3-easy1", 4)), edit(longer("nowhere", 4)))
    script(monkeypatch, [calls, AIMessage("Sorry.")])
    await planned.say("do it")
    assert (await planned.version()).version == 1
    assert {m.status for m in (await tool_messages(planned))[-2:]} == {"error"}


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (("fly_to_the_moon", {}), "There is no tool 'fly_to_the_moon'"),
        (("training_paces", {"distance_km": "far"}), "distance_km"),
        (("training_paces", {"distance_km": 10, "time": "now"}), "time"),
        (("show_plan", {"week": 99}), "no week 99"),
        (("compare_versions", {"a": 1, "b": 7}), "no version 7"),
        (("edit_plan", {"rationale": "?"}), "ops"),
        (("edit_plan", {"ops": [{"op": "explode"}]}), "op"),
        (("undo_plan", {"version": 12}), "version 12"),
        (("restore_plan", {}), "version"),
        (("build_plan", {"race": "the moon"}), "race"),
        (("build_plan", {"race": "marathon", "weekly_km": 5, "longest_km": 2, "weeks": 4}), ""),
    ],
)
async def test_a_call_that_cannot_work_is_answered_with_why(
    planned: Talk, monkeypatch: pytest.MonkeyPatch, call: tuple[str, dict[str, Any]], told: str
) -> None:
    model = script(monkeypatch, [calling(call), AIMessage("I see.")])
    turn = await planned.say("go on")
    answer = (await tool_messages(planned))[-1]
    assert answer.status == "error"
    assert told in answer.text
    assert model.prompts[1][-1].text == answer.text
    assert turn.text == "I see."
    assert (await planned.version()).version == 1


async def test_arguments_that_are_no_json_are_answered_too(planned: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = {"name": "edit_plan", "args": "{oops", "id": "x1", "error": "not JSON", "type": "invalid_tool_call"}
    script(monkeypatch, [AIMessage("", invalid_tool_calls=[broken]), AIMessage("Sorry.")])
    await planned.say("go on")
    answer = (await tool_messages(planned))[-1]
    assert (answer.tool_call_id, answer.status) == ("x1", "error")


async def test_a_model_that_never_stops_calling_is_stopped(planned: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    model = script(monkeypatch, [calling(("show_plan", {"week": 1}), tag=f"s{n}-") for n in range(40)])
    turn = await planned.say("show me everything, for ever")
    assert len(model.prompts) == 12
    assert "stopped" in turn.text


async def test_a_call_that_a_cancelled_run_left_open_is_closed_for_the_model(
    planned: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_open = calling(edit(longer("w3-long", 14)), tag="gone")
    await planned.graph.aupdate_state(planned.config, {"messages": [left_open]}, as_node="agent")
    model = script(monkeypatch, [AIMessage("Hello again.")])
    await planned.say("are you there?")
    answers = [m for m in model.prompts[0] if isinstance(m, ToolMessage) and m.tool_call_id == "gone0"]
    assert [answer.status for answer in answers] == ["error"]


async def test_an_edit_that_changes_nothing_makes_no_version(planned: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    km = (await planned.document()).items["w3-long"].data["km"]
    script(monkeypatch, [calling(edit(longer("w3-long", km))), AIMessage("It is so already.")])
    await planned.say("keep it")
    assert (await planned.version()).version == 1
    assert "nothing changed" in (await tool_messages(planned))[-1].text


async def test_undo_and_an_edit_in_one_message_are_both_done(planned: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    await planned.say("move the tempo in week 3 to Wednesday")
    script(monkeypatch, [calling(edit(longer("w3-easy1", 4), version=2), ("undo_plan", {})), AIMessage("Done.")])
    await planned.say("both")
    items = (await planned.document()).items
    assert items["w3-tempo"].data["date"] == "2026-04-21"
    assert items["w3-easy1"].data["km"] == 4
