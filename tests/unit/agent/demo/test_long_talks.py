"""What the demo model makes of a conversation: what is no answer, what "it" is, slips, days that there are not."""

from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from agent.demo.clauses import edit_clauses
from agent.demo.corrections import corrected
from agent.demo.model import DemoChatModel
from agent.demo.phrases import Phrases
from graphs.care import CARE
from graphs.travel import TRAVEL
from tests.unit.agent.demo.conversation import answer, eight_weeks, only_call, operations, row, told, tool

HOW_STRONG = CARE.phrases.build_ask["pain"]
WHICH_CITY = TRAVEL.phrases.build_ask["destination"]
TRIP = [
    row("d1", "day", None, "Day 1", start="2026-05-04", days=1),
    row("d1-castle", "visit", "d1", "Nijo Castle", start="2026-05-04T10:00:00+09:00", date="2026-05-04"),
]


def say(phrases: Phrases, *said: BaseMessage, items: list[dict[str, Any]] | None = None) -> AIMessage:
    tools = ("build_plan", "edit_plan", "undo_plan", "log_pain", "search_flights", "use_flight", "add_place")
    model = DemoChatModel(phrases=phrases).bind_tools([tool(name) for name in tools])
    return model.invoke([told(items), *said])


def asked(request: str, question: str, reply: str) -> list[BaseMessage]:
    return [HumanMessage(request), AIMessage(question), HumanMessage(reply)]


def edited(said: str, ops: list[dict[str, Any]], result: str = '{"text": "Done."}') -> list[BaseMessage]:
    call = {"name": "edit_plan", "args": {"base_version": 1, "ops": ops}, "id": "c", "type": "tool_call"}
    return [
        HumanMessage(said),
        AIMessage("", tool_calls=[call]),
        ToolMessage(result, tool_call_id="c"),
        AIMessage("Done."),
    ]


def test_a_request_of_its_own_is_no_answer_to_an_open_question() -> None:
    request = "make me a plan for my lower back, 3 days a week"
    diary = say(CARE.phrases, *asked(request, HOW_STRONG, "log pain 6 today, slept badly"))
    assert only_call(diary)[0] == "log_pain"
    edit = say(TRAVEL.phrases, *asked("plan a trip", WHICH_CITY, "move Nijo Castle to 15:00"), items=TRIP)
    assert only_call(edit)[0] == "edit_plan"
    left = say(TRAVEL.phrases, *asked("plan a trip", WHICH_CITY, "never mind"), items=TRIP)
    assert left.content == "All right; nothing was changed."


def test_an_answer_completes_the_request_that_the_question_was_about() -> None:
    request = "make me a plan for my lower back, 3 days a week"
    name, args = only_call(say(CARE.phrases, *asked(request, HOW_STRONG, "about 5")))
    assert (name, args["pain"], args["days_per_week"]) == ("build_plan", 5, 3)


@pytest.mark.parametrize(
    "said", ["I don't like walking", "I don\u2019t like walking", "I hate walking", "I never enjoy walking"]
)
def test_what_somebody_does_not_like_is_no_liking(said: str) -> None:
    _, args = only_call(say(CARE.phrases, HumanMessage(f"a 4 week plan for my knee, pain 4. {said}")))
    assert "likes" not in args
    assert args["conditions"]


def test_what_travellers_do_not_like_is_avoided() -> None:
    _, args = only_call(
        say(TRAVEL.phrases, HumanMessage("we don't like museums, 3 days in Rome from 4 May, no churches"))
    )
    assert args["avoid"] == ["museums", "churches"]
    assert "interests" not in args


def test_it_is_the_one_item_that_the_turn_before_changed() -> None:
    before = edited("move the tempo in week 3 to Friday", [{"op": "move_item", "id": "w3-tempo", "date": "2026-04-24"}])
    assert operations("no wait, make it 7 km", *before) == [{"op": "update_item", "id": "w3-tempo", "set": {"km": 7.0}}]
    both = [*before[1].tool_calls[0]["args"]["ops"], {"op": "remove_item", "id": "w4-long"}]  # type: ignore[attr-defined]
    assert "don't know which one" in str(answer(*edited("…", both), "make it 7 km").content)
    later = [*before, HumanMessage("thanks"), AIMessage("You're welcome.")]
    assert "don't know which one" in str(answer(*later, "make it 7 km").content)


def test_what_was_taken_out_comes_back_but_nothing_else_does() -> None:
    removal = [{"op": "remove_item", "id": "w3-tempo", "reason": "asked for"}]
    assert only_call(answer(*edited("remove the tempo in week 3", removal), "add it back")) == ("undo_plan", {})
    turned_down = edited(
        "remove the tempo in week 3", removal, '{"result_type": "plan_rejected", "text": "Turned down."}'
    )
    assert not answer(*turned_down, "add it back").tool_calls


def test_what_comes_back_to_a_trip_is_no_new_place() -> None:
    removal = [{"op": "remove_item", "id": "d1-castle", "reason": "asked for"}]
    again = say(TRAVEL.phrases, *edited("remove Nijo Castle", removal), HumanMessage("add it back"), items=TRIP)
    assert only_call(again) == ("undo_plan", {})


def flights_listed(**asked: str) -> list[BaseMessage]:
    """A turn that listed flights: of a journey that was asked for, or without any the trip's own."""
    call = {"name": "search_flights", "args": asked, "id": "c", "type": "tool_call"}
    listed = ToolMessage("{}", tool_call_id="c")
    return [HumanMessage("find flights"), AIMessage("", tool_calls=[call]), listed, AIMessage("1.")]


@pytest.mark.parametrize("said", ["take the second one", "use flight 2", "take flight 2", "take the cheapest flight"])
def test_a_search_of_another_journey_is_not_taken_for_the_trips_own(said: str) -> None:
    reply = say(TRAVEL.phrases, *flights_listed(origin="Berlin"), HumanMessage(said), items=TRIP)
    assert not reply.tool_calls
    assert "not the trip's. Say “find flights for the trip”" in str(reply.content)


def test_the_list_that_counts_is_the_one_that_was_shown_last() -> None:
    later = [*flights_listed(origin="Berlin"), *flights_listed(), HumanMessage("thanks"), AIMessage("You're welcome.")]
    assert only_call(say(TRAVEL.phrases, *later, HumanMessage("use flight 2"), items=TRIP)) == (
        "use_flight",
        {"number": 2},
    )


def test_one_of_what_was_just_listed_can_be_taken_by_its_place() -> None:
    assert only_call(say(TRAVEL.phrases, *flights_listed(), HumanMessage("take the second one"), items=TRIP)) == (
        "use_flight",
        {"number": 2},
    )
    assert not say(TRAVEL.phrases, HumanMessage("take the second one"), items=TRIP).tool_calls


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("move the tempo in week 3 to 30 February", "There is no 30 February"),
        ("what do I run on 2027-02-29?", "There is no 2027-02-29"),
        ("move the tempo in week 3 to Monday 22 April", "22 April is a Wednesday"),
    ],
)
def test_a_day_that_there_is_not_is_named(said: str, expected: str) -> None:
    reply = answer(said)
    assert not reply.tool_calls
    assert expected in str(reply.content)


def test_a_place_is_added_on_the_date_that_was_said_and_on_no_other() -> None:
    added = say(TRAVEL.phrases, HumanMessage("add Gion on 4 May"), items=TRIP)
    assert only_call(added) == ("add_place", {"day": 1, "name": "Gion"})
    outside = say(TRAVEL.phrases, HumanMessage("add Gion on 4 June"), items=TRIP)
    assert (outside.tool_calls, outside.content) == ([], "Thu 4 Jun is no day of this trip.")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("the tempo in week 6... sorry, week 5", "the tempo in week 5"),
        ("move it to Tuesday, no, Wednesday", "move it to Wednesday"),
        ("make it 5 km, I mean 6 km", "make it 6 km"),
        ("move the tempo to Tuesday, no long run", "move the tempo to Tuesday, no long run"),
    ],
)
def test_a_sentence_may_put_itself_right(said: str, meant: str) -> None:
    assert corrected(said) == meant


@pytest.mark.parametrize(
    "said",
    [
        "if it rains, move the long run in week 2 to Saturday",
        "don't make week 3 easier, make it harder",
        "unless it snows, remove the tempo in week 2",
    ],
)
def test_what_is_said_under_a_condition_or_denied_is_not_done(said: str) -> None:
    assert not answer(said).tool_calls


def test_a_week_said_first_binds_what_follows() -> None:
    scaled = operations("in week 3 make everything 10% easier")
    assert {op["id"] for op in scaled} == {"w3-tempo", "w3-easy1", "w3-easy2", "w3-long"}
    rows = [one for one in eight_weeks() if one["id"] != "w4-tempo"]
    assert not answer("in week 4, move the tempo to Monday", system=told(rows)).tool_calls


def test_several_weeks_are_changed_by_one_request() -> None:
    assert [op["id"] for op in operations("make the long runs in weeks 2, 3 and 5 1 km shorter")] == [
        "w2-long",
        "w3-long",
        "w5-long",
    ]
    assert [op["id"] for op in operations("remove the tempo in weeks 2 to 4")] == ["w2-tempo", "w3-tempo", "w4-tempo"]
    assert "no week 9" in str(answer("remove the tempo in weeks 7 to 9").content)
    assert [op["id"] for op in operations("remove the tempo and the long run in week 5")] == ["w5-tempo", "w5-long"]


def test_words_in_a_title_divide_nothing() -> None:
    titles = {"decide to go": "e1-go", "tag and publish": "e1-ship-1"}
    found = edit_clauses("rename Decide to go to Dry run and remove “Tag and publish”", (), titles)
    assert [(one.name, dict(one.slots)) for one in found] == [
        ("retitle", {"item": "e1-go", "title": "Dry run"}),
        ("remove", {"item": "e1-ship-1"}),
    ]
    (renamed,) = edit_clauses("rename the freeze to Decide to go", (), titles)
    assert renamed.slots["title"] == "decide to go"


def test_a_race_result_beside_the_goal_is_kept() -> None:
    goal = (
        "I want to train for a half marathon on 21 June 2026, I run 30 km a week, longest 14 km, 4 days, 10 km in 52:00"
    )
    _, args = only_call(answer(goal, system=told(None)))
    assert args["recent_race"] == {"distance_km": 10.0, "time_s": 3120}
    assert args["race"] == "half marathon"


def test_a_plan_is_not_deleted_but_it_is_said_why() -> None:
    reply = answer("delete the plan")
    assert not reply.tool_calls
    assert "I don't delete it" in str(reply.content)
