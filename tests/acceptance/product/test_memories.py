"""What is remembered of a person over HTTP: seen and forgotten by themselves only."""

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from agent.memory.facts import Source
from agent.memory.keeping import keep
from agent.memory.vector_table import Remembered, opened
from agent.plan import connections
from server.auth.access import NOBODY
from server.product.app import app
from tests.acceptance.product.conftest import authenticated

SOURCE = Source("coach", "tool", "2026-04-01T09:00:00+01:00", thread_id="t1", message_id="m1")


@pytest.fixture
def product() -> ASGIApp:
    return authenticated


async def told(user: str, text: str) -> str:
    fact = await keep(user, text, "fact", SOURCE)
    assert fact is not None
    return fact.id


async def test_facts_are_listed_with_where_they_came_from_read_and_forgotten(http: httpx.AsyncClient) -> None:
    dog, cat = await told("ada", "my dog is called Rex"), await told("ada", "my cat is called Tom")
    params = {"user_id": "ada"}
    listed = (await http.get("/memories", params=params)).json()["memories"]
    assert [(one["id"], one["text"], one["kind"]) for one in listed] == [
        (dog, "my dog is called Rex", "fact"),
        (cat, "my cat is called Tom", "fact"),
    ]
    assert listed[0]["source"] == {**vars(SOURCE)}
    assert (await http.get("/memories", params={**params, "kind": "preference"})).json()["memories"] == []
    assert (await http.get(f"/memories/{dog}", params=params)).json() == listed[0]
    assert (await http.delete(f"/memories/{dog}", params=params)).status_code == 204
    gone = await http.delete(f"/memories/{dog}", params=params)
    assert (gone.status_code, gone.json()) == (404, {"detail": f"there is no memory {dog}"})
    assert [one["id"] for one in (await http.get("/memories", params=params)).json()["memories"]] == [cat]


async def test_a_query_finds_facts_and_messages_with_their_scores(http: httpx.AsyncClient) -> None:
    await told("ada", "my dog is called Rex")
    said = Remembered("ada", "m2", "The dog ran ten kilometres with me today", "user", "t9", "coach", "2026-04-02")
    await (await opened("messages")).keep([said])
    found = (await http.get("/memories", params={"user_id": "ada", "query": "my dog"})).json()["found"]
    assert {one["kind"] for one in found} == {"fact", "message"}
    assert all(0.35 <= one["score"] <= 1 for one in found)
    assert (await http.get("/memories", params={"user_id": "ben", "query": "my dog"})).json()["found"] == []


async def test_everything_is_forgotten_with_what_was_said_unless_that_is_to_stay(http: httpx.AsyncClient) -> None:
    table = await opened("messages")
    for user in ("ada", "ben"):
        await told(user, "I like hills")
        await table.keep([Remembered(user, "m1", "Hills are fine", "user", "t1")])
    ada = {"user_id": "ada"}
    assert (await http.delete("/memories", params={**ada, "messages": "false"})).json() == {"facts": 1, "messages": 0}
    assert (await http.delete("/memories", params=ada)).json() == {"facts": 0, "messages": 1}
    assert (await http.get("/memories", params=ada)).json() == {"memories": [], "found": []}
    assert len((await http.get("/memories", params={"user_id": "ben"})).json()["memories"]) == 1


async def test_an_authenticated_caller_has_their_own_and_reaches_nobody_elses(http: httpx.AsyncClient) -> None:
    hers = await told("ada", "I run on Mondays")
    ada, ben = {"x-user": "ada"}, {"x-user": "ben"}
    assert [one["id"] for one in (await http.get("/memories", headers=ada)).json()["memories"]] == [hers]
    assert (await http.get("/memories", headers=ben)).json()["memories"] == []
    for method, path in (("GET", f"/memories/{hers}"), ("DELETE", f"/memories/{hers}")):
        assert (await http.request(method, path, headers=ben)).status_code == 404
    assert (await http.delete("/memories", headers=ben)).json() == {"facts": 0, "messages": 0}
    refused = await http.get("/memories", headers=ben, params={"user_id": "ada"})
    assert (refused.status_code, "user_id" in refused.json()["detail"]) == (422, True)
    assert len((await http.get("/memories", headers=ada)).json()["memories"]) == 1


async def test_where_auth_was_not_asked_for_these_routes_nobodys_memories_are_shown(database_env: str) -> None:
    async def unasked(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"] = {"access": NOBODY}
        await app(scope, receive, send)

    transport = httpx.ASGITransport(app=unasked)
    async with httpx.AsyncClient(transport=transport, base_url="http://product") as client:
        for path in ("/memories", "/plans"):
            refused = await client.get(path, params={"user_id": "ada"} if path == "/memories" else {})
            assert refused.status_code == 403
            assert "enable_custom_route_auth" in refused.json()["detail"]
    await connections.close()


async def test_the_routes_are_documented_with_examples(http: httpx.AsyncClient) -> None:
    paths = (await http.get("/openapi.json")).json()["paths"]
    for path, method, status in (
        ("/memories", "get", "200"),
        ("/memories", "delete", "200"),
        ("/memories/{memory_id}", "get", "200"),
        ("/memories/{memory_id}", "delete", "404"),
    ):
        assert paths[path][method]["responses"][status]["content"]["application/json"]["example"]


async def test_bad_questions_say_what_to_change(http: httpx.AsyncClient) -> None:
    wrong = await http.get("/memories", params={"kind": "song"})
    assert (wrong.status_code, "kind" in str(wrong.json()["detail"])) == (422, True)
