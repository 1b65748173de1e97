"""The store through the SDK and plain HTTP: items, filters, namespaces and lifetimes, without an index."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import BadRequestError
from psycopg.rows import TupleRow


@pytest.fixture
def root() -> str:
    """A namespace label of the test's own: the server is shared."""
    return uuid4().hex


@pytest.fixture
def database(live_database: str) -> Iterator[psycopg.Connection[TupleRow]]:
    """The server's database, for looking at lifetimes and for letting them end."""
    with psycopg.connect(live_database, autocommit=True) as connection:
        yield connection


def keys(found: Any) -> list[str]:
    return [item["key"] for item in found["items"]]


async def test_an_item_is_what_was_put_last_under_its_key(client: LangGraphClient, root: str) -> None:
    value = {"text": "Grüße 🏃", "number": 2**53, "nest": {"list": [1, None, 1.5]}}
    await client.store.put_item([root, "notes"], "first", value)
    item = await client.store.get_item([root, "notes"], "first")
    assert list(item) == ["namespace", "key", "value", "created_at", "updated_at"]
    assert (item["namespace"], item["key"], item["value"]) == ([root, "notes"], "first", value)
    assert str(item["created_at"]).endswith("+00:00")
    await client.store.put_item([root, "notes"], "first", {"text": "new"})
    again = await client.store.get_item([root, "notes"], "first")
    assert again["value"] == {"text": "new"}
    assert (again["created_at"], again["updated_at"] > item["updated_at"]) == (item["created_at"], True)


async def test_a_missing_item_is_null_and_deleting_it_is_no_error(client: LangGraphClient, root: str) -> None:
    assert await client.store.get_item([root], "nothing") is None
    await client.store.delete_item([root], "nothing")
    await client.store.put_item([root], "it", {})
    await client.store.delete_item([root], "it")
    assert await client.store.get_item([root], "it") is None


async def test_namespaces_keys_and_values_are_checked(http: httpx.AsyncClient, root: str) -> None:
    item: dict[str, Any] = {"namespace": [root], "key": "k", "value": {}}
    label = "Namespace label {!r} must be a non-empty string without periods"
    reserved = 'Root label for namespace cannot be "langgraph". Got: {}'
    for change, status, detail in (
        ({"namespace": []}, 400, "Namespace cannot be empty."),
        ({"namespace": ["langgraph"]}, 400, reserved.format("('langgraph',)")),
        ({"namespace": ["langgraph", "x"]}, 400, reserved.format("('langgraph', 'x')")),
        ({"namespace": ["a.b"]}, 422, label.format("a.b")),
        ({"namespace": [root, ""]}, 422, label.format("")),
    ):
        response = await http.put("/store/items", json={**item, **change})
        assert (response.status_code, response.json()) == (status, {"detail": detail}), change
    for change in (
        {"namespace": [1]}, {"namespace": "x"}, {"namespace": None}, {"key": 1}, {"key": None}, {"value": [1]},
        {"value": None}, {"index": True}, {"index": [1]}, {"ttl": "x"}, {"ttl": -1}, {"ttl": 10**12}, {"key": "k" * 3000},
        {"index": ["p" * 600]},
    ):  # fmt: skip
        assert (await http.put("/store/items", json={**item, **change})).status_code == 422, change
    assert (await http.put("/store/items", json={"namespace": [root], "value": {}})).status_code == 422
    assert (await http.put("/store/items", content=b"")).json() == {"detail": "Invalid JSON in request body"}
    assert (
        await http.put("/store/items", json={**item, "namespace": [root, "langgraph"], "key": ""})
    ).status_code == 204


async def test_reading_takes_the_namespace_joined_by_dots(
    client: LangGraphClient, http: httpx.AsyncClient, root: str
) -> None:
    await client.store.put_item([root, "a"], "k", {"n": 1})
    response = await http.get(f"/store/items?namespace={root}.a&key=k&refresh_ttl=false")
    assert response.json()["value"] == {"n": 1}
    no_key = await http.get(f"/store/items?namespace={root}")
    assert (no_key.status_code, no_key.json()) == (400, {"error": "Key is required"})
    for wrong in ("key=k", "key=k&namespace=", f"key=k&namespace={root}..a", f"key=k&namespace={root}%00"):
        assert (await http.get(f"/store/items?{wrong}")).status_code == 422, wrong
    assert (await http.request("DELETE", "/store/items", json={"namespace": [root]})).status_code == 422
    assert (await http.request("DELETE", "/store/items", json={"key": "k"})).status_code == 204
    assert await client.store.get_item([root, "a"], "k") is not None


async def test_search_lists_what_is_in_and_below_a_namespace_the_last_updated_first(
    client: LangGraphClient, root: str
) -> None:
    for namespace, key in (([root], "a"), ([root, "in"], "b"), ([root, "in", "deep"], "c"), ([f"{root}x"], "d")):
        await client.store.put_item(namespace, key, {"key": key})
    await client.store.put_item([root], "a", {"key": "changed"})
    found = await client.store.search_items([root])
    assert keys(found) == ["a", "c", "b"]
    assert list(found["items"][0]) == ["namespace", "key", "value", "created_at", "updated_at", "score"]
    assert found["items"][0]["score"] is None
    assert keys(await client.store.search_items([root, "in"])) == ["c", "b"]
    assert keys(await client.store.search_items([root], limit=1, offset=1)) == ["c"]
    assert keys(await client.store.search_items([root], limit=0)) == []
    assert keys(await client.store.search_items([root[:-1] + "_"])) == [], "no pattern, whatever the label says"


async def test_a_search_without_a_namespace_is_of_everything(http: httpx.AsyncClient, root: str) -> None:
    await http.put("/store/items", json={"namespace": [root], "key": "k", "value": {"root": root}})
    for body in ({}, {"namespace_prefix": None}, {"namespace_prefix": []}):
        response = await http.post("/store/items/search", json={**body, "filter": {"root": root}})
        assert (response.status_code, keys(response.json())) == (200, ["k"])


async def test_without_an_index_a_query_just_lists(client: LangGraphClient, root: str) -> None:
    await client.store.put_item([root], "a", {"text": "apple"}, index=["text"])
    await client.store.put_item([root], "b", {"text": "pear"})
    found = await client.store.search_items([root], query="apple")
    assert [(item["key"], item["score"]) for item in found["items"]] == [("b", None), ("a", None)]


VALUES: dict[str, Any] = {
    "two": 2, "ten": 10, "half": 1.5, "text2": "2", "b": "b", "date": "2026-04-21", "null": None, "true": True,
    "list": [1, {"x": 2}], "object": {"x": 1, "y": {"z": [3]}},
}  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (2, {"two"}),
        (2.0, {"two"}),
        ("2", {"text2"}),
        (True, {"true"}),
        (None, {"null", "absent"}),
        ([1, {"x": 2}], {"list"}),
        ([1], set()),
        ({"x": 1}, {"object"}),
        ({"y": {"z": [3]}}, {"object"}),
        ({"x": {"$gt": 0}, "y": {"z": {"$ne": []}}}, {"object"}),
        ({"x": 2}, set()),
        ({}, {"object"}),
        ({"$eq": {"x": 1, "y": {"z": [3]}}}, {"object"}),
        ({"$eq": {"x": 1}}, set()),
        ({"$ne": 2}, set(VALUES) - {"two"} | {"absent"}),
        ({"$ne": None}, set(VALUES) - {"null"}),
        ({"$gt": 2}, {"ten"}),
        ({"$gte": 2}, {"two", "ten"}),
        ({"$lt": 10}, {"two", "half"}),
        ({"$lte": 1.5}, {"half"}),
        ({"$gt": 1, "$lt": 10}, {"two", "half"}),
        ({"$gte": "2026-04-01", "$lt": "2026-05-01"}, {"date"}),
        ({"$gt": "a"}, {"b"}),
    ],
)
async def test_filters_compare_values_by_their_type(
    client: LangGraphClient, root: str, wanted: Any, expected: set[str]
) -> None:
    for key, value in VALUES.items():
        await client.store.put_item([root], key, {"v": value})
    await client.store.put_item([root], "absent", {"other": 1})
    assert set(keys(await client.store.search_items([root], filter={"v": wanted}, limit=100))) == expected


async def test_filters_on_several_keys_must_all_hold(client: LangGraphClient, root: str) -> None:
    for number in range(4):
        await client.store.put_item([root], str(number), {"number": number, "even": number % 2 == 0})
    wanted = {"number": {"$gte": 1}, "even": True}
    assert keys(await client.store.search_items([root], filter=wanted)) == ["2"]


async def test_an_operator_that_there_is_not_is_refused(client: LangGraphClient, root: str) -> None:
    for wanted, said in (
        ({"$zz": 2}, "Unsupported operator: \\$zz"),
        ({"$gt": 1, "x": 2}, "Unsupported operator: x"),
        ({"$gt": None}, "\\$gt compares numbers or text"),
        ({"x": {"$lt": [1]}}, "\\$lt compares numbers or text"),
    ):
        with pytest.raises(BadRequestError, match=said):
            await client.store.search_items([root], filter={"v": wanted})


async def test_namespaces_are_listed_by_prefix_suffix_and_depth_in_pages(
    client: LangGraphClient, http: httpx.AsyncClient, root: str
) -> None:
    for labels in (["1", "x"], ["2", "x"], ["2", "y"], ["2", "y", "x"]):
        await client.store.put_item([root, *labels], "k", {})
        await client.store.put_item([root, *labels], "k2", {})

    async def listed(**wanted: Any) -> list[list[str]]:
        found = await client.store.list_namespaces(**{"prefix": [root], **wanted})
        return [namespace[1:] for namespace in found["namespaces"]]

    assert await listed() == [["1", "x"], ["2", "x"], ["2", "y"], ["2", "y", "x"]]
    assert await listed(prefix=[root, "2"]) == [["2", "x"], ["2", "y"], ["2", "y", "x"]]
    assert await listed(prefix=[root, "*", "x"]) == [["1", "x"], ["2", "x"]]
    assert await listed(suffix=["x"]) == [["1", "x"], ["2", "x"], ["2", "y", "x"]]
    assert await listed(suffix=["2", "*"]) == [["2", "x"], ["2", "y"]]
    assert await listed(max_depth=2) == [["1"], ["2"]]
    assert await listed(limit=2, offset=1) == [["2", "x"], ["2", "y"]]
    assert await listed(limit=0) == []
    assert await listed(prefix=[root[:-1]]) == [], "labels match as a whole"
    for wrong in ({"prefix": ["a.b"]}, {"suffix": [""]}, {"max_depth": 0}, {"limit": -1}, {"prefix": "x"}):
        assert (await http.post("/store/namespaces", json=wrong)).status_code == 422, wrong


def lifetime(database: psycopg.Connection[TupleRow], root: str) -> float | None:
    """How many minutes the one item of `root` still has, rounded to a tenth."""
    row = database.execute(
        "select extract(epoch from expires_at - now())::float8 / 60 from store where prefix = %s", (root,)
    ).fetchone()
    assert row is not None
    return None if row[0] is None else round(row[0], 1)


def set_lifetime(database: psycopg.Connection[TupleRow], root: str, left: timedelta) -> None:
    database.execute("update store set expires_at = now() + %s where prefix = %s", (left, root))


async def test_reading_an_item_renews_its_lifetime_unless_asked_not_to(
    client: LangGraphClient, database: psycopg.Connection[TupleRow], root: str
) -> None:
    await client.store.put_item([root], "k", {}, ttl=30)
    for renews, read in (
        (True, lambda: client.store.get_item([root], "k")),
        (False, lambda: client.store.get_item([root], "k", refresh_ttl=False)),
        (True, lambda: client.store.search_items([root])),
        (False, lambda: client.store.search_items([root], refresh_ttl=False)),
    ):
        set_lifetime(database, root, timedelta(minutes=3))
        assert await read()
        left = lifetime(database, root)
        assert left is not None
        assert (left > 20) == renews
    await client.store.put_item([root], "k", {})
    assert lifetime(database, root) is None, "put again without a lifetime, it stays"


async def test_a_lifetime_may_be_a_fraction_of_a_minute(
    http: httpx.AsyncClient, client: LangGraphClient, database: psycopg.Connection[TupleRow], root: str
) -> None:
    body = {"namespace": [root], "key": "k", "value": {}, "ttl": 0.4}
    assert (await http.put("/store/items", json=body)).status_code == 204
    set_lifetime(database, root, timedelta(minutes=5))
    assert await client.store.get_item([root], "k") is not None
    left = lifetime(database, root)
    assert left is not None
    assert 0 < left <= 0.4, "renewed by the fraction, not by nothing and not by a whole minute"
    await http.put("/store/items", json={**body, "ttl": None})
    assert lifetime(database, root) is None


async def test_an_expired_item_is_gone_before_it_is_swept(
    client: LangGraphClient, database: psycopg.Connection[TupleRow], root: str
) -> None:
    await client.store.put_item([root], "k", {"life": 1}, ttl=5)
    first = await client.store.get_item([root], "k")
    set_lifetime(database, root, timedelta(seconds=-1))
    assert await client.store.get_item([root], "k") is None
    assert await client.store.search_items([root]) == {"items": []}
    assert await client.store.list_namespaces([root]) == {"namespaces": []}
    await client.store.put_item([root], "k", {"life": 2})
    second = await client.store.get_item([root], "k")
    assert second["created_at"] > first["created_at"], "another item, not the old one revived"
