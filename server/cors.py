"""Who may call from a browser: `http.cors` of the project, else `CORS_ORIGINS` and what the API's clients need."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.types import Message, Receive, Scope, Send

from server.langgraph_sections import CorsSpec
from server.settings import Settings

EXPOSED_HEADERS = (
    "x-pagination-total",
    "x-pagination-next",
    "content-location",
    "location",
    "x-request-id",
    "x-ignored-fields",
    "mcp-session-id",
)
"""What browsers' clients read: rejoining a stream needs `content-location`, MCP its session's id."""

_NO_ORIGIN = (b"vary", b"Origin")
_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY")


def cors_middleware(settings: Settings, spec: CorsSpec | None) -> Middleware:
    """The middleware. A server that only this machine reaches also lets public sites (Studio) in, if their origin may."""
    rules: dict[str, Any] = {
        "allow_origins": settings.cors_origins,
        "allow_methods": _METHODS,
        "allow_headers": ["*"],
        "expose_headers": EXPOSED_HEADERS,
    }
    if spec is not None:
        rules = spec.model_dump()
    return Middleware(_Cors, **rules, allow_private_network=_is_loopback(settings.host))


@dataclass(frozen=True)
class NamedOrigins:
    """The origins that may call, as the operator named them."""

    names: Sequence[str]
    pattern: str | None = None

    @property
    def are_all(self) -> bool:
        """Whether pages of any origin may call."""
        return "*" in self.names

    def __contains__(self, origin: str) -> bool:
        """Whether the origin is named itself, or by the pattern."""
        return origin in self.names or (self.pattern is not None and re.fullmatch(self.pattern, origin) is not None)


def named_origins(settings: Settings, spec: CorsSpec | None) -> NamedOrigins:
    """Those of `http.cors`, else of `CORS_ORIGINS`."""
    return (
        NamedOrigins(settings.cors_origins)
        if spec is None
        else NamedOrigins(spec.allow_origins, spec.allow_origin_regex)
    )


class _Cors(CORSMiddleware):
    """The library's, with a short way for what most requests are: not a browser's."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection. Browsers ask nobody before they open a WebSocket, so its origin is looked at here."""
        if scope["type"] == "websocket" and not self._may_connect(Headers(scope=scope)):
            await send({"type": "websocket.close", "code": 1008})
            return
        await super().__call__(scope, receive, send)

    def _may_connect(self, headers: Headers) -> bool:
        origin = headers.get("origin")
        if origin is None or urlsplit(origin).netloc == headers.get("host"):
            return True
        return self.is_allowed_origin(origin)

    async def send(self, message: Message, send: Send, request_headers: Headers) -> None:
        """Pass a message on; a response that names nothing it varies with varies with the origin."""
        if message["type"] != "http.response.start":
            await send(message)
        elif "origin" in request_headers or any(name == b"vary" for name, _ in message.get("headers", ())):
            await super().send(message, send, request_headers)
        else:
            await send({**message, "headers": [*message.get("headers", ()), _NO_ORIGIN]})


def _is_loopback(host: str) -> bool:
    return host in ("127.0.0.1", "localhost", "::1")
