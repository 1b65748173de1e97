from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from tests.unit.pain.care_requests import TODAY, plan
from tools.issues import Issue, introduced
from tools.pain.adherence import adherence
from tools.pain.progression import advance_operations, advances
from tools.pain.rules import check

LATER = date(2026, 12, 1)


def changed(**items: dict[str, Any] | None) -> dict[str, Any]:
    """The plan with data of items changed (w1_mon_walking for w1-mon-walking); None takes one out."""
    document = deepcopy(plan().to_json())
    for name, data in items.items():
        item_id = name.replace("_", "-")
        if data is None:
            del document["items"][item_id]
        else:
            document["items"][item_id]["data"].update(data)
    return document


def new(document: dict[str, Any], today: date = TODAY, conditions: tuple[str, ...] = ()) -> list[Issue]:
    base = plan().to_json()
    before = check(base, base=None, today=today, conditions=())
    return introduced(before, check(document, base=base, today=today, conditions=conditions))


def codes(document: dict[str, Any], **more: Any) -> list[tuple[str, str]]:
    return [(issue.code, issue.severity) for issue in new(document, **more)]


def test_the_plan_as_built_has_no_issues() -> None:
    assert new(plan().to_json()) == []


@pytest.mark.parametrize(
    ("items", "code", "severity"),
    [
        ({"w1_mon_walking": {"date": "2026-12-20"}}, "outside_week", "error"),
        ({"w1_mon_walking": {"minutes": 0}}, "data_invalid", "error"),
        ({"w1_mon_walking": {"pain_after": 11}}, "data_invalid", "error"),
        ({"w1_mon_walking": {"note": "take 400 mg ibuprofen first"}}, "dosing_text", "error"),
        ({"w2_mon_walking": {"step": 4}}, "step_jump", "warning"),
        ({"w1_wed_walking": {"step": 2}}, "step_too_soon", "warning"),
        ({"w2_mon_walking": {"minutes": 20}}, "much_longer", "warning"),
    ],
)
def test_a_change_that_breaks_a_rule_is_found(items: dict[str, Any], code: str, severity: str) -> None:
    assert (code, severity) in codes(changed(**items))


def test_an_exercise_ruled_out_by_a_condition_is_an_error() -> None:
    [issue] = {issue.code: issue for issue in new(changed(), conditions=("I have a hernia",))}.values()
    assert (issue.code, issue.severity) == ("contraindicated", "error")
    assert "hernia" in issue.message


def test_conditions_that_the_plan_names_count_too() -> None:
    document = changed()
    document["meta"]["conditions"] = ["pregnant"]
    assert ("contraindicated", "error") in codes(document)


def test_more_than_two_new_exercises_a_week_bring_a_warning() -> None:
    document = changed()
    for number, exercise in enumerate(("hip-circles", "neck-turns")):
        data = {"date": "2026-11-24", "exercise": exercise, "minutes": 3, "step": 1}
        item = {"kind": "exercise", "parent": "w1", "rank": f"z{number}", "title": exercise, "data": data}
        document["items"][f"w1-extra-{number}"] = item
    assert ("many_new_exercises", "warning") in codes(document)


def test_an_easier_session_in_between_is_no_step_back() -> None:
    assert codes(changed(w3_wed_walking={"step": 1})) == []


BADLY = {"done": True, "pain_before": 3, "pain_after": 6}
WELL = {"done": True, "pain_before": 3, "pain_after": 4}


def test_two_sessions_with_much_more_pain_call_for_easing_off() -> None:
    document = changed(w1_mon_walking=BADLY, w1_wed_walking=BADLY)
    [issue] = [issue for issue in new(document) if issue.code == "ease_off"]
    assert issue.severity == "warning"
    assert "w1-fri-walking" in issue.ids
    operations = advance_operations(document, LATER)
    assert {"op": "update_item", "id": "w2-wed-walking", "set": {"step": 1}} in operations


def test_one_bad_session_calls_for_nothing() -> None:
    document = changed(w1_mon_walking=BADLY, w1_wed_walking=WELL)
    assert codes(document) == []
    assert [one.direction for one in advances(document)] == ["stay"]


def test_two_points_more_is_still_borne() -> None:
    enough = {"done": True, "pain_before": 3, "pain_after": 5}
    assert codes(changed(w1_mon_walking=enough, w1_wed_walking=enough)) == []


def test_three_sessions_borne_well_go_a_step_up() -> None:
    document = changed(w1_mon_pelvic_tilt=WELL, w1_wed_pelvic_tilt=WELL, w1_fri_pelvic_tilt=WELL)
    [advance] = advances(document)
    assert (advance.direction, advance.step) == ("up", 2)
    assert advance_operations(document, TODAY) == [
        {"op": "update_item", "id": "w1-sun-pelvic-tilt", "set": {"step": 2}}
    ]


def test_easing_off_at_the_first_step_means_fewer_minutes_and_only_once() -> None:
    document = changed(w1_mon_walking=BADLY, w1_wed_walking=BADLY)
    operations = {one["id"]: one["set"] for one in advance_operations(document, TODAY)}
    assert operations["w1-fri-walking"] == {"minutes": 6}
    document["items"]["w1-fri-walking"]["data"]["minutes"] = 6
    assert "w1-fri-walking" not in {one["id"] for one in advance_operations(document, TODAY)}


def test_writing_down_how_a_past_session_went_is_no_change_of_the_past() -> None:
    assert codes(changed(w1_mon_walking=WELL), today=LATER) == []
    assert ("past_day_changed", "warning") in codes(changed(w1_mon_walking={"minutes": 9}), today=LATER)
    assert ("past_day_changed", "warning") in codes(changed(w1_mon_walking=None), today=LATER)


def test_malformed_documents_are_reported_and_never_raise() -> None:
    for document in (
        {},
        {"items": None},
        {"items": {"a": 1}},
        {"items": {"a": {"kind": "nap"}}},
        {"items": [], "meta": 3},
    ):
        assert any(issue.severity == "error" for issue in check(document, base=None, today=TODAY))
    document = changed()
    document["items"]["w1-mon-walking"]["parent"] = "nowhere"
    document["items"]["w2"]["data"]["start"] = "2026-11-25"
    document["items"]["w3"]["parent"] = "w1"
    document["meta"]["goal"]["pain"] = float("nan")
    found = {issue.code for issue in check(document, base=None, today=TODAY)}
    assert found >= {"parent_not_a_week", "weeks_overlap", "week_with_parent", "number_not_finite"}


def test_what_was_due_is_counted_as_done_left_out_or_not_noted() -> None:
    document = changed(w1_mon_walking=WELL, w1_mon_pelvic_tilt={"done": False})
    found = adherence(document, date(2026, 11, 25))
    assert (found.due, found.done, found.left_out) == (3, 1, 1)
    assert found.text.endswith("1 not noted.")
    assert adherence(document, TODAY).due == 2
    assert adherence(plan().to_json(), TODAY).text == "Nothing of the plan was due yet."
