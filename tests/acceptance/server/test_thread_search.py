"""Searching threads: what is extracted of them, by which values they are found, and what is refused."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import BadRequestError

from tests.acceptance.server.running import new_thread, said


async def _extracted(client: LangGraphClient, thread_id: str, **paths: str) -> dict[str, Any]:
    (found,) = await client.threads.search(ids=[thread_id], select=["thread_id"], extract=paths)
    assert set(found) == {"thread_id", "extracted"}
    return dict(found["extracted"])


async def test_values_are_extracted_by_path(client: LangGraphClient) -> None:
    thread_id = (await client.threads.create(metadata={"nest": {"list": [1, {"x": [2, 3]}]}, "a b": 4}))["thread_id"]
    outcome = await client.runs.wait(thread_id, "echo", input=said("hi"), config={"tags": ["t"]})
    found = await _extracted(
        client,
        thread_id,
        last="values.messages[-1].content",
        first="values.messages[0]",
        all="values",
        deep="metadata.nest.list[1].x[-2]",
        graph="metadata.graph_id",
        spaced="metadata.a b",
        settings="config.configurable",
        waits="interrupts",
    )
    assert found == {
        "last": "You said: hi",
        "first": outcome["messages"][0],
        "all": outcome,
        "deep": 2,
        "graph": "echo",
        "spaced": 4,
        "settings": {},
        "waits": {},
    }


async def test_what_a_path_does_not_reach_is_null(client: LangGraphClient) -> None:
    thread_id = (await client.threads.create(metadata={"list": [1], "text": "abc", "n": {"1": 2}}))["thread_id"]
    paths = {
        "missing": "metadata.nope.deeper",
        "beyond": "metadata.list[1]",
        "before": "metadata.list[-2]",
        "wildcard": "metadata.list[*]",
        "unclosed": "metadata.list[0",
        "doubled": "metadata..list",
        "of_text": "metadata.text[0]",
        "key_of_list": "metadata.list.0",
        "no_values": "values.messages[0]",
        "quoted": "metadata['list']",
    }
    assert await _extracted(client, thread_id, **paths) == dict.fromkeys(paths)


@pytest.mark.parametrize(
    ("extract", "detail"),
    [
        ({"a-b": "values"}, "Extract key 'a-b' must be a valid identifier (letters, digits, underscores)"),
        ({"1a": "values"}, "Extract key '1a' must be a valid identifier (letters, digits, underscores)"),
        ({"": "values"}, "Extract key '' must be a valid identifier (letters, digits, underscores)"),
        ({"é": "values"}, "Extract key 'é' must be a valid identifier (letters, digits, underscores)"),
        ({"a": ""}, "Extract path for 'a' must be a non-empty string"),
        ({"a": "x.y"}, "Extract path 'x.y' must start with one of: config, interrupts, metadata, values"),
        ({"a": "status"}, "Extract path 'status' must start with one of: config, interrupts, metadata, values"),
        ({"a": "valuesx"}, "Extract path 'valuesx' must start with one of: config, interrupts, metadata, values"),
    ],
)
async def test_paths_that_no_thread_can_answer_are_refused(
    http: httpx.AsyncClient, extract: dict[str, str], detail: str
) -> None:
    response = await http.post("/threads/search", json={"extract": extract})
    assert (response.status_code, response.json()) == (422, {"detail": detail})


async def test_ten_paths_are_enough(http: httpx.AsyncClient) -> None:
    paths = {f"k{number}": "values" for number in range(10)}
    assert (await http.post("/threads/search", json={"extract": paths, "limit": 1})).status_code == 200
    for extract in (paths | {"k10": "values"}, {"a": 5}, []):
        assert (await http.post("/threads/search", json={"extract": extract})).status_code == 422


async def test_values_are_found_by_what_they_contain(client: LangGraphClient) -> None:
    tag = str(uuid4())
    spoken, asked = await new_thread(client), await new_thread(client)
    await client.runs.wait(spoken, "echo", input=said(tag))
    await client.runs.wait(asked, "ask", input={"question": tag})
    found = await client.threads.search(values={"messages": [{"type": "human", "content": tag}]}, select=["thread_id"])
    assert found == [{"thread_id": spoken}]
    found = await client.threads.search(values={"question": tag}, status="interrupted", metadata={"graph_id": "ask"})
    assert [thread["thread_id"] for thread in found] == [asked]
    assert await client.threads.search(values={"question": tag}, status="idle") == []
    assert await client.threads.count(values={"question": tag}) == 1


async def test_ids_narrow_a_search_and_must_be_ids(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    ids = [await new_thread(client) for _ in range(3)]
    found = await client.threads.search(ids=[ids[0], ids[2].upper(), str(uuid4())], select=["thread_id"])
    assert found == [{"thread_id": ids[2]}, {"thread_id": ids[0]}]
    with pytest.raises(BadRequestError, match="Invalid thread ID nonsense"):
        await client.threads.search(ids=[ids[0], "nonsense"])
    everything = await http.post("/threads/search", json={"ids": [], "limit": 1})
    assert len(everything.json()) == 1
    assert everything.headers["x-pagination-next"] == "1"


async def test_an_empty_selection_selects_everything(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    thread_id = await new_thread(client)
    rows = (await http.post("/threads/search", json={"ids": [thread_id], "select": []})).json()
    assert rows == [await client.threads.get(thread_id)]


async def test_every_order_is_the_one_asked_for(client: LangGraphClient) -> None:
    tag = str(uuid4())
    ids = [(await client.threads.create(metadata={"tag": tag}))["thread_id"] for _ in range(3)]
    await client.runs.wait(ids[1], "ask", input={"question": "?"})
    await client.threads.update(ids[0], metadata={"touched": True})

    async def ordered(**by: Any) -> list[int]:
        found = await client.threads.search(metadata={"tag": tag}, select=["thread_id"], **by)
        return [ids.index(thread["thread_id"]) for thread in found]

    assert await ordered() == [0, 1, 2]
    assert await ordered(sort_by="updated_at", sort_order="asc") == [2, 1, 0]
    assert await ordered(sort_by="created_at") == [2, 1, 0]
    assert await ordered(sort_by="state_updated_at", sort_order="desc") == [1, 2, 0]
    assert (await ordered(sort_by="status", sort_order="desc"))[0] == 1
    assert await ordered(sort_order="asc") == [0, 1, 2], "an order alone orders nothing"
