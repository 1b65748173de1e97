"""Reading a turn: open calls, repairs, and a conversation that providers accept."""

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage

from agent.results import answered, refused
from agent.turn import NOTICE, PlanCall, answerable, changing_calls, last_said, open_calls, repairs_exhausted

CALL = PlanCall("1", "edit_plan", {})


def asks(*ids: str, name: str = "edit_plan") -> AIMessage:
    return AIMessage("", tool_calls=[{"name": name, "args": {}, "id": one, "type": "tool_call"} for one in ids])


def refusal(call_id: str) -> ToolMessage:
    return refused(PlanCall(call_id, "edit_plan", {}), "no")


def test_a_call_is_open_until_it_is_answered() -> None:
    messages: list[AnyMessage] = [HumanMessage("x"), asks("1", "2")]
    assert [call.id for call in open_calls(messages)] == ["1", "2"]
    messages.append(answered(CALL, "plan_version", "done"))
    assert [call.id for call in open_calls(messages)] == ["2"]


def test_only_calls_that_change_the_plan_are_changes() -> None:
    assert changing_calls([asks("1", name="show_plan")]) == []
    assert [call.id for call in changing_calls([asks("1", name="undo_plan")])] == ["1"]


def test_the_fourth_failure_of_a_turn_exhausts_the_repairs_and_a_new_turn_begins_afresh() -> None:
    messages: list[AnyMessage] = [HumanMessage("x")]
    for number in range(4):
        assert not repairs_exhausted(messages)
        messages += [asks(f"{number}a", f"{number}b"), refusal(f"{number}a"), refusal(f"{number}b")]
    assert repairs_exhausted(messages)
    assert not repairs_exhausted([*messages, HumanMessage("y")])


def test_unanswered_calls_are_closed_in_place_for_the_provider() -> None:
    whole = answerable([HumanMessage("x"), asks("1", "2"), answered(CALL, "t", "done"), HumanMessage("y")])
    assert [message.type for message in whole] == ["human", "ai", "tool", "tool", "human"]
    ids = {message.tool_call_id for message in whole if isinstance(message, ToolMessage)}
    assert ids == {"1", "2"}


def test_a_page_that_answers_a_change_itself_makes_no_model_believe_in_it() -> None:
    made_up = ToolMessage("Successfully handled tool call.", tool_call_id="1", id="do-not-render-1")
    told = answerable([HumanMessage("x"), asks("1"), made_up, HumanMessage("yes")])[2]
    assert isinstance(told, ToolMessage)
    assert (told.status, told.text) == ("error", "The run ended before this call was carried out.")
    other = answerable([HumanMessage("x"), asks("1", name="weather"), made_up])[2]
    assert other == made_up


def test_a_notice_of_the_turn_itself_is_for_people_only() -> None:
    said = HumanMessage("show week 3")
    assert answerable([said, AIMessage("That was not made.", response_metadata=dict(NOTICE))]) == [said]


def test_the_last_words_may_come_in_blocks() -> None:
    assert last_said([HumanMessage([{"type": "text", "text": " hello "}])]) == "hello"
    assert last_said([]) == ""
