"""A request id for every request and socket: taken from `x-request-id` or made, bound to the logs, returned in the response."""

import logging
import re
import time
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, reset_contextvars

from server.header_patterns import matching
from server.langgraph_sections import HeaderPatterns
from server.metrics.http import count_request

HEADER = "x-request-id"
_UNEXPECTED = 1011
_ACCEPTED = re.compile(r"[A-Za-z0-9._:-]{1,128}")

log = structlog.get_logger("planloom.http")


class RequestIdMiddleware:
    """Outermost middleware: names the request in `scope["state"]`, its logs and its response, and logs it once."""

    def __init__(self, app: ASGIApp, logged_headers: HeaderPatterns | None = None) -> None:
        self.app = app
        self._logged_headers = logged_headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "websocket":
            await self._serve_socket(scope, receive, send)
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        request_id = _named(scope, headers)
        started = time.perf_counter()
        status = 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        tokens = bind_contextvars(request_id=request_id)
        try:
            await self.app(scope, receive, send_with_id)
        finally:
            seconds = time.perf_counter() - started
            count_request(scope, status, seconds)
            level = logging.DEBUG if scope["path"] == "/ok" else logging.INFO
            if log.isEnabledFor(level):
                log.log(
                    level,
                    "request",
                    method=scope["method"],
                    path=scope["path"],
                    status=status,
                    ms=round(seconds * 1000, 1),
                    **({"headers": logged} if (logged := matching(self._logged_headers, headers)) else {}),
                )
            reset_contextvars(**tokens)

    async def _serve_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a WebSocket. What it ran into is logged here, where its ids are known, and ends it as an error does."""
        request_id = _named(scope, Headers(scope=scope))
        started = time.perf_counter()
        code: int | None = None

        async def send_with_id(message: Message) -> None:
            nonlocal code
            if message["type"] == "websocket.accept":
                named = (HEADER.encode(), request_id.encode())
                message = {**message, "headers": [*message.get("headers", ()), named]}
            elif message["type"] == "websocket.close":
                code = message.get("code", 1000)
            await send(message)

        async def receive_noting() -> Message:
            nonlocal code
            message = await receive()
            if message["type"] == "websocket.disconnect" and code is None:
                code = message.get("code", 1005)
            return message

        tokens = bind_contextvars(request_id=request_id)
        try:
            await self.app(scope, receive_noting, send_with_id)
        except Exception as error:
            log.error("unhandled error", exc_info=error, path=scope["path"])
            if code is None:
                await send_with_id({"type": "websocket.close", "code": _UNEXPECTED})
        finally:
            log.info("socket", path=scope["path"], code=code, ms=round((time.perf_counter() - started) * 1000, 1))
            reset_contextvars(**tokens)


def _named(scope: Scope, headers: Headers) -> str:
    """The request's id, which its state has from now on."""
    given = headers.get(HEADER, "")
    request_id = given if _ACCEPTED.fullmatch(given) else uuid4().hex
    scope.setdefault("state", {})["request_id"] = request_id
    return request_id
