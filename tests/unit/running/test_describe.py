import copy
import datetime
from typing import Any

import pytest

from tools.running.build_plan import BuildRequest, BuiltPlan, build_plan
from tools.running.describe import plan_summary, volume_changes, week_table, week_volumes


@pytest.fixture
def built() -> BuiltPlan:
    return build_plan(
        BuildRequest(race="half", today=datetime.date(2026, 11, 21), weekly_km=25, longest_km=10, weeks=8)
    )


def edited(document: dict[str, Any]) -> dict[str, Any]:
    changed = copy.deepcopy(document)
    changed["items"]["w3-long"]["data"]["km"] += 2
    return changed


def test_week_volumes_leave_out_the_goal_race(built: BuiltPlan) -> None:
    assert week_volumes(built.document) == {
        "w1": 25, "w2": 27.5, "w3": 30, "w4": 24, "w5": 32.5, "w6": 35.5, "w7": 23, "w8": 14,
    }  # fmt: skip


def test_only_the_weeks_that_changed_are_told(built: BuiltPlan) -> None:
    assert volume_changes(built.document, edited(built.document)) == ["Week 3: 30 → 32 km (+7 %)"]
    assert volume_changes(built.document, built.document) == []


def test_weeks_that_come_and_go_are_told(built: BuiltPlan) -> None:
    shorter = copy.deepcopy(built.document)
    shorter["items"] = {key: item for key, item in shorter["items"].items() if not key.startswith("w4")}
    assert volume_changes(built.document, shorter) == ["Week 4: 24 → 0 km (-100 %)"]
    assert volume_changes(shorter, built.document) == ["Week 4: 0 → 24 km"]


def test_the_summary_tells_goal_volume_long_runs_a_usual_week_and_the_assumptions(built: BuiltPlan) -> None:
    assert plan_summary(built.document, built.assumptions) == (
        "8 weeks to a half marathon on Sun 17 Jan 2027, 32 sessions, starting Mon 23 Nov 2026. "
        "Weekly volume starts at 25 km and peaks at 35.5 km in week 6. Long runs go from 11 to 16 km. "
        "A usual week: Tuesday tempo, Thursday easy run, Saturday easy run, Sunday long run. "
        "You named no race date, so the race is on Sunday 2027-01-17. "
        "Without a recent race result the plan gives efforts and distances, not paces."
    )


def test_a_document_without_weeks_is_described_as_such() -> None:
    assert plan_summary({}) == "The plan has no weeks yet."
    assert week_volumes({}) == {}


def test_the_week_table_has_a_row_for_every_week(built: BuiltPlan) -> None:
    rows = week_table(built.document)
    assert [row["id"] for row in rows] == [f"w{n}" for n in range(1, 9)]
    assert rows[2]["sessions"] == ["Tue Tempo 6.5 km", "Thu Easy run 5 km", "Sat Easy run 5 km", "Sun Long run 13.5 km"]
    assert rows[2]["long_km"] == 13.5


def test_paces_are_part_of_the_session_texts() -> None:
    request = BuildRequest(
        race="10k",
        today=datetime.date(2026, 11, 21),
        weekly_km=30,
        longest_km=10,
        recent_race={"distance_km": 5, "time_s": 1197},
    )
    assert week_table(build_plan(request).document)[0]["sessions"][0].endswith("at 4:12 to 4:18/km")
