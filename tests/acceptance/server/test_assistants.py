"""Assistants through the SDK and plain HTTP: their life, their versions, search, and what runs take from them."""

import asyncio
from uuid import UUID, uuid4, uuid5

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import BadRequestError, ConflictError, NotFoundError, UnprocessableEntityError

from tests.acceptance.server.running import new_thread, said, started, texts

BOTH = "Cannot specify both configurable and context"


async def test_an_assistant_is_made_with_what_was_given_and_defaults_for_the_rest(client: LangGraphClient) -> None:
    made = await client.assistants.create("echo")
    assert list(made) == [
        "assistant_id", "graph_id", "config", "context", "metadata", "name", "created_at", "updated_at", "version",
        "description",
    ]  # fmt: skip
    assert UUID(made["assistant_id"]).version == 4
    assert (made["graph_id"], made["name"], made["description"], made["version"]) == ("echo", "Untitled", None, 1)
    assert (made["config"], made["context"], made["metadata"]) == ({}, {}, {})
    assert str(made["created_at"]).endswith("+00:00")
    assert made["updated_at"] == made["created_at"]
    assert await client.assistants.get(made["assistant_id"]) == made
    given = await client.assistants.create(
        "echo", assistant_id=str(uuid4()), metadata={"owner": "a"}, name="Echo", description="Says it again."
    )
    assert (given["metadata"], given["name"], given["description"]) == ({"owner": "a"}, "Echo", "Says it again.")


async def test_config_and_context_are_two_spellings_of_one_thing(
    client: LangGraphClient, http: httpx.AsyncClient
) -> None:
    by_context = await client.assistants.create("echo", context={"prefix": "A"}, config={"tags": ["t"]})
    assert by_context["config"] == {"tags": ["t"], "configurable": {"prefix": "A"}}
    by_config = await client.assistants.create("echo", config={"configurable": {"prefix": "B"}, "recursion_limit": 9})
    assert by_config["context"] == {"prefix": "B"}
    assert by_config["config"] == {"configurable": {"prefix": "B"}, "recursion_limit": 9}
    with pytest.raises(BadRequestError, match=BOTH):
        await client.assistants.create("echo", config={"configurable": {"prefix": "B"}}, context={"prefix": "A"})
    with pytest.raises(BadRequestError, match=BOTH):
        await client.assistants.update(
            by_config["assistant_id"], config={"configurable": {"prefix": "B"}}, context={"prefix": "A"}
        )
    patched = await client.assistants.update(by_config["assistant_id"], context={"prefix": "C"})
    assert (patched["config"], patched["context"]) == ({"configurable": {"prefix": "C"}}, {"prefix": "C"})
    together = await client.assistants.update(
        by_config["assistant_id"], context={"prefix": "E"}, config={"recursion_limit": 9}
    )
    assert together["config"] == {"configurable": {"prefix": "E"}, "recursion_limit": 9}
    replaced = await client.assistants.update(by_config["assistant_id"], config={"configurable": {"prefix": "D"}})
    assert (replaced["config"], replaced["context"]) == ({"configurable": {"prefix": "D"}}, {"prefix": "D"})
    kept = await http.post("/assistants", json={"graph_id": "echo", "config": {"own": 1, "configurable": None}})
    assert kept.json()["config"] == {"own": 1}


async def test_a_taken_id_conflicts_unless_asked_to_do_nothing(client: LangGraphClient) -> None:
    first = await client.assistants.create("echo", name="First")
    with pytest.raises(ConflictError, match=f"Assistant {first['assistant_id']} already exists"):
        await client.assistants.create("slow", assistant_id=first["assistant_id"])
    again = await client.assistants.create(
        "slow", assistant_id=first["assistant_id"], name="Second", if_exists="do_nothing"
    )
    assert again == first


async def test_one_of_many_at_once_gets_the_id(client: LangGraphClient) -> None:
    assistant_id = str(uuid4())
    attempts = [client.assistants.create("echo", assistant_id=assistant_id) for _ in range(8)]
    results = await asyncio.gather(*attempts, return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["ConflictError"] * 7 + ["dict"]


async def test_a_graph_that_is_not_served_is_named_with_those_that_are(
    client: LangGraphClient, http: httpx.AsyncClient
) -> None:
    assistant = await client.assistants.create("echo")
    for method, path, body in (
        ("POST", "/assistants", {"graph_id": "nope"}),
        ("PATCH", f"/assistants/{assistant['assistant_id']}", {"graph_id": "nope"}),
        ("POST", "/assistants/search", {"graph_id": "nope"}),
        ("POST", "/assistants/count", {"graph_id": "nope"}),
    ):
        response = await http.request(method, path, json=body)
        assert response.status_code == 404, (method, path)
        assert response.json()["detail"].startswith(
            "Graph 'nope' not found. Expected one of: ['adds', 'advise', 'ask', "
        )
    assert (await client.assistants.get(assistant["assistant_id"]))["version"] == 1


async def test_every_patch_makes_a_version_and_merges_metadata(client: LangGraphClient) -> None:
    assistant = await client.assistants.create("echo", metadata={"keep": 1, "nest": {"a": 1}}, name="One")
    assistant_id = assistant["assistant_id"]
    same = await client.assistants.update(assistant_id)
    assert same == {**assistant, "version": 2, "updated_at": same["updated_at"]}
    patched = await client.assistants.update(
        assistant_id, graph_id="slow", metadata={"nest": {"b": 2}}, name="Three", description="third"
    )
    assert patched["metadata"] == {"keep": 1, "nest": {"b": 2}}
    assert (patched["graph_id"], patched["name"], patched["description"]) == ("slow", "Three", "third")
    assert (patched["version"], patched["created_at"]) == (3, assistant["created_at"])
    assert patched["updated_at"] > same["updated_at"] > assistant["updated_at"]


async def test_patches_at_once_each_get_a_version_of_their_own(client: LangGraphClient) -> None:
    assistant_id = (await client.assistants.create("echo"))["assistant_id"]
    patched = await asyncio.gather(*(client.assistants.update(assistant_id, metadata={str(n): n}) for n in range(8)))
    assert sorted(assistant["version"] for assistant in patched) == list(range(2, 10))
    assert (await client.assistants.get(assistant_id))["metadata"] == {str(n): n for n in range(8)}


async def test_versions_come_newest_first_in_pages_filtered_by_metadata(client: LangGraphClient) -> None:
    assistant_id = (await client.assistants.create("echo", name="v1"))["assistant_id"]
    for number in range(2, 5):
        await client.assistants.update(assistant_id, name=f"v{number}", metadata={"even": number % 2 == 0})
    versions = await client.assistants.get_versions(assistant_id)
    assert [version["name"] for version in versions] == ["v4", "v3", "v2", "v1"]
    assert list(versions[0]) == [
        "assistant_id", "version", "graph_id", "config", "context", "metadata", "created_at", "name", "description",
    ]  # fmt: skip
    assert versions[0]["created_at"] > versions[1]["created_at"]
    page = await client.assistants.get_versions(assistant_id, limit=2, offset=1)
    assert [version["version"] for version in page] == [3, 2]
    even = await client.assistants.get_versions(assistant_id, metadata={"even": True})
    assert [version["version"] for version in even] == [4, 2]


async def test_an_earlier_version_can_be_set_with_all_that_it_was(
    client: LangGraphClient, http: httpx.AsyncClient
) -> None:
    first = await client.assistants.create(
        "echo", context={"prefix": "A"}, metadata={"n": 1}, name="One", description="first"
    )
    assistant_id = first["assistant_id"]
    await client.assistants.update(
        assistant_id, graph_id="slow", context={"prefix": "B"}, metadata={"n": 2}, name="Two", description="second"
    )
    restored = await client.assistants.set_latest(assistant_id, 1)
    assert restored == {**first, "updated_at": restored["updated_at"]}, "graph and context included"
    assert restored["updated_at"] > first["updated_at"]
    assert (await client.assistants.update(assistant_id, name="Three"))["version"] == 3
    by_query = await http.post(f"/assistants/{assistant_id}/latest?version=2", json={})
    assert (by_query.json()["graph_id"], by_query.json()["version"]) == ("slow", 2)
    with pytest.raises(NotFoundError, match=f"Version 99 not found for assistant {assistant_id}"):
        await client.assistants.set_latest(assistant_id, 99)


async def test_a_deleted_assistant_is_gone_with_its_versions(client: LangGraphClient) -> None:
    assistant_id = (await client.assistants.create("echo", name="before"))["assistant_id"]
    await client.assistants.delete(assistant_id)
    with pytest.raises(NotFoundError):
        await client.assistants.get(assistant_id)
    await client.assistants.create("echo", assistant_id=assistant_id, name="after")
    assert [version["name"] for version in await client.assistants.get_versions(assistant_id)] == ["after"]


async def test_deleting_an_assistant_keeps_its_threads_unless_asked_to_take_them(client: LangGraphClient) -> None:
    kept, doomed = [(await client.assistants.create("slow"))["assistant_id"] for _ in range(2)]
    theirs = {assistant_id: await new_thread(client) for assistant_id in (kept, doomed)}
    for assistant_id, thread_id in theirs.items():
        await client.runs.wait(thread_id, assistant_id, input={"seconds": 0})
    busy = await new_thread(client)
    live = await client.runs.create(busy, doomed, input={"seconds": 60})
    await client.assistants.delete(kept)
    await client.assistants.delete(doomed, delete_threads=True)
    assert (await client.threads.get(theirs[kept]))["status"] == "idle"
    for thread_id in (theirs[doomed], busy):
        with pytest.raises(NotFoundError):
            await client.threads.get(thread_id)
    with pytest.raises(NotFoundError):
        await client.runs.get(busy, live["run_id"])


async def test_a_run_goes_on_when_its_assistant_is_deleted(client: LangGraphClient) -> None:
    assistant_id = (await client.assistants.create("slow"))["assistant_id"]
    thread_id = await new_thread(client)
    run_id = await started(client, thread_id, seconds=0.2)
    await client.assistants.delete(assistant_id)
    assert (await client.runs.join(thread_id, run_id))["log"] == ["before", "slept", "after"]


async def test_what_is_not_there_is_not_found(http: httpx.AsyncClient) -> None:
    missing = uuid4()
    for method, path, body, detail in (
        ("GET", "", None, "Not Found"),
        ("GET", "/graph", None, "Not Found"),
        ("GET", "/schemas", None, "Not Found"),
        ("GET", "/subgraphs", None, "Not Found"),
        ("PATCH", "", {}, f"Assistant {missing} not found"),
        ("POST", "/versions", {}, f"Assistant {missing} not found"),
        ("POST", "/latest", {"version": 1}, f"Assistant {missing} not found"),
        ("DELETE", "", None, f"Assistant with ID {missing} not found"),
    ):
        response = await http.request(method, f"/assistants/{missing}{path}", json=body)
        assert (response.status_code, response.json()) == (404, {"detail": detail}), (method, path)


async def test_what_is_neither_an_id_nor_a_graph_is_refused(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    for method, path, body in (("GET", "", None), ("PATCH", "", {}), ("POST", "/versions", {}), ("DELETE", "", None)):
        response = await http.request(method, f"/assistants/neither{path}", json=body)
        assert response.status_code == 422, (method, path)
        assert response.json() == {"detail": "Invalid assistant ID: must be a UUID"}
    for body in ({"limit": 0}, {"limit": 1001}, {"offset": -1}, {"offset": 2**70}, {"metadata": []}):
        response = await http.post("/assistants/echo/versions", json=body)
        assert response.status_code == 422, body
    for body in (
        {"graph_id": "echo", "config": {"recursion_limit": "x"}},
        {"graph_id": "echo", "config": {"configurable": 3}},
        {"graph_id": "echo", "if_exists": "maybe"},
        {},
    ):
        assert (await http.post("/assistants", json=body)).status_code == 422, body
    with pytest.raises(UnprocessableEntityError):
        await client.assistants.search(limit=0)


async def test_a_graphs_name_stands_for_its_system_assistant(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    system = await client.assistants.get("flood")
    namespace = UUID("6ba7b821-9dad-11d1-80b4-00c04fd430c8")
    assert system["assistant_id"] == str(uuid5(namespace, "flood"))
    assert (system["name"], system["metadata"], system["version"]) == ("flood", {"created_by": "system"}, 1)
    assert (await client.assistants.get("echo"))["description"] == "Answers what it is told, word by word."
    assert (await client.assistants.get(system["assistant_id"].upper())) == system
    patched = await client.assistants.update("flood", metadata={"seen": True})
    assert (patched["assistant_id"], patched["version"]) == (system["assistant_id"], 2)
    assert len(await client.assistants.get_versions("flood")) == 2
    assert (await client.assistants.set_latest("flood", 1))["metadata"] == {"created_by": "system"}
    assert (await http.get("/assistants/flood/schemas")).json()["graph_id"] == "flood"
    assert await client.assistants.get_subgraphs("flood") == {}


async def test_search_filters_sorts_selects_and_pages(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    tag = str(uuid4())
    for name, graph_id in (("Alpha", "echo"), ("beta", "slow"), ("Gamma 100%", "echo")):
        await client.assistants.create(graph_id, name=name, metadata={"tag": tag, "nest": {"name": name, "more": 1}})
    wanted = {"tag": tag}
    found = await client.assistants.search(metadata=wanted)
    assert [assistant["name"] for assistant in found] == ["Gamma 100%", "beta", "Alpha"], "the newest comes first"
    found = await client.assistants.search(metadata=wanted, graph_id="echo", sort_by="name", sort_order="asc")
    assert [assistant["name"] for assistant in found] == ["Alpha", "Gamma 100%"]
    found = await client.assistants.search(metadata={**wanted, "nest": {"name": "beta"}}, select=["name", "version"])
    assert found == [{"name": "beta", "version": 1}]
    assert [a["name"] for a in await client.assistants.search(metadata=wanted, name="GAM")] == ["Gamma 100%"]
    assert [a["name"] for a in await client.assistants.search(metadata=wanted, name="%")] == ["Gamma 100%"]
    assert await client.assistants.count(metadata=wanted, name="a") == 3
    assert await client.assistants.count(metadata=wanted, graph_id="slow") == 1
    first = await http.post("/assistants/search", json={"metadata": wanted, "limit": 2})
    assert (first.headers["x-pagination-total"], first.headers["x-pagination-next"]) == ("3", "2")
    last = await client.assistants.search(metadata=wanted, limit=2, offset=2, response_format="object")
    assert ([a["name"] for a in last["assistants"]], last["next"]) == (["Alpha"], None)


async def test_runs_of_an_assistant_use_its_context_and_the_runs_own_over_it(client: LangGraphClient) -> None:
    assistant_id = (await client.assistants.create("echo", context={"prefix": "I hear"}))["assistant_id"]
    values = await client.runs.wait(await new_thread(client), assistant_id, input=said("rain"))
    assert texts(values) == ["rain", "I hear rain"]
    values = await client.runs.wait(
        await new_thread(client), assistant_id, input=said("rain"), context={"prefix": "They say"}
    )
    assert texts(values) == ["rain", "They say rain"]
    await client.assistants.update(assistant_id, context={"prefix": "Now I hear"})
    values = await client.runs.wait(await new_thread(client), assistant_id, input=said("rain"))
    assert texts(values) == ["rain", "Now I hear rain"]
