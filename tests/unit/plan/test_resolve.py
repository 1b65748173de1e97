"""Choosing a side in each conflict of a merge by itself."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.plan.diff import ABSENT, value_at
from agent.plan.document import PlanDocument, tree_problems
from agent.plan.merge import Side, merge
from agent.plan.problems import ChoiceError
from agent.plan.resolve import resolve, unsettled
from tests.unit.plan.documents import half_marathon, triples
from tests.unit.plan.test_merge import changed, facts

Triple = tuple[PlanDocument, PlanDocument, PlanDocument]
sides: st.SearchStrategy[Side] = st.sampled_from(["ours", "theirs"])


def settled_throughout(triple: Triple, choose: st.DataObject | None) -> tuple[PlanDocument, dict[str, Side]]:
    """The merge with a choice in every conflict, also those that only come up when others are settled."""
    choices: dict[str, Side] = {}
    while True:
        merged = resolve(*triple, choices)
        open_ones = unsettled(merged.conflicts, choices)
        if not open_ones:
            return merged.document, choices
        for one in open_ones:
            choices[one.pointer] = "ours" if choose is None else choose.draw(sides, label=one.pointer)


@settings(max_examples=100)
@given(triples())
def test_without_choices_theirs_is_kept_as_in_any_merge(triple: Triple) -> None:
    assert resolve(*triple, {}) == merge(*triple)


@settings(max_examples=150)
@given(triples())
def test_choosing_ours_everywhere_keeps_every_change_of_ours(triple: Triple) -> None:
    document, _ = settled_throughout(triple, None)
    assert tree_problems(document.items) == []
    assert facts(triple[0], triple[1]) <= facts(triple[0], document)


@settings(max_examples=150)
@given(triples(), st.data())
def test_any_choices_give_a_whole_plan_and_a_field_has_the_chosen_value(triple: Triple, data: st.DataObject) -> None:
    document, choices = settled_throughout(triple, data)
    assert tree_problems(document.items) == []
    for one in resolve(*triple, choices).conflicts:
        if one.kind == "field":
            assert one.kept == choices[one.pointer]


def test_each_field_goes_the_way_it_was_chosen() -> None:
    ours = changed(w1_long={"data": {"km": 16}}, w2_long={"data": {"km": 18}}, w3_long={"title": "Ours"})
    theirs = changed(w1_long={"data": {"km": 12}}, w2_long={"data": {"km": 10}})

    merged = resolve(
        half_marathon(), ours, theirs, {"/items/w1-long/data/km": "ours", "/items/w2-long/data/km": "theirs"}
    )

    kms = [merged.document.items[name].data["km"] for name in ("w1-long", "w2-long")]
    assert kms == [16, 10]
    assert merged.document.items["w3-long"].title == "Ours"
    assert {one.pointer: one.kept for one in merged.conflicts} == {
        "/items/w1-long/data/km": "ours",
        "/items/w2-long/data/km": "theirs",
    }


def test_a_removal_of_ours_goes_through_when_chosen() -> None:
    ours, theirs = changed(w1_long=None), changed(w1_long={"data": {"km": 12}})
    assert resolve(half_marathon(), ours, theirs, {"/items/w1-long": "ours"}).document == ours


def test_an_item_that_they_removed_comes_back_with_our_change_when_chosen() -> None:
    ours, theirs = changed(w1_long={"data": {"km": 16}}), changed(w1_long=None)
    assert resolve(half_marathon(), ours, theirs, {"/items/w1-long": "ours"}).document == ours


def test_choosing_an_item_of_ours_brings_back_the_week_that_it_is_in() -> None:
    ours = changed(new={"title": "Hills", "parent": "w1"})
    theirs = changed(w1=None, w1_tempo=None, w1_easy=None, w1_long=None)

    merged = resolve(half_marathon(), ours, theirs, {"/items/new": "ours"})

    assert merged.document.items["new"].parent == "w1"
    assert "w1" in merged.document.items
    assert "w1-long" not in merged.document.items


def test_choosing_our_value_inside_an_object_that_they_replaced_takes_our_object() -> None:
    ours = changed(w1_long={"data": {"pace": {"lo": 1, "hi": 360}}})
    theirs = changed(w1_long={"data": {"pace": None}})
    [conflict] = merge(half_marathon(), ours, theirs).conflicts

    merged = resolve(half_marathon(), ours, theirs, {conflict.pointer: "ours"})

    assert value_at(merged.document.items["w1-long"].data, ("pace", "lo")) == 1
    assert value_at(merged.document.items["w1-long"].data, ("pace", "hi")) is not ABSENT


def test_two_moves_into_each_other_are_settled_by_a_choice() -> None:
    ours, theirs = changed(w1={"parent": "w2"}), changed(w2={"parent": "w1"})

    kept_ours = resolve(half_marathon(), ours, theirs, {"/items/w1/place": "ours"}).document

    assert (kept_ours.items["w1"].parent, kept_ours.items["w2"].parent) == ("w2", None)


def test_a_choice_where_nothing_is_in_conflict_is_refused_with_the_nearest_that_is() -> None:
    ours, theirs = changed(w1_long={"data": {"km": 16}}), changed(w1_long={"data": {"km": 12}})
    with pytest.raises(ChoiceError) as refusal:
        resolve(half_marathon(), ours, theirs, {"/items/w1-long/km": "ours"})
    assert refusal.value.problems[0].nearest == ("/items/w1-long/data/km",)
