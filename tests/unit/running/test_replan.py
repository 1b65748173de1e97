"""The rest of a running plan built anew: weeks are numbered on, loads go on from what was run, the race stays."""

from datetime import date

import pytest

from agent.plan.diff import diff
from agent.plan.document import PlanDocument
from agent.plan.edits import compile_edits
from agent.plan.replanning import Tail
from tools.issues import introduced
from tools.running.build_plan import build_plan
from tools.running.build_request import BuildRequest, PlanNotPossible
from tools.running.plan_items import KINDS
from tools.running.replan import ReplanRequest, replan
from tools.running.rules import check

TODAY = date(2026, 4, 1)
ASKED = {"race": "half_marathon", "weeks": 12, "weekly_km": 25, "longest_km": 10, "today": TODAY}


def plan(**more: object) -> PlanDocument:
    return PlanDocument.from_json(build_plan(BuildRequest.model_validate({**ASKED, **more})).document)


def replanned(base: PlanDocument, day: str, **constraints: object) -> PlanDocument:
    def build(document: PlanDocument, from_date: date, asked: dict[str, object]) -> Tail:
        rest = replan(document.to_json(), from_date, ReplanRequest.model_validate(asked), today=TODAY)
        return Tail(rest.start, rest.items, rest.meta)

    op = {"op": "replan", "from_date": day, "constraints": constraints}
    return compile_edits(base, [op], KINDS, frozenset(base.items), replanner=build)


def runs_of(document: PlanDocument, week: str) -> list[str]:
    return [item_id for item_id, item in document.items.items() if item.parent == week and item.kind == "run"]


@pytest.mark.parametrize("day", ["2026-05-01", "2026-05-04"])
def test_a_plan_for_fewer_days_begins_on_the_next_monday_and_keeps_ids_weeks_and_the_race(day: str) -> None:
    base = plan()
    after = replanned(base, day, days_per_week=3)
    change = diff(base, after)
    assert len(change.added) < len(change.changed)
    assert all(int(item_id.partition("-")[0][1:]) > 4 for item_id in change.touched - {"race"})
    assert {len(runs_of(after, f"w{number}")) for number in range(5, 12)} == {3}
    assert after.items["race"].data == base.items["race"].data
    assert after.meta["days_per_week"] == 3
    issues = introduced(
        check(base.to_json(), base=None, today=TODAY, injuries=[]),
        check(after.to_json(), base=base.to_json(), today=TODAY, injuries=[]),
    )
    assert not [issue for issue in issues if issue.severity == "error"]


def test_paces_stay_unless_a_new_race_result_is_named() -> None:
    base = plan(recent_race={"distance_km": 10, "time_s": 3000})
    kept, faster = (
        replanned(base, "2026-05-04"),
        replanned(base, "2026-05-04", recent_race={"distance_km": 10, "time_s": 2700}),
    )
    old = base.items["w9-tempo"].data["pace"]
    assert kept.items["w9-tempo"].data["pace"] == old
    assert faster.items["w9-tempo"].data["pace"]["hi"] < old["lo"]


def test_a_later_race_makes_more_weeks() -> None:
    base = plan()
    later = replanned(base, "2026-05-04", race_date="2026-07-12")
    assert later.meta["weeks"] == 14
    assert (later.items["race"].parent, later.items["race"].data["date"]) == ("w14", "2026-07-12")


def test_what_cannot_be_built_says_what_would_be() -> None:
    with pytest.raises(PlanNotPossible, match="fewer than 4 weeks"):
        replan(plan().to_json(), date(2026, 6, 10), ReplanRequest(), today=TODAY)
    bare = PlanDocument.empty("running").to_json()
    with pytest.raises(PlanNotPossible, match="say race and race_date"):
        replan(bare, date(2026, 6, 10), ReplanRequest(), today=TODAY)
