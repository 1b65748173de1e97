"""What the server is asked wrongly: 4xx that names the field, and nothing half-written."""

import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from langgraph_sdk.client import LangGraphClient

from tests.acceptance.server.live import Planloom, fresh_database, serve
from tests.acceptance.server.running import new_thread, said

RUN = {"assistant_id": "echo", "input": said("hi")}


def counts(database_url: str) -> tuple[int, ...]:
    """How many rows the tables have that a request may write to."""
    with psycopg.connect(database_url) as connection:
        tables = ("threads", "runs", "crons", "run_events", "checkpoints", "procrastinate_jobs")
        return tuple(
            connection.execute(f"select count(*) from {table}").fetchone()[0]  # type: ignore[index]
            for table in tables
        )


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/threads", {"thread_id": "not-a-uuid"}, "Invalid thread ID"),
        ("/threads", {"metadata": [1]}, "body.metadata"),
        ("/threads", {"if_exists": "maybe"}, "body.if_exists"),
        ("/threads", {"ttl": {"ttl": -1}}, "body.ttl.ttl"),
        ("/threads", {"ttl": "1h"}, "body.ttl"),
        ("/threads", {"ttl": {"ttl": 1, "strategy": "burn"}}, "body.ttl.strategy"),
        ("/threads", {"supersteps": [{"updates": [{"values": {}}]}]}, "body.supersteps.0.updates.0.as_node"),
        ("/threads", {"metadata": {"text": "a\0b"}}, "body.metadata.text"),
        ("/threads", {"metadata": {"a\0b": 1}}, "body.metadata.a?b"),
        ("/threads/search", {"limit": 0}, "body.limit"),
        ("/threads/search", {"limit": 1001}, "body.limit"),
        ("/threads/search", {"limit": "ten"}, "body.limit"),
        ("/threads/search", {"offset": -1}, "body.offset"),
        ("/threads/search", {"offset": 10**18 * 10}, "body.offset"),
        ("/threads/search", {"sort_by": "colour"}, "body.sort_by"),
        ("/threads/search", {"select": ["nope"]}, "body.select"),
        ("/threads/search", {"status": "asleep"}, "body.status"),
        ("/assistants/search", {"sort_order": "up"}, "body.sort_order"),
        ("/assistants/search", {"offset": 10**18 * 10}, "body.offset"),
        ("/threads/{thread}/history", {"limit": 0}, "body.limit"),
        ("/threads/{thread}/history", {"before": 5}, "body.before"),
        ("/threads/{thread}/state", {"values": "text"}, "body.values"),
        ("/threads/{thread}/state", {"checkpoint": {"checkpoint_id": 5}}, "body.checkpoint.checkpoint_id"),
        ("/threads/{thread}/state/checkpoint", {}, "body.checkpoint"),
        ("/threads/{thread}/runs/crons", {"assistant_id": "echo"}, "body.schedule"),
        ("/runs/crons", {**RUN, "schedule": "* * *"}, "it has 3 fields"),
        ("/runs/crons", {**RUN, "schedule": "@daily", "timezone": "Mars/X"}, "Invalid timezone: 'Mars/X'"),
        ("/runs/crons", {**RUN, "schedule": "@daily", "end_time": "soon"}, "body.end_time"),
        ("/runs/crons", {**RUN, "schedule": "@daily", "end_time": 5}, "body.end_time"),
        ("/runs/crons", {**RUN, "schedule": "@daily", "on_run_completed": "burn"}, "body.on_run_completed"),
        ("/runs/crons", {**RUN, "schedule": "@daily", "stream_mode": "loud"}, "body.stream_mode"),
        ("/runs/crons", {**RUN, "schedule": "@daily", "interrupt_before": "somewhere"}, "body.interrupt_before"),
        ("/runs/crons/search", {"sort_by": "colour"}, "body.sort_by"),
        ("/threads/{thread}/runs", {}, "body.assistant_id"),
        ("/threads/{thread}/runs", [], "body"),
        ("/threads/{thread}/runs", {**RUN, "stream_mode": "loud"}, "body.stream_mode"),
        ("/threads/{thread}/runs", {**RUN, "stream_mode": ["values", "tools"]}, "body.stream_mode.1"),
        ("/threads/{thread}/runs", {**RUN, "multitask_strategy": "fight"}, "body.multitask_strategy"),
        ("/threads/{thread}/runs", {**RUN, "on_disconnect": "wave"}, "body.on_disconnect"),
        ("/threads/{thread}/runs", {**RUN, "config": "x"}, "body.config"),
        ("/threads/{thread}/runs", {**RUN, "config": {"recursion_limit": "x"}}, "body.config.recursion_limit"),
        ("/threads/{thread}/runs", {**RUN, "context": [1]}, "body.context"),
        ("/threads/{thread}/runs", {**RUN, "checkpoint_id": "x"}, "body.checkpoint_id"),
        ("/threads/{thread}/runs", {**RUN, "interrupt_before": "model"}, "body.interrupt_before"),
        ("/threads/{thread}/runs", {**RUN, "after_seconds": -1}, "body.after_seconds"),
        ("/threads/{thread}/runs", {**RUN, "durability": "maybe"}, "body.durability"),
        ("/threads/{thread}/runs", {**RUN, "command": {"goto": 5}}, "body.command.goto"),
        ("/threads/{thread}/runs", {**RUN, "webhook": ""}, "body.webhook"),
        ("/threads/{thread}/runs", {**RUN, "webhook": "ftp://a.example/x"}, "scheme 'ftp' not allowed"),
        ("/threads/{thread}/runs", {**RUN, "input": said("a\0b")}, "body.input.messages.0.content"),
        ("/runs/stream", {**RUN, "stream_mode": "loud"}, "body.stream_mode"),
        ("/runs/wait", {**RUN, "input": {"deep": [{"text": "\0"}]}}, "body.input.deep.0.text"),
    ],
)
async def test_a_bad_field_is_named_and_nothing_is_written(
    client: LangGraphClient, http: httpx.AsyncClient, live_database: str, path: str, body: Any, field: str
) -> None:
    thread_id = await new_thread(client)
    before = counts(live_database)
    response = await http.post(path.format(thread=thread_id), json=body)
    assert response.status_code == 422, response.text
    assert field in response.json()["detail"]
    assert counts(live_database) == before


@pytest.mark.parametrize("path", ["/threads", "/threads/search", "/threads/{thread}/runs", "/runs/stream"])
@pytest.mark.parametrize("content", ["", "{", "nope", '{"a": NaN}', '{"a": 1e400}', '{"a": "\ud800"}', "\x00"])
async def test_what_is_not_json_is_refused(
    client: LangGraphClient, http: httpx.AsyncClient, live_database: str, path: str, content: str
) -> None:
    thread_id = await new_thread(client)
    before = counts(live_database)
    response = await http.post(path.format(thread=thread_id), content=content.encode("utf-8", "surrogatepass"))
    assert (response.status_code, response.json()) == (422, {"detail": "Invalid JSON in request body"})
    assert counts(live_database) == before


@pytest.mark.parametrize(("depth", "status"), [(190, 200), (201, 422), (900, 422), (1000, 422), (100_000, 422)])
async def test_deep_nesting_is_taken_or_refused_but_never_an_accident(
    http: httpx.AsyncClient, depth: int, status: int
) -> None:
    nested = "[" * depth + '"[[[ \\" {{{"' + "]" * depth
    for path, body in (
        ("/threads", '{"metadata": {"a": %s}}'),
        ("/runs/wait", '{"assistant_id": "ask", "input": {"question": %s}}'),
    ):
        response = await http.post(path, content=body % nested)
        assert response.status_code == status, response.text
        with_nul = await http.post(path, content=body % nested.replace("{{{", "\\u0000"))
        assert with_nul.status_code == 422


async def test_wide_bodies_are_not_deep_ones(http: httpx.AsyncClient) -> None:
    wide = {"rows": [{"n": [number, {}]} for number in range(5000)]}
    assert (await http.post("/threads", json={"metadata": wide})).json()["metadata"] == wide


async def test_a_body_of_ten_megabytes_is_refused_even_without_a_length(
    http: httpx.AsyncClient, live_database: str
) -> None:
    before = counts(live_database)
    big = json.dumps({"metadata": {"text": "x" * 10_000_000}}).encode()

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(big), 65_536):
            yield big[start : start + 65_536]

    declared = await http.post("/threads", content=big)
    assert declared.status_code == 413
    assert "MAX_BODY_BYTES" in declared.json()["detail"]
    with contextlib.suppress(httpx.WriteError, httpx.ReadError):  # it may hang up on the rest
        assert (await http.post("/threads", content=chunks())).status_code == 413
    assert counts(live_database) == before
    assert (await http.get("/ok")).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "detail"),
    [
        ("GET", "/threads/nope", "Invalid thread ID: must be a UUID"),
        ("DELETE", "/threads/nope", "Invalid thread ID: must be a UUID"),
        ("GET", "/threads/nope/state", "Invalid thread ID: must be a UUID"),
        ("GET", "/threads/{thread}/runs/nope", "Invalid run ID: must be a UUID"),
        ("POST", "/threads/{thread}/runs/nope/cancel", "Invalid run ID: must be a UUID"),
        ("GET", "/threads/{thread}/runs?limit=x", "query.limit"),
        ("GET", "/threads/{thread}/runs?offset=99999999999999999999", "query.offset"),
        ("GET", "/threads/{thread}/runs?select=nope", "Invalid select columns: ['nope']"),
        ("GET", "/threads/{thread}/history?limit=abc", "Invalid limit abc"),
        ("GET", "/threads/{thread}/history?limit=²", "Invalid limit ²"),
        ("GET", "/assistants/echo/graph?xray=0", "Invalid xray value"),
    ],
)
async def test_bad_paths_and_queries_are_named(
    client: LangGraphClient, http: httpx.AsyncClient, method: str, path: str, detail: str
) -> None:
    response = await http.request(method, path.format(thread=await new_thread(client)))
    assert response.status_code == 422
    assert detail in response.json()["detail"]


@pytest.mark.parametrize(
    "path",
    [
        "/threads/{thread}/runs?status=%00",
        "/threads/{thread}/history?before=%00",
        "/threads/{thread}/state/%00",
        "/assistants/%00",
        "/threads/%00",
    ],
)
async def test_a_nul_in_an_address_is_no_accident(client: LangGraphClient, http: httpx.AsyncClient, path: str) -> None:
    response = await http.get(path.format(thread=await new_thread(client)))
    assert response.status_code in (200, 404, 422), response.text


async def test_an_unknown_assistant_is_refused_by_name_and_by_id(
    client: LangGraphClient, http: httpx.AsyncClient, live_database: str
) -> None:
    thread_id = await new_thread(client)
    before = counts(live_database)
    for path in (f"/threads/{thread_id}/runs", "/runs", "/runs/stream", f"/threads/{uuid4()}/runs/wait"):
        options = {"if_not_exists": "create"}
        named = await http.post(path, json={"assistant_id": "nope", **options})
        assert named.status_code == 422
        assert named.json()["detail"].startswith("Invalid assistant: 'nope'. Must be either:")
        assert "echo" in named.json()["detail"]
        by_id = await http.post(path, json={"assistant_id": str(uuid4()), **options})
        assert (by_id.status_code, by_id.json()) == (404, {"detail": "Thread or assistant not found."})
    assert counts(live_database) == before


async def test_unknown_keys_are_ignored_but_named(http: httpx.AsyncClient) -> None:
    response = await http.post("/threads", json={"metadata": {}, "colour": 1, "sm,ell\n": 2})
    assert response.status_code == 200
    assert response.headers["x-ignored-fields"] == "colour,sm?ell?"
    nested = await http.post("/runs/wait", json={**RUN, "config": {"shoe": 1}, "hat": 2})
    assert set(nested.headers["x-ignored-fields"].split(",")) == {"shoe", "hat"}
    clean = await http.post("/threads", json={"metadata": {"anything": "goes"}})
    assert "x-ignored-fields" not in clean.headers


async def test_any_content_type_is_read_as_json(http: httpx.AsyncClient) -> None:
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "nonsense"):
        response = await http.post(
            "/threads", content=b'{"metadata": {"a": 1}}', headers={"content-type": content_type}
        )
        assert response.json()["metadata"] == {"a": 1}


async def test_unknown_routes_and_verbs_are_json_too(http: httpx.AsyncClient) -> None:
    assert (await http.get("/nowhere")).json() == {"detail": "Not Found"}
    wrong = await http.put("/threads")
    assert (wrong.status_code, wrong.json()) == (405, {"detail": "Method Not Allowed"})
    slash = await http.post("/threads/", json={})
    assert slash.status_code == 307
    assert slash.headers["location"].endswith("/threads")


async def test_text_of_every_kind_survives(client: LangGraphClient) -> None:
    text = "Grüße 🏃‍♀️ \\u0000 \u2028 \x01 ￿"
    thread = await client.threads.create(metadata={"text": text})
    assert (await client.threads.get(thread["thread_id"]))["metadata"] == {"text": text}
    outcome = await client.runs.wait(thread["thread_id"], "echo", input=said(text))
    assert outcome["messages"][0]["content"] == text


@pytest.fixture(scope="module")
def strict(postgres_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planloom]:
    """A server that refuses unknown keys, with a small limit for bodies."""
    folder: Path = tmp_path_factory.mktemp("strict")
    environment = {"STRICT_REQUESTS": "true", "MAX_BODY_BYTES": "2048", "LOG_FORMAT": "json"}
    with (
        fresh_database(postgres_url, template_database) as url,
        serve(url, folder, environment=environment) as server,
    ):
        yield server


async def test_a_strict_server_refuses_unknown_keys_by_name(strict: Planloom) -> None:
    async with httpx.AsyncClient(base_url=strict.url, timeout=60) as http:
        response = await http.post("/threads", json={"colour": 1})
        assert response.status_code == 422
        assert "colour" in response.json()["detail"]
        nested = await http.post("/runs/wait", json={**RUN, "config": {"shoe": 1}})
        assert nested.status_code == 422
        assert "shoe" in nested.json()["detail"]
        assert (await http.post("/threads/search", json={})).json() == [], "nothing was made"
        too_large = await http.post("/threads", json={"metadata": {"text": "x" * 3000}})
        assert (too_large.status_code, "2048 bytes" in too_large.text) == (413, True)


async def test_json_logs_are_json_line_by_line(strict: Planloom) -> None:
    async with httpx.AsyncClient(base_url=strict.url, timeout=60) as http:
        await http.get("/info", headers={"x-request-id": "logged-1"})
    strict.until("logged-1")
    records = [json.loads(line) for line in strict.stderr.splitlines() if line.startswith("{")]
    (record,) = [record for record in records if record.get("request_id") == "logged-1"]
    assert (record["path"], record["status"], record["level"]) == ("/info", 200, "info")
