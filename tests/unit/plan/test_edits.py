"""Typed edits: each does what it names, nothing else, and every refusal says what to do."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.plan.diff import ABSENT, diff
from agent.plan.document import PlanDocument, children_of, content_hash, tree_problems
from agent.plan.edits import EditError, compile_edits, parse_ops
from agent.plan.kind_data import updated
from tests.unit.plan.documents import half_marathon
from tools.pain.plan_items import KINDS as CARE_KINDS
from tools.running.plan_items import KINDS


def changes(*ops: dict[str, Any]) -> dict[str, Any]:
    """What the edits change in the example plan: `{id: {path: new value}}`, places as `parent`."""
    before = half_marathon()
    change = diff(before, compile_edits(before, list(ops), KINDS))
    found: dict[str, Any] = dict.fromkeys(change.removed, "removed")
    found |= {item_id: item.data for item_id, item in change.added.items()}
    for item_id, fields in change.changed.items():
        found[item_id] = {".".join(one.path).removeprefix("data."): one.after for one in fields}
    for item_id, move in change.moved.items():
        if move.before.parent != move.after.parent:
            found.setdefault(item_id, {})["parent"] = move.after.parent
        else:
            found.setdefault(item_id, {})["rank"] = True
    if change.meta:
        found["meta"] = {".".join(one.path): one.after for one in change.meta}
    return found


def problems(*ops: dict[str, Any], **options: Any) -> list[tuple[int | None, str]]:
    document = half_marathon()
    before = content_hash(document)
    with pytest.raises(EditError) as caught:
        compile_edits(document, list(ops), KINDS, **options)
    assert content_hash(document) == before
    return [(problem.op_index, problem.code) for problem in caught.value.problems]


def run(day: str, **fields: Any) -> dict[str, Any]:
    return {"date": day, "km": 5, "type": "easy", **fields}


def test_moving_a_run_to_the_next_day_changes_its_date_alone() -> None:
    assert changes({"op": "move_item", "id": "w3-tempo", "date": "2026-04-22"}) == {"w3-tempo": {"date": "2026-04-22"}}


def test_a_run_moved_into_another_week_goes_under_that_week_in_date_order() -> None:
    op = {"op": "move_item", "id": "w3-tempo", "date": "2026-04-17"}

    assert changes(op) == {"w3-tempo": {"date": "2026-04-17", "parent": "w2"}}
    after = compile_edits(half_marathon(), [op], KINDS)
    assert children_of(after.items)["w2"] == ["w2-tempo", "w2-easy", "w3-tempo", "w2-long"]


def test_fields_that_an_edit_adds_are_told_in_the_order_in_which_it_names_them() -> None:
    told = {
        "note": "n",
        "minutes": 20,
        "done": True,
        "pain_before": 3,
        "exercise": "bridge",
        "pain_after": 7,
        "step": 2,
    }
    after = updated("exercise", {"date": "2026-04-22"}, told, [], CARE_KINDS)
    assert list(after) == ["date", *told]


def test_a_run_moved_outside_all_weeks_stays_in_its_own() -> None:
    assert changes({"op": "move_item", "id": "w1-tempo", "date": "2026-03-01"}) == {"w1-tempo": {"date": "2026-03-01"}}


def test_a_move_beside_a_sibling_changes_the_place_alone() -> None:
    op = {"op": "move_item", "id": "w1-tempo", "after": "w2-easy"}

    assert changes(op) == {"w1-tempo": {"parent": "w2"}}
    after = compile_edits(half_marathon(), [op], KINDS)
    assert children_of(after.items)["w2"] == ["w2-tempo", "w2-easy", "w1-tempo", "w2-long"]

    first = compile_edits(half_marathon(), [{"op": "move_item", "id": "w1-long", "before": "w1-tempo"}], KINDS)
    assert children_of(first.items)["w1"] == ["w1-long", "w1-tempo", "w1-easy"]


def test_a_move_to_the_top_level_is_said_with_null() -> None:
    assert changes({"op": "move_item", "id": "w1-tempo", "parent": None}) == {"w1-tempo": {"parent": None}}


def test_an_update_changes_the_named_fields_alone_and_goes_into_objects() -> None:
    op = {"op": "update_item", "id": "w1-long", "set": {"km": 16, "pace": {"lo": 320}}, "title": "Longest run"}
    assert changes(op) == {"w1-long": {"km": 16, "pace.lo": 320, "title": "Longest run"}}


def test_a_title_among_the_fields_is_the_items_title_unless_the_kind_has_one() -> None:
    assert changes({"op": "update_item", "id": "w1-long", "set": {"title": "Hills"}}) == {"w1-long": {"title": "Hills"}}


def test_an_optional_field_goes_by_unset_or_by_null() -> None:
    unset = compile_edits(half_marathon(), [{"op": "update_item", "id": "w1-long", "unset": ["pace"]}], KINDS)
    null = compile_edits(half_marathon(), [{"op": "update_item", "id": "w1-long", "set": {"pace": None}}], KINDS)
    assert content_hash(unset) == content_hash(null)
    assert "pace" not in unset.items["w1-long"].data


def test_values_are_stored_as_their_kind_spells_them() -> None:
    assert changes({"op": "update_item", "id": "w1-long", "set": {"km": "16.50"}}) == {"w1-long": {"km": 16.5}}
    assert changes({"op": "update_item", "id": "w1-long", "set": {"km": 14.0}}) == {}


def test_an_added_item_lands_in_date_order_with_an_id_from_its_title() -> None:
    op = {"op": "add_item", "kind": "run", "parent": "w2", "title": "Easy Läufe!", "data": run("2026-04-17", note=None)}

    after = compile_edits(half_marathon(), [op], KINDS)

    [made] = diff(half_marathon(), after).added
    assert made.startswith("easy-laufe-")
    assert children_of(after.items)["w2"] == ["w2-tempo", "w2-easy", made, "w2-long"]
    assert after.items[made].data == run("2026-04-17")


def test_made_ids_are_the_same_in_a_replay_and_others_for_another_proposal() -> None:
    ops = [
        {"op": "add_item", "kind": "run", "parent": "w2", "title": "Run", "data": run("2026-04-17")},
        {"op": "add_item", "kind": "run", "parent": "w2", "title": "Run", "data": run("2026-04-17")},
    ]

    def made(seed: str, **options: Any) -> set[str]:
        return set(diff(half_marathon(), compile_edits(half_marathon(), ops, KINDS, seed=seed, **options)).added)

    assert made("p1") == made("p1")
    assert len(made("p1")) == 2
    assert not made("p1") & made("p2")
    assert not made("p1") & made("p1", retired_ids=frozenset(made("p1")))


def test_ops_are_carried_out_in_order_and_see_each_others_results() -> None:
    ops = [
        {
            "op": "add_item",
            "id": "w4",
            "kind": "week",
            "title": "Week 4",
            "data": {"phase": "taper", "start": "2026-04-27"},
        },
        {"op": "move_item", "id": "w3-long", "date": "2026-04-29"},
        {"op": "update_item", "id": "w3-long", "set": {"km": 10}},
        {"op": "remove_item", "id": "w3-easy"},
    ]
    assert changes(*ops) == {
        "w4": {"phase": "taper", "start": "2026-04-27"},
        "w3-long": {"date": "2026-04-29", "parent": "w4", "km": 10},
        "w3-easy": "removed",
    }


def test_removing_a_parent_must_be_meant() -> None:
    assert problems({"op": "remove_item", "id": "w1"}) == [(0, "has_children")]
    gone = changes({"op": "remove_item", "id": "w1", "with_children": True, "reason": "ill"})
    assert gone == dict.fromkeys(("w1", "w1-tempo", "w1-easy", "w1-long"), "removed")


def test_meta_is_set_and_unset_by_field() -> None:
    op = {"op": "set_meta", "set": {"goal": {"race": "Town half"}, "units": "km"}, "unset": ["goal.time"]}
    assert changes(op) == {"meta": {"goal.race": "Town half", "goal.time": ABSENT, "units": "km"}}


def test_a_meta_key_with_a_dot_is_one_key() -> None:
    assert changes({"op": "set_meta", "set": {"a.b": 1}}) == {"meta": {"a.b": 1}}


def test_scaling_touches_matching_numbers_alone_and_rounds_to_tenths() -> None:
    op = {"op": "scale", "field": "km", "factor": 0.9, "where": {"match": {"type": "long"}, "to_date": "2026-04-19"}}
    assert changes(op) == {"w1-long": {"km": 12.6}, "w2-long": {"km": 12.6}}


def test_scaling_a_whole_number_keeps_it_whole() -> None:
    op = {"op": "scale", "field": "pace.hi", "factor": 1.005, "where": {"ids": ["w1-easy"]}}
    assert changes(op) == {"w1-easy": {"pace.hi": 362}}


def test_scaling_can_be_limited_to_a_parent_a_kind_and_days() -> None:
    where = {"parent": "w2", "kind": "run", "from_date": "2026-04-15"}
    op = {"op": "scale", "field": "km", "factor": 2, "round_to": 0.5, "where": where}
    assert changes(op) == {"w2-easy": {"km": 10}, "w2-long": {"km": 28}}


def test_shifting_everything_by_a_week_keeps_the_structure() -> None:
    after = compile_edits(half_marathon(), [{"op": "shift_dates", "days": 7, "from_id": "w1"}], KINDS)

    change = diff(half_marathon(), after)
    assert change.moved == {}
    assert len(change.changed) == 12
    assert after.items["w1"].data["start"] == "2026-04-13"
    assert after.items["w3-long"].data["date"] == "2026-05-03"


def test_shifting_by_days_moves_items_into_the_week_of_their_new_day() -> None:
    op = {"op": "shift_dates", "days": 1, "from_date": "2026-04-12", "to_date": "2026-04-14"}
    assert changes(op) == {
        "w1-long": {"date": "2026-04-13", "parent": "w2"},
        "w2-tempo": {"date": "2026-04-15"},
    }


def test_periods_may_be_of_a_single_day() -> None:
    items = {
        "d1": {
            "kind": "week",
            "parent": None,
            "rank": "a0",
            "title": "Day 1",
            "data": {"start": "2026-05-04", "days": 1},
        },
        "d2": {
            "kind": "week",
            "parent": None,
            "rank": "a1",
            "title": "Day 2",
            "data": {"start": "2026-05-05", "days": 1},
        },
        "d1-a": {"kind": "run", "parent": "d1", "rank": "a0", "title": "A", "data": {"date": "2026-05-04", "km": 5}},
    }
    days = PlanDocument.from_json({"schema": 1, "domain": "trip", "meta": {}, "items": items})
    moved = compile_edits(days, [{"op": "move_item", "id": "d1-a", "date": "2026-05-05"}], KINDS)
    assert moved.items["d1-a"].parent == "d2"
    later = compile_edits(days, [{"op": "shift_dates", "days": 3, "from_date": "2026-05-04"}], KINDS)
    assert [later.items[one].data["start"] for one in ("d1", "d2")] == ["2026-05-07", "2026-05-08"]
    assert later.items["d1-a"].parent == "d1"


def test_shifting_named_items_moves_exactly_those() -> None:
    assert changes({"op": "shift_dates", "days": -1, "ids": ["w1-easy", "w2-easy"]}) == {
        "w1-easy": {"date": "2026-04-08"},
        "w2-easy": {"date": "2026-04-15"},
    }


def test_swapping_two_runs_exchanges_their_days() -> None:
    assert changes({"op": "swap", "a": "w1-tempo", "b": "w1-easy"}) == {
        "w1-tempo": {"date": "2026-04-09"},
        "w1-easy": {"date": "2026-04-07"},
    }


def test_swapping_across_weeks_exchanges_the_weeks_too() -> None:
    assert changes({"op": "swap", "a": "w1-tempo", "b": "w2-long"}) == {
        "w1-tempo": {"date": "2026-04-19", "parent": "w2"},
        "w2-long": {"date": "2026-04-07", "parent": "w1"},
    }


def test_swapping_undated_items_exchanges_their_places() -> None:
    record = half_marathon().to_json()
    for item_id in ("w1-tempo", "w1-long"):
        record["items"][item_id] |= {"kind": "note", "data": {}}
    document = PlanDocument.from_json(record)

    after = compile_edits(document, [{"op": "swap", "a": "w1-tempo", "b": "w1-long"}], KINDS)

    assert children_of(after.items)["w1"] == ["w1-long", "w1-easy", "w1-tempo"]
    assert diff(document, after).stats == {"added": 0, "removed": 0, "changed": 0, "moved": 2}


def test_times_of_day_survive_a_new_day_and_a_span_moves_as_one() -> None:
    record = half_marathon().to_json()
    visit = {"start": "2026-04-07T09:30:00+02:00", "end": "2026-04-08T11:00:00+02:00", "due": "2026-05-01"}
    record["items"]["visit"] = {"kind": "visit", "parent": None, "rank": "b00", "title": "Visit", "data": visit}
    document = PlanDocument.from_json(record)

    after = compile_edits(document, [{"op": "move_item", "id": "visit", "date": "2026-04-10"}], KINDS)

    assert after.items["visit"].data == {
        "start": "2026-04-10T09:30:00+02:00",
        "end": "2026-04-11T11:00:00+02:00",
        "due": "2026-05-01",
    }


@pytest.mark.parametrize(
    ("op", "code"),
    [
        ({"op": "jump", "id": "w1"}, "bad_op"),
        ({"op": "move_item", "id": "w1-long"}, "bad_op"),
        ({"op": "move_item", "id": "w1-long", "date": "next Tuesday"}, "bad_op"),
        ({"op": "move_item", "id": "w1-long", "after": "w1-easy", "before": "w1-tempo"}, "bad_op"),
        ({"op": "update_item", "id": "w1-long"}, "bad_op"),
        ({"op": "update_item", "id": "w1-long", "km": 5}, "bad_op"),
        ({"op": "scale", "field": "km", "factor": 0, "where": {}}, "bad_op"),
        ({"op": "shift_dates", "days": 1}, "bad_op"),
        ({"op": "shift_dates", "days": 1, "from_id": "w1", "from_date": "2026-04-07"}, "bad_op"),
        ("remove w1", "bad_op"),
        ({"op": "update_item", "id": "w1-lang", "set": {"km": 5}}, "unknown_id"),
        ({"op": "move_item", "id": "w1-long", "parent": "w9"}, "unknown_id"),
        ({"op": "move_item", "id": "w1-long", "after": "w9"}, "unknown_id"),
        ({"op": "remove_item", "id": "w9"}, "unknown_id"),
        ({"op": "swap", "a": "w1-long", "b": "w9"}, "unknown_id"),
        ({"op": "shift_dates", "days": 1, "ids": ["w9"]}, "unknown_id"),
        ({"op": "scale", "field": "km", "factor": 2, "where": {"ids": ["w9"]}}, "unknown_id"),
        ({"op": "scale", "field": "km", "factor": 2, "where": {"parent": "w9"}}, "unknown_id"),
        ({"op": "add_item", "kind": "swim", "title": "Swim"}, "unknown_kind"),
        ({"op": "add_item", "kind": "run", "title": "Run", "data": {"km": 5}}, "invalid_data"),
        ({"op": "add_item", "kind": "run", "title": "x" * 501, "data": run("2026-04-08")}, "invalid_data"),
        ({"op": "update_item", "id": "w1-long", "set": {"km": -1}}, "invalid_data"),
        ({"op": "update_item", "id": "w1-long", "set": {"kilometres": 5}}, "invalid_data"),
        ({"op": "update_item", "id": "w1-long", "unset": ["km"]}, "invalid_data"),
        ({"op": "update_item", "id": "w1-long", "unset": ["note"]}, "unknown_field"),
        ({"op": "update_item", "id": "w1-long", "set": {"title": 5}}, "invalid_data"),
        ({"op": "update_item", "id": "w1-long", "set": {"note": "\x00"}}, "not_json"),
        ({"op": "set_meta", "set": {"n": float("inf")}}, "not_json"),
        ({"op": "set_meta", "unset": ["nothing"]}, "unknown_field"),
        ({"op": "add_item", "id": "w1", "kind": "rest", "title": "Rest", "data": {"date": "2026-04-08"}}, "id_exists"),
        (
            {"op": "add_item", "id": "old", "kind": "rest", "title": "Rest", "data": {"date": "2026-04-08"}},
            "id_retired",
        ),
        ({"op": "add_item", "id": "a b", "kind": "rest", "title": "Rest", "data": {"date": "2026-04-08"}}, "bad_id"),
        ({"op": "move_item", "id": "w1", "parent": "w1-long"}, "cycle"),
        ({"op": "move_item", "id": "w1", "after": "w1-long"}, "cycle"),
        ({"op": "move_item", "id": "w1", "after": "w1"}, "same_item"),
        ({"op": "move_item", "id": "w1-long", "parent": "w2", "after": "w3-easy"}, "not_siblings"),
        ({"op": "move_item", "id": "w1", "date": "2026-05-04"}, "period"),
        ({"op": "swap", "a": "w1", "b": "w2"}, "period"),
        ({"op": "swap", "a": "w1", "b": "w1"}, "same_item"),
        ({"op": "swap", "a": "w1", "b": "w1-long"}, "cycle"),
        ({"op": "scale", "field": "miles", "factor": 2, "where": {}}, "nothing_matches"),
        ({"op": "scale", "field": "km", "factor": 50, "where": {}}, "invalid_data"),
        ({"op": "shift_dates", "days": 1, "from_date": "2030-01-01"}, "nothing_matches"),
        ({"op": "shift_dates", "days": 3650, "ids": ["far"]}, "unknown_id"),
    ],
)
def test_an_edit_that_cannot_be_is_refused(op: Any, code: str) -> None:
    assert {found for _, found in problems(op, retired_ids=frozenset({"old"}))} == {code}


def test_all_wrong_ops_are_named_with_their_index_and_nothing_happens() -> None:
    found = problems(
        {"op": "update_item", "id": "w1-long", "set": {"km": 16}},
        {"op": "update_item", "id": "w9", "set": {"km": 16}},
        {"op": "update_item", "id": "w1-long", "set": {"km": -1, "colour": "red"}},
    )
    assert found == [(1, "unknown_id"), (2, "invalid_data"), (2, "invalid_data")]


def test_an_unknown_id_is_answered_with_the_nearest_ones() -> None:
    with pytest.raises(EditError) as caught:
        compile_edits(half_marathon(), [{"op": "remove_item", "id": "w3-lang"}], KINDS)
    [problem] = caught.value.problems
    assert problem.nearest[0] == "w3-long"
    assert problem.to_json()["message"] == "there is no item 'w3-lang'"


def test_an_id_removed_in_the_same_edit_is_not_used_again() -> None:
    found = problems(
        {"op": "remove_item", "id": "w1-easy"},
        {"op": "add_item", "id": "w1-easy", "kind": "run", "title": "Run", "data": run("2026-04-08")},
    )
    assert found == [(1, "id_retired")]


def test_a_list_of_edits_has_a_largest_length() -> None:
    op = {"op": "update_item", "id": "w1-long", "set": {"km": 16}}
    assert problems(*[op] * 501) == [(None, "too_many_ops")]


ids = st.sampled_from([*half_marathon().items, "nobody"])
days = st.sampled_from(["2026-04-07", "2026-04-12", "2026-04-18", "2026-04-30", "2025-12-31"])
ops = st.one_of(
    st.builds(lambda i, km: {"op": "update_item", "id": i, "set": {"km": km}}, ids, st.sampled_from([5, 7.25, -1])),
    st.builds(lambda i, day: {"op": "move_item", "id": i, "date": day}, ids, days),
    st.builds(
        lambda i, side, j: {"op": "move_item", "id": i, side: j},
        ids,
        st.sampled_from(["parent", "after", "before"]),
        ids,
    ),
    st.builds(lambda i, deep: {"op": "remove_item", "id": i, "with_children": deep}, ids, st.booleans()),
    st.builds(
        lambda i, day: {"op": "add_item", "kind": "run", "parent": i, "title": "Run", "data": run(day)}, ids, days
    ),
    st.builds(lambda i, n: {"op": "shift_dates", "days": n, "from_id": i}, ids, st.sampled_from([-7, -1, 2, 14])),
    st.builds(
        lambda i, f: {"op": "scale", "field": "km", "factor": f, "where": {"parent": i}},
        ids,
        st.sampled_from([0.5, 1.1]),
    ),
    st.builds(lambda i, j: {"op": "swap", "a": i, "b": j}, ids, ids),
    st.builds(lambda n: {"op": "set_meta", "set": {"goal": {"n": n}}}, st.integers(0, 3)),
)


@given(st.lists(ops, max_size=5))
def test_any_edits_are_either_refused_or_give_a_whole_plan_with_sound_items(edits: list[dict[str, Any]]) -> None:
    document = half_marathon()
    before = content_hash(document)
    try:
        after = compile_edits(document, edits, KINDS)
    except EditError as error:
        assert error.problems
        assert "collateral" not in {problem.code for problem in error.problems}
        return
    finally:
        assert content_hash(document) == before
    assert tree_problems(after.items) == []
    assert content_hash(PlanDocument.from_json(after.to_json())) == content_hash(after)
    for item in after.items.values():
        KINDS[item.kind].model_validate(item.data)


def test_ops_read_from_json_and_write_themselves_back() -> None:
    raw = [{"op": "move_item", "id": "w1-long", "date": "2026-04-11"}, {"op": "swap", "a": "w1-long", "b": "w2-long"}]
    typed = parse_ops(json.loads(json.dumps(raw)))
    assert [op.model_dump(mode="json", exclude_unset=True) for op in typed] == raw
    assert parse_ops(typed) == typed
