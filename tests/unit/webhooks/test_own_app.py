"""Webhooks to the project's own routes: to those only, past every middleware, from nobody."""

import asyncio

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from server.langgraph_sections import WebhookUrlSpec
from server.mount_prefix import MountPrefixMiddleware
from server.own_app import OwnRoutes
from server.webhooks.own_app import OwnApp
from server.webhooks.policy import Target, UrlPolicy

HEARD: list[Request] = []
POLICY = UrlPolicy(WebhookUrlSpec(disable_loopback=False))


async def _hook(request: Request) -> Response:
    await request.body()
    HEARD.append(request)
    return JSONResponse({}, 202)


async def _fails(_: Request) -> Response:
    raise ZeroDivisionError


async def _hangs(_: Request) -> Response:
    async def for_ever() -> object:
        while True:
            yield b"a"
            await asyncio.sleep(0.01)

    return StreamingResponse(for_ever())  # type: ignore[arg-type]


class _Marks:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, "state": {**scope["state"], "seen": True}}, receive, send)


def own_app(prefix: str = "") -> OwnApp:
    """A whole application: its API serves `/threads`, the project's app the rest."""
    routes = [Route(f"/own/{name}", serve, methods=["POST"]) for name, serve in
              (("hook", _hook), ("fails", _fails), ("hangs", _hangs))]  # fmt: skip
    own, api = (
        Starlette(routes=[*routes, Route("/own/page", _hook)]),
        Router([Route("/threads", _hook, methods=["POST"])]),
    )
    owned = OwnRoutes()
    owned.take_in(own, FastAPI())
    api.routes.insert(0, owned)
    app: ASGIApp = MountPrefixMiddleware(_Marks(api), prefix) if prefix else _Marks(api)
    return OwnApp(app, owned, prefix, 0.2)


def to(path: str) -> Target:
    return POLICY.target(path)


async def test_it_comes_to_an_own_route_from_nobody() -> None:
    receiver = own_app()
    receiver.use_state({"pool": "the lifespan's"})
    sent = await receiver.post(to("/own/hook?a=b"), [], b'{"a":1}', {"x-from": "us"})
    assert (sent.status, sent.is_taken) == (202, True)
    request = HEARD[-1]
    assert (await request.json(), request.query_params["a"], request.headers["x-from"]) == ({"a": 1}, "b", "us")
    assert (request.client, request.state.seen, request.state.pool) == (None, True, "the lifespan's")


async def test_a_path_is_the_apps_own_wherever_it_is_mounted() -> None:
    assert (await own_app("/api").post(to("/own/hook"), [], b"{}", {})).status == 202
    assert HEARD[-1].url.path == "/api/own/hook"


@pytest.mark.parametrize("path", ["/threads", "/own/page", "/own/none", "/own/hook/"])
async def test_nothing_else_is_reached(path: str) -> None:
    receiver, before = own_app(), len(HEARD)
    assert not receiver.serves(path)
    sent = await receiver.post(to(path), [], b"{}", {})
    assert (sent.status, len(HEARD)) == (None, before)
    assert "no route of the project's own app" in str(sent.error)


async def test_a_route_that_fails_or_never_ends_is_a_failed_attempt() -> None:
    receiver = own_app()
    assert (await receiver.post(to("/own/fails"), [], b"{}", {})).status == 500
    assert (await receiver.post(to("/own/hangs"), [], b"{}", {})).error == "no answer in 0.2 seconds"
