from typing import Any

import pytest

from tests.unit.process.plans import MONDAY, edited, release
from tools.issues import Issue
from tools.process.rules import check
from tools.process.status_edits import history, set_status
from tools.process.view import read_plan

PLAN = release()


def move(document: dict[str, Any], item_id: str, status: str, note: str | None = None) -> dict[str, Any]:
    ops = set_status(read_plan(document), item_id, status, now=MONDAY, by="Ann", note=note)
    return edited(document, ops)


def errors(document: dict[str, Any], base: dict[str, Any]) -> list[Issue]:
    return [issue for issue in check(document, base=base, now=MONDAY) if issue.severity == "error"]


def test_a_status_changes_together_with_its_entry_in_the_log() -> None:
    begun = move(PLAN, "e1-scope", "in_progress")
    done = move(begun, "e1-scope", "done", note="all agreed")
    assert done["items"]["e1-scope"]["data"]["status"] == "done"
    assert sorted(history(read_plan(done))) == [
        "2026-11-16 09:00 Agree on the scope: in progress → done by Ann (all agreed)",
        "2026-11-16 09:00 Agree on the scope: todo → in progress by Ann",
    ]
    assert errors(begun, PLAN) == []
    assert errors(done, begun) == []
    assert errors(done, PLAN) == []


@pytest.mark.parametrize(
    ("item", "status", "said"),
    [
        ("e1", "done", "from there it can become: blocked, cancelled, draft, in progress"),
        ("e1-scope", "todo", "is todo already"),
        ("e1-freeze", "done", "can't be done before Agree on the scope"),
        ("software-release-scope", "done", "template"),
        ("nowhere", "done", "no step or event"),
    ],
)
def test_a_move_that_is_not_allowed_says_what_is(item: str, status: str, said: str) -> None:
    with pytest.raises((ValueError, LookupError), match=said):
        set_status(read_plan(PLAN), item, status, now=MONDAY, by="Ann")


def test_a_status_without_its_log_entry_is_an_error() -> None:
    silent = edited(PLAN, [{"op": "update_item", "id": "e1-scope", "set": {"status": "in_progress"}}])
    assert [issue.code for issue in errors(silent, PLAN)] == ["status_without_log"]


def test_a_log_entry_that_lies_about_the_way_is_an_error() -> None:
    ops = set_status(read_plan(PLAN), "e1-scope", "in_progress", now=MONDAY, by="Ann")
    ops[1]["data"]["before"] = "blocked"
    assert [issue.code for issue in errors(edited(PLAN, ops), PLAN)] == ["status_without_log"]


def test_a_jump_over_the_status_machine_is_an_error_even_with_an_entry() -> None:
    data = {"before": "scheduled", "after": "done", "at": MONDAY.isoformat(), "by": "Ann"}
    ops = [
        {"op": "update_item", "id": "e1", "set": {"status": "done"}},
        {"op": "add_item", "kind": "status_change", "parent": "e1", "title": "Done", "data": data},
    ]
    assert [issue.code for issue in errors(edited(PLAN, ops), PLAN)] == ["illegal_status"]


def test_the_log_can_only_grow() -> None:
    begun = move(PLAN, "e1-scope", "in_progress")
    entry = next(key for key, item in begun["items"].items() if item["kind"] == "status_change")
    removed = edited(begun, [{"op": "remove_item", "id": entry, "reason": "tidy"}])
    changed = edited(begun, [{"op": "update_item", "id": entry, "set": {"by": "Ben"}}])
    assert [issue.code for issue in errors(removed, begun)] == ["log_rewritten"]
    assert [issue.code for issue in errors(changed, begun)] == ["log_rewritten"]
    gone = edited(begun, [{"op": "remove_item", "id": "e1", "with_children": True, "reason": "not needed"}])
    assert errors(gone, begun) == []
