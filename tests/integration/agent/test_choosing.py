"""Approval of some changes and not others, of changes whose plan moved on meanwhile, and of either side in a conflict."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from langgraph.types import Command
from pydantic import ValidationError

from agent.domain import Domain
from agent.graph import build_graph
from agent.plan.diff import diff
from agent.plan.edits import compile_edits
from agent.plan.records import Proposal
from agent.plan_store import repository
from tests.integration.agent.scripted_model import calling, edit, script
from tests.integration.agent.talk import EDIT, PLAN, Talk, Turn, in_memory
from tools.issues import Issue
from tools.running.plan_items import KINDS

TEMPO, LONG = "/items/w3-tempo/data/date", "/items/w3-long/data/km"
WEEK = {"op": "add_item", "id": "w9", "kind": "week", "title": "Week 9"}
RUN = {"op": "add_item", "id": "w9-easy", "kind": "run", "parent": "w9", "title": "Easy run"}
NEW_WEEK = edit(
    {**WEEK, "data": {"phase": "base", "start": "2026-06-01"}},
    {**RUN, "data": {"date": "2026-06-02", "km": 5, "type": "easy"}},
)


async def asking(talk: Talk, said: str = EDIT) -> dict[str, Any]:
    """What a person is asked about an edit of a new plan: the tempo of week 3 a day later, its long run 2 km longer."""
    await talk.say(PLAN)
    asked = (await talk.say(said)).interrupt
    assert asked is not None
    return asked


async def by_hand(talk: Talk, *ops: dict[str, Any]) -> None:
    """Somebody else changes the plan meanwhile."""
    head = await talk.version()
    document = compile_edits(head.document, ops, KINDS)
    change = Proposal(
        id=uuid4(), plan_id=head.plan_id, base_version=head.version, document=document, author_kind="person"
    )
    await (await repository()).commit(change)


def longer(item_id: str, km: float) -> dict[str, Any]:
    return {"op": "update_item", "id": item_id, "set": {"km": km}}


async def touched(talk: Talk, since: int = 1) -> set[str]:
    return diff(await talk.document(since), await talk.document()).touched


@pytest.mark.parametrize(
    ("choice", "changed"),
    [
        ({"accept": [LONG]}, {"w3-long"}),
        ({"reject": [LONG]}, {"w3-tempo"}),
        ({"accept": [LONG, TEMPO]}, {"w3-long", "w3-tempo"}),
    ],
)
async def test_changes_are_accepted_and_left_out_one_by_one(
    talk: Talk, choice: dict[str, Any], changed: set[str]
) -> None:
    asked = await asking(talk)
    assert [one["change_id"] for one in asked["changes"]] == [TEMPO, LONG]
    turn = await talk.decide(type="approve", **choice)
    assert turn.interrupt is None
    assert await touched(talk) == changed
    assert ("The person left out" in turn.text) == (len(changed) < 2)
    assert not await talk.unanswered()


async def test_leaving_everything_out_turns_the_change_down(talk: Talk) -> None:
    await asking(talk)
    turn = await talk.decide(type="approve", accept=[])
    assert "turned down" in turn.text
    assert (await talk.version()).version == 1


@pytest.mark.parametrize("name", ["accept", "ignore"])
async def test_the_names_that_other_inboxes_have_for_decisions_are_known(talk: Talk, name: str) -> None:
    await asking(talk)
    await talk.decide(type=name)
    assert (await talk.version()).version == (2 if name == "accept" else 1)


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        ({"accept": ["/items/w9-easy"]}, "“Added Easy run on Tue 2 Jun (5 km)” needs “Added Week 9 on Mon 1 Jun”"),
        ({"reject": ["/items/w9"]}, "accept both, or neither"),
        ({"accept": ["/items/w9", "/items/nowhere"]}, "nothing called /items/nowhere"),
        ({"accept": [], "reject": []}, "not both"),
        ({"resolutions": {LONG: "ours"}}, f"nothing called {LONG}"),
    ],
)
async def test_a_choice_that_cannot_be_is_refused_and_the_thread_keeps_waiting(
    coach: Domain, monkeypatch: pytest.MonkeyPatch, choice: dict[str, Any], told: str
) -> None:
    talk = Talk(in_memory(build_graph(coach)), approval="always")
    await talk.say(PLAN)
    await talk.decide(type="approve")
    script(monkeypatch, [calling(NEW_WEEK)])
    asked = (await talk.say("another week, please")).interrupt
    assert asked is not None
    assert asked["changes"][1]["needs"] == ["/items/w9"]
    with pytest.raises(ValidationError, match=told.replace("(", r"\(").replace(")", r"\)")):
        await talk.decide(type="approve", **choice)
    assert (await talk.graph.aget_state(talk.config)).next == ("approve",)


async def test_a_choice_that_the_rules_forbid_is_asked_for_again(coach: Domain) -> None:
    def long_needs_wednesday(document: Any, **known: Any) -> list[Issue]:
        items = document["items"]
        wrong = items["w3-long"]["data"]["km"] > 15 and items["w3-tempo"]["data"]["date"] == "2026-04-21"
        told = "A long run like that wants the tempo on Wednesday."
        return [Issue(code="tempo_day", severity="error", ids=("w3-long",), message=told, source="this test")] * wrong

    talk = Talk(in_memory(build_graph(replace(coach, validate=long_needs_wednesday))), approval="always")
    await talk.say(PLAN)
    await talk.decide(type="approve")
    await talk.say(EDIT)
    again = (await talk.decide(type="approve", accept=[LONG])).interrupt
    assert again is not None
    assert "rules forbid the change: A long run like that wants the tempo on Wednesday" in again["problem"]
    assert again["problem"] in again["action_requests"][0]["description"]
    assert len(again["changes"]) == 2
    await talk.decide(type="approve", accept=[TEMPO])
    assert await touched(talk) == {"w3-tempo"}


async def test_an_approval_of_what_would_now_do_something_else_is_not_carried_out_but_asked_anew(talk: Talk) -> None:
    first = await asking(talk)
    await by_hand(talk, {"op": "move_item", "id": "w3-tempo", "date": "2026-04-22"})
    again = (await talk.decide(type="approve")).interrupt
    assert again is not None
    assert "changed while this waited" in again["problem"]
    assert (again["base_version"], again["conflicts"]) == (2, [])
    assert again["diff_hash"] != first["diff_hash"]
    assert again["proposal_id"] != first["proposal_id"]
    assert [one["change_id"] for one in again["changes"]] == [LONG]
    assert again["action_requests"][0]["name"] == "patch_plan"
    assert (await talk.version()).version == 2
    await talk.decide(type="approve")
    version = await talk.version()
    assert (version.version, version.kind, version.merged_from) == (3, "merge", 1)
    assert await touched(talk, since=2) == {"w3-long"}


async def conflicting(talk: Talk) -> Turn:
    """The approval of an edit whose long run somebody else has made 14.5 km meanwhile."""
    asked = await asking(talk)
    assert asked["conflicts"] == []
    await by_hand(talk, longer("w3-long", 14.5))
    return await talk.decide(type="approve")


async def test_a_conflict_is_shown_with_all_three_values_and_nothing_is_written(talk: Talk) -> None:
    turn = await conflicting(talk)
    assert turn.interrupt is not None
    [conflict] = turn.interrupt["conflicts"]
    told = {name: conflict[name] for name in ("pointer", "base", "ours", "theirs", "kept")}
    assert told == {"pointer": LONG, "base": 13.5, "ours": 15.5, "theirs": 14.5, "kept": "theirs"}
    assert [one["change_id"] for one in turn.interrupt["changes"]] == [TEMPO]
    assert "here 15.5, there 14.5, before 13.5" in turn.interrupt["action_requests"][0]["description"]
    assert turn.types[-3:] == ["plan.conflict", "plan.diff", "plan.issues"]
    assert (await talk.version()).version == 2


async def test_a_typed_yes_to_a_plan_that_moved_on_is_asked_anew_and_a_typed_no_ends_it(talk: Talk) -> None:
    asked = await asking(talk)
    await by_hand(talk, longer("w3-long", 14.5))
    again = (await talk.say("yes")).interrupt
    assert again is not None
    assert (again["proposal_id"] != asked["proposal_id"], len(again["conflicts"])) == (True, 1)
    turn = await talk.say("no")
    assert turn.text.endswith("The change was turned down; the plan stays as it is.")
    assert (await talk.version()).version == 2


@pytest.mark.parametrize(("side", "km"), [("ours", 15.5), ("theirs", 14.5)])
async def test_each_conflict_is_settled_by_choice(talk: Talk, side: str, km: float) -> None:
    await conflicting(talk)
    turn = await talk.decide(type="approve", resolutions={LONG: side})
    assert turn.interrupt is None
    items = (await talk.document()).items
    assert (items["w3-long"].data["km"], items["w3-tempo"].data["date"]) == (km, "2026-04-22")
    assert (await talk.version()).kind == "merge"


async def test_changes_can_be_left_out_and_conflicts_settled_in_one_answer(talk: Talk) -> None:
    await conflicting(talk)
    await talk.decide(type="approve", reject=[TEMPO], resolutions={LONG: "ours"})
    assert await touched(talk, since=2) == {"w3-long"}


async def test_a_plain_approval_of_a_conflict_keeps_what_is_there(talk: Talk) -> None:
    await conflicting(talk)
    turn = await talk.decide(type="approve")
    assert (await talk.document()).items["w3-long"].data["km"] == 14.5
    assert "their changes were kept" in turn.text


async def test_a_change_all_of_which_others_have_overtaken_leaves_the_plan_unless_ours_is_chosen(talk: Talk) -> None:
    await asking(talk, "make the long run in week 3 2 km longer")
    await by_hand(talk, longer("w3-long", 14.5))
    again = (await talk.decide(type="approve")).interrupt
    assert again is not None
    assert (again["changes"], len(again["conflicts"])) == ([], 1)
    turn = await talk.decide(type="approve")
    assert "Nothing was changed" in turn.text
    assert (await talk.version()).version == 2
    assert not await talk.unanswered()


async def test_a_plan_that_moves_on_twice_is_asked_about_twice(talk: Talk) -> None:
    await conflicting(talk)
    await by_hand(talk, longer("w3-long", 12))
    again = (await talk.decide(type="approve", resolutions={LONG: "ours"})).interrupt
    assert again is not None
    [conflict] = again["conflicts"]
    assert (conflict["ours"], conflict["theirs"]) == (15.5, 12)
    await talk.decide(type="approve", resolutions={LONG: "ours"})
    assert (await talk.document()).items["w3-long"].data["km"] == 15.5


async def test_with_auto_approval_nobody_is_asked_and_what_people_did_stands(coach: Domain) -> None:
    talk = Talk(in_memory(build_graph(coach), interrupt_before=["commit"]), approval="auto")
    await talk.say(PLAN)
    await talk.run(None)
    await talk.say(EDIT)
    await by_hand(talk, longer("w3-long", 14.5))
    turn = await talk.run(None)
    assert turn.interrupt is None
    assert turn.of("plan.conflict")[0]["conflicts"][0]["kept"] == "theirs"
    items = (await talk.document()).items
    assert (items["w3-long"].data["km"], items["w3-tempo"].data["date"]) == (14.5, "2026-04-22")
    assert "their changes were kept" in turn.text


async def test_a_change_that_nobody_had_to_approve_is_asked_about_once_it_collides(coach: Domain) -> None:
    talk = Talk(in_memory(build_graph(coach), interrupt_before=["commit"]))
    await talk.say(PLAN)
    await talk.run(None)
    assert (await talk.say("make the long run in week 3 13 km")).interrupt is None
    await by_hand(talk, longer("w3-long", 14.5))
    asked = (await talk.run(None)).interrupt
    assert asked is not None
    assert [one["ours"] for one in asked["conflicts"]] == [13]


async def test_undoing_what_a_later_change_covers_asks_whose_side_is_kept(talk: Talk) -> None:
    await talk.say(PLAN)
    await talk.say("move the tempo in week 3 to Wednesday")
    await talk.say("move the tempo in week 3 to Friday")
    asked = (await talk.say("undo version 2")).interrupt
    assert asked is not None
    [conflict] = asked["conflicts"]
    assert [conflict[side][:10] for side in ("base", "ours", "theirs")] == ["2026-04-22", "2026-04-21", "2026-04-24"]
    turn = await talk.decide(type="approve", resolutions={TEMPO: "ours"})
    version = await talk.version()
    assert (version.kind, version.undoes, version.hash) == ("undo", 2, (await talk.version(1)).hash)
    assert "Version 2 is undone" in turn.text


async def test_an_edit_by_the_person_after_the_plan_moved_on_starts_from_what_was_shown(talk: Talk) -> None:
    await conflicting(talk)
    args = {"base_version": 2, "rationale": "mine", "ops": [longer("w3-long", 15)]}
    turn = await talk.decide(type="edit", edited_action={"name": "edit_plan", "args": args})
    assert turn.interrupt is None
    assert [change["before"] for change in turn.of("plan.diff")[0]["changes"]] == [14.5]
    assert (await talk.document()).items["w3-long"].data["km"] == 15


async def test_the_schema_of_the_answers_is_in_the_question_and_on_the_interrupt(talk: Talk) -> None:
    asked = await asking(talk)
    waiting = (await talk.graph.aget_state(talk.config)).interrupts[0]
    assert waiting.response_schema == asked["response_schema"]
    choices = asked["response_schema"]["properties"]["decisions"]["items"]["properties"]
    assert choices["accept"]["items"]["enum"] == [TEMPO, LONG]
    assert {"accept", "ignore", "respond"} <= set(choices["type"]["enum"])


async def test_deciding_again_from_the_same_checkpoint_makes_no_second_version(talk: Talk) -> None:
    await asking(talk)
    answer = {"decisions": [{"type": "approve", "accept": [LONG]}]}
    await talk.run(Command(resume=answer))
    before_commit = [
        dict(one.config) async for one in talk.graph.aget_state_history(talk.config) if one.next == ("commit",)
    ]
    await talk.run(None, before_commit[0])
    assert (await talk.version()).version == 2


async def test_a_first_plan_can_be_made_without_some_of_its_items(coach: Domain) -> None:
    talk = Talk(in_memory(build_graph(coach)), approval="always")
    asked = (await talk.say(PLAN)).interrupt
    assert asked is not None
    assert {one["kind"] for one in asked["changes"]} >= {"added"}
    turn = await talk.decide(type="approve", reject=["/items/w3-easy2"])
    version = await talk.version()
    assert (version.version, version.kind) == (1, "create")
    assert "w3-easy2" not in version.document.items
    assert len(version.document.items) == len(asked["diff"]["added"]) - 1
    assert "The person left out: Added Easy run" in turn.text
