"""The choke point: every request passes here, is given its `Access`, and leaves with success only if that was asked.

Only what tells that a server is there, its description, preflights and the project's own routes need no authentication.
"""

from dataclasses import dataclass
from typing import Any

import orjson
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.auth.access import NOBODY, Access
from server.auth.authenticator import Authenticator, Question
from server.auth.policy import Policy
from server.dispatch import RouteTable
from server.errors import Denied
from server.header_patterns import matching
from server.langgraph_sections import HeaderPatterns
from server.tracing.parents import parent_in
from server.wire_json import WireResponse

_REFERENCE = {"/docs", "/docs/oauth2-redirect", "/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css", "/openapi.json"}
PUBLIC = frozenset({"/", "/ok", "/info", "/metrics", "/health/ready", *_REFERENCE})
"""Paths that anyone may read."""


@dataclass(frozen=True)
class Guard:
    """What the middleware works with. Without `authenticator` and `policy` everybody may do everything."""

    authenticator: Authenticator | None = None
    policy: Policy | None = None
    configurable_headers: HeaderPatterns | None = None
    protects_own_routes: bool = False
    max_body_bytes: int = 8 * 1024 * 1024


class AccessMiddleware:
    """Puts the request's `Access` into `scope["state"]["access"]`; answers those who may not come in."""

    def __init__(self, app: ASGIApp, guard: Guard, table: RouteTable, own: BaseRoute) -> None:
        self.app = app
        self._guard = guard
        self._table = table
        self._own = own

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = matching(self._guard.configurable_headers, Headers(scope=scope))
        if self._guard.authenticator is None:
            scope.setdefault("state", {})["access"] = Access(headers=headers)
            await self.app(scope, receive, send)
            return
        own = self._own.matches(scope)[0] is Match.FULL
        if self._is_public(scope, own=own):
            scope.setdefault("state", {})["access"] = NOBODY
            await self.app(scope, receive, send)
            return
        recorded = _Recorded(receive)
        try:
            user = await self._guard.authenticator.user_of(self._question(scope, recorded))
        except Denied as error:
            await _refuse(scope, receive, send, error)
            return
        parent = parent_in(Headers(scope=scope)) if user.is_authenticated else None
        access = Access(self._guard.policy, user, headers, parent)
        scope.setdefault("state", {})["access"] = access
        scope["user"] = user
        await self.app(scope, recorded.from_the_start, send if own else _only_if_asked(access, scope, send))

    def _is_public(self, scope: Scope, *, own: bool) -> bool:
        if own:
            return not self._guard.protects_own_routes
        path = scope["path"].removeprefix(scope.get("root_path", "")) or "/"
        return scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and path in PUBLIC

    def _question(self, scope: Scope, receive: Receive) -> Question:
        if scope["type"] == "websocket":
            return Question(HTTPConnection(scope), self._path_params(scope), _no_body)
        request = Request(scope, receive)
        return Question(request, self._path_params(scope), lambda: _json_body(request, self._guard.max_body_bytes))

    def _path_params(self, scope: Scope) -> dict[str, Any]:
        found = self._table.find(scope) if scope["type"] == "http" else None
        return {} if found is None else dict(found[1])


async def _no_body() -> None:
    """A handshake has none."""


class _Recorded:
    """A request's messages: what authentication reads of them is there again for the route."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._read: list[Message] = []

    async def __call__(self) -> Message:
        """The next message, kept."""
        message = await self._receive()
        self._read.append(message)
        return message

    async def from_the_start(self) -> Message:
        """The first message that was not given again yet."""
        return self._read.pop(0) if self._read else await self._receive()


async def _json_body(request: Request, limit: int) -> Any:
    """The body, which `request` then has too; None if it is no JSON. Raises `Denied` past `limit` bytes."""
    read = b""
    async for chunk in request.stream():
        read += chunk
        if len(read) > limit:
            raise Denied(f"the request body is larger than {limit} bytes (MAX_BODY_BYTES); send less", 413)
    request._body = read
    try:
        return orjson.loads(read)
    except orjson.JSONDecodeError:
        return None  # the route will say so


def _only_if_asked(access: Access, scope: Scope, send: Send) -> Send:
    """`send`, but a success of a route that never asked what the caller may do is a mistake of ours: it fails instead."""

    async def guarded(message: Message) -> None:
        succeeds = message["type"] == "websocket.accept" or (
            message["type"] == "http.response.start" and 200 <= message["status"] < 300
        )
        if succeeds and not access.was_asked:
            raise RuntimeError(f"{scope['path']} succeeds without having asked what its caller may do")
        await send(message)

    return guarded


async def _refuse(scope: Scope, receive: Receive, send: Send, error: Denied) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    await WireResponse({"detail": error.detail}, error.status, headers=error.headers)(scope, receive, send)


def access_of(connection: HTTPConnection) -> Access:
    """The access of the request's caller: services are bound to it."""
    access: Access = connection.state.access
    return access
