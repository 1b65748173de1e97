"""Requests find the route that FastAPI's router would choose, and endpoints get what FastAPI would give them."""

from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Body, Depends, FastAPI, Header, Query, Request, Response
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.testclient import TestClient

from server.app import create_app
from server.dispatch import RouteTable
from server.error_handlers import install_error_handlers
from server.requests import RequestModel, WireRoute
from server.settings import Settings
from server.wire_json import WireResponse


def _scope(method: str, path: str) -> dict[str, Any]:
    return {"type": "http", "method": method, "path": path, "root_path": "", "headers": [], "query_string": b""}


@pytest.fixture(scope="module")
def app() -> FastAPI:
    config = Path(__file__).parents[2] / "project" / "langgraph.json"
    return create_app(Settings(_env_file=None), config)  # type: ignore[call-arg]


def test_every_route_of_the_api_is_found_as_fastapi_would(app: FastAPI) -> None:
    table: RouteTable = app.state.table
    paths = app.openapi()["paths"]
    assert len(paths) > 30
    for template, operations in paths.items():
        path = template.replace("{", "a-").replace("}", "")
        for method in operations:
            found = table.find(_scope(method.upper(), path))
            assert found is not None, (method, path)
            route, given = found
            match, child = APIRoute.matches(route, _scope(method.upper(), path))
            assert (route.path, match) == (template, Match.FULL)
            assert given == child["path_params"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/threads/"), ("GET", "/threads/a/"), ("PUT", "/threads/a"), ("GET", "/nothing"), ("GET", "threads"),
     ("HEAD", "/ok"), ("GET", "/docs"), ("GET", "//a")],
)  # fmt: skip
def test_what_is_no_route_is_left_to_fastapi(app: FastAPI, method: str, path: str) -> None:
    assert app.state.table.find(_scope(method, path)) is None


class Wanted(RequestModel):
    name: str
    count: int = 1


def _served() -> TestClient:
    router = APIRouter(route_class=WireRoute)

    @router.post("/things/{thing}")
    async def make(
        request: Request,
        thing: int,
        body: Wanted,
        tags: Annotated[list[str] | None, Query()] = None,
        limit: Annotated[int, Query(ge=1)] = 10,
        x_team: Annotated[str | None, Header()] = None,
    ) -> Response:
        return WireResponse([thing, body.name, body.count, tags, limit, x_team, request.method])

    @router.get("/things/{thing}")
    async def get(thing: int, deep: bool = False) -> Response:
        return WireResponse([thing, deep])

    app = FastAPI()
    app.state.settings = Settings(_env_file=None)  # type: ignore[call-arg]
    app.include_router(router)
    install_error_handlers(app)
    return TestClient(app)


def test_an_endpoint_gets_what_it_declares() -> None:
    client = _served()
    assert client.get("/things/7").json() == [7, False]
    assert client.get("/things/7?deep=true").json() == [7, True]
    answer = client.post("/things/7?tags=a&tags=b&limit=3", json={"name": "n", "odd": 1}, headers={"x-team": "t"})
    assert answer.json() == [7, "n", 1, ["a", "b"], 3, "t", "POST"]
    assert answer.headers["x-ignored-fields"] == "odd"


def test_all_that_is_wrong_is_said_at_once() -> None:
    answer = _served().post("/things/seven?limit=0", json={"count": "many"})
    assert answer.status_code == 422
    for said in ("path.thing", "query.limit", "body.name", "body.count"):
        assert said in answer.json()["detail"]
    assert "body" in _served().post("/things/7", content=b"null").json()["detail"]
    assert _served().post("/things/7", content=b"{").json() == {"detail": "Invalid JSON in request body"}


def test_an_endpoint_that_wants_more_is_refused_when_it_is_declared() -> None:
    router = APIRouter(route_class=WireRoute)

    async def depends(thing: Annotated[str, Depends(lambda: "a thing")]) -> Response:
        return WireResponse(thing)

    async def two_bodies(one: Annotated[str, Body()], other: Annotated[str, Body()]) -> Response:
        return WireResponse([one, other])

    for endpoint in (depends, two_bodies):
        with pytest.raises(TypeError, match="one body"):
            router.post("/x")(endpoint)
