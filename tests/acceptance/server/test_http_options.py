"""`http` of a `langgraph.json`: the project's own app around the API, what is left out, where it is, who may call."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from tests.acceptance.server.live import PROJECT, Planloom, fresh_database, serve

OWN_APP = """
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse


class Boom(Exception):
    pass


@asynccontextmanager
async def lifespan(app):
    app.state.greeting = "hello"
    yield {"from_lifespan": "state"}


app = FastAPI(lifespan=lifespan)


@app.exception_handler(Boom)
async def on_boom(request, error):
    return JSONResponse({"boom": True}, 418)


@app.middleware("http")
async def mark(request, call_next):
    if request.headers.get("x-fail") == "boom":
        return JSONResponse({"stopped": request.url.path}, 403)
    response = await call_next(request)
    response.headers["x-own"] = "yes"
    return response


@app.get("/hello")
async def hello(request: Request, times: int = 1):
    return {"said": [request.app.state.greeting] * times, "state": request.state.from_lifespan}


@app.get("/threads/{thread_id}/custom")
async def custom(thread_id: str):
    return {"custom": thread_id}


@app.get("/boom")
async def boom():
    raise Boom


@app.get("/broken")
async def broken():
    raise RuntimeError("not for callers")


@app.get("/missing")
async def missing():
    raise HTTPException(404, {"code": "mine"})


@app.get("/ok")
async def ok():
    return {"ok": "mine"}


@app.get("/assistants/{assistant_id}/schemas")
async def schemas(assistant_id: str):
    return {"mine": assistant_id}
"""


def _served(database: str, folder: Path, http: dict[str, Any], *arguments: str) -> Planloom:
    (folder / "own.py").write_text(OWN_APP)
    graphs = {"echo": f"{PROJECT.parent}/graphs.py:echo"}
    (folder / "langgraph.json").write_bytes(orjson.dumps({"graphs": graphs, "http": http}))
    return serve(database, folder, "--workers", "2", *arguments, config=folder / "langgraph.json")


@pytest.fixture(scope="module")
def own_database(postgres_url: str, template_database: str) -> Iterator[str]:
    """The database of the servers of this file: those of another project have other graphs."""
    with fresh_database(postgres_url, template_database) as url:
        yield url


@pytest.fixture(scope="module")
def customised(own_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server with an own app, CORS rules of its own, and no threads API."""
    http = {
        "app": "./own.py:app",
        "disable_threads": True,
        "disable_store": True,
        "disable_a2a": True,
        "cors": {"allow_origins": ["https://a.example"]},
        "logging_headers": {"includes": ["x-*"], "excludes": ["x-hidden"]},
    }
    with _served(own_database, tmp_path_factory.mktemp("own"), http) as server:
        with httpx.Client(base_url=server.url, timeout=60) as client:
            client.headers["x-secret-of-test"] = "visible"
            yield client
        assert "visible" in server.stderr, "logging_headers put it into the log"


@pytest.fixture(scope="module")
def mounted(own_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server under `/api`, without runs and meta routes."""
    http = {"mount_prefix": "/api", "disable_runs": True, "disable_meta": True, "app": "./own.py:app"}
    server = _served(own_database, tmp_path_factory.mktemp("mounted"), http)
    with server, httpx.Client(base_url=server.url.removesuffix("/api"), timeout=60) as client:
        yield client


def test_own_routes_come_first_but_hide_no_system_route(customised: httpx.Client) -> None:
    assert customised.get("/hello?times=2").json() == {"said": ["hello", "hello"], "state": "state"}
    assert customised.get("/threads/1/custom").json() == {"custom": "1"}
    assert customised.get("/assistants/echo/schemas").json() == {"mine": "echo"}
    assert customised.get("/ok").json()["ok"] is True
    assert customised.get("/docs").status_code == 200


def test_own_routes_fail_as_the_own_app_would_and_ours_as_ours(customised: httpx.Client) -> None:
    assert customised.get("/boom").status_code == 418
    assert customised.get("/missing").json() == {"detail": {"code": "mine"}}
    assert customised.get("/hello?times=x").json()["detail"][0]["loc"] == ["query", "times"]
    assert customised.get("/assistants/xx").status_code in (404, 422)
    assert isinstance(customised.get("/assistants/xx").json()["detail"], str)


def test_what_nobody_expected_is_answered_as_everything_else_is(customised: httpx.Client) -> None:
    answer = customised.get("/broken", headers={"origin": "https://a.example", "x-request-id": "mine"})
    assert (answer.status_code, "not for callers" in answer.text, "request id mine" in answer.text) == (
        500,
        False,
        True,
    )
    assert answer.headers["x-request-id"] == "mine"
    assert answer.headers["access-control-allow-origin"] == "https://a.example"
    assert answer.headers["x-own"] == "yes"


def test_own_middleware_is_around_every_route(customised: httpx.Client) -> None:
    for path in ("/ok", "/info", "/hello", "/nothing-there", "/assistants/xx"):
        assert customised.get(path).headers["x-own"] == "yes", path
    assert customised.post("/assistants/search", json={}, headers={"x-fail": "boom"}).json() == {
        "stopped": "/assistants/search"
    }


def test_own_routes_are_documented_with_ours(customised: httpx.Client) -> None:
    paths = customised.get("/openapi.json").json()["paths"]
    assert {"/hello", "/assistants/search", "/info"} <= set(paths)
    assert "/threads/search" not in paths


def test_a_disabled_resource_is_not_there(customised: httpx.Client, mounted: httpx.Client) -> None:
    thread = "01a1f9f2-0000-7000-8000-000000000000"
    assert customised.post("/threads", json={}).json() == {"detail": "Not Found"}
    assert customised.delete(f"/threads/{thread}").json() == {"detail": "Not Found"}
    assert customised.post("/store/namespaces", json={}).status_code == 404
    for path in ("/a2a/echo", "/.well-known/agent-card.json?assistant_id=echo"):
        assert customised.get(path).json() == {"detail": "Not Found"}
    assert customised.get(f"/threads/{thread}/runs").json() != {"detail": "Not Found"}, "runs are another resource"
    assert mounted.get(f"/api/threads/{thread}/runs").json() == {"detail": "Not Found"}
    assert mounted.post("/api/runs/wait", json={"assistant_id": "echo"}).status_code == 404
    assert mounted.get(f"/api/threads/{thread}").json() != {"detail": "Not Found"}
    for path in ("/info", "/docs", "/openapi.json", "/metrics"):
        assert mounted.get(f"/api{path}").json() == {"detail": "Not Found"}


def test_cors_of_the_project_replace_the_defaults(customised: httpx.Client) -> None:
    def preflight(method: str, origin: str = "https://a.example") -> httpx.Response:
        asked = {"origin": origin, "access-control-request-method": method}
        return customised.options("/assistants/search", headers=asked)

    assert preflight("GET").status_code == 200
    assert preflight("POST").status_code == 400
    assert preflight("GET", "https://b.example").status_code == 400
    answer = customised.get("/info", headers={"origin": "https://a.example"})
    assert answer.headers["access-control-allow-origin"] == "https://a.example"
    assert "access-control-expose-headers" not in answer.headers


def test_by_default_browsers_may_call_from_anywhere_and_read_where_a_run_is(live: Planloom) -> None:
    asked = {"origin": "https://smith.langchain.com", "access-control-request-method": "PATCH"}
    asked["access-control-request-headers"] = "x-auth-scheme, content-type"
    asked["access-control-request-private-network"] = "true"
    answer = httpx.options(f"{live.url}/threads/search", headers=asked)
    assert (answer.status_code, answer.text) == (200, "OK")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-private-network"] == "true"
    assert "access-control-allow-credentials" not in answer.headers
    assert {"x-auth-scheme", "content-type"} <= set(answer.headers["access-control-allow-headers"].split(", "))
    exposed = httpx.get(f"{live.url}/info", headers={"origin": "https://a.example"}, timeout=60).headers
    assert {"content-location", "location", "x-pagination-total", "x-pagination-next"} <= set(
        exposed["access-control-expose-headers"].split(", ")
    )


def test_only_a_loopback_server_lets_public_sites_into_the_private_network(own_database: str, tmp_path: Path) -> None:
    asked = {"origin": "https://smith.langchain.com", "access-control-request-method": "GET"}
    asked["access-control-request-private-network"] = "true"
    with _served(own_database, tmp_path, {}, "--host", "0.0.0.0") as server:
        port = httpx.URL(server.url).port
        answer = httpx.options(f"http://127.0.0.1:{port}/info", headers=asked)
    assert answer.status_code == 400
    assert "access-control-allow-private-network" not in answer.headers


def test_everything_moves_under_the_prefix_and_ok_stays(mounted: httpx.Client) -> None:
    card = mounted.get("/api/a2a/echo").json()
    assert card["url"] == str(mounted.base_url.join(f"/api/a2a/{card['skills'][0]['id'].removesuffix('-main')}"))
    created = mounted.post("/api/threads", json={})
    assert created.status_code == 200
    assert mounted.get(f"/api/threads/{created.json()['thread_id']}").json()["status"] == "idle"
    assert mounted.get("/api/hello").json()["said"] == ["hello"]
    assert mounted.get("/api/ok").status_code == mounted.get("/ok").status_code == 200
    for path in ("/threads/search", "/hello", "/apis/threads", "/api-threads"):
        assert mounted.get(path).json() == {"detail": "Not Found"}, path
    assert mounted.post("/threads", json={}).status_code == 404
