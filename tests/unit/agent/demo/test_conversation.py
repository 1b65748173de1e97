"""The demo model in conversation: plans, versions, questions back, and what it says about itself."""

import json
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from tests.unit.agent.demo.conversation import answer, eight_weeks, only_call, operations, told

PLANS: list[tuple[str, dict[str, Any]]] = [
    (
        "I want an 8-week half marathon plan, I run 25 km a week, longest 10 km, 4 days",
        {"race": "half marathon", "weeks": 8, "weekly_km": 25, "longest_km": 10, "days_per_week": 4},
    ),
    (
        "Build me a 12 week marathon plan, currently 40 km per week, longest run 16 km, five days a week",
        {"race": "marathon", "weeks": 12, "weekly_km": 40, "longest_km": 16, "days_per_week": 5},
    ),
    (
        "I'm training for a 10k in 10 weeks, I run 20k a week and my longest run is 8k, 3 runs a week",
        {"race": "10k", "weeks": 10, "weekly_km": 20, "longest_km": 8, "days_per_week": 3},
    ),
    (
        "Can you make a half marathon plan for me? I do 30 km weekly, longest 12 km, the race is on 14 June 2026",
        {"race": "half marathon", "weekly_km": 30, "longest_km": 12, "race_date": "2026-06-14"},
    ),
    (
        "I ran 10 km in 50:00, build me an 8-week half marathon plan, 25 km a week, longest 10, 4 days",
        {
            "race": "half marathon",
            "weeks": 8,
            "weekly_km": 25,
            "longest_km": 10,
            "days_per_week": 4,
            "recent_race": {"distance_km": 10, "time_s": 3000},
        },
    ),
    (
        "plan for a half marathon under 1:50:00, 35 km a week, longest 14 km, starting 6 April",
        {"race": "half marathon", "goal_time_s": 6600, "weekly_km": 35, "longest_km": 14, "start": "2026-04-06"},
    ),
    (
        "give me a plan for my first marathon on 4 October, I do about 30 km a week and my longest run so far was 15 km",
        {"race": "marathon", "weekly_km": 30, "longest_km": 15, "race_date": "2026-10-04"},
    ),
    (
        "Build a half marathon plan for 31 May 2026, 25km/week, longest run 10 km, 4 days/week",
        {"race": "half marathon", "weekly_km": 25, "longest_km": 10, "race_date": "2026-05-31", "days_per_week": 4},
    ),
    (
        "I want to run a half marathon in 8 weeks. I run 25 km a week, my longest run is 10 km and I can run 4 days.",
        {"race": "half marathon", "weeks": 8, "weekly_km": 25, "longest_km": 10, "days_per_week": 4},
    ),
    (
        "prepare me for a 5k, weekly mileage 15 km, longest run 5 km, my knee hurts",
        {"race": "5k", "weekly_km": 15, "longest_km": 5, "injuries": ["knee"]},
    ),
]


@pytest.mark.parametrize(("text", "expected"), PLANS)
def test_a_request_for_a_plan_becomes_its_parameters(text: str, expected: dict[str, Any]) -> None:
    assert only_call(answer(text, system=told(None))) == ("build_plan", expected)


def test_what_a_plan_needs_is_asked_for_one_at_a_time_and_answers_are_put_together() -> None:
    system = told(None)
    said: list[Any] = ["I want a 10-week plan"]
    for reply in ("3", "30 km a week", "12 km was my longest"):
        question = answer(*said, system=system)
        assert not question.tool_calls
        said += [question, reply]
    name, args = only_call(answer(*said, system=system))
    assert name == "build_plan"
    assert args == {"race": "half marathon", "weeks": 10, "weekly_km": 30, "longest_km": 12}


VERSIONS = [
    ("undo that", "undo_plan", {}),
    ("Undo", "undo_plan", {}),
    ("please undo the last change", "undo_plan", {}),
    ("undo version 2", "undo_plan", {"version": 2}),
    ("go back to version 1", "restore_plan", {"version": 1}),
    ("restore version 2", "restore_plan", {"version": 2}),
    ("restore the original", "restore_plan", {"version": 1}),
    ("compare versions 1 and 2", "compare_versions", {"a": 1, "b": 2}),
    ("compare 1 and 2", "compare_versions", {"a": 1, "b": 2}),
    ("what changed between v1 and v2?", "compare_versions", {"a": 1, "b": 2}),
    ("what changed?", "compare_versions", {"a": 1, "b": 2}),
    ("list versions", "plan_history", {}),
    ("show me the plan", "show_plan", {}),
    ("show week 3", "show_plan", {"week": 3}),
    ("what's in week 3?", "show_plan", {"week": 3}),
    ("What's the plan for week 3?", "show_plan", {"week": 3}),
    ("how many km in week 3?", "show_plan", {"week": 3}),
    ("show me version 1", "show_plan", {"version": 1}),
    ("what changed in version 2?", "compare_versions", {"a": 1, "b": 2}),
    ("what does the last week look like?", "show_plan", {"week": 8}),
]


@pytest.mark.parametrize(("text", "tool", "args"), VERSIONS)
def test_versions_and_views_are_asked_of_their_tools(text: str, tool: str, args: dict[str, int]) -> None:
    assert only_call(answer(text)) == (tool, args)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("when is the race?", "Half marathon on Sun 31 May (week 8): 21.0975 km"),
        ("how long is the long run in week 4?", "Long run on Sun 3 May (week 4): 14 km"),
        ("what's my next run?", "Tempo on Tue 7 Apr (week 1): 6 km"),
        ("what's on Tuesday in week 3?", "Tempo on Tue 21 Apr (week 3): 6 km"),
        (
            "what should I run tomorrow?",
            "Nothing is planned on Thu 2 Apr. Next: Tempo on Tue 7 Apr (week 1): 6 km.",
        ),
        ("when is my longest run?", "Long run on Sun 24 May (week 7): 17 km"),
        ("redo", "There is nothing to redo: the last change was not an undo."),
        ("yes", "Nothing is waiting for a yes or no. Say what to change."),
    ],
)
def test_what_the_outline_says_is_answered_from_it(text: str, expected: str) -> None:
    assert answer(text).content == expected


def test_an_ambiguous_session_is_asked_back_with_numbers_and_the_number_settles_it() -> None:
    question = answer("make the long run 2 km longer")
    assert "\n3. Long run on Sun 26 Apr (week 3)" in str(question.content)
    assert operations("3", "make the long run 2 km longer", question) == [
        {"op": "update_item", "id": "w3-long", "set": {"km": 15}}
    ]


def test_a_session_that_is_not_there_is_answered_with_the_nearest_and_nothing_is_called() -> None:
    reply = answer("move Wednesday's tempo in week 3 to Friday")
    assert not reply.tool_calls
    assert "Tempo on Tue 21 Apr (week 3)" in str(reply.content)


def test_a_compound_request_with_one_impossible_part_changes_nothing() -> None:
    reply = answer("move the tempo in week 3 to Wednesday and make the yoga 2 km longer")
    assert not reply.tool_calls
    assert "yoga" in str(reply.content)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("make week 12 easier", "no week 12"),
        ("make the long run in week 3 longer", "By how much?"),
        ("make the long run in week 3 40 km shorter", "nothing of Long run"),
        ("move the tempo in week 3 to Tuesday", "on Tue 21 Apr already"),
        ("add a swim on Friday in week 2", "I don't know what a “swim” is"),
        ("make the tempo in week 3 20 minutes longer", "measured in kilometres"),
        ("make it 2 km longer", "I don't know which one"),
    ],
)
def test_what_cannot_be_done_is_said(text: str, expected: str) -> None:
    reply = answer(text)
    assert not reply.tool_calls
    assert expected in str(reply.content)


@pytest.mark.parametrize(
    "text", ["undo that", "show week 3", "move the tempo in week 3 to Wednesday", "compare 1 and 2"]
)
def test_without_a_plan_it_says_how_to_get_one(text: str) -> None:
    assert "no plan in this conversation yet" in str(answer(text, system=told(None)).content)


@pytest.mark.parametrize("text", ["help", "who are you?", "hello", "write me a poem about the sea", "are you an AI?"])
def test_it_says_that_it_is_not_a_language_model(text: str) -> None:
    assert "not a language model" in str(answer(text).content)


def test_a_question_is_answered_by_quoting_a_passage_with_its_source() -> None:
    passage = {
        "title": "Tapering",
        "source": "Bosquet 2007",
        "text": "# Taper\nVolume falls. A taper lets you recover.",
    }
    reply = answer("why is there a taper?", system=told(eight_weeks(), passages=[passage]))
    assert reply.content == "From “Tapering” (Bosquet 2007): “Volume falls. A taper lets you recover.”"


def test_a_question_without_a_passage_is_not_answered_from_nowhere() -> None:
    assert "find nothing on that" in str(answer("why is the sky blue?").content)


def test_facts_are_noted_only_where_there_is_a_memory() -> None:
    assert only_call(answer("remember that I run on Mondays")) == (
        "remember",
        {"text": "I run on Mondays", "kind": "fact"},
    )
    assert (
        only_call(answer("forget that I run on Mondays", system=told(None, facts=["I run on Mondays"])))[0] == "forget"
    )
    assert only_call(answer("forget everything about me", system=told(None, facts=["x"])))[1] == {"text": "everything"}
    without = answer("remember that I run on Mondays", system=told(None, facts=None))
    assert "no long-term memory" in str(without.content)
    known = answer("what do you know about me?", system=told(None, facts=["I run on Mondays"]))
    assert "- I run on Mondays" in str(known.content)


def test_a_result_is_spoken_in_the_tools_own_words_and_an_error_as_an_error() -> None:
    calling = answer("undo that")
    call_id = calling.tool_calls[0]["id"]
    done = ToolMessage(json.dumps({"text": "Plan v3.", "warnings": ["Close to the limit."]}), tool_call_id=call_id)
    assert answer("undo that", calling, done).content == "Plan v3.\nNote: Close to the limit."
    failed = ToolMessage("nothing to undo", tool_call_id=call_id, status="error")
    assert "didn't work" in str(answer("undo that", calling, failed).content)


def test_a_tool_that_is_not_bound_is_not_called() -> None:
    reply = answer("undo that", tools=["edit_plan"])
    assert not reply.tool_calls
    assert "no tool for that" in str(reply.content)


def test_the_newest_request_counts_not_an_older_one() -> None:
    reply = answer("move the tempo in week 3 to Wednesday", AIMessage("Done."), HumanMessage("show week 3"))
    assert only_call(reply) == ("show_plan", {"week": 3})


@pytest.mark.parametrize(
    ("text", "tool", "args"),
    [
        ("what are my training paces if I ran 10 km in 50:00?", "training_paces", {"distance_km": 10, "time": "50:00"}),
        ("VDOT for a 5k in 24:00", "vdot_from_race", {"distance_km": 5, "time": "24:00"}),
        (
            "predict my marathon from a 10k in 45:00",
            "predict_time",
            {"known_distance_km": 10, "known_time": "45:00", "target_distance_km": 42.195},
        ),
        (
            "What could I run for a half marathon if I ran 10 km in 1:02:00?",
            "predict_time",
            {"known_distance_km": 10, "known_time": "1:02:00", "target_distance_km": 21.0975},
        ),
        (
            "what is a 10 km in 45:00 worth over other distances?",
            "equivalent_times",
            {"distance_km": 10, "time": "45:00"},
        ),
    ],
)
def test_calculations_are_asked_of_their_tools(text: str, tool: str, args: dict[str, Any]) -> None:
    assert only_call(answer(text)) == (tool, args)


def test_a_calculation_without_its_numbers_says_what_is_missing() -> None:
    assert "10 km in 50:00" in str(answer("what are my paces?").content)


def test_a_weekday_without_a_week_is_asked_back_and_the_number_settles_it() -> None:
    question = answer("add an easy 5 km run on Friday")
    assert "In which week?\n1. Week 1" in str(question.content)
    assert operations("2", "add an easy 5 km run on Friday", question)[0]["data"]["date"] == "2026-04-17"
