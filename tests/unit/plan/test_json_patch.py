"""Diffs as JSON Patch, both ways and in any order; and what a patch from outside may not do."""

import json
import random

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.plan.diff import diff, invert
from agent.plan.document import PlanDocument, content_hash
from agent.plan.json_patch import apply_json_patch, patch_groups, to_json_patch
from agent.plan.json_values import same_json
from agent.plan.problems import PatchError
from tests.unit.plan.documents import half_marathon, pairs, triples
from tools.running.plan_items import KINDS

Pair = tuple[PlanDocument, PlanDocument]


@given(pairs(), st.booleans())
def test_any_json_patch_library_carries_a_diff_out_forwards_and_back(pair: Pair, guard: bool) -> None:
    a, b = pair
    change = diff(a, b)
    forward = json.loads(json.dumps(to_json_patch(change, guard)))
    back = json.loads(json.dumps(to_json_patch(invert(change), guard)))
    assert same_json(jsonpatch.apply_patch(a.to_json(), forward), b.to_json())
    assert same_json(jsonpatch.apply_patch(b.to_json(), back), a.to_json())


@given(pairs(), st.booleans(), st.randoms(use_true_random=False))
def test_the_order_of_a_patch_does_not_matter(pair: Pair, guard: bool, chance: random.Random) -> None:
    a, b = pair
    groups = list(patch_groups(diff(a, b), guard))
    chance.shuffle(groups)
    shuffled = [operation for group in groups for operation in group]
    assert same_json(jsonpatch.apply_patch(a.to_json(), shuffled), b.to_json())


@given(triples())
def test_a_guarded_patch_fails_on_a_plan_that_differs_where_it_writes(triple: tuple[PlanDocument, ...]) -> None:
    a, b, other = triple
    patch = to_json_patch(diff(a, b), guard=True)
    try:
        result = apply_json_patch(other, patch)
    except PatchError:
        return
    # What applied was there before as expected, so the way back restores all but what an `add` replaced.
    written = {tuple(operation["path"].split("/")) for operation in patch if operation["op"] != "test"}
    strays = [one for one in patch_paths(other, result) if not any(one[: len(path)] == path for path in written)]
    assert strays == []


def patch_paths(a: PlanDocument, b: PlanDocument) -> list[tuple[str, ...]]:
    return [tuple(operation["path"].split("/")) for operation in to_json_patch(diff(a, b), guard=False)]


@given(pairs())
def test_a_patch_shares_nothing_with_the_documents(pair: Pair) -> None:
    a, b = pair
    before = content_hash(b)
    patch = to_json_patch(diff(a, b))
    result = jsonpatch.apply_patch(a.to_json(), patch)
    for item in result["items"].values():
        item["data"]["scribble"] = 1
    assert content_hash(b) == before
    assert "scribble" not in json.dumps(a.to_json())


def test_a_patch_from_outside_changes_what_it_says() -> None:
    patch = [
        {"op": "test", "path": "/items/w3-long/data/km", "value": 14.0},
        {"op": "replace", "path": "/items/w3-long/data/km", "value": 16.0},
        {"op": "add", "path": "/meta/goal/pace", "value": 300},
        {"op": "copy", "from": "/items/w1-easy", "path": "/items/w1-extra"},
        {"op": "remove", "path": "/items/w2-easy"},
    ]

    after = apply_json_patch(half_marathon(), patch, kinds=KINDS)

    assert after.items["w3-long"].data["km"] == 16
    assert after.meta["goal"] == {"time": "1:50", "pace": 300}
    assert diff(half_marathon(), after).stats == {"added": 1, "removed": 1, "changed": 1, "moved": 0}


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ({"op": "replace", "path": "", "value": {}}, "not_allowed"),
        ({"op": "replace", "path": "/schema", "value": 1}, "not_allowed"),
        ({"op": "replace", "path": "/domain", "value": "travel"}, "not_allowed"),
        ({"op": "replace", "path": "/items", "value": {}}, "not_allowed"),
        ({"op": "replace", "path": "/meta", "value": {}}, "not_allowed"),
        ({"op": "remove", "path": "/items"}, "not_allowed"),
        ({"op": "copy", "from": "/schema", "path": "/meta/a"}, "not_allowed"),
        ({"op": "move", "from": "/items/w1-easy", "path": "/items/w1-other"}, "not_allowed"),
        ({"op": "move", "from": "/items/w1-easy/data/km", "path": "/schema"}, "not_allowed"),
        ({"op": "replace", "path": "items/w1", "value": 1}, "bad_pointer"),
        ({"op": "replace", "path": "/meta/~2", "value": 1}, "bad_pointer"),
        ({"op": "merge", "path": "/meta/a"}, "bad_op"),
        ({"op": ["add"], "path": "/meta/a"}, "bad_op"),
        ({"op": "add", "path": "/meta/a"}, "bad_op"),
        ({"op": "add", "path": 3, "value": 1}, "bad_op"),
        ({"op": "move", "path": "/meta/a"}, "bad_op"),
        ({"path": "/meta/a"}, "bad_op"),
        ({"op": "replace", "path": "/items/w1-eazy/data/km", "value": 1}, "unknown_id"),
        ({"op": "replace", "path": "/items/new", "value": {}}, "unknown_id"),
        ({"op": "add", "path": "/items/w1", "value": {}}, "id_exists"),
        ({"op": "copy", "from": "/items/w1-easy", "path": "/items/gone"}, "id_retired"),
        ({"op": "test", "path": "/items/w1-easy/data/km", "value": 6}, "test_failed"),
        ({"op": "test", "path": "/items/w1-easy/data/km", "value": "5"}, "test_failed"),
        ({"op": "remove", "path": "/items/w1-easy/data/nothing"}, "does_not_apply"),
        ({"op": "add", "path": "/items/w1-easy/data/no/where", "value": 1}, "does_not_apply"),
        ({"op": "add", "path": "/items/w1-easy/title/x", "value": 1}, "does_not_apply"),
        ({"op": "add", "path": "/items/w1-easy/colour", "value": "red"}, "malformed"),
        ({"op": "replace", "path": "/items/w1-easy/parent", "value": "nowhere"}, "no_parent"),
        ({"op": "replace", "path": "/items/w1/parent", "value": "w1"}, "cycle"),
        ({"op": "remove", "path": "/items/w1"}, "no_parent"),
        ({"op": "add", "path": "/items/a b", "value": {"kind": "run", "rank": "a0", "title": "x"}}, "bad_id"),
        ({"op": "replace", "path": "/items/w1-easy/data/km", "value": -1}, "invalid_data"),
        ({"op": "add", "path": "/items/w1-easy/data/colour", "value": "red"}, "invalid_data"),
        ({"op": "replace", "path": "/items/w1-easy/kind", "value": "swim"}, "unknown_kind"),
        ({"op": "add", "path": "/meta/a", "value": float("nan")}, "not_json"),
    ],
)
def test_the_policy_refuses(operation: dict, code: str) -> None:
    document = half_marathon()
    before = content_hash(document)

    with pytest.raises(PatchError) as caught:
        apply_json_patch(document, [operation], kinds=KINDS, retired_ids=frozenset({"gone"}))

    assert {problem.code for problem in caught.value.problems} == {code}
    assert content_hash(document) == before


def test_an_unknown_item_is_answered_with_the_nearest_ids() -> None:
    with pytest.raises(PatchError) as caught:
        apply_json_patch(half_marathon(), [{"op": "remove", "path": "/items/w3-lang"}])
    assert caught.value.problems[0].nearest[0] == "w3-long"


def test_a_patch_is_all_or_nothing_and_names_the_operation() -> None:
    patch = [
        {"op": "replace", "path": "/items/w1-easy/data/km", "value": 9},
        {"op": "test", "path": "/meta/title", "value": "Marathon"},
    ]
    document = half_marathon()

    with pytest.raises(PatchError) as caught:
        apply_json_patch(document, patch)

    assert caught.value.problems[0].op_index == 1
    assert document.items["w1-easy"].data["km"] == 5


def test_patches_have_a_largest_size() -> None:
    small = {"op": "add", "path": "/meta/a", "value": 1}
    assert apply_json_patch(half_marathon(), [small] * 500).meta["a"] == 1
    with pytest.raises(PatchError, match="at most 500"):
        apply_json_patch(half_marathon(), [small] * 501)
    with pytest.raises(PatchError, match="256 KB"):
        apply_json_patch(half_marathon(), [small | {"value": "x" * 256 * 1024}])


def test_what_is_no_list_of_objects_is_refused() -> None:
    with pytest.raises(PatchError):
        apply_json_patch(half_marathon(), ["add", "remove"])
    with pytest.raises(PatchError):
        apply_json_patch(half_marathon(), [1])
