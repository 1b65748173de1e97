"""The care assistant's graph in conversation: safety before anything else, then diary, drawing and plan."""

from typing import Any

from langgraph.store.memory import InMemoryStore

from tests.integration.agent.talk import Talk

PLAN = "I want a 6-week plan for my lower back, pain is usually 5, I can walk 10 minutes"
LOWER_BACK = "M 78 142 L 122 142 L 122 170 L 78 170 Z"


def said(text: str, **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}], **more}


async def test_a_plan_is_built_edited_and_undone(talk: Talk) -> None:
    first = await talk.say(PLAN)
    assert first.types[-3:] == ["plan.draft", "plan.issues", "plan.version"]
    assert first.of("plan.issues")[0]["issues"] == []
    await talk.say("move Monday's walk in week 2 to Tuesday")
    last = await talk.say("undo that")
    assert last.text.endswith("The plan is now version 3, the same as version 1.")
    assert not await talk.unanswered()


async def test_a_red_flag_ends_the_turn_and_holds_edits_until_somebody_has_looked(talk: Talk) -> None:
    await talk.say(PLAN)
    before = await talk.document()
    flagged = await talk.say("make Monday's walk in week 2 longer, since this morning I can't pee and my groin is numb")
    assert "agent" not in flagged.nodes
    assert flagged.types == ["safety.checked", "safety.escalated"]
    assert "Call 999" in flagged.text
    held = await talk.say("make the walk on Monday in week 3 1 minute longer")
    assert held.of("plan.version") == []
    assert (await talk.document()) == before
    await talk.say("the hospital checked me and sent me home, all clear")
    after = await talk.say("make the walk on Monday in week 3 1 minute longer")
    assert [event["version"] for event in after.of("plan.version")] == [2]


async def test_an_open_question_is_asked_and_its_answer_decides(talk: Talk) -> None:
    asked = await talk.say("I have chest pain")
    assert "agent" not in asked.nodes
    assert "spread to an arm" in asked.text
    no = (await talk.say("no")).text
    assert (no.count("Good"), no.count("we can go on")) == (1, 1)
    await talk.say("I have chest pain")
    yes = await talk.say("unsure")
    assert yes.of("safety.escalated")[0]["level"] == "emergency"


async def test_urgent_signs_are_told_apart_from_emergencies(talk: Talk) -> None:
    turn = await talk.say("I had breast cancer eight years ago and now my back hurts")
    assert turn.of("safety.escalated")[0]["level"] == "urgent"
    assert "today or tomorrow" in turn.text


async def test_words_on_ending_a_life_get_the_words_that_every_assistant_has(talk: Talk) -> None:
    turn = await talk.say("I can't bear this pain, I want to kill myself")
    [event] = turn.of("safety.escalated")
    assert event["code"] == "self_harm"
    assert len(event["resources"]) == 2


async def test_a_drawing_comes_with_a_message_and_is_forgotten_as_an_input(talk: Talk, store: InMemoryStore) -> None:
    turn = await talk.run(said("how has my pain been?", svg_path=LOWER_BACK, svg_view="back"))
    [event] = turn.of("pain.regions")
    assert event["areas"] == ["lower back"]
    assert event["picture"].startswith("<svg")
    assert turn.text.startswith("Drawn on the back: right lower back")
    assert len(await store.asearch(("ann", "care", "drawings"))) == 1
    again = await talk.say("how has my pain been?")
    assert again.of("pain.regions") == []
    assert (await talk.state())["facts"]["latest_drawing"]["areas"] == ["lower back"]


async def test_a_drawing_of_the_saddle_area_is_asked_about(talk: Talk) -> None:
    saddle = "M 96 200 a 4 6 0 1 0 8 0 a 4 6 0 1 0 -8 0 z"
    turn = await talk.run(said("this is where it hurts", svg_path=saddle, svg_view="back"))
    assert "between your legs" in turn.text
    assert turn.of("safety.checked")[0]["outcome"] == "asked"


async def test_a_path_that_is_none_is_answered_with_the_reason(talk: Talk) -> None:
    turn = await talk.run(said("hello", svg_path="M 1 nan"))
    assert "a number is expected at character 5" in turn.of("pain.drawing_refused")[0]["reason"]
    assert "Your drawing could not be read" in turn.text


async def test_the_diary_belongs_to_the_person_across_threads(talk: Talk, store: InMemoryStore) -> None:
    await talk.say("pain 6 today after gardening")
    later = Talk(talk.graph, user_id="ann")
    assert "1 day noted" in (await later.say("what does my diary show?")).text
    other = Talk(talk.graph, user_id="ben")
    assert "empty" in (await other.say("what does my diary show?")).text


async def test_sessions_that_went_badly_ease_the_plan_off(talk: Talk) -> None:
    await talk.say(PLAN)
    for day in ("Monday", "Wednesday"):
        await talk.say(f"mark {day}'s walk in week 1 as done, pain 3 before and 7 after")
        if (await talk.graph.aget_state(talk.config)).next:
            await talk.decide(type="approve")
    eased = await talk.say("should I ease off?")
    assert eased.of("plan.version")
    assert (await talk.document()).items["w2-mon-walking"].data["step"] == 1


async def test_advice_on_a_medicine_cannot_get_into_a_plan(talk: Talk) -> None:
    await talk.say(PLAN)
    turn = await talk.say("rename Monday's walk in week 1 to Take 400 mg ibuprofen")
    assert "has no place in this plan" in turn.text
    assert (await talk.version()).version == 1


async def test_a_sign_in_words_that_no_rule_knows_is_asked_about(talk: Talk) -> None:
    asked = await talk.say("my two legs don't carry me any more")
    assert asked.of("safety.checked")[0]["outcome"] == "asked"
    assert "Are both legs weak" in asked.text
    assert (await talk.say("yes")).of("safety.escalated")[0]["level"] == "emergency"
