"""The project's own routes, beside the API's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_STARTED: list[str] = []
_TOLD: dict[str, list[Any]] = {}


@asynccontextmanager
async def _lifespan(_: Starlette) -> AsyncIterator[None]:
    _STARTED.append("lifespan")
    yield


class _Mark:
    """Marks every answer, the API's as well."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def marking(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-marked", b"by the project")]
            await send(message)

        await self._app(scope, receive, marking)


async def _hello(_: Request) -> Response:
    return JSONResponse({"hello": "own route", "started": _STARTED})


async def _custom(request: Request) -> Response:
    return JSONResponse({"thread": request.path_params["thread_id"]})


async def _not_ok(_: Request) -> Response:
    return PlainTextResponse("never seen")


async def _hook(request: Request) -> Response:
    headers = {name: request.headers.get(name) for name in ("content-type", "x-word")}
    told = _TOLD.setdefault(request.query_params["as"], [])
    told.append({"headers": headers, "body": await request.json()})
    return PlainTextResponse("", 500 if request.url.path.endswith("/moody") and len(told) == 1 else 200)


async def _told(request: Request) -> Response:
    return JSONResponse(_TOLD.get(request.path_params["name"], []))


app = Starlette(
    routes=[
        Route("/own/hook", _hook, methods=["POST"]),
        Route("/own/moody", _hook, methods=["POST"]),
        Route("/own/told/{name}", _told),
        Route("/own/hello", _hello),
        Route("/threads/{thread_id}/custom", _custom),
        Route("/ok", _not_ok),
    ],
    middleware=[Middleware(_Mark)],
    lifespan=_lifespan,
)
