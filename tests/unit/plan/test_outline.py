"""The outline that a prompt is given."""

from hypothesis import given

from agent.plan.document import PlanDocument
from agent.plan.edits import compile_edits
from agent.plan.outline import outline
from tests.unit.plan.documents import documents, half_marathon
from tools.running.plan_items import KINDS


def test_rows_are_in_tree_order_with_day_and_key_numbers() -> None:
    rows = outline(half_marathon(2))

    assert [row["id"] for row in rows] == [
        "w1",
        "w1-tempo",
        "w1-easy",
        "w1-long",
        "w2",
        "w2-tempo",
        "w2-easy",
        "w2-long",
    ]
    assert rows[1] == {
        "id": "w1-tempo",
        "kind": "run",
        "parent": "w1",
        "title": "Tempo",
        "date": "2026-04-07",
        "weekday": "Tue",
        "km": 6,
        "type": "tempo",
        "pace": {"lo": 330, "hi": 360},
    }


def test_siblings_are_in_the_order_of_their_days_whatever_their_ranks() -> None:
    ops = [{"op": "move_item", "id": "w1-tempo", "date": "2026-04-11"}]
    rows = outline(compile_edits(half_marathon(1), ops, KINDS))
    assert [row["id"] for row in rows] == ["w1", "w1-easy", "w1-tempo", "w1-long"]


def test_long_text_is_left_out() -> None:
    ops = [{"op": "update_item", "id": "w1-easy", "set": {"note": "x" * 41}}]
    row = next(row for row in outline(compile_edits(half_marathon(1), ops, KINDS)) if row["id"] == "w1-easy")
    assert "note" not in row


@given(documents())
def test_every_item_has_one_row_and_comes_after_its_parent(document: PlanDocument) -> None:
    rows = outline(document)
    position = {row["id"]: index for index, row in enumerate(rows)}
    assert position.keys() == document.items.keys()
    assert len(rows) == len(position)
    assert all(row["parent"] is None or position[row["parent"]] < position[row["id"]] for row in rows)
