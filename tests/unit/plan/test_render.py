"""What changed, in words: the same for people, models and tests."""

from typing import Any

from hypothesis import given

from agent.plan.changes import reranked
from agent.plan.diff import diff
from agent.plan.document import PlanDocument
from agent.plan.edits import compile_edits
from agent.plan.render import NO_CHANGES, Style, change_list, render
from agent.plan.wording import value_text
from tests.unit.plan.documents import half_marathon, pairs
from tools.running.plan_items import KINDS


def told(*ops: dict[str, Any], style: Style = "plain") -> str:
    before = half_marathon()
    after = compile_edits(before, list(ops), KINDS)
    return render(diff(before, after), before, after, style)


MOVE = {"op": "move_item", "id": "w3-tempo", "date": "2026-04-22"}
LONGER = {"op": "update_item", "id": "w3-long", "set": {"km": 16}}


def test_a_new_day_is_a_move_and_a_new_distance_one_line() -> None:
    assert told(MOVE, LONGER) == "Moved Tempo from Tue 21 Apr to Wed 22 Apr; Long run 14 → 16 km"


def test_a_move_to_another_week_is_told_by_its_day_alone() -> None:
    assert (
        told({"op": "move_item", "id": "w3-tempo", "date": "2026-04-17"}) == "Moved Tempo from Tue 21 Apr to Fri 17 Apr"
    )


def test_a_move_over_new_year_names_the_years() -> None:
    text = told({"op": "move_item", "id": "w3-tempo", "date": "2027-01-01"})
    assert text == "Moved Tempo from Tue 21 Apr 2026 to Fri 1 Jan 2027"


def test_items_of_one_title_are_told_apart_by_their_day() -> None:
    text = told(LONGER, {"op": "update_item", "id": "w2-long", "set": {"km": 15}})
    assert text == "Long run (Sun 19 Apr) 14 → 15 km; Long run (Sun 26 Apr) 14 → 16 km"


def test_other_fields_are_named_with_their_values() -> None:
    text = told(
        {
            "op": "update_item",
            "id": "w1-long",
            "title": "Hilly run",
            "set": {"pace": {"lo": 320}, "note": "hills", "type": "easy"},
        }
    )
    assert text == (
        "Renamed Long run to Hilly run; Hilly run: type long → easy; "
        "Hilly run: pace 5:30-6:00 /km → 5:20-6:00 /km; Hilly run: note added: hills"
    )


def test_a_removed_field_is_told_with_what_it_was() -> None:
    text = told({"op": "update_item", "id": "w1-long", "unset": ["pace"]})
    assert text == "Long run: pace removed (was 5:30-6:00 /km)"


def test_added_and_removed_items_are_told_with_day_and_amount() -> None:
    text = told(
        {"op": "remove_item", "id": "w1-easy"},
        {
            "op": "add_item",
            "kind": "strength",
            "title": "Core",
            "parent": "w1",
            "data": {"date": "2026-04-10", "minutes": 20},
        },
    )
    assert text == "Removed Easy run on Thu 9 Apr (5 km); Added Core on Fri 10 Apr (20 min)"


def test_places_are_told_by_the_parents_titles_and_ranks_not_at_all() -> None:
    assert told({"op": "move_item", "id": "w1-tempo", "after": "w2-easy"}) == "Moved Tempo from Week 1 to Week 2"
    assert told({"op": "move_item", "id": "w1-tempo", "parent": None}) == "Moved Tempo from Week 1 to the top level"
    assert told({"op": "move_item", "id": "w1-tempo", "after": "w1-long"}) == "Reordered Tempo"


def test_the_plans_own_facts_are_told_as_the_plans() -> None:
    text = told({"op": "set_meta", "set": {"title": "Spring half", "goal": {"time": "1:45"}}})
    assert text == "Plan: title Half marathon → Spring half; Plan: goal time 1:50 → time 1:45"


def test_many_changes_of_one_sort_become_one_clause() -> None:
    assert told({"op": "shift_dates", "days": 7, "from_id": "w1"}) == "Moved 12 items by +7 days"
    scaled = told({"op": "scale", "field": "km", "factor": 0.9, "where": {}}, MOVE)
    assert scaled == "Changed km of 9 items (75 → 67.5 km in all); Moved Tempo from Tue 21 Apr to Wed 22 Apr"
    new = half_marathon()
    empty = PlanDocument.empty("running")
    assert render(diff(empty, new), empty, new).endswith("Added 12 items (9 runs, 3 weeks)")


def test_a_table_has_a_row_for_each_change() -> None:
    assert told(MOVE, LONGER, {"op": "remove_item", "id": "w1-easy"}, style="markdown").splitlines() == [
        "| Item | Change | Before | After |",
        "|---|---|---|---|",
        "| Easy run | removed | Thu 9 Apr  Easy run  5 km |  |",
        "| Tempo | moved: date | Tue 21 Apr | Wed 22 Apr |",
        "| Long run | changed: km | 14 km | 16 km |",
    ]


def test_a_title_cannot_break_the_table() -> None:
    table = told({"op": "update_item", "id": "w1-long", "title": "a | b"}, style="markdown")
    assert table.splitlines()[2] == "| a \\| b | changed: title | Long run | a \\| b |"


def test_a_terminal_gets_lines_with_signs() -> None:
    text = told(MOVE, LONGER, {"op": "remove_item", "id": "w1-easy"}, style="terminal")
    assert text.splitlines() == [
        "- Thu 9 Apr  Easy run  5 km",
        "- Tue 21 Apr  Tempo  6 km",
        "+ Wed 22 Apr  Tempo  6 km",
        "- Long run  km: 14 km",
        "+ Long run  km: 16 km",
    ]


def test_nothing_is_told_as_nothing() -> None:
    assert [told(style=style) for style in ("plain", "markdown", "terminal")] == [NO_CHANGES] * 3


def test_changes_for_an_interface_carry_ids_fields_and_values() -> None:
    before = half_marathon()
    after = compile_edits(before, [MOVE, LONGER], KINDS)

    moved, longer = change_list(diff(before, after), before, after)

    assert moved == {
        "change_id": "/items/w3-tempo/data/date",
        "id": "w3-tempo",
        "title": "Tempo",
        "label": "Tempo",
        "kind": "moved",
        "item_kind": "run",
        "field": "date",
        "before": "2026-04-21",
        "after": "2026-04-22",
        "text": "Moved Tempo from Tue 21 Apr to Wed 22 Apr",
    }
    assert (longer["id"], longer["kind"], longer["field"], longer["before"], longer["after"]) == (
        "w3-long",
        "changed",
        "km",
        14,
        16,
    )


@given(pairs())
def test_every_touched_item_of_any_diff_is_told_in_every_style(pair: tuple[PlanDocument, PlanDocument]) -> None:
    a, b = pair
    change = diff(a, b)
    entries = change_list(change, a, b)
    told = change.touched - (reranked(change, a, b) - change.changed.keys())
    assert {entry["id"] for entry in entries} == told | ({None} if change.meta else set())
    for style in ("plain", "markdown", "terminal"):
        text = render(change, a, b, style)
        assert (text == NO_CHANGES) == (not entries)
    assert all("\n" not in entry["text"] for entry in entries)


def test_moments_are_told_on_their_own_clocks() -> None:
    assert value_text("2026-05-05T17:20:00+09:00") == "Tue 5 May 17:20"
    assert value_text("2026-05-05T17:20") == "Tue 5 May 17:20"
    assert value_text("2026-13-05T17:20:00") == "2026-13-05T17:20:00"
    assert value_text("2026-05-05") == "2026-05-05"
