"""Changes that wait for a person: when they wait, what is asked, and what each answer does."""

import pytest
from langchain_core.messages import AIMessage
from langgraph.types import Command
from pydantic import ValidationError

from agent.domain import Domain
from agent.graph import build_graph
from agent.plan.diff import diff
from tests.integration.agent.talk import EDIT, PLAN, Talk, in_memory

MOVE = "move the tempo in week 3 to Wednesday"


@pytest.fixture
async def asked(talk: Talk) -> Talk:
    """A thread whose edit waits for approval."""
    await talk.say(PLAN)
    assert (await talk.say(EDIT)).interrupt is not None
    return talk


async def test_what_is_asked_has_the_shape_of_a_hitl_request_and_the_plans_fields(talk: Talk) -> None:
    await talk.say(PLAN)
    request = (await talk.say(EDIT)).interrupt
    assert request is not None
    action, review = request["action_requests"][0], request["review_configs"][0]
    assert action["name"] == review["action_name"] == "edit_plan"
    assert [op["op"] for op in action["args"]["ops"]] == ["move_item", "update_item"]
    assert "| Tempo | moved: date | Tue 21 Apr | Wed 22 Apr |" in action["description"]
    assert "**warning**" in action["description"]
    assert review["allowed_decisions"] == ["approve", "edit", "reject", "respond"]
    assert request["base_version"] == 1
    assert {"weekly_volume_jump"} <= {issue["code"] for issue in request["issues"]}
    waiting = (await talk.graph.aget_state(talk.config)).interrupts[0]
    assert waiting.response_schema is not None


async def test_rejecting_leaves_the_plan_and_the_reason_is_heard(asked: Talk) -> None:
    turn = await asked.decide(type="reject", message="too much this week")
    assert (await asked.version()).version == 1
    assert turn.text == "The change was turned down; the plan stays as it is. Reason given: too much this week"
    assert not turn.of("plan.version")
    assert not await asked.unanswered()


async def test_responding_leaves_the_plan_and_the_words_go_back_to_the_model(asked: Talk) -> None:
    turn = await asked.decide(type="respond", message="only one km, please")
    assert (await asked.version()).version == 1
    assert "only one km, please" in turn.text
    assert not await asked.unanswered()


async def test_editing_puts_in_what_the_person_wrote_without_asking_again(asked: Talk) -> None:
    before = await asked.document()
    ops = [{"op": "update_item", "id": "w3-long", "set": {"km": 16}}]
    args = {"base_version": 1, "rationale": "my way", "ops": ops}
    turn = await asked.decide(type="edit", edited_action={"name": "edit_plan", "args": args})
    assert turn.interrupt is None
    assert [change["after"] for change in turn.of("plan.diff")[0]["changes"]] == [16]
    version = await asked.version()
    assert (version.version, version.author_kind) == (2, "person")
    assert diff(before, version.document).touched == {"w3-long"}
    assert not await asked.unanswered()


async def test_an_edit_that_cannot_be_compiled_is_refused_and_nothing_changes(asked: Talk) -> None:
    args = {"base_version": 1, "rationale": "", "ops": [{"op": "update_item", "id": "w3-lung", "set": {"km": 16}}]}
    turn = await asked.decide(type="edit", edited_action={"name": "edit_plan", "args": args})
    assert (await asked.version()).version == 1
    assert "w3-long" in turn.text
    assert not await asked.unanswered()


@pytest.mark.parametrize(
    "answer",
    [{"decisions": []}, {"decisions": [{"type": "maybe"}]}, {"yes": True}, {"decisions": [{"type": "approve"}] * 2}],
)
async def test_an_answer_of_another_shape_is_refused_and_the_thread_still_waits(
    asked: Talk, answer: dict[str, object]
) -> None:
    with pytest.raises(ValidationError):
        await asked.run(Command(resume=answer))
    assert (await asked.graph.aget_state(asked.config)).next == ("approve",)
    await asked.decide(type="approve")
    assert (await asked.version()).version == 2


async def test_a_change_without_warnings_goes_in_unasked_by_default(talk: Talk) -> None:
    await talk.say(PLAN)
    assert (await talk.say(MOVE)).interrupt is None
    assert (await talk.version()).version == 2


async def test_always_asks_even_for_a_first_plan_and_auto_never_asks(coach: Domain) -> None:
    careful = Talk(in_memory(build_graph(coach)), approval="always")
    first = await careful.say(PLAN)
    assert first.interrupt is not None
    assert first.interrupt["action_requests"][0]["name"] == "build_plan"
    await careful.decide(type="approve")
    assert (await careful.version()).version == 1
    bold = Talk(in_memory(build_graph(coach)), approval="auto")
    await bold.say(PLAN)
    assert (await bold.say(EDIT)).interrupt is None
    assert (await bold.version()).version == 2


async def test_a_first_plan_can_be_edited_before_it_is_made(coach: Domain) -> None:
    talk = Talk(in_memory(build_graph(coach)), approval="always")
    request = (await talk.say(PLAN)).interrupt
    assert request is not None
    args = request["action_requests"][0]["args"] | {"weeks": 10}
    await talk.decide(type="edit", edited_action={"name": "build_plan", "args": args})
    assert sum(item.kind == "week" for item in (await talk.document()).items.values()) == 10


async def test_a_new_message_instead_of_a_decision_drops_the_proposal_and_says_so(asked: Talk) -> None:
    waiting = (await asked.state())["proposal"]["summary"]
    turn = await asked.say(MOVE)
    assert turn.interrupt is None
    assert turn.text.startswith(f"The change that waited for your answer was not made ({waiting}).")
    assert (await asked.document()).items["w3-long"].data["km"] == (await asked.document(1)).items["w3-long"].data["km"]
    assert (await asked.version()).summary == "Moved Tempo from Tue 21 Apr to Wed 22 Apr"
    assert "waited" not in (await asked.say("show week 3")).text


async def test_a_typed_yes_approves_what_waits_also_after_a_page_closed_the_call_itself(asked: Talk) -> None:
    calling = (await asked.messages())[-1]
    assert isinstance(calling, AIMessage)
    closed = {"role": "tool", "tool_call_id": calling.tool_calls[0]["id"], "content": "Successfully handled tool call."}
    turn = await asked.run({"messages": [closed, {"role": "user", "content": "ok, do it"}]})
    assert turn.of("plan.version")
    version = await asked.version()
    assert (version.version, version.author_kind) == (2, "agent")
    assert version.document.items["w3-long"].data["km"] == 15.5
    assert "The plan is now version 2." in turn.text
    assert not await asked.unanswered()
    assert (await asked.say("yes")).text == "Nothing is waiting for a yes or no. Say what to change."


async def test_a_typed_no_turns_down_what_waits(asked: Talk) -> None:
    turn = await asked.say("No, thanks.")
    assert turn.text == "The change was turned down; the plan stays as it is."
    assert (await asked.version()).version == 1
    assert (await asked.state())["proposal"] is None
