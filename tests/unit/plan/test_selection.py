"""Some of a diff's changes: each has an id of its own, and those that need one another go in together."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.plan.changes import change_list
from agent.plan.diff import apply, diff, diff_hash
from agent.plan.document import PlanDocument, content_hash, tree_problems
from agent.plan.edits import compile_edits
from agent.plan.problems import ChoiceError
from agent.plan.rank import spread
from agent.plan.selection import change_needs, select
from tests.unit.plan.documents import half_marathon, pairs
from tools.running.plan_items import KINDS

BASE = half_marathon()


def edited(*ops: dict) -> PlanDocument:
    return compile_edits(BASE, ops, KINDS)


def with_a_week() -> PlanDocument:
    """The plan with a fourth week, a run in it, and the long run of week 3 moved there."""
    week = {"op": "add_item", "id": "w4", "kind": "week", "title": "Week 4"}
    run = {"op": "add_item", "id": "w4-easy", "kind": "run", "parent": "w4", "title": "Easy run"}
    return edited(
        {**week, "data": {"phase": "base", "start": "2026-04-27"}},
        {**run, "data": {"date": "2026-04-28", "km": 5, "type": "easy"}},
        {"op": "move_item", "id": "w3-long", "date": "2026-05-03"},
    )


def refusal(after: PlanDocument, *accepted: str) -> str:
    with pytest.raises(ChoiceError) as refused:
        select(diff(BASE, after), BASE, after, frozenset(accepted))
    return str(refused.value)


@settings(max_examples=120)
@given(pairs(), st.randoms(use_true_random=False))
def test_what_is_chosen_with_what_it_needs_goes_in_and_nothing_else(pair, chance) -> None:
    before, after = pair
    change = diff(before, after)
    ids = [one["change_id"] for one in change_list(change, before, after)]
    assert len(ids) == len(set(ids))
    assert diff_hash(select(change, before, after, frozenset(ids))) == diff_hash(change)
    accepted = change_needs(change, before, after).closure(one for one in ids if chance.random() < 0.5)
    try:
        some = apply(before, select(change, before, after, accepted))
    except ChoiceError as refused:
        assert [problem.code for problem in refused.problems] == ["needs_change"]
        return
    assert tree_problems(some.items) == []
    made = {one["change_id"] for one in change_list(diff(before, some), before, some)}
    # a new place among siblings that stay put may leave no order to speak of, or make one
    assert {one for one in made ^ accepted if not one.endswith("/place")} == set()


def test_each_change_is_accepted_or_left_out_by_its_id() -> None:
    after = edited(
        {"op": "move_item", "id": "w3-tempo", "date": "2026-04-22"},
        {"op": "update_item", "id": "w3-long", "title": "Longest run", "set": {"km": 16}},
        {"op": "set_meta", "set": {"goal": {"time": "1:45"}}},
    )
    change = diff(BASE, after)
    assert [one["change_id"] for one in change_list(change, BASE, after)] == [
        "/meta/goal",
        "/items/w3-tempo/data/date",
        "/items/w3-long/title",
        "/items/w3-long/data/km",
    ]
    some = apply(BASE, select(change, BASE, after, frozenset({"/items/w3-long/data/km", "/meta/goal"})))
    assert (some.items["w3-long"].data["km"], some.items["w3-long"].title) == (16, "Long run")
    assert some.meta["goal"] == {"time": "1:45"}
    assert some.items["w3-tempo"] == BASE.items["w3-tempo"]


def test_what_comes_under_a_new_item_needs_it() -> None:
    after = with_a_week()
    told = refusal(after, "/items/w4-easy", "/items/w3-long/data/date")
    assert "“Added Easy run on Tue 28 Apr (5 km)” needs “Added Week 4 on Mon 27 Apr”: accept both, or neither" in told
    assert "“Moved Long run from Sun 26 Apr to Sun 3 May” needs" in told
    alone = select(diff(BASE, after), BASE, after, frozenset({"/items/w4"}))
    assert alone.touched == {"w4"}


def test_an_item_goes_only_with_what_is_under_it() -> None:
    after = edited({"op": "remove_item", "id": "w2", "with_children": True})
    assert "“Removed Week 2 on Mon 13 Apr” needs “Removed Tempo on Tue 14 Apr (6 km)”" in refusal(after, "/items/w2")
    kept = select(diff(BASE, after), BASE, after, frozenset({"/items/w2-tempo"}))
    assert kept.touched == {"w2-tempo"}


def test_an_unknown_change_is_refused_with_the_nearest() -> None:
    after = edited({"op": "update_item", "id": "w3-long", "set": {"km": 16}})
    assert "nearest: /items/w3-long/data/km" in refusal(after, "/items/w3-long/data/kn")


def test_new_ranks_in_the_old_order_are_no_change_to_speak_of() -> None:
    record = BASE.to_json()
    for item_id, rank in zip(("w1-tempo", "w1-easy", "w1-long"), spread(9)[::3], strict=True):
        record["items"][item_id]["rank"] = rank
    after = PlanDocument.from_json(record)
    change = diff(BASE, after)
    assert change.moved
    assert change_list(change, BASE, after) == []
    assert content_hash(apply(BASE, select(change, BASE, after, frozenset()))) == content_hash(after)
