"""The rest of a self-care plan built anew: it goes on where the plan is, and what was said meanwhile counts from then on."""

from datetime import date

import pytest

from agent.plan.diff import diff
from agent.plan.document import PlanDocument
from agent.plan.edits import EditError, compile_edits
from agent.plan.replanning import Tail
from tools.pain.build_plan import build_plan
from tools.pain.build_request import BuildRequest
from tools.pain.plan_items import KINDS
from tools.pain.replan import ReplanRequest, replan
from tools.pain.rules import check

TODAY = date(2026, 4, 1)
BASE = PlanDocument.from_json(
    build_plan(BuildRequest(region="lower_back", pain=5, today=TODAY, comfortable_minutes=10)).document
)


def replanned(base: PlanDocument, day: str, today: date = TODAY, **constraints: object) -> PlanDocument:
    def build(document: PlanDocument, from_date: date, asked: dict[str, object]) -> Tail:
        rest = replan(document.to_json(), from_date, ReplanRequest.model_validate(asked), today=today)
        return Tail(rest.start, rest.items, rest.meta)

    op = {"op": "replan", "from_date": day, "constraints": constraints}
    return compile_edits(base, [op], KINDS, frozenset(base.items), replanner=build)


@pytest.mark.parametrize("day", ["2026-04-14", "2026-04-20", "2026-05-04"])
def test_with_nothing_different_the_rest_is_the_same(day: str) -> None:
    assert diff(BASE, replanned(BASE, day)).is_empty


def test_other_days_begin_on_the_monday_that_follows_and_what_was_before_stays() -> None:
    after = replanned(BASE, "2026-04-21", days_per_week=2)
    assert {item_id.partition("-")[0] for item_id in diff(BASE, after).touched} == {"w4", "w5", "w6"}
    days = {item.data["date"] for item in after.items.values() if item.kind == "exercise" and item.parent == "w4"}
    assert len(days) == 2
    assert after.meta["days_per_week"] == 2


def test_much_more_pain_begins_again_with_little() -> None:
    after = replanned(BASE, "2026-04-27", pain=8)
    assert [after.items[f"w{week}-mon-walking"].data["minutes"] for week in (3, 4)] == [10, 5]
    assert after.items["w4-mon-walking"].data["step"] == 1
    assert after.meta["goal"] == {**BASE.meta["goal"], "pain": 8}


def test_a_condition_that_came_up_meanwhile_leaves_alone_what_was_done() -> None:
    saturday = date(2026, 4, 18)
    after = replanned(BASE, "2026-04-18", saturday, conditions=["I hate walking"])
    walks = [item_id for item_id, item in after.items.items() if item.data.get("exercise") == "walking"]
    assert {str(after.items[item_id].data["date"]) for item_id in walks} <= {
        f"2026-04-{day:02}" for day in range(6, 18)
    }
    assert "w2-sun-review" in after.items
    issues = check(after.to_json(), base=BASE.to_json(), today=saturday, conditions=[])
    assert not [issue for issue in issues if issue.severity == "error"]


def test_fewer_than_two_weeks_are_not_built_anew_unless_more_are_wanted() -> None:
    with pytest.raises(EditError, match="fewer than 2 weeks"):
        replanned(BASE, "2026-05-11")
    after = replanned(BASE, "2026-05-11", weeks=4)
    assert after.meta["weeks"] == 9
    assert "w9" in after.items
