"""The document: what is a plan and what is not, one spelling per content, nothing shared."""

import json

import pytest
from hypothesis import given

from agent.plan.document import MAX_ITEMS, PlanDocument, canonical_json, content_hash
from agent.plan.json_values import same_json
from agent.plan.problems import DocumentError
from tests.unit.plan.documents import documents, half_marathon, pairs


def item(**fields: object) -> dict[str, object]:
    return {"kind": "run", "parent": None, "rank": "a0", "title": "Run", "data": {}, **fields}


def plan(items: dict[str, object] | None = None, **fields: object) -> dict[str, object]:
    return {"schema": 1, "domain": "running", "meta": {}, "items": items or {}, **fields}


@given(documents())
def test_a_document_survives_json_text(document: PlanDocument) -> None:
    again = PlanDocument.from_json(json.loads(json.dumps(document.to_json())))
    assert content_hash(again) == content_hash(document)


@given(documents())
def test_canonical_json_is_the_document_and_does_not_depend_on_key_order(document: PlanDocument) -> None:
    def reversed_keys(value: object) -> object:
        if isinstance(value, dict):
            return {key: reversed_keys(inner) for key, inner in reversed(value.items())}
        return value

    backwards = PlanDocument.from_json(reversed_keys(document.to_json()))
    assert canonical_json(backwards) == canonical_json(document)
    assert same_json(json.loads(canonical_json(document)), document.to_json())


@given(pairs())
def test_hashes_are_equal_exactly_for_equal_documents(pair: tuple[PlanDocument, PlanDocument]) -> None:
    a, b = pair
    assert (content_hash(a) == content_hash(b)) == same_json(a.to_json(), b.to_json())


def test_true_and_1_are_different_but_1_and_1_0_are_one_number() -> None:
    as_int, as_float, as_bool = (
        content_hash(PlanDocument.from_json(plan(meta={"n": value}))) for value in (1, 1.0, True)
    )
    assert as_int == as_float != as_bool


def test_a_document_shares_nothing_with_the_json_it_came_from_or_became() -> None:
    source = plan({"a": item(data={"deep": {"km": 5}})}, meta={"goal": {"time": "1:50"}})
    document = PlanDocument.from_json(source)
    before = content_hash(document)

    source["items"]["a"]["data"]["deep"]["km"] = 6
    source["meta"]["goal"]["time"] = "1:30"
    written = document.to_json()
    written["items"]["a"]["data"]["deep"]["km"] = 7
    written["meta"]["goal"].clear()

    assert content_hash(document) == before


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (plan(schema=2), "malformed"),
        (plan(domain=""), "malformed"),
        (plan(extra=1), "malformed"),
        ({"schema": 1, "items": {}}, "malformed"),
        (plan({"a": item(kind=7)}), "malformed"),
        (plan({"a": item(rank="")}), "malformed"),
        (plan({"a": item(rank="ä")}), "malformed"),
        (plan({"a": item(colour="red")}), "malformed"),
        (plan({"a b": item()}), "bad_id"),
        (plan({"": item()}), "bad_id"),
        (plan({"a": item(parent="b")}), "no_parent"),
        (plan({"a": item(parent="a")}), "cycle"),
        (plan({"a": item(parent="b"), "b": item(parent="a")}), "cycle"),
        (plan(meta={"n": float("nan")}), "not_json"),
        (plan(meta={"n": float("inf")}), "not_json"),
        (plan(meta={"n": 2**53}), "not_json"),
        (plan(meta={"n": 1e300}), "not_json"),
        (plan(meta={"text": "\x00"}), "not_json"),
        (plan(meta={"text": "\ud800"}), "not_json"),
        (plan(meta={"\x00": 1}), "not_json"),
        (plan(meta={1: 1}), "not_json"),
        (plan(meta={"when": object()}), "not_json"),
    ],
)
def test_what_is_no_plan_is_refused(record: dict[str, object], code: str) -> None:
    with pytest.raises(DocumentError) as caught:
        PlanDocument.from_json(record)
    assert {problem.code for problem in caught.value.problems} == {code}


def test_all_problems_of_a_tree_are_reported_at_once() -> None:
    record = plan({"a": item(parent="gone"), "b": item(parent="c"), "c": item(parent="b"), "d": item(parent="c")})
    with pytest.raises(DocumentError) as caught:
        PlanDocument.from_json(record)
    assert [problem.code for problem in caught.value.problems] == ["no_parent", "cycle", "cycle"]


def test_nesting_beyond_reason_is_refused_and_not_a_crash() -> None:
    deep: dict[str, object] = {}
    for _ in range(5_000):
        deep = {"in": deep}
    with pytest.raises(DocumentError, match="nested deeper"):
        PlanDocument.from_json(plan(meta=deep))


def test_a_plan_has_a_largest_size() -> None:
    full = plan({f"i{number}": item() for number in range(MAX_ITEMS)})
    assert len(PlanDocument.from_json(full).items) == MAX_ITEMS
    full["items"]["more"] = item()
    with pytest.raises(DocumentError, match=f"at most {MAX_ITEMS}"):
        PlanDocument.from_json(full)


def test_a_stored_document_is_taken_over_as_it_is() -> None:
    document = half_marathon()
    assert content_hash(PlanDocument.trusted(document.to_json())) == content_hash(document)
