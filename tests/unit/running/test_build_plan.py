import datetime
import json
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tools.running.build_plan import BuildRequest, PlanNotPossible, RaceResult, build_plan
from tools.running.plan_items import KINDS, Methodology
from tools.running.plan_view import PlanView, read_plan
from tools.running.race_distances import RACE_KM
from tools.running.rules import check

SATURDAY = datetime.date(2026, 11, 21)


def request(**changes: Any) -> BuildRequest:
    fields: dict[str, Any] = {
        "race": "half marathon",
        "today": SATURDAY,
        "weekly_km": 25,
        "longest_km": 10,
        "weeks": 8,
        "days_per_week": 4,
    }
    return BuildRequest(**{**fields, **changes})


def document(**changes: Any) -> dict[str, Any]:
    return build_plan(request(**changes)).document


def view(**changes: Any) -> PlanView:
    return read_plan(document(**changes))


results = st.builds(
    lambda km, pace: RaceResult(distance_km=km, time_s=int(km * pace)),
    st.sampled_from([5.0, 10.0, 21.0975]),
    st.integers(200, 480),
)

requests = st.builds(
    BuildRequest,
    race=st.sampled_from(list(RACE_KM)),
    today=st.dates(datetime.date(2024, 1, 1), datetime.date(2030, 1, 1)),
    weekly_km=st.one_of(st.integers(0, 250), st.floats(5, 120)),
    longest_km=st.one_of(st.integers(0, 60), st.floats(3, 35)),
    weeks=st.one_of(st.none(), st.integers(1, 30), st.integers(4, 24)),
    days_per_week=st.integers(3, 7),
    recent_race=st.one_of(st.none(), results),
    goal_time_s=st.one_of(st.none(), st.integers(1000, 20_000)),
    methodology=st.sampled_from(get_args(Methodology)),
    injuries=st.lists(st.sampled_from(["achilles", "no tempo", "stress fracture", "a cold"]), max_size=2).map(tuple),
)


@st.composite
def requests_with_race_date(draw: st.DrawFn) -> BuildRequest:
    drawn = draw(requests)
    days = draw(st.integers(-10, 300))
    return drawn.model_copy(update={"race_date": drawn.today + datetime.timedelta(days=days)})


@settings(max_examples=300)
@given(st.one_of(requests, requests_with_race_date()))
def test_no_plan_that_is_built_has_an_error(drawn: BuildRequest) -> None:
    try:
        built = build_plan(drawn)
    except PlanNotPossible as refusal:
        assert "possible is" in str(refusal) or "Correct it" in str(refusal) or "keep running" in str(refusal)
        assert str(refusal).endswith(".")
        return
    found = check(built.document, base=None, today=drawn.today, injuries=drawn.injuries)
    assert [issue for issue in found if issue.severity == "error"] == []
    assert json.loads(json.dumps(built.document)) == built.document
    plan = read_plan(built.document)
    assert 4 <= len(plan.weeks) <= 24
    assert plan.goal_item is not None
    assert plan.goal_item.parent == plan.weeks[-1].id
    for week in plan.weeks:
        running_days = {item.date for item in plan.runs_of_week[week.id]}
        assert len(running_days) <= min(6, drawn.days_per_week)
        assert len(running_days) == len(plan.runs_of_week[week.id])


@settings(max_examples=200)
@given(
    race=st.sampled_from(list(RACE_KM)),
    weeks=st.integers(6, 20),
    days=st.integers(3, 7),
    weekly_km=st.integers(20, 70),
    share=st.floats(0.3, 0.45),
    result=st.one_of(st.none(), results),
)
def test_plans_for_sensible_runners_have_no_warnings(
    race: str, weeks: int, days: int, weekly_km: int, share: float, result: RaceResult | None
) -> None:
    drawn = request(
        race=race,
        weeks=weeks,
        days_per_week=days,
        weekly_km=weekly_km,
        longest_km=round(weekly_km * share),
        recent_race=result,
    )
    try:
        built = build_plan(drawn)
    except PlanNotPossible:
        return
    found = check(built.document, base=None, today=drawn.today)
    assert [issue for issue in found if issue.severity != "info"] == []


def test_the_long_run_of_the_half_marathon_plan_grows_to_three_quarters_of_the_race() -> None:
    longs = [item.km for item in view().sessions if item.type == "long"]
    assert longs == [11.0, 12.0, 13.5, 10.5, 14.5, 16.0, 10.5]


def test_the_weekly_volume_of_the_half_marathon_plan_grows_cuts_back_and_tapers() -> None:
    plan = view()
    assert [plan.training_km(week.id) for week in plan.weeks] == [25, 27.5, 30, 24, 32.5, 35.5, 23, 14]
    assert [week.phase for week in plan.weeks] == [
        "base", "base", "build", "build", "peak", "peak", "taper", "taper",
    ]  # fmt: skip


def test_a_four_day_week_has_a_tuesday_tempo_a_free_wednesday_and_a_sunday_long_run() -> None:
    days = {item.id: item.date.weekday() for item in view().sessions if item.parent == "w3"}
    assert days == {"w3-tempo": 1, "w3-easy1": 3, "w3-easy2": 5, "w3-long": 6}


def test_the_race_is_the_last_item_of_the_last_week() -> None:
    built = document()
    race = built["items"]["race"]
    assert race["parent"] == "w8"
    assert race["data"] == {"date": "2027-01-17", "km": 21.0975, "name": "Half marathon"}
    assert max(built["items"].values(), key=lambda item: item["data"].get("date", ""))["kind"] == "race"


def test_the_meta_says_what_the_plan_was_built_for() -> None:
    assert document(tz="Europe/London", goal_time_s=6300)["meta"] == {
        "title": "8-week half marathon plan",
        "goal": {
            "race": "half marathon",
            "distance_km": 21.0975,
            "date": "2027-01-17",
            "time": "1:45:00",
        },
        "tz": "Europe/London",
        "units": "km",
        "start": "2026-11-23",
        "weeks": 8,
        "days_per_week": 4,
        "weekly_km": 25,
        "longest_km": 10,
    }


def test_ranks_sort_the_items_of_a_week_by_date() -> None:
    items = document(days_per_week=7, weekly_km=60, weeks=24)["items"]
    weeks = [item for item in items.values() if item["kind"] == "week"]
    assert sorted(weeks, key=lambda week: week["rank"]) == sorted(weeks, key=lambda week: week["data"]["start"])
    for week_id in [key for key, item in items.items() if item["kind"] == "week"]:
        days = [item for item in items.values() if item["parent"] == week_id]
        assert [d["data"]["date"] for d in sorted(days, key=lambda day: day["rank"])] == sorted(
            day["data"]["date"] for day in days
        )


def test_titles_carry_no_numbers_but_those_of_the_weeks() -> None:
    for item in document(weekly_km=60, days_per_week=6).get("items", {}).values():
        assert item["kind"] == "week" or not any(letter.isdigit() for letter in item["title"])


def test_item_data_is_exactly_what_its_kind_stores() -> None:
    built = document(recent_race={"distance_km": 10, "time_s": 3000}, days_per_week=7, weekly_km=50)
    assert {item["kind"] for item in built["items"].values()} == {"week", "run", "race", "strength"}
    for item in built["items"].values():
        stored = KINDS[item["kind"]].model_validate(item["data"], strict=True)
        assert stored.model_dump(exclude_unset=True) == item["data"]


def test_paces_come_from_the_recent_race_and_are_left_out_without_one() -> None:
    built = document(recent_race={"distance_km": 5, "time_s": 1197})
    assert built["items"]["w3-tempo"]["data"]["pace"] == {"lo": 252, "hi": 258}
    assert built["items"]["w3-long"]["data"]["pace"] == {"lo": 295, "hi": 334}
    assert "pace" not in document()["items"]["w3-tempo"]["data"]


def test_the_plan_starts_on_the_monday_after_today() -> None:
    assert document()["meta"]["start"] == "2026-11-23"
    assert document(today=datetime.date(2026, 11, 23))["meta"]["start"] == "2026-11-30"


def test_a_start_that_is_given_moves_to_the_next_monday() -> None:
    assert document(start=datetime.date(2027, 1, 6))["meta"]["start"] == "2027-01-11"


@pytest.mark.parametrize("weekday", range(7))
def test_a_race_on_any_day_of_the_week_lies_in_the_last_week(weekday: int) -> None:
    date = datetime.date(2027, 2, 1) + datetime.timedelta(days=weekday)
    plan = view(weeks=None, race_date=date, days_per_week=6, weekly_km=45)
    assert plan.goal_item is not None
    assert plan.goal_item.date == date
    assert plan.weeks[-1].start == datetime.date(2027, 2, 1)
    last_long = max(item.date for item in plan.sessions if item.type == "long")
    assert (date - last_long).days >= 4


def test_fewer_weeks_than_asked_for_are_explained() -> None:
    built = build_plan(request(weeks=12, race_date=datetime.date(2027, 1, 17)))
    assert built.document["meta"]["weeks"] == 8
    assert any("not 12" in sentence for sentence in built.assumptions)


def test_seven_days_keep_one_free_of_running() -> None:
    built = build_plan(request(days_per_week=7, weekly_km=50))
    assert "w1-strength" in built.document["items"]
    assert any("free of running" in sentence for sentence in built.assumptions)


def test_injuries_leave_out_the_workouts_they_rule_out() -> None:
    types = {item.type for item in view(weekly_km=60, days_per_week=6, injuries=("sore Achilles",)).sessions}
    assert "tempo" in types
    assert not types & {"interval", "repetition"}


def test_a_slow_runners_long_run_stays_within_the_time_limit() -> None:
    slow = view(recent_race={"distance_km": 10, "time_s": 4500}, weeks=12)
    assert max(item.km for item in slow.sessions if item.type == "long") * 8.4 <= 150


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"race": "marathon", "weeks": 2, "weekly_km": 5, "longest_km": 3}, ["marathon in 2 weeks", "5 km", "base"]),
        ({"race": "marathon"}, ["A marathon in 8 weeks", "24 km", "a half marathon in 8 weeks"]),
        ({"weeks": 3}, ["at least 4 weeks", "a half marathon in"]),
        ({"weeks": 40}, ["4 to 24 weeks"]),
        ({"weekly_km": 0, "longest_km": 0}, ["run-walking"]),
        ({"race_date": datetime.date(2026, 12, 1)}, ["too close", "2026-12-20"]),
        ({"recent_race": {"distance_km": 10, "time_s": 600}}, ["does not look right"]),
    ],
)
def test_a_goal_out_of_reach_is_refused_with_what_would_be_possible(changes: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(PlanNotPossible) as refusal:
        build_plan(request(**changes))
    for word in words:
        assert word in str(refusal.value)


def test_what_a_refusal_offers_can_be_built() -> None:
    with pytest.raises(PlanNotPossible) as refusal:
        build_plan(request(race="marathon"))
    assert refusal.value.race is not None
    build_plan(request(race=refusal.value.race, weeks=refusal.value.weeks))


@pytest.mark.parametrize(
    ("name", "race"), [("HM", "half marathon"), ("10k", "10 km"), ("Half-Marathon", "half marathon")]
)
def test_races_are_known_by_the_names_people_use(name: str, race: str) -> None:
    assert request(race=name).race == race


@pytest.mark.parametrize("changes", [{"race": "ultra"}, {"days_per_week": 2}, {"weekly_km": float("nan")}, {"x": 1}])
def test_a_malformed_request_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        request(**changes)
