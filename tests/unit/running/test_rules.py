import copy
import datetime
import math
from typing import Any

import pytest

from tests.unit.running.published_plans import START, half_marathon_novice_2
from tools.issues import Issue, introduced
from tools.running.build_plan import BuildRequest, build_plan
from tools.running.rules import check

TODAY = datetime.date(2026, 9, 1)
WEEKS_WITH_LONG_RUN = [1, 2, 3, 4, 5, 7, 8, 10, 11]


def issues_of(document: dict[str, Any], **kwargs: Any) -> list[Issue]:
    return check(document, **{"base": None, "today": TODAY, **kwargs})


def errors_of(document: dict[str, Any]) -> set[str]:
    return {issue.code for issue in issues_of(document) if issue.severity == "error"}


def codes(issues: list[Issue]) -> set[str]:
    return {issue.code for issue in issues}


@pytest.fixture
def plan() -> dict[str, Any]:
    request = BuildRequest(race="half", today=TODAY, weekly_km=25, longest_km=10, weeks=8, days_per_week=4)
    return build_plan(request).document


@pytest.mark.parametrize("meta", [{}, {"longest_km": 9.7}, {"weekly_km": 20, "longest_km": 9.7}])
def test_a_published_plan_gives_no_errors_and_no_warnings(meta: dict[str, float]) -> None:
    assert [i for i in issues_of(half_marathon_novice_2(**meta)) if i.severity != "info"] == []


@pytest.mark.parametrize("week", WEEKS_WITH_LONG_RUN)
def test_doubling_a_long_run_of_a_published_plan_is_an_error(week: int) -> None:
    document = half_marathon_novice_2()
    document["items"][f"w{week}-long"]["data"]["km"] *= 2
    assert "error" in {issue.severity for issue in issues_of(document)}


@pytest.mark.parametrize("week", range(1, 12))
def test_running_on_every_rest_day_of_a_published_plan_is_an_error(week: int) -> None:
    document = half_marathon_novice_2()
    for weekday in (0, 4, 5, 6):
        date = (START + datetime.timedelta(weeks=week - 1, days=weekday)).isoformat()
        document["items"][f"w{week}-extra{weekday}"] = {
            "kind": "run",
            "parent": f"w{week}",
            "rank": "a9",
            "title": "Extra",
            "data": {"date": date, "km": 3.0, "type": "easy"},
        }
    assert "no_free_day" in errors_of(document)


@pytest.mark.parametrize("days", [-7, -1, 1, 7])
def test_moving_the_race_of_a_published_plan_is_an_error(days: int) -> None:
    document = half_marathon_novice_2()
    race = document["items"]["race"]["data"]
    race["date"] = (datetime.date.fromisoformat(race["date"]) + datetime.timedelta(days=days)).isoformat()
    assert "race_not_on_goal_date" in errors_of(document)


def test_removing_the_race_is_an_error(plan: dict[str, Any]) -> None:
    del plan["items"]["race"]
    assert "race_missing" in errors_of(plan)


def test_a_race_of_another_distance_than_the_goal_is_an_error(plan: dict[str, Any]) -> None:
    plan["items"]["race"]["data"]["km"] = 10.0
    assert "race_distance_differs" in errors_of(plan)


def test_a_workout_outside_its_week_is_an_error_that_names_it(plan: dict[str, Any]) -> None:
    plan["items"]["w3-tempo"]["data"]["date"] = plan["items"]["w4"]["data"]["start"]
    (issue,) = [i for i in issues_of(plan) if i.code == "outside_week"]
    assert issue.severity == "error"
    assert issue.ids == ("w3-tempo",)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda items: items["w3-tempo"]["data"].update(km="far"), "data_invalid"),
        (lambda items: items["w3-tempo"]["data"].update(km="5"), "data_invalid"),
        (lambda items: items["w3-tempo"]["data"].update(km=math.nan), "data_invalid"),
        (lambda items: items["w3-tempo"]["data"].update(km=math.inf), "data_invalid"),
        (lambda items: items["w3-tempo"]["data"].update(km=-3), "data_invalid"),
        (lambda items: items["w3-tempo"]["data"].update(colour="red"), "data_invalid"),
        (lambda items: items["w3-tempo"]["data"].update(date="2026-02-30"), "data_invalid"),
        (lambda items: items["w3-tempo"]["data"].update(date="next Tuesday"), "data_invalid"),
        (lambda items: items["w3-tempo"].update(data=None), "data_invalid"),
        (lambda items: items["w3-tempo"].update(kind="swim"), "unknown_kind"),
        (lambda items: items["w3-tempo"].update(parent="w99"), "parent_not_a_week"),
        (lambda items: items["w3-tempo"].update(parent="w3-long"), "parent_not_a_week"),
        (lambda items: items["w3"].update(parent="w2"), "week_with_parent"),
        (lambda items: items["w3"]["data"].update(start=items["w2"]["data"]["start"]), "weeks_overlap"),
        (lambda items: items.update(odd=7), "item_malformed"),
    ],
)
def test_a_malformed_item_is_an_error_and_never_an_exception(plan: dict[str, Any], change: Any, code: str) -> None:
    change(plan["items"])
    assert code in errors_of(plan)


@pytest.mark.parametrize("document", [{}, {"items": []}, {"items": {}, "meta": []}, {"items": {"a": {}}}])
def test_documents_that_are_no_plans_do_not_raise(document: dict[str, Any]) -> None:
    assert isinstance(issues_of(document), list)


def test_a_number_in_the_meta_that_is_not_finite_is_an_error(plan: dict[str, Any]) -> None:
    plan["meta"]["weekly_km"] = math.nan
    assert "number_not_finite" in errors_of(plan)


@pytest.mark.parametrize(("km", "severity"), [(13.2, None), (13.5, "info"), (15.7, "warning"), (24.5, "error")])
def test_a_run_is_judged_by_the_longest_of_the_thirty_days_before(
    plan: dict[str, Any], km: float, severity: str | None
) -> None:
    plan["items"]["w3-long"]["data"]["km"] = km
    found = [i.severity for i in issues_of(plan) if i.code == "long_run_jump" and i.ids == ("w3-long",)]
    assert found == ([] if severity is None else [severity])


@pytest.mark.parametrize(("added", "severity"), [(1.5, None), (2.0, "warning"), (6.0, "error")])
def test_a_week_is_judged_by_the_largest_of_the_three_before(
    plan: dict[str, Any], added: float, severity: str | None
) -> None:
    plan["items"]["w3-easy1"]["data"]["km"] += added  # week 3 has 30 km, the largest before it 27.5 km
    found = [i.severity for i in issues_of(plan) if i.code == "weekly_volume_jump" and i.ids == ("w3",)]
    assert found == ([] if severity is None else [severity])


def test_hard_days_in_a_row_are_warned_of(plan: dict[str, Any]) -> None:
    start = datetime.date.fromisoformat(plan["items"]["w3"]["data"]["start"])
    plan["items"]["w3-tempo"]["data"]["date"] = (start + datetime.timedelta(days=5)).isoformat()
    (issue,) = [i for i in issues_of(plan) if i.code == "hard_days_in_a_row"]
    assert issue.severity == "warning"
    assert set(issue.ids) == {"w3-tempo", "w3-long"}


@pytest.mark.parametrize(
    ("kind", "km", "warned"),
    [("tempo", 3.0, False), ("tempo", 3.5, True), ("interval", 2.5, True), ("repetition", 2.0, True)],
)
def test_too_much_fast_running_for_the_week_is_warned_of(
    plan: dict[str, Any], kind: str, km: float, warned: bool
) -> None:
    plan["items"]["w3-tempo"]["data"].update(type=kind, quality_km=km)  # a week of 30 km
    assert ("fast_part_large" in codes(issues_of(plan))) is warned


def test_more_fast_running_than_the_run_is_long_is_warned_of(plan: dict[str, Any]) -> None:
    plan["items"]["w3-tempo"]["data"].update(km=2.0, quality_km=2.5)
    assert "fast_part_longer_than_run" in codes(issues_of(plan))


@pytest.mark.parametrize(("pace", "warned"), [(500, False), (600, True)])
def test_a_run_of_more_than_150_minutes_is_warned_of(plan: dict[str, Any], pace: int, warned: bool) -> None:
    plan["items"]["w6-long"]["data"]["pace"] = {"lo": pace, "hi": pace}
    assert ("long_time_on_feet" in codes(issues_of(plan))) is warned


@pytest.mark.parametrize("kind", ["interval", "repetition"])
def test_an_injury_rules_out_kinds_of_workout(plan: dict[str, Any], kind: str) -> None:
    plan["items"]["w3-tempo"]["data"]["type"] = kind
    found = [i for i in issues_of(plan, injuries=["Achilles tendinopathy"]) if i.code == "ruled_out_by_injury"]
    assert "w3-tempo" in {i.ids[0] for i in found}
    assert {i.severity for i in found} == {"error"}


def test_changing_a_day_that_is_over_is_warned_of(plan: dict[str, Any]) -> None:
    changed = copy.deepcopy(plan)
    changed["items"]["w1-long"]["data"]["km"] = 9.0
    after_week_one = datetime.date.fromisoformat(plan["items"]["w2"]["data"]["start"])
    found = [i for i in issues_of(changed, base=plan, today=after_week_one) if i.code == "past_day_changed"]
    assert [i.ids for i in found] == [("w1-long",)]
    assert "past_day_changed" not in codes(issues_of(changed, base=plan))


def test_dropping_the_taper_is_mentioned(plan: dict[str, Any]) -> None:
    for item_id, km in {"w7-long": 15.0, "w7-tempo": 8.0, "w8-easy1": 12.0, "w8-tempo": 10.0}.items():
        plan["items"][item_id]["data"]["km"] = km
    (issue,) = [i for i in issues_of(plan) if i.code == "taper_volume"]
    assert issue.severity == "info"


def test_the_edit_of_the_quickstart_brings_no_error(plan: dict[str, Any]) -> None:
    edited = copy.deepcopy(plan)
    wednesday = datetime.date.fromisoformat(plan["items"]["w3"]["data"]["start"]) + datetime.timedelta(days=2)
    edited["items"]["w3-tempo"]["data"]["date"] = wednesday.isoformat()
    edited["items"]["w3-long"]["data"]["km"] += 2
    new = introduced(issues_of(plan), issues_of(edited, base=plan))
    assert "error" not in {issue.severity for issue in new}


def test_every_issue_names_its_source(plan: dict[str, Any]) -> None:
    plan["items"]["w3-long"]["data"]["km"] = 40.0
    plan["items"]["w3-tempo"]["data"]["type"] = "interval"
    assert all(issue.source for issue in issues_of(plan, injuries=["knee"]))


def test_two_runs_in_a_day_are_mentioned(plan: dict[str, Any]) -> None:
    plan["items"]["w3-easy1"]["data"]["date"] = plan["items"]["w3-tempo"]["data"]["date"]
    assert [i.severity for i in issues_of(plan) if i.code == "two_runs_in_a_day"] == ["info"]


def test_shortening_a_stretch_without_a_free_day_is_no_new_issue() -> None:
    document = half_marathon_novice_2()
    for week in (3, 4):
        for weekday in (0, 4, 6):
            date = (START + datetime.timedelta(weeks=week - 1, days=weekday)).isoformat()
            data = {"date": date, "km": 3.0, "type": "easy"}
            item = {"kind": "run", "parent": f"w{week}", "rank": "a9", "title": "Extra", "data": data}
            document["items"][f"w{week}-extra{weekday}"] = item
    before = issues_of(document)
    shorter = copy.deepcopy(document)
    del shorter["items"]["w4-extra6"]
    assert "no_free_day" in codes(issues_of(shorter))
    assert "no_free_day" not in codes(introduced(before, issues_of(shorter)))
    assert "no_free_day" in codes(introduced(issues_of(shorter), before))
