import datetime
from collections.abc import Sequence
from typing import Any

import pytest

from agent.context import Context
from agent.plan.document import PlanDocument
from agent.plan.edits import compile_edits
from graphs.coach import COACH
from tools.issues import introduced
from tools.running.adjust import after_break, race_on_the_way
from tools.running.build_plan import BuildRequest, build_plan
from tools.running.rules import check

TODAY = datetime.date(2026, 11, 21)
PLAN = build_plan(
    BuildRequest(race="half marathon", today=TODAY, weekly_km=30, longest_km=12, weeks=12, days_per_week=4)
).document
"""Twelve weeks from Monday 23 November; the race is on Sunday 14 February 2027."""

WEEK_5 = datetime.date(2026, 12, 21)


def applied(ops: Sequence[dict[str, Any]], now: datetime.date = TODAY) -> dict[str, Any]:
    context = Context(now=datetime.datetime.combine(now, datetime.time(12), datetime.UTC))
    edited = compile_edits(PlanDocument.from_json(PLAN), ops, COACH.kinds, replanner=COACH.replanner(context))
    return edited.to_json()


def km_of(document: dict[str, Any], week: str) -> float:
    items = document["items"].values()
    return sum(item["data"]["km"] for item in items if item["parent"] == week and item["kind"] == "run")


def test_a_few_days_off_change_nothing_and_are_not_made_up() -> None:
    found = after_break(PLAN, 4, WEEK_5, ill=True)
    assert found.ops == ()
    assert "make nothing up" in found.text
    assert "feel well" in found.text


def test_after_two_weeks_off_the_rest_starts_at_three_quarters_and_the_past_stays() -> None:
    back = WEEK_5 + datetime.timedelta(days=14)
    after = applied(after_break(PLAN, 14, back, ill=False).ops, now=back - datetime.timedelta(days=1))
    before_break = [km_of(PLAN, f"w{week}") for week in (1, 2, 3, 4)]
    assert km_of(after, "w7") <= 0.8 * max(before_break)
    kept = {item_id: item for item_id, item in PLAN["items"].items() if item_id.split("-")[0] in ("w1", "w4", "w6")}
    assert {item_id: after["items"][item_id] for item_id in kept} == kept
    assert after["items"]["race"]["data"]["date"] == PLAN["items"]["race"]["data"]["date"]
    errors = [issue for issue in check(after, base=None, today=back) if issue.severity == "error"]
    assert errors == []


def test_shortly_before_the_race_the_runs_only_become_shorter() -> None:
    back = datetime.date(2027, 2, 1)
    found = after_break(PLAN, 10, back, ill=False)
    after = applied(found.ops)
    assert "fewer than 4 weeks" in found.text
    assert km_of(after, "w11") < 0.85 * km_of(PLAN, "w11")
    assert after["items"]["race"] == PLAN["items"]["race"]
    assert {key: item for key, item in after["items"].items() if item["parent"] == "w8"} == {
        key: item for key, item in PLAN["items"].items() if item["parent"] == "w8"
    }


@pytest.mark.parametrize(
    ("days", "back", "said"),
    [
        (0, WEEK_5, "1 to 56 days"),
        (90, WEEK_5, "build a new one"),
        (7, datetime.date(2027, 3, 1), "no run on or after"),
    ],
)
def test_a_break_that_cannot_be_planned_around_is_refused(days: int, back: datetime.date, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        after_break(PLAN, days, back, ill=False)


def test_a_race_on_the_way_takes_the_long_runs_place_with_easy_days_around_it() -> None:
    sunday = WEEK_5 + datetime.timedelta(days=6)
    found = race_on_the_way(PLAN, sunday, 10, "Christmas 10 km")
    after = applied(found.ops)
    week = {key: item for key, item in after["items"].items() if item["parent"] == "w5"}
    races = [item for item in week.values() if item["kind"] == "race"]
    assert [race["data"] for race in races] == [{"date": sunday.isoformat(), "km": 10.0, "name": "Christmas 10 km"}]
    assert "w5-long" not in week
    issues = check(after, base=PLAN, today=TODAY)
    blamed = introduced(check(PLAN, base=None, today=TODAY), issues)
    assert [issue for issue in blamed if issue.severity == "error"] == []


def test_hard_sessions_next_to_the_race_become_easy_and_lose_what_made_them_hard() -> None:
    wednesday = WEEK_5 + datetime.timedelta(days=2)
    after = applied(race_on_the_way(PLAN, wednesday, 5, "Five").ops)
    tempo = after["items"]["w5-tempo"]
    assert (tempo["title"], tempo["data"]["type"], tempo["data"]["km"]) == ("Easy run", "easy", 5.0)
    assert not {"quality_km", "pace", "note"} & tempo["data"].keys()


@pytest.mark.parametrize(
    ("day", "km", "said"),
    [
        (datetime.date(2026, 11, 1), 10, "none of the plan's weeks"),
        (datetime.date(2027, 2, 14), 10, "already"),
        (WEEK_5, 0.1, "between 1 and 100"),
        (WEEK_5, float("nan"), "between 1 and 100"),
    ],
)
def test_a_race_that_fits_nowhere_is_refused(day: datetime.date, km: float, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        race_on_the_way(PLAN, day, km, "Race")
