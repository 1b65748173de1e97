"""The laws of diff, apply and invert, on random plans."""

import json

import pytest
from hypothesis import given

from agent.plan.diff import ABSENT, Diff, FieldChange, apply, diff, invert
from agent.plan.document import PlanDocument, content_hash
from agent.plan.problems import DiffError
from tests.unit.plan.documents import half_marathon, pairs, triples

Pair = tuple[PlanDocument, PlanDocument]


@given(pairs())
def test_applying_the_diff_gives_the_other_document(pair: Pair) -> None:
    a, b = pair
    assert content_hash(apply(a, diff(a, b))) == content_hash(b)


@given(pairs())
def test_applying_the_inverse_goes_back(pair: Pair) -> None:
    a, b = pair
    assert content_hash(apply(b, invert(diff(a, b)))) == content_hash(a)
    assert invert(invert(diff(a, b))) == diff(a, b)


@given(pairs())
def test_a_diff_is_empty_exactly_for_equal_documents(pair: Pair) -> None:
    a, b = pair
    assert diff(a, b).is_empty == (content_hash(a) == content_hash(b))
    assert diff(a, a).is_empty


@given(pairs())
def test_a_diff_survives_json_text(pair: Pair) -> None:
    a, b = pair
    stored = Diff.from_json(json.loads(json.dumps(diff(a, b).to_json())))
    assert content_hash(apply(a, stored)) == content_hash(b)
    assert content_hash(apply(b, invert(stored))) == content_hash(a)


@given(triples())
def test_results_share_nothing_with_what_they_were_made_from(documents: tuple[PlanDocument, ...]) -> None:
    a, b, _ = documents
    change = diff(a, b)
    before = content_hash(a), content_hash(b), json.dumps(change.to_json(), sort_keys=True)

    result = apply(a, change)
    result.meta.clear()
    for item in result.items.values():
        scribble(item.data)

    assert (content_hash(a), content_hash(b), json.dumps(change.to_json(), sort_keys=True)) == before


def scribble(value: object) -> None:
    if isinstance(value, dict):
        for inner in value.values():
            scribble(inner)
        value["scribble"] = 1
    elif isinstance(value, list):
        value.append("scribble")


@given(triples())
def test_a_diff_never_overwrites_what_it_does_not_know(documents: tuple[PlanDocument, ...]) -> None:
    a, b, other = documents
    change = diff(a, b)
    try:
        result = apply(other, change)
    except DiffError:
        return
    assert diff(other, result).stats == change.stats
    assert content_hash(apply(result, invert(change))) == content_hash(other)


def test_a_change_is_told_at_the_shallowest_path_where_it_is() -> None:
    a = half_marathon()
    record = a.to_json()
    record["items"]["w1-long"]["data"]["pace"]["lo"] = 300
    record["items"]["w1-long"]["data"]["note"] = {"deep": {}}
    del record["items"]["w1-easy"]["data"]["km"]
    record["items"]["w1-tempo"] |= {"parent": "w2", "title": "Threshold"}
    record["meta"]["goal"] = True

    change = diff(a, PlanDocument.from_json(record))

    assert change.meta == (FieldChange(("goal",), {"time": "1:50"}, True),)
    assert change.changed == {
        "w1-long": (
            FieldChange(("data", "pace", "lo"), 330, 300),
            FieldChange(("data", "note"), ABSENT, {"deep": {}}),
        ),
        "w1-easy": (FieldChange(("data", "km"), 5, ABSENT),),
        "w1-tempo": (FieldChange(("title",), "Tempo", "Threshold"),),
    }
    assert {item_id: move.after.parent for item_id, move in change.moved.items()} == {"w1-tempo": "w2"}
    assert change.stats == {"added": 0, "removed": 0, "changed": 3, "moved": 1}
    assert change.touched == {"w1-long", "w1-easy", "w1-tempo"}


@pytest.mark.parametrize(("before", "after"), [(1, True), (0, False), ({}, None), ({}, []), ("1", 1), ([1], [True])])
def test_a_change_of_type_is_a_change(before: object, after: object) -> None:
    a, b = (
        PlanDocument.from_json({"schema": 1, "domain": "x", "meta": {"n": value}, "items": {}})
        for value in (before, after)
    )
    [change] = diff(a, b).meta
    assert (change.before, change.after) == (before, after)
    assert type(change.after) is type(after)


def test_plans_of_two_domains_have_no_diff() -> None:
    with pytest.raises(DiffError):
        diff(PlanDocument.empty("running"), PlanDocument.empty("travel"))


def test_every_way_in_which_a_diff_does_not_fit_is_named() -> None:
    a = half_marathon()
    record = a.to_json()
    del record["items"]["w1-long"]
    record["items"]["w1-easy"]["data"]["km"] = 6
    record["items"]["w1-tempo"]["parent"] = "w2"
    record["items"]["extra"] = record["items"]["w2-easy"]
    b = PlanDocument.from_json(record)

    with pytest.raises(DiffError) as caught:
        apply(b, diff(a, b))

    assert sorted(problem.code for problem in caught.value.problems) == ["exists", "stale", "stale", "stale"]
