from typing import Any

import pytest

from tests.unit.process.plans import MONDAY, edited, release
from tools.process.rules import check

PLAN = release()


def codes(document: dict[str, Any]) -> set[str]:
    return {issue.code for issue in check(document, base=None, now=MONDAY)}


@pytest.mark.parametrize(
    ("op", "code"),
    [
        ({"op": "update_item", "id": "e1-scope", "set": {"depends_on": ["nothing"]}}, "unknown_blocker"),
        ({"op": "update_item", "id": "e1-scope", "set": {"depends_on": ["software-release-test"]}}, "foreign_blocker"),
        ({"op": "update_item", "id": "e1-scope", "set": {"depends_on": ["e1-review"]}}, "circular_steps"),
        ({"op": "update_item", "id": "e1-test", "set": {"due": "2026-12-01"}}, "due_before_blocker"),
        ({"op": "update_item", "id": "e1-test", "set": {"owner": "Zoe"}}, "unknown_owner"),
        ({"op": "update_item", "id": "e1-scope", "set": {"due": "2026-11-01"}}, "overdue"),
        ({"op": "update_item", "id": "software-release-test", "set": {"due": "2026-12-01"}}, "due_in_template"),
        ({"op": "update_item", "id": "e1-freeze", "set": {"status": "done"}}, "done_before_blocker"),
        ({"op": "add_item", "kind": "step", "parent": None, "title": "Stray", "data": {}}, "wrong_place"),
        ({"op": "add_item", "kind": "substep", "parent": "e1", "title": "Stray", "data": {}}, "wrong_place"),
    ],
)
def test_each_rule_finds_what_it_is_for(op: dict[str, Any], code: str) -> None:
    assert code not in codes(PLAN)
    assert code in codes(edited(PLAN, [op]))


def test_too_much_at_once_is_mentioned() -> None:
    steps = ["e1-scope", "e1-freeze", "e1-go", "e1-ship"]
    ops = [{"op": "update_item", "id": step, "set": {"status": "in_progress"}} for step in steps]
    assert "too_much_at_once" in codes(edited(PLAN, ops))


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ({}, set()),
        ({"items": None}, set()),
        ({"items": {"a": {}}}, {"unknown_kind"}),
        ({"items": {"a": {"kind": "step", "data": {"due": 3}}}}, {"wrong_place"}),
    ],
)
def test_a_malformed_document_is_reported_not_raised(document: dict[str, Any], found: set[str]) -> None:
    assert codes(document) == found
