"""The rest of a trip planned anew: what is booked and what was seen stays, the rest changes."""

from datetime import date

import pytest

from agent.plan.diff import diff
from agent.plan.document import PlanDocument
from agent.plan.edits import EditError, compile_edits
from agent.plan.replanning import Tail
from tools.issues import introduced
from tools.travel.budget_report import budget_report
from tools.travel.build_itinerary import build_itinerary
from tools.travel.build_request import ItineraryRequest
from tools.travel.plan_items import KINDS
from tools.travel.replan import ReplanRequest, replan
from tools.travel.rules import check_itinerary

TODAY = date(2026, 4, 1)
REQUEST = ItineraryRequest(
    destination="Lisbon", start=date(2026, 12, 29), days=5, origin="Berlin", budget=1500, today=TODAY
)
BASE = PlanDocument.from_json(build_itinerary(REQUEST).document)
BOOKED = ("flight", "transfer", "stay", "day")


def replanned(day: str, **constraints: object) -> PlanDocument:
    def build(document: PlanDocument, from_date: date, asked: dict[str, object]) -> Tail:
        rest = replan(document.to_json(), from_date, ReplanRequest.model_validate(asked), today=TODAY)
        return Tail(rest.start, rest.items, rest.meta)

    op = {"op": "replan", "from_date": day, "constraints": constraints}
    return compile_edits(BASE, [op], KINDS, frozenset(BASE.items), replanner=build)


@pytest.mark.parametrize("day", ["2026-12-29", "2026-12-31", "2027-01-02"])
def test_what_is_booked_and_what_was_before_stays_and_no_rule_is_broken(day: str) -> None:
    after = replanned(day, pace="relaxed")
    booked = {item_id for item_id, item in BASE.items.items() if item.kind in BOOKED}
    before = {item_id for item_id, item in BASE.items.items() if str(item.data["start"])[:10] < day}
    change = diff(BASE, after)
    assert not (booked | before) & change.touched
    old, new = (check_itinerary(one.to_json(), base=None, today=TODAY) for one in (BASE, after))
    assert not [issue for issue in introduced(old, new) if issue.severity == "error"]
    assert after.meta["pace"] == "relaxed"


def test_nothing_is_visited_twice_and_a_visit_on_another_day_keeps_its_id() -> None:
    after = replanned("2026-12-30", interests=["food"])
    titles = [item.title for item in after.items.values() if item.kind == "visit"]
    assert len(set(titles)) == len(titles)
    ids = {item.title: item_id for item_id, item in BASE.items.items() if item.kind == "visit"}
    assert all(ids.get(item.title, item_id) == item_id for item_id, item in after.items.items() if item.kind == "visit")


def test_a_smaller_budget_leaves_free_visits_or_says_what_is_wrong() -> None:
    spent = budget_report(BASE.to_json()).counted
    after = replanned("2026-12-29", budget=spent - 50)
    assert budget_report(after.to_json()).counted <= spent - 50
    assert after.meta["budget"]["amount"] == spent - 50
    with pytest.raises(EditError, match="raise the budget"):
        replanned("2026-12-29", budget=100)


def test_a_day_after_the_trip_is_refused() -> None:
    with pytest.raises(EditError, match="no day on or after 2027-01-10"):
        replanned("2027-01-10")
