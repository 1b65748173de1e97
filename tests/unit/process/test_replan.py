"""What is left of an event planned anew: due days by the template, the log and what is over untouched."""

from datetime import date

import pytest

from agent.plan.diff import diff
from agent.plan.document import PlanDocument
from agent.plan.edits import EditError, compile_edits
from agent.plan.replanning import Tail
from tools.process.build_process import BuildRequest, build_process
from tools.process.plan_items import KINDS
from tools.process.replan import ReplanRequest, replan

TODAY = date(2026, 11, 16)
BASE = PlanDocument.from_json(
    build_process(BuildRequest(template="software_release", date=date(2026, 12, 18), today=TODAY)).document
)


def edited(base: PlanDocument, *ops: dict[str, object], today: date = TODAY) -> PlanDocument:
    def build(document: PlanDocument, from_date: date, asked: dict[str, object]) -> Tail:
        rest = replan(document.to_json(), from_date, ReplanRequest.model_validate(asked), today=today)
        return Tail(rest.start, rest.items)

    return compile_edits(base, list(ops), KINDS, frozenset(base.items), replanner=build)


def replanning(day: str, **constraints: object) -> dict[str, object]:
    return {"op": "replan", "from_date": day, "constraints": constraints}


def test_with_nothing_different_nothing_changes() -> None:
    assert diff(BASE, edited(BASE, replanning("2026-11-20"))).is_empty


def test_another_day_of_the_event_moves_open_steps_by_business_days_and_no_done_one() -> None:
    done = edited(BASE, {"op": "update_item", "id": "e1-scope", "set": {"status": "done"}})
    after = edited(done, replanning("2026-11-20", date="2027-01-15"))
    assert after.items["e1"].data["date"] == "2027-01-15"
    assert after.items["e1-scope"] == done.items["e1-scope"]
    assert after.items["e1-freeze"].data["due"] == "2027-01-08"
    assert after.items["e1-review"].data["due"] == "2027-01-20"
    assert not {item_id for item_id in diff(done, after).touched if item_id.startswith("software-release")}


def test_steps_moved_by_hand_go_back_to_the_template_and_own_steps_move_with_the_event() -> None:
    own = {
        "op": "add_item",
        "id": "e1-cake",
        "kind": "step",
        "parent": "e1",
        "title": "Cake",
        "data": {"due": "2026-12-18"},
    }
    moved = edited(BASE, {"op": "move_item", "id": "e1-freeze", "date": "2026-12-02"}, own)
    after = edited(moved, replanning("2026-11-20", date="2026-12-25"))
    cake = next(item for item in after.items.values() if item.title == "Cake")
    assert (after.items["e1-freeze"].data["due"], cake.data["due"]) == ("2026-12-18", "2026-12-25")


def test_an_event_that_is_brought_forward_leaves_nothing_due_before_the_day_and_no_log_entry_is_lost() -> None:
    entry = {"before": "todo", "after": "in_progress", "at": "2026-11-15T09:00:00+00:00", "by": "Ann"}
    log = {"op": "add_item", "kind": "status_change", "parent": "e1-scope", "title": "Started", "data": entry}
    logged = edited(BASE, log)
    after = edited(logged, replanning("2026-12-01", date="2026-12-08"))
    changed = {item_id: after.items[item_id].data["due"] for item_id in diff(logged, after).touched - {"e1"}}
    assert changed["e1-freeze"] == "2026-12-01"
    assert min(changed.values()) == "2026-12-01"
    assert set(after.items) == set(logged.items)


@pytest.mark.parametrize(
    ("day", "constraints", "words"),
    [
        ("2026-12-01", {"date": "2026-11-20"}, "before what is planned anew begins"),
        ("2026-12-01", {"event": "e9"}, r"Software release \(e1\)"),
        ("2027-06-01", {}, "No event is still to come"),
    ],
)
def test_what_cannot_be_planned_anew_is_refused_with_the_reason(
    day: str, constraints: dict[str, object], words: str
) -> None:
    with pytest.raises(EditError, match=words):
        edited(BASE, replanning(day, **constraints))
