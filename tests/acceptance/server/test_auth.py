"""Two users on one server: every route, with what belongs to the other."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.acceptance.server.live import REPO, Planloom, fresh_database, serve

GUARDED = REPO / "tests" / "project" / "guarded" / "langgraph.json"
PUBLIC = {("GET", "/ok"), ("GET", "/info"), ("GET", "/metrics"), ("GET", "/health/ready")}
FOR_EVERY_USER: dict[tuple[str, str], dict[str, Any]] = {
    ("GET", "/health/details"): {},
    ("DELETE", "/mcp"): {"headers": {"mcp-session-id": "a session"}},
}
SAID = {"messages": [{"role": "user", "content": "secret words"}]}
RUN = {"assistant_id": "echo", "input": SAID}
SEND = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "message/send",
    "params": {"message": {"role": "user", "messageId": "m", "parts": [{"kind": "text", "text": "secret words"}]}},
}
JSON = {"accept": "application/json"}
CRON = {**RUN, "schedule": "@yearly"}
MINE: dict[str, str] = {"thread_id": "", "run_id": "", "assistant_id": "", "checkpoint_id": ""}


def _rpc(method: str, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


# Every route, with a request that its owner may make. Those of one resource that end it come last.
ROUTES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/assistants"): {"json": {"graph_id": "echo"}},
    ("POST", "/assistants/search"): {"json": {}},
    ("POST", "/assistants/count"): {"json": {}},
    ("GET", "/assistants/{assistant_id}"): {},
    ("PATCH", "/assistants/{assistant_id}"): {"json": {"name": "changed"}},
    ("POST", "/assistants/{assistant_id}/versions"): {"json": {}},
    ("POST", "/assistants/{assistant_id}/latest"): {"json": {"version": 1}},
    ("GET", "/assistants/{assistant_id}/graph"): {},
    ("GET", "/assistants/{assistant_id}/subgraphs"): {},
    ("GET", "/assistants/{assistant_id}/subgraphs/{namespace}"): {},
    ("GET", "/assistants/{assistant_id}/schemas"): {},
    ("POST", "/threads"): {"json": {}},
    ("POST", "/threads/search"): {"json": {}},
    ("POST", "/threads/count"): {"json": {}},
    ("GET", "/threads/{thread_id}"): {},
    ("PATCH", "/threads/{thread_id}"): {"json": {"metadata": {"changed": True}}},
    ("POST", "/threads/{thread_id}/copy"): {},
    ("GET", "/threads/{thread_id}/storage"): {},
    ("GET", "/threads/{thread_id}/state"): {},
    ("POST", "/threads/{thread_id}/state"): {"json": {"values": SAID, "as_node": "model"}},
    ("GET", "/threads/{thread_id}/state/{checkpoint_id}"): {},
    ("POST", "/threads/{thread_id}/state/checkpoint"): {"json": {"checkpoint": {}}},
    ("GET", "/threads/{thread_id}/history"): {},
    ("POST", "/threads/{thread_id}/history"): {"json": {}},
    ("GET", "/threads/{thread_id}/stream"): {},
    ("POST", "/threads/{thread_id}/commands"): {"json": {"id": 1, "method": "state.get", "params": {"namespace": []}}},
    ("POST", "/threads/{thread_id}/stream/events"): {"json": {"channels": ["lifecycle", "values", "messages"]}},
    ("GET", "/threads/{thread_id}/runs"): {},
    ("GET", "/threads/{thread_id}/runs/{run_id}"): {},
    ("GET", "/threads/{thread_id}/runs/{run_id}/join"): {},
    ("GET", "/threads/{thread_id}/runs/{run_id}/stream"): {"headers": {"last-event-id": "-1"}},
    ("GET", "/threads/{thread_id}/runs/{run_id}/webhook"): {},
    ("POST", "/threads/{thread_id}/runs/{run_id}/webhook"): {},
    ("GET", "/webhooks/deliveries"): {},
    ("POST", "/webhooks/deliveries/{delivery_id}"): {},
    ("POST", "/threads/{thread_id}/runs"): {"json": RUN},
    ("POST", "/threads/{thread_id}/runs/stream"): {"json": RUN},
    ("POST", "/threads/{thread_id}/runs/wait"): {"json": RUN},
    ("POST", "/threads/{thread_id}/runs/{run_id}/cancel"): {},
    ("GET", "/runs/{run_id}/record"): {},
    ("POST", "/threads/{thread_id}/runs/{run_id}/feedback"): {"json": {"key": "helpful", "score": 1}},
    ("POST", "/runs/{run_id}/feedback"): {"json": {"key": "helpful", "score": 1}},
    ("POST", "/runs"): {"json": RUN},
    ("POST", "/runs/stream"): {"json": RUN},
    ("POST", "/runs/wait"): {"json": RUN},
    ("POST", "/runs/batch"): {"json": [RUN]},
    ("POST", "/runs/cancel"): {"json": {"thread_id": "{thread_id}", "run_ids": ["{run_id}"]}},
    ("PUT", "/store/items"): {"json": {"namespace": ["notes"], "key": "k", "value": {"a": 1}}},
    ("GET", "/store/items"): {"params": {"namespace": "notes", "key": "k"}},
    ("POST", "/store/items/search"): {"json": {"namespace_prefix": []}},
    ("POST", "/store/namespaces"): {"json": {}},
    ("DELETE", "/store/items"): {"json": {"namespace": ["notes"], "key": "k"}},
    ("POST", "/mcp"): {"json": _rpc("tools/list"), "headers": {"accept": "application/json"}},
    ("POST", "/runs/crons"): {"json": CRON},
    ("POST", "/threads/{thread_id}/runs/crons"): {"json": CRON},
    ("POST", "/runs/crons/search"): {"json": {"thread_id": "{thread_id}"}},
    ("POST", "/runs/crons/count"): {"json": {"thread_id": "{thread_id}"}},
    ("GET", "/runs/crons/{cron_id}"): {},
    ("GET", "/runs/crons/{cron_id}/firings"): {},
    ("PATCH", "/runs/crons/{cron_id}"): {"json": {"schedule": "@monthly"}},
    ("DELETE", "/runs/crons/{cron_id}"): {},
    ("GET", "/.well-known/agent-card.json"): {"params": {"assistant_id": "{assistant_id}"}},
    ("GET", "/a2a/{assistant_id}"): {},
    ("GET", "/a2a/{assistant_id}/.well-known/agent-card.json"): {},
    ("POST", "/a2a/{assistant_id}"): {"json": SEND},
    ("DELETE", "/threads/{thread_id}/runs/{run_id}"): {},
    ("POST", "/threads/prune"): {"json": {"thread_ids": ["{thread_id}"]}},
    ("DELETE", "/threads/{thread_id}"): {},
    ("DELETE", "/assistants/{assistant_id}"): {},
}


@pytest.fixture(scope="module")
def guarded(postgres_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planloom]:
    """A server whose project has an auth, on a database of its own."""
    folder: Path = tmp_path_factory.mktemp("guarded")
    with (
        fresh_database(postgres_url, template_database) as database_url,
        serve(database_url, folder, "--workers", "8", config=GUARDED, environment={"WEBHOOK_ATTEMPTS": "1"}) as server,
    ):
        assert server.url
        yield server


def _as(server: Planloom, name: str | None) -> httpx.AsyncClient:
    headers = {} if name is None else {"authorization": f"Bearer {name}"}
    return httpx.AsyncClient(base_url=server.url, headers=headers, timeout=60)


@pytest.fixture
async def ann(guarded: Planloom) -> AsyncIterator[httpx.AsyncClient]:
    """One user, who owns things."""
    async with _as(guarded, f"ann-{uuid4().hex}") as client:
        yield client


@pytest.fixture
async def ben(guarded: Planloom) -> AsyncIterator[httpx.AsyncClient]:
    """Another user, who owns nothing."""
    async with _as(guarded, f"ben-{uuid4().hex}") as client:
        yield client


async def _owned(client: httpx.AsyncClient) -> dict[str, str]:
    """A thread with a cron and a finished run, whose webhook was given up, and an assistant."""
    thread_id = (await client.post("/threads", json={})).json()["thread_id"]
    body = {**RUN, "stream_resumable": True, "webhook": "/own/hook"}
    run = (await client.post(f"/threads/{thread_id}/runs", json=body)).json()
    webhook = f"/threads/{thread_id}/runs/{run['run_id']}/webhook"
    await client.get(f"/threads/{thread_id}/runs/{run['run_id']}/join")
    while (delivery := (await client.get(webhook)).json()).get("status") != "failed":
        pass
    assert delivery["attempts"][0]["status_code"] == 401, "a webhook reaches the project's routes as a stranger does"
    state = (await client.get(f"/threads/{thread_id}/state")).json()
    assistant = (await client.post("/assistants", json={"graph_id": "echo", "name": "mine"})).json()
    cron = (await client.post(f"/threads/{thread_id}/runs/crons", json=CRON)).json()
    return {
        "thread_id": thread_id,
        "cron_id": cron["cron_id"],
        "run_id": run["run_id"],
        "delivery_id": delivery["delivery_id"],
        "assistant_id": assistant["assistant_id"],
        "checkpoint_id": state["checkpoint"]["checkpoint_id"],
        "namespace": "x",
    }


def _filled(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, str):
        return value.format(**ids) if value.startswith("{") or value.startswith("/") else value
    if isinstance(value, dict):
        return {key: _filled(one, ids) for key, one in value.items()}
    return [_filled(one, ids) for one in value] if isinstance(value, list) else value


async def _call(client: httpx.AsyncClient, method: str, path: str, ids: dict[str, str]) -> httpx.Response:
    request = client.build_request(method, path.format(**ids), **_filled(ROUTES[method, path], ids))
    response = await client.send(request, stream=True)
    try:
        if path.endswith(("{thread_id}/stream", "/stream/events")) and response.status_code == 200:
            shown = bytearray()
            with suppress(TimeoutError):  # the one ends if there is nothing to see, the other never does
                async with asyncio.timeout(2 if path.endswith("/stream") else 0.3):
                    async for chunk in response.aiter_raw():
                        shown += chunk
            response._content = bytes(shown)
        else:
            await response.aread()
    finally:
        await response.aclose()
    return response


async def _everything_of(client: httpx.AsyncClient, ids: dict[str, str]) -> list[Any]:
    thread, run = f"/threads/{ids['thread_id']}", f"/threads/{ids['thread_id']}/runs"
    seen = [await client.get(path) for path in (thread, f"{thread}/state", f"{thread}/history", run)]
    seen.append(await client.get(f"/assistants/{ids['assistant_id']}"))
    seen.append(await client.get(f"/runs/crons/{ids['cron_id']}"))
    seen.append(await client.get("/store/items", params={"namespace": "notes", "key": "k"}))
    return [(response.status_code, response.json()) for response in seen]


async def test_every_route_is_listed_here(ann: httpx.AsyncClient) -> None:
    paths = (await ann.get("/openapi.json")).json()["paths"]
    served = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert served - PUBLIC - set(FOR_EVERY_USER) == set(ROUTES)


async def test_nobody_gets_in_without_a_name(guarded: Planloom, ann: httpx.AsyncClient) -> None:
    ids = await _owned(ann)
    async with _as(guarded, None) as anonymous:
        for method, path in ROUTES:
            response = await _call(anonymous, method, path, ids)
            assert (response.status_code, response.json()) == (401, {"detail": "who are you?"}), (method, path)
            assert response.headers["www-authenticate"] == "Bearer"
        for method, path in PUBLIC | {
            ("GET", "/"),
            ("GET", "/docs"),
            ("GET", "/docs/swagger-ui.css"),
            ("GET", "/openapi.json"),
        }:
            assert (await anonymous.request(method, path)).status_code == 200, path
        for (method, path), request in FOR_EVERY_USER.items():
            assert (await anonymous.request(method, path, **request)).status_code == 401, path
            assert (await ann.request(method, path, **request)).is_success, path
        assert (await anonymous.get("/nothing")).status_code == 401
        of_studio = {"x-auth-scheme": "langsmith", "x-api-key": "lsv2_key", "origin": "https://smith.langchain.com"}
        assert (await anonymous.post("/threads", json={}, headers=of_studio)).status_code == 401
        asked = {"origin": "https://a.example", "access-control-request-method": "POST"}
        assert (await anonymous.options("/threads", headers=asked)).status_code == 200


async def test_every_route_asks_what_its_caller_may_do_and_serves_the_owner(ann: httpx.AsyncClient) -> None:
    # a success of a route that did not ask is turned into a 500 by the choke point
    for method, path in ROUTES:
        ids = await _owned(ann)
        if path.endswith("/cancel"):
            body = {"assistant_id": "slow", "input": {"seconds": 60}}
            ids["run_id"] = (await ann.post(f"/threads/{ids['thread_id']}/runs", json=body)).json()["run_id"]
        if (method, path) == ("GET", "/store/items"):
            await _call(ann, "PUT", path, ids)
        response = await _call(ann, method, path, ids)
        # this server does not trace, so that feedback has nowhere to go
        served = (409,) if path.endswith("/feedback") else (200, 202, 204)
        assert response.status_code in served, (method, path, response.text)


async def test_what_is_anothers_looks_as_if_it_were_not_there(ann: httpx.AsyncClient, ben: httpx.AsyncClient) -> None:
    ids = await _owned(ann)
    await _call(ann, "PUT", "/store/items", ids)
    live = {"assistant_id": "slow", "input": {"seconds": 60}}
    live_thread = (await ann.post("/threads", json={})).json()["thread_id"]
    live_run = (await ann.post(f"/threads/{live_thread}/runs", json=live)).json()["run_id"]
    before = await _everything_of(ann, ids)
    missing = {**ids, **{name: str(uuid4()) for name in ("thread_id", "run_id", "assistant_id", "cron_id")}}
    running = {**ids, "thread_id": live_thread, "run_id": live_run}
    for (method, path), request in ROUTES.items():
        names = [name for name in ids if f"{{{name}}}" in f"{path} {request}"]
        if not {"thread_id", "run_id", "assistant_id", "cron_id"} & set(names):
            continue
        told = []
        for given in (ids, missing, running):
            response = await _call(ben, method, path, given)
            text = response.text
            for name in names:
                text = text.replace(given[name], f"<{name}>")
            told.append((response.status_code, text))
        assert told[0] == told[1] == told[2], (method, path)
        assert "secret words" not in told[0][1]
    assert await _everything_of(ann, ids) == before
    assert (await ann.get(f"/threads/{live_thread}/runs/{live_run}")).json()["status"] in ("pending", "running")
    assert (await ben.post("/runs/cancel", json={"status": "all"})).json() == {"detail": "No runs found to cancel."}
    assert (await ann.get(f"/threads/{live_thread}/runs/{live_run}")).json()["status"] in ("pending", "running")
    await ann.post(f"/threads/{live_thread}/runs/{live_run}/cancel", params={"wait": True})


async def test_another_finds_and_counts_nothing(ann: httpx.AsyncClient, ben: httpx.AsyncClient) -> None:
    ids = await _owned(ann)
    await _call(ann, "PUT", "/store/items", ids)
    for resource in ("threads", "assistants", "runs/crons"):
        assert (await ben.post(f"/{resource}/search", json={})).json() == []
        assert (await ben.post(f"/{resource}/count", json={})).json() == 0
        assert len((await ann.post(f"/{resource}/search", json={})).json()) == 1
        assert (await ann.post(f"/{resource}/count", json={})).json() == 1
    assert (await ben.get("/webhooks/deliveries")).json() == []
    assert [one["run_id"] for one in (await ann.get("/webhooks/deliveries")).json()] == [ids["run_id"]]
    assert (await ben.post("/threads/search", json={"ids": [ids["thread_id"]]})).json() == []
    owned = {"metadata": {"owner": ann.headers["authorization"].removeprefix("Bearer ")}}
    assert (await ben.post("/threads/search", json=owned)).json() == []
    assert (await ben.post("/store/items/search", json={"namespace_prefix": []})).json() == {"items": []}
    assert (await ben.post("/store/namespaces", json={})).json() == {"namespaces": []}
    name = ann.headers["authorization"].removeprefix("Bearer ")
    found = (await ben.get("/store/items", params={"namespace": f"{name}.notes", "key": "k"})).json()
    assert found is None
    assert (await ann.post("/store/namespaces", json={})).json() == {"namespaces": [[name, "notes"]]}


async def test_what_a_handler_stamps_is_kept_and_cannot_be_claimed(
    ann: httpx.AsyncClient, ben: httpx.AsyncClient
) -> None:
    name = ben.headers["authorization"].removeprefix("Bearer ")
    body = {"metadata": {"owner": "someone else", "topic": "run"}}
    thread = (await ben.post("/threads", json=body)).json()
    assert thread["metadata"] == {"owner": name, "topic": "run"}
    assert (await ann.get(f"/threads/{thread['thread_id']}")).status_code == 404
    copied = (await ben.post(f"/threads/{thread['thread_id']}/copy")).json()
    assert copied["metadata"]["owner"] == name


async def test_a_taken_id_is_refused_not_handed_over(ann: httpx.AsyncClient, ben: httpx.AsyncClient) -> None:
    ids = await _owned(ann)
    taken = {"thread_id": ids["thread_id"], "if_exists": "do_nothing"}
    assert (await ben.post("/threads", json=taken)).status_code == 409
    assert (await ann.post("/threads", json=taken)).json()["thread_id"] == ids["thread_id"]
    assistant = {"assistant_id": ids["assistant_id"], "graph_id": "echo", "if_exists": "do_nothing"}
    assert (await ben.post("/assistants", json=assistant)).status_code == 409
    body = {**RUN, "if_not_exists": "create"}
    refused = await ben.post(f"/threads/{ids['thread_id']}/runs", json=body)
    assert (refused.status_code, refused.json()) == (404, {"detail": "Thread or assistant not found."})
    batch = [RUN, {**RUN, "thread_id": ids["thread_id"]}]
    assert (await ben.post("/runs/batch", json=batch)).status_code == 404
    assert (await ben.post("/threads/count", json={})).json() == 0, "none of the batch was started"


async def test_anothers_assistant_cannot_be_run_but_a_graph_can(ann: httpx.AsyncClient, ben: httpx.AsyncClient) -> None:
    ids = await _owned(ann)
    assert (await ben.post("/runs/wait", json={**RUN, "assistant_id": ids["assistant_id"]})).status_code == 404
    assert (await ann.post("/runs/wait", json={**RUN, "assistant_id": ids["assistant_id"]})).status_code == 200
    assert (await ben.post("/runs/wait", json=RUN)).status_code == 200


async def _tools(url: str, http: httpx.AsyncClient) -> list[str]:
    """The tools that the official MCP client finds."""
    async with (
        http,
        streamable_http_client(f"{url}/mcp", http_client=http) as (incoming, outgoing, _),
        ClientSession(incoming, outgoing) as session,
    ):
        await session.initialize()
        return [tool.name for tool in (await session.list_tools()).tools]


def _as_same(user: httpx.AsyncClient) -> httpx.AsyncClient:
    return httpx.AsyncClient(headers={"authorization": user.headers["authorization"]}, timeout=60)


async def test_mcp_shows_and_runs_what_is_the_callers(ann: httpx.AsyncClient, ben: httpx.AsyncClient) -> None:
    async def asked(user: httpx.AsyncClient, message: dict[str, Any], session: str = "s") -> dict[str, Any]:
        answered = await user.post("/mcp", json=message, headers={**JSON, "mcp-session-id": session})
        assert answered.status_code == 200, answered.text
        answer: dict[str, Any] = answered.json()
        return answer

    ids = await _owned(ann)
    with pytest.raises(ExceptionGroup, match="unhandled") as refused:
        await _tools(str(ann.base_url), httpx.AsyncClient(timeout=60))
    assert refused.group_contains(httpx.HTTPStatusError, match="401")
    assert await _tools(str(ann.base_url), _as_same(ann)) == ["mine"]
    assert [tool["name"] for tool in (await asked(ann, _rpc("tools/list")))["result"]["tools"]] == ["mine"]
    assert (await asked(ben, _rpc("tools/list")))["result"]["tools"] == []
    call = _rpc("tools/call", name="mine", arguments={"messages": "hi", "thread_id": ids["thread_id"]})
    assert (await asked(ben, call))["error"]["message"] == "Unknown tool: mine"
    await ben.post("/assistants", json={"graph_id": "echo", "name": "mine"})
    refused = (await asked(ben, call))["result"]
    assert refused == {"isError": True, "content": [{"type": "text", "text": "Thread or assistant not found."}]}
    said = (await asked(ann, call))["result"]["structuredContent"]["messages"]
    assert [message["content"] for message in said] == ["hi", "You said: hi"]

    await ann.post("/assistants", json={"graph_id": "slow", "name": "slow"})
    thread_id = (await ann.post("/threads", json={})).json()["thread_id"]
    slow = _rpc("tools/call", name="slow", arguments={"seconds": 60, "thread_id": thread_id})
    asking = asyncio.create_task(asked(ann, slow))
    async with ann.stream("GET", f"/threads/{thread_id}/stream", headers={"last-event-id": "-"}) as events:
        async for line in events.aiter_lines():
            if "before" in line:
                break
    cancel = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}
    for user in (ben, ann):  # he says the name of her session
        assert not asking.done()
        await user.post("/mcp", json=cancel, headers={**JSON, "mcp-session-id": "s"})
    assert (await asking)["error"]["message"] == "Request cancelled"


async def test_anothers_tasks_are_not_there(ann: httpx.AsyncClient, ben: httpx.AsyncClient) -> None:
    async def asked(user: httpx.AsyncClient, method: str, **params: Any) -> Any:
        answer = (await user.post("/a2a/echo", json=_rpc(method, **params))).json()
        return answer.get("result") or answer["error"]["code"]

    task = await asked(ann, "message/send", **SEND["params"])  # type: ignore[arg-type] # a graph is everybody's to run
    assert (await ben.get("/a2a/echo")).json()["name"] == "echo"
    context = {"message": {**SEND["params"]["message"], "contextId": task["contextId"]}}  # type: ignore[index]
    for user, codes in ((ben, (-32001, -32001, -32001, -32602)), (ann, (None, -32002, -32004, None))):
        said = {"message": {**context["message"], "taskId": task["id"]}}
        told = [
            await asked(user, "tasks/get", id=task["id"]),
            await asked(user, "tasks/cancel", id=task["id"]),
            await asked(user, "message/send", **said),
            await asked(user, "message/send", **context),
        ]
        assert tuple(one if isinstance(one, int) else None for one in told) == codes
    assert (await asked(ben, "ListTasks"))["totalSize"] == 0
    assert (await asked(ann, "ListTasks"))["totalSize"] == 2


async def test_graphs_and_factories_know_the_user_and_cannot_be_told_another(ann: httpx.AsyncClient) -> None:
    name = ann.headers["authorization"].removeprefix("Bearer ")
    spoofed = {"langgraph_auth_user_id": "root", "user_id": "root", "langgraph_auth_user": {"identity": "root"}}
    body = {"assistant_id": "knows", "input": {}, "config": {"configurable": {**spoofed, "x-tenant": "body"}}}
    known = (await ann.post("/runs/wait", json=body, headers={"X-Tenant": "header"})).json()
    configurable = known["known"]
    assert known["factory"] == configurable["user_id"] == configurable["langgraph_auth_user_id"] == name
    assert configurable["langgraph_auth_user"]["team"] == "blue"
    assert configurable["langgraph_auth_permissions"] == [f"{name}:all"]
    assert configurable["x-tenant"] == "header"


async def test_a_no_and_a_failing_handler_stop_every_route_and_tell_nothing(guarded: Planloom) -> None:
    names = ("thread_id", "run_id", "assistant_id", "cron_id", "checkpoint_id", "namespace")
    ids = {name: str(uuid4()) for name in names}
    own_handlers = ("/store", "/threads/search", "/threads/count", "/runs/cancel", "/webhooks")
    asking_to_update = {("POST", "/threads/{thread_id}/runs/{run_id}/webhook")}
    for name, status in (("locked", 403), ("unlucky", 500)):
        async with _as(guarded, name) as client:
            for method, path in ROUTES:
                if path.startswith(own_handlers) or path.endswith(("/cancel", "/state")) or method == "PATCH":
                    continue
                if (method, path) in asking_to_update:
                    continue
                response = await _call(client, method, path, ids)
                if path.endswith("/commands"):  # the protocol has words of its own for it
                    assert response.json()["error"] == "permission_denied"
                    assert response.json()["message"].startswith(f"{status}: ")
                else:
                    assert response.status_code == status, (method, path, response.text)
                assert "secret" not in response.text


async def test_pruning_anothers_thread_prunes_none(ann: httpx.AsyncClient, ben: httpx.AsyncClient) -> None:
    hers, his = [(await user.post("/threads", json={})).json()["thread_id"] for user in (ann, ben)]
    refused = await ben.post("/threads/prune", json={"thread_ids": [his, hers]})
    assert refused.status_code == 404
    assert refused.json() == {"detail": "At least one thread not found or not authorized"}
    assert (await ben.get(f"/threads/{his}")).status_code == 200
    assert (await ben.post("/threads/prune", json={"thread_ids": [his]})).json() == {"pruned_count": 1}
    assert (await ann.get(f"/threads/{hers}")).status_code == 200


async def test_the_document_says_that_callers_may_be_refused(ann: httpx.AsyncClient) -> None:
    document = (await ann.get("/openapi.json")).json()
    assert {"401", "403"} <= set(document["paths"]["/threads/{thread_id}"]["get"]["responses"])


def _socket(server: Planloom, thread_id: str, name: str | None) -> connect:
    url = f"{server.url.replace('http', 'ws', 1)}/threads/{thread_id}/stream/events"
    return connect(url, additional_headers={} if name is None else {"authorization": f"Bearer {name}"})


async def _on_socket(connection: ClientConnection, method: str, **params: Any) -> list[Any]:
    """What comes of a command, its reply last."""
    await connection.send(json.dumps({"id": 1, "method": method, "params": params}))
    came = [json.loads(await connection.recv())]
    while "id" not in came[-1]:
        came.append(json.loads(await connection.recv()))
    return came


async def test_a_websocket_asks_for_a_name_and_for_leave(guarded: Planloom) -> None:
    thread_id = str(uuid4())
    with pytest.raises(InvalidStatus) as refused:
        await _socket(guarded, thread_id, None)
    assert (refused.value.response.status_code, refused.value.response.body) == (403, b"")
    for name, code, status in (("locked", 4403, 403), ("unlucky", 1011, 500)):
        async with _socket(guarded, thread_id, name) as connection:
            told = json.loads(await connection.recv())
            with pytest.raises(ConnectionClosed) as closed:
                await connection.recv()
        assert (told["id"], told["error"]) == (None, "permission_denied")
        assert told["message"].startswith(f"{status}: ")
        assert "secret" not in told["message"]
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == code


async def test_anothers_thread_is_silent_on_a_websocket_as_a_missing_one(
    guarded: Planloom, ann: httpx.AsyncClient, ben: httpx.AsyncClient
) -> None:
    ids = await _owned(ann)
    names = [user.headers["authorization"].removeprefix("Bearer ") for user in (ann, ben)]
    seen = []
    for name, thread_id in ((names[0], ids["thread_id"]), (names[1], ids["thread_id"]), (names[1], str(uuid4()))):
        async with _socket(guarded, thread_id, name) as connection:
            *events, reply = await _on_socket(connection, "subscription.subscribe", channels=["values", "lifecycle"])
            state = await _on_socket(connection, "state.get", namespace=[])
            answer = await _on_socket(connection, "input.respond", interrupt_id="x", response=1)
            reply["result"].pop("subscription_id")
            seen.append([bool(events), reply, state[-1].get("error"), answer[-1]["error"]])
    assert seen[0][0]
    assert (seen[0][2], seen[0][3]) == (None, "no_such_interrupt")
    assert not seen[1][0]
    assert seen[1] == seen[2]
    async with _socket(guarded, ids["thread_id"], names[1]) as connection:
        [refused] = await _on_socket(connection, "run.start", **RUN)
    assert refused["message"] == "404: Thread or assistant not found."
