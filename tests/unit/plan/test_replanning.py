"""Planning anew from a day on: the builder makes the rest, what is before stays to the last byte."""

from datetime import date
from typing import Any

import pytest

from agent.plan.diff import diff
from agent.plan.document import PlanDocument
from agent.plan.edits import compile_edits
from agent.plan.problems import EditError
from agent.plan.replanning import Replanner, Tail
from tests.unit.plan.documents import half_marathon
from tools.running.plan_items import KINDS

BASE = half_marathon()
FIRST = date(2026, 4, 20)
REPLAN = {"op": "replan", "from_date": "2026-04-15", "constraints": {"km": 9}}


def run(week: str, day: str, km: float, title: str = "Easy run") -> dict[str, Any]:
    data = {"date": day, "km": km, "type": "easy"}
    return {"kind": "run", "parent": week, "rank": "a0", "title": title, "data": data}


def builder(**items: Any) -> Replanner:
    """One that plans whole weeks from the next Monday on: week 3 with the items given."""

    def build(document: PlanDocument, from_date: date, constraints: Any) -> Tail:
        assert from_date == date(2026, 4, 15)
        week = document.items["w3"].to_json()
        made = {name.replace("_", "-"): item for name, item in items.items()}
        return Tail(FIRST, {"w3": week, **made}, {"weekly_km": constraints["km"]})

    return build


def replanned(replanner: Replanner | None, retired: frozenset[str] = frozenset(BASE.items)) -> PlanDocument:
    return compile_edits(BASE, [REPLAN], KINDS, retired, replanner=replanner)


def problem(replanner: Replanner | None) -> tuple[str, str]:
    with pytest.raises(EditError) as refused:
        replanned(replanner)
    return refused.value.problems[0].code, str(refused.value)


def test_the_rest_is_replaced_and_what_is_before_stays_as_it_is() -> None:
    after = replanned(builder(w3_tempo=run("w3", "2026-04-22", 9)))
    change = diff(BASE, after)
    assert change.removed.keys() == {"w3-easy", "w3-long"}
    assert change.changed.keys() == {"w3-tempo"}
    assert [one.path for one in change.meta] == [("weekly_km",)]
    early = [item_id for item_id in BASE.items if not item_id.startswith("w3")]
    assert {item_id: after.items[item_id].to_json() for item_id in early} == {
        item_id: BASE.items[item_id].to_json() for item_id in early
    }


def test_an_id_that_was_used_before_is_not_used_again() -> None:
    after = replanned(builder(w3_hills=run("w3", "2026-04-22", 9)), retired=frozenset({*BASE.items, "w3-hills"}))
    [made] = diff(BASE, after).added
    assert made.startswith("easy-run-w3-hills-")


def test_a_domain_without_a_builder_and_one_that_refuses_say_so() -> None:
    def refuse(*asked: Any) -> Tail:
        raise ValueError("The race is too close.")

    assert problem(None)[0] == "cannot_replan"
    assert problem(refuse) == ("cannot_replan", "op 0: The race is too close.")


def test_a_builder_that_touches_what_was_to_stay_is_caught() -> None:
    def early(document: PlanDocument, from_date: date, constraints: Any) -> Tail:
        return Tail(date(2026, 4, 6), {})

    def meddling(document: PlanDocument, from_date: date, constraints: Any) -> Tail:
        return Tail(FIRST, {"new": run("w1", "2026-04-08", 5)})

    def invalid(document: PlanDocument, from_date: date, constraints: Any) -> Tail:
        return Tail(FIRST, {"new": run("w3", "2026-04-22", -5)})

    assert problem(early)[0] == "collateral"
    assert problem(meddling) == ("collateral", "new was added although no edit names it")
    assert problem(invalid)[0] == "invalid_data"
