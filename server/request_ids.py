"""A request id for every request: taken from `x-request-id` or made, bound to the logs, returned in the response."""

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
_ACCEPTED = re.compile(r"[A-Za-z0-9._:-]{1,128}")

log = structlog.get_logger("planloom.http")


class RequestIdMiddleware:
    """Outermost middleware: names the request in `scope["state"]`, its logs and its response, and logs it once."""

    def __init__(self, app: ASGIApp, logged_headers: HeaderPatterns | None = None) -> None:
        self.app = app
        self._logged_headers = logged_headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get(HEADER, "")
        request_id = given if _ACCEPTED.fullmatch(given) else uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
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
