"""A span for each request and socket, as OpenTelemetry's conventions for HTTP servers have it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from opentelemetry import context, trace
from opentelemetry.metrics import Histogram
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.metrics.http import OTHER, endpoint_of
from server.telemetry.observation import TRACEPARENT

_UNOBSERVED = frozenset({"/ok", "/metrics", "/health/ready"})  # asked every few seconds, and nobody's work
_propagator = TraceContextTextMapPropagator()


class HttpSpans:
    """Spans of requests, below the caller's if a `traceparent` header says so. Baggage is not read."""

    def __init__(self, app: ASGIApp, tracer: Tracer, durations: Histogram) -> None:
        self.app = app
        self._tracer = tracer
        self._durations = durations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "websocket":
            await self._serve_socket(scope, receive, send)
            return
        if scope["type"] != "http" or scope["path"] in _UNOBSERVED:
            await self.app(scope, receive, send)
            return
        started, method = time.perf_counter(), scope["method"]
        span = self._started(scope, method)
        status = 500

        async def send_noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            with _current(span):
                await self.app(scope, receive, send_noting)
        finally:
            self._end(span, scope, method, status, time.perf_counter() - started)

    async def _serve_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One span for the connection, below which hangs what its commands start. It is no request, so its time is not
        among those of requests."""
        span = self._started(scope, "GET")
        status, code = 403, None

        async def send_noting(message: Message) -> None:
            nonlocal status, code
            if message["type"] == "websocket.accept":
                status = 101
            elif message["type"] == "websocket.close":
                code = message.get("code", 1000)
            await send(message)

        async def receive_noting() -> Message:
            nonlocal code
            message = await receive()
            if message["type"] == "websocket.disconnect" and code is None:
                code = message.get("code", 1005)
            return message

        try:
            with _current(span):
                await self.app(scope, receive_noting, send_noting)
        except Exception as error:
            span.set_attribute("error.type", type(error).__qualname__)
            span.set_status(Status(StatusCode.ERROR))
            raise
        finally:
            self._describe(span, scope, "GET", status)
            if code is not None:
                span.set_attribute("planloom.websocket.close_code", code)
            span.end()

    def _started(self, scope: Scope, method: str) -> Span:
        given = Headers(scope=scope).get("traceparent")
        above = _propagator.extract({"traceparent": given} if given else {}, context.Context())
        return self._tracer.start_span(method, above, SpanKind.SERVER, {"http.request.method": method})

    def _end(self, span: Span, scope: Scope, method: str, status: int, seconds: float) -> None:
        known = self._describe(span, scope, method, status)
        if status >= 500:
            span.set_status(Status(StatusCode.ERROR))
        span.end()
        self._durations.record(seconds, known)

    def _describe(self, span: Span, scope: Scope, method: str, status: int) -> dict[str, Any]:
        """Say what is known of it by its end; what of that a metric may have."""
        route = endpoint_of(scope)
        known: dict[str, Any] = {"http.request.method": method, "http.response.status_code": status}
        if route != OTHER:
            known["http.route"] = route
            span.update_name(f"{method} {route}")
        span.set_attributes({**known, "planloom.request_id": str(scope["state"].get("request_id", ""))})
        return known


@contextmanager
def _current(span: Span) -> Iterator[None]:
    """What is done meanwhile, here and by the runs that it starts, hangs below the span."""
    token = TRACEPARENT.set(_header(span))
    try:
        with trace.use_span(span, record_exception=False, set_status_on_exception=False):
            yield
    finally:
        TRACEPARENT.reset(token)


def _header(span: Span) -> str | None:
    carrier: dict[str, str] = {}
    _propagator.inject(carrier, trace.set_span_in_context(span, context.Context()))
    return carrier.get("traceparent")
