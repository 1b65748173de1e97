"""The laws of three-way merge, and each sort of conflict."""

import random

import pytest
from hypothesis import given

from agent.plan.diff import ABSENT, diff
from agent.plan.document import PlanDocument, content_hash, tree_problems
from agent.plan.json_values import same_json
from agent.plan.merge import Merged, merge
from tests.unit.plan.documents import half_marathon, pairs
from tests.unit.plan.random_plans import random_triple

Pair = tuple[PlanDocument, PlanDocument]


def is_exactly(merged: Merged, document: PlanDocument) -> bool:
    return not merged.conflicts and content_hash(merged.document) == content_hash(document)


@given(pairs())
def test_who_changes_nothing_gets_the_others_changes(pair: Pair) -> None:
    base, changed = pair
    assert is_exactly(merge(base, changed, base), changed)
    assert is_exactly(merge(base, base, changed), changed)


@given(pairs())
def test_the_same_changes_on_both_sides_are_no_conflict(pair: Pair) -> None:
    base, changed = pair
    assert is_exactly(merge(base, changed, changed), changed)


def test_the_laws_hold_on_ten_thousand_random_triples() -> None:
    chance = random.Random(20_261_121)
    smooth = 0
    for _ in range(10_000):
        base, ours, theirs = random_triple(chance)
        merged, mirrored = merge(base, ours, theirs), merge(base, theirs, ours)
        assert tree_problems(merged.document.items) == []
        assert bool(merged.conflicts) == bool(mirrored.conflicts)
        made, mine, other = (facts(base, side) for side in (merged.document, ours, theirs))
        assert other <= made, "every change of the preferred side is kept"
        if merged.conflicts:
            assert {conflict.kept for conflict in merged.conflicts} == {"theirs"}
            assert {item_id for item_id, *_ in mine - made} <= {conflict.id for conflict in merged.conflicts}
        else:
            smooth += 1
            assert made == mine | other, "nothing of either side is lost, and nothing else changes"
            assert diff(merged.document, mirrored.document).is_empty
        preferring = merge(base, theirs, ours, prefer="ours")
        assert diff(preferring.document, merged.document).is_empty
        assert {conflict.kept for conflict in preferring.conflicts} <= {"ours"}
    assert 2_000 < smooth < 8_000


def facts(base: PlanDocument, document: PlanDocument) -> set[tuple[str | None, str, str]]:
    """A diff as a set of single facts: which item, what about it, and what it is now."""
    change = diff(base, document)
    found = {(None, str(one.path), repr(one.after)) for one in change.meta}
    found |= {(item_id, "added", repr(sorted(item.to_json().items()))) for item_id, item in change.added.items()}
    found |= {(item_id, "removed", "") for item_id in change.removed}
    found |= {(item_id, "moved", repr(move.after)) for item_id, move in change.moved.items()}
    for item_id, changes in change.changed.items():
        found |= {(item_id, str(one.path), repr(one.after)) for one in changes}
    return found


def changed(**edits: dict | None) -> PlanDocument:
    """The example plan with items merged over or, for None, removed; `meta` replaces meta."""
    record = half_marathon().to_json()
    for name, edit in edits.items():
        item_id = name.replace("_", "-")
        if name == "meta":
            record["meta"] = edit
        elif edit is None:
            del record["items"][item_id]
        else:
            old = record["items"].get(item_id, {"parent": None, "rank": "z", "kind": "run", "title": "New", "data": {}})
            record["items"][item_id] = old | edit | {"data": old["data"] | edit.get("data", {})}
    return PlanDocument.from_json(record)


def test_different_fields_of_one_item_merge() -> None:
    merged = merge(
        half_marathon(), changed(w1_long={"data": {"km": 16}}), changed(w1_long={"data": {"date": "2026-04-11"}})
    )
    assert is_exactly(merged, changed(w1_long={"data": {"km": 16, "date": "2026-04-11"}}))


@pytest.mark.parametrize(
    ("ours", "theirs", "kind", "item_id"),
    [
        ({"w1_long": {"data": {"km": 16}}}, {"w1_long": {"data": {"km": 12}}}, "field", "w1-long"),
        (
            {"w1_long": {"data": {"pace": None}}},
            {"w1_long": {"data": {"pace": {"lo": 1, "hi": 360}}}},
            "field",
            "w1-long",
        ),
        ({"meta": {"title": "A"}}, {"meta": {"title": "B"}}, "field", None),
        ({"new": {"title": "A"}}, {"new": {"title": "B"}}, "add_add", "new"),
        ({"w1_long": None}, {"w1_long": {"data": {"km": 12}}}, "remove_change", "w1-long"),
        ({"w1_long": None}, {"w1_long": {"parent": "w2"}}, "remove_change", "w1-long"),
        ({"w1_long": {"data": {"km": 12}}}, {"w1_long": None}, "change_remove", "w1-long"),
        ({"w1_long": {"rank": "a9"}}, {"w1_long": None}, "change_remove", "w1-long"),
        ({"w1_long": {"parent": "w2"}}, {"w1_long": {"parent": "w3"}}, "move", "w1-long"),
        ({"w1": {"parent": "w2"}}, {"w2": {"parent": "w1"}}, "cycle", "w1"),
    ],
)
def test_in_a_conflict_theirs_is_kept_and_ours_is_reported(
    ours: dict, theirs: dict, kind: str, item_id: str | None
) -> None:
    merged = merge(half_marathon(), changed(**ours), changed(**theirs))

    kinds = {(conflict.kind, conflict.id) for conflict in merged.conflicts}
    assert (kind, item_id) in kinds
    assert facts(half_marathon(), changed(**theirs)) <= facts(half_marathon(), merged.document)


def test_an_item_added_under_one_that_they_removed_is_reported_with_all_below_it() -> None:
    gone = {"w3": None, "w3_tempo": None, "w3_easy": None, "w3_long": None}
    ours = changed(extra={"parent": "w3"}, below={"parent": "extra"}, w1_long={"parent": "w3"})

    merged = merge(half_marathon(), ours, changed(**gone))

    assert {(conflict.kind, conflict.id) for conflict in merged.conflicts} == {
        ("orphan", "extra"),
        ("orphan", "below"),
        ("orphan", "w1-long"),
    }
    assert same_json(merged.document.to_json(), changed(**gone).to_json())


def test_a_parent_that_we_removed_comes_back_for_what_they_put_under_it_and_both_are_reported() -> None:
    gone = {"w3": None, "w3_tempo": None, "w3_easy": None, "w3_long": None}

    merged = merge(half_marathon(), changed(**gone), changed(extra={"parent": "w3"}))

    child, parent = merged.conflicts
    assert (child.kind, child.id, child.base, child.ours) == ("orphan", "extra", ABSENT, ABSENT)
    assert (parent.kind, parent.id, parent.ours) == ("orphan", "w3", ABSENT)
    assert {"w3", "extra"} <= merged.document.items.keys()
    assert "w3-long" not in merged.document.items


def test_a_whole_removed_branch_comes_back_and_each_item_is_reported_once() -> None:
    deep = changed(inner={"parent": "w3"})
    ours = changed(w3=None, w3_tempo=None, w3_easy=None, w3_long=None)
    record = deep.to_json()
    record["items"]["leaf"] = record["items"]["inner"] | {"parent": "inner"}

    merged = merge(deep, ours, PlanDocument.from_json(record))

    assert sorted(conflict.id for conflict in merged.conflicts) == ["inner", "leaf", "w3"]
    assert {"w3", "inner", "leaf"} <= merged.document.items.keys()


def test_a_conflict_as_json_leaves_absent_values_out() -> None:
    merged = merge(half_marathon(), changed(w1_long=None), changed(w1_long={"data": {"km": 12}}))

    [record] = [conflict.to_json() for conflict in merged.conflicts]

    assert record["kind"] == "remove_change"
    assert record["kept"] == "theirs"
    assert record["base"]["data"]["km"] == 14
    assert record["theirs"]["data"]["km"] == 12
    assert "ours" not in record


def test_preferring_ours_mirrors_the_conflict() -> None:
    merged = merge(half_marathon(), changed(w1_long=None), changed(w1_long={"data": {"km": 12}}), prefer="ours")

    [conflict] = merged.conflicts
    assert (conflict.kind, conflict.kept, conflict.ours) == ("remove_change", "ours", ABSENT)
    assert "w1-long" not in merged.document.items
