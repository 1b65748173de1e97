"""Searching by meaning: the embedding that `langgraph.json` names, per item and per project."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient


@pytest.fixture
def root() -> str:
    """A namespace label of the test's own: the server is shared."""
    return uuid4().hex


def scored(found: Any) -> list[tuple[str, float | None]]:
    return [(item["key"], None if item["score"] is None else round(item["score"], 2)) for item in found["items"]]


async def test_what_is_nearest_in_meaning_comes_first_and_what_is_not_indexed_last(
    client: LangGraphClient, root: str
) -> None:
    await client.store.put_item([root], "pear", {"text": "a pear"})
    await client.store.put_item([root, "deep"], "both", {"text": "an apple and a pear"})
    await client.store.put_item([root], "apple", {"text": "an apple"})
    await client.store.put_item([root], "hidden", {"text": "apple apple"}, index=False)
    await client.store.put_item([root], "other", {"words": "apple"})
    found = await client.store.search_items([root], query="apple")
    assert scored(found) == [("apple", 1.0), ("both", 0.71), ("pear", 0.01), ("other", None), ("hidden", None)]
    assert scored(await client.store.search_items([root], query="apple", limit=2, offset=1)) == [
        ("both", 0.71),
        ("pear", 0.01),
    ]
    assert scored(await client.store.search_items([root], query="")) == [
        ("other", None), ("hidden", None), ("apple", None), ("both", None), ("pear", None),
    ]  # fmt: skip


async def test_a_search_by_meaning_is_filtered_first(client: LangGraphClient, root: str) -> None:
    for number in range(30):
        await client.store.put_item([root], f"near{number}", {"text": "car", "kept": False})
    await client.store.put_item([root], "far", {"text": "train car", "kept": True})
    found = await client.store.search_items([root], query="car", filter={"kept": True}, limit=1)
    assert scored(found) == [("far", 0.71)]


async def test_the_nearest_of_an_items_texts_counts(client: LangGraphClient, root: str) -> None:
    await client.store.put_item([root], "notes", {"text": "a car", "notes": ["a train", "a pear"]})
    await client.store.put_item([root], "car", {"text": "a car"})
    assert scored(await client.store.search_items([root], query="pear"))[0] == ("notes", 1.0)


async def test_an_item_may_say_what_of_it_is_indexed(client: LangGraphClient, root: str) -> None:
    await client.store.put_item([root], "own", {"text": "car", "title": "apple"}, index=["title"])
    assert scored(await client.store.search_items([root], query="apple")) == [("own", 1.0)]
    assert scored(await client.store.search_items([root], query="car")) == [("own", 0.01)]


async def test_an_item_may_have_many_texts_and_paths_that_repeat_or_lead_nowhere(
    client: LangGraphClient, root: str
) -> None:
    value = {"many": ["train"] * 17_000, "few": ["car"]}  # more than one statement can take
    await client.store.put_item([root], "k", value, index=["many[*]", "few[*]", "few[*]", "a[x", "{", "$.b"])
    assert scored(await client.store.search_items([root], query="car")) == [("k", 1.0)]


async def test_a_changed_item_is_found_by_what_it_says_now(client: LangGraphClient, root: str) -> None:
    await client.store.put_item([root], "k", {"text": "apple", "notes": ["car", "train"]})
    await client.store.put_item([root], "k", {"text": "pear", "notes": ["car"]})
    assert scored(await client.store.search_items([root], query="apple")) == [("k", 0.01)]
    assert scored(await client.store.search_items([root], query="train")) == [("k", 0.01)]
    assert scored(await client.store.search_items([root], query="pear")) == [("k", 1.0)]
    await client.store.put_item([root], "k", {"text": "pear"}, index=False)
    assert scored(await client.store.search_items([root], query="pear")) == [("k", None)]


async def test_a_failing_embedding_is_told_and_changes_nothing(
    client: LangGraphClient, http: httpx.AsyncClient, root: str
) -> None:
    await client.store.put_item([root], "k", {"text": "apple"})
    for method, path, body in (
        ("PUT", "/store/items", {"namespace": [root], "key": "k", "value": {"text": "unspeakable"}}),
        ("POST", "/store/items/search", {"namespace_prefix": [root], "query": "unspeakable"}),
    ):
        response = await http.request(method, path, json=body)
        assert response.status_code == 503, (method, path)
        assert "store.index.embed" in response.json()["detail"]
        assert "nobody can embed this" in response.json()["detail"]
    assert scored(await client.store.search_items([root], query="apple")) == [("k", 1.0)]


async def test_graphs_have_the_same_store(client: LangGraphClient) -> None:
    await client.store.put_item(["memories", "human"], "fruit", {"text": "I like apples"})
    thread_id = (await client.threads.create())["thread_id"]
    values = await client.runs.wait(thread_id, "remembers", input={"text": "apple pie"})
    assert values["found"] == ["apple pie", "I like apples"]
    item = await client.store.get_item(["memories", "graph"], "last")
    assert item["value"] == {"text": "apple pie"}
