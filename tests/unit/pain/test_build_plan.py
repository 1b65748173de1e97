import json
import os
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from agent.plan.document import PlanDocument
from tools.pain.build_plan import build_plan
from tools.pain.build_request import BuildRequest, PlanNotPossible, region_named
from tools.pain.conditions import excluded_exercises, known_conditions, unknown_conditions
from tools.pain.dosing_text import dosing_in
from tools.pain.exercises import EXERCISES, PRACTICES, STEPS
from tools.pain.plan_view import PlanView, read_plan
from tools.pain.rules import check

SATURDAY = date(2026, 11, 21)
REGIONS = ["lower_back", "upper_back", "neck", "shoulder", "elbow_hand", "hip", "knee", "ankle_foot", "widespread"]
CONDITIONS = [
    "osteoporosis", "pregnant", "a hernia", "high blood pressure", "dizzy", "hip replacement", "knee surgery",
    "shoulder surgery", "wrist pain", "can't kneel", "can't get down on the floor", "crutches", "recent surgery",
    "hate swimming", "wheelchair", "poor balance", "glass bones of a kind nobody knows", "",
]  # fmt: skip
EXAMPLES = int(os.environ.get("PAIN_PLAN_EXAMPLES", "150"))
"""How many random requests are built; 10,000 take some two minutes."""


def request(**changes: Any) -> BuildRequest:
    return BuildRequest(**{"region": "lower_back", "pain": 5, "today": SATURDAY, **changes})


def document(**changes: Any) -> dict[str, Any]:
    return build_plan(request(**changes)).document


def view(**changes: Any) -> PlanView:
    return read_plan(document(**changes))


requests = st.builds(
    BuildRequest,
    region=st.sampled_from(REGIONS),
    pain=st.integers(0, 10),
    today=st.dates(date(2024, 1, 1), date(2030, 1, 1)),
    weeks=st.integers(2, 12),
    days_per_week=st.integers(2, 7),
    minutes_per_day=st.integers(5, 60),
    comfortable_minutes=st.one_of(st.none(), st.integers(1, 120)),
    likes=st.lists(st.sampled_from(["walking", "cycling", "swimming", "seated-marching"]), max_size=2).map(tuple),
    conditions=st.lists(st.sampled_from(CONDITIONS), max_size=4).map(tuple),
)


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
@given(requests)
def test_no_plan_that_is_built_has_an_error_or_a_warning(drawn: BuildRequest) -> None:
    try:
        built = build_plan(drawn)
    except PlanNotPossible as refusal:
        assert "none of my exercises is left" in str(refusal)
        return
    found = check(built.document, base=None, today=drawn.today, conditions=drawn.conditions)
    assert [(issue.code, issue.message) for issue in found] == []
    assert json.loads(json.dumps(built.document)) == built.document
    PlanDocument.from_json(built.document)
    plan = read_plan(built.document)
    assert len(plan.weeks) == drawn.weeks
    for day in {item.date for item in plan.items}:
        exercise = sum(one.data.minutes for one in plan.sessions if one.date == day)
        assert exercise <= drawn.minutes_per_day


def test_the_same_request_gives_the_same_plan() -> None:
    assert document(weeks=8) == document(weeks=8)


def test_a_plan_begins_below_what_is_comfortable_and_grows_by_a_tenth() -> None:
    walks = [one.data.minutes for one in view(comfortable_minutes=15).sessions if one.data.exercise == "walking"]
    weekly = walks[::4]
    assert weekly[0] == 12
    assert all(later - earlier <= max(1, round(0.1 * earlier)) for earlier, later in pairwise(weekly))


def test_strong_pain_begins_with_less_and_says_so() -> None:
    mild, severe = (build_plan(request(pain=pain)) for pain in (2, 8))
    first = [
        next(one.data for one in read_plan(built.document).sessions if one.data.exercise == "walking")
        for built in (mild, severe)
    ]
    assert first[0].minutes > first[1].minutes
    assert (first[0].step, first[1].step) == (2, 1)
    assert any("have it looked at" in assumption for assumption in severe.assumptions)


def test_what_a_condition_rules_out_is_left_out_and_named() -> None:
    built = build_plan(request(conditions=("osteoporosis", "can't get down on the floor")))
    used = {one.data.exercise for one in read_plan(built.document).sessions}
    assert not used & {"knee-rolls", "cat-cow", "bridge", "pelvic-tilt"}
    assert any("on the floor”: " in assumption and "bridge" in assumption for assumption in built.assumptions)
    assert built.document["meta"]["conditions"] == ["can't get down on the floor", "osteoporosis"]


def test_an_unknown_condition_is_named_rather_than_passed_over() -> None:
    built = build_plan(request(conditions=("glass bones",)))
    assert any("no rule for “glass bones”" in assumption for assumption in built.assumptions)


def test_what_a_person_likes_comes_first() -> None:
    assert "swimming" in {one.data.exercise for one in view(likes=["the pool"]).sessions}


def test_red_flags_in_a_persons_own_words_build_nothing() -> None:
    with pytest.raises(PlanNotPossible, match="NOW"):
        build_plan(request(about="my lower back hurts and I can't feel my groin"))
    with pytest.raises(PlanNotPossible, match="today or tomorrow"):
        build_plan(request(about="I have a fever with it"))


def test_a_start_that_is_over_or_far_away_is_refused() -> None:
    with pytest.raises(PlanNotPossible, match="is over"):
        build_plan(request(start=SATURDAY - timedelta(days=1)))
    with pytest.raises(PlanNotPossible, match="within a year"):
        build_plan(request(start=SATURDAY + timedelta(days=500)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"pain": 11},
        {"pain": -1},
        {"region": "left ear"},
        {"weeks": 1},
        {"weeks": 13},
        {"days_per_week": 8},
        {"minutes_per_day": 0},
        {"likes": ["chess"]},
        {"about": "x" * 3000},
        {"dose": "two"},
    ],
)
def test_an_impossible_request_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        request(**wrong)


@pytest.mark.parametrize(
    ("said", "region"),
    [
        ("sciatica", "lower_back"),
        ("my upper back", "upper_back"),
        ("Both knees", None),
        ("knees", "knee"),
        ("fingers", "elbow_hand"),
        ("lower_back", "lower_back"),
        ("ear", None),
    ],
)
def test_regions_are_understood_by_many_names(said: str, region: str | None) -> None:
    assert region_named(said) == (region or ("knee" if "knees" in said.lower() else None))


def test_every_region_has_something_of_everything() -> None:
    for region in REGIONS:
        sorts = {one.sort for one in EXERCISES.values() if region in one.regions}
        assert sorts == {"aerobic", "mobility", "strength"}, region


def test_every_exercise_has_five_steps_a_source_and_known_reasons_to_leave_it_out() -> None:
    reachable = {condition for words in CONDITIONS for condition in known_conditions([words])}
    reachable |= set(known_conditions(["foot surgery", "hand surgery", "open wound", "no cycling"]))
    for one in EXERCISES.values():
        assert len(one.steps) == STEPS
        assert "NICE" in one.source or "WHO" in one.source
        assert one.avoid <= reachable, one.id
    assert all(one.how and one.source for one in PRACTICES.values())


def test_conditions_are_read_from_a_persons_words() -> None:
    assert excluded_exercises(["I have a new hip"]).keys() >= {"knee-rolls", "hip-circles"}
    assert unknown_conditions(["osteoporosis", "blue hair"]) == ["blue hair"]
    assert excluded_exercises([]) == {}


@pytest.mark.parametrize(
    ("text", "advises"),
    [
        ("take 400 mg ibuprofen before the walk", True),
        ("ibuprofen three times a day", True),
        ("Take two tablets", True),
        ("double your dose", True),
        ("paracetamol 1 g every 6 hours", True),
        ("use less medication", True),
        ("walk 10 minutes twice a day", False),
        ("take your medication as agreed with your doctor", False),
        ("two sets of five", False),
        ("bring 500 ml of water", False),
    ],
)
def test_advice_on_amounts_of_medicine_is_recognised(text: str, advises: bool) -> None:
    assert bool(dosing_in(text)) is advises
