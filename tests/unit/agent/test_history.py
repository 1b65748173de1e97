"""What of a conversation a model is shown, and where a long one is cut."""

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage

from agent.history import cut, extract, relevant_messages, tokens_of


def turn(number: int, *, fails: bool = False, words: int = 40) -> list[AnyMessage]:
    call = {"name": "edit_plan", "args": {}, "id": f"c{number}"}
    result = '{"result_type": "plan_version"}'
    return [
        HumanMessage(f"request {number} " + "word " * words, id=f"h{number}"),
        AIMessage("", tool_calls=[call], id=f"a{number}"),
        ToolMessage(
            result,
            tool_call_id=f"c{number}",
            status="error" if fails else "success",
            id=f"t{number}",
        ),
        AIMessage(f"answer {number}", id=f"r{number}"),
    ]


def ids(messages: list[AnyMessage]) -> list[str | None]:
    return [message.id for message in messages]


def test_failed_attempts_of_earlier_turns_are_left_out_with_their_results() -> None:
    shown = relevant_messages([*turn(1, fails=True), *turn(2), *turn(3, fails=True)])
    assert ids(shown) == ["h1", "r1", "h2", "a2", "t2", "r2", "h3", "a3", "t3", "r3"]


def test_people_may_say_sorry_and_error() -> None:
    said: list[AnyMessage] = [HumanMessage("sorry, an ERROR in my PLAN", id="1"), AIMessage("ok", id="2")]
    assert relevant_messages([*said, HumanMessage("hi", id="3")])[:2] == said


def test_an_attempt_that_partly_worked_is_kept_whole() -> None:
    calls = [{"name": "x", "args": {}, "id": one} for one in ("good", "bad")]
    attempt: list[AnyMessage] = [
        HumanMessage("a", id="h"),
        AIMessage("", tool_calls=calls, id="a"),
        ToolMessage("1", tool_call_id="good", id="g"),
        ToolMessage("2", tool_call_id="bad", status="error", id="b"),
        HumanMessage("c", id="i"),
    ]
    assert ids(relevant_messages(attempt)) == ["h", "a", "g", "b", "i"]


def test_a_long_history_is_cut_between_turns_and_half_of_the_budget_is_free_again() -> None:
    messages = [message for number in range(1, 11) for message in turn(number)]
    budget = tokens_of(messages) // 2
    found = cut(messages, budget)
    assert found is not None
    assert found.kept[0].id is not None
    assert found.kept[0].id.startswith("h")
    assert tokens_of(found.kept) <= budget // 2
    assert [*found.old, *found.kept] == messages
    answered = {m.tool_call_id for m in found.kept if isinstance(m, ToolMessage)}
    called = {str(call["id"]) for m in found.kept if isinstance(m, AIMessage) for call in m.tool_calls}
    assert answered == called


def test_the_current_turn_stays_however_long_it_is() -> None:
    messages = [*turn(1), *turn(2, words=5000)[:3]]
    found = cut(messages, 300)
    assert found is not None
    assert ids(found.kept) == ["h2", "a2", "t2"]
    assert cut(found.kept, 300) is None
    assert cut(turn(1), 10_000) is None


def test_an_extract_says_who_said_what_after_what_was_summarised_before_and_has_an_end() -> None:
    first = extract(None, turn(1, words=1))
    assert first == "They: request 1 word\nYou: answer 1"
    assert extract(first, turn(2, words=1)).startswith(first)
    long = extract(None, [message for number in range(100) for message in turn(number)])
    assert len(long.splitlines()) == 40
    assert long.endswith("You: answer 99")
