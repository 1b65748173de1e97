"""A span for each request, as OpenTelemetry's conventions for HTTP servers have it."""

import time
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
        if scope["type"] != "http" or scope["path"] in _UNOBSERVED:
            await self.app(scope, receive, send)
            return
        started, method = time.perf_counter(), scope["method"]
        given = Headers(scope=scope).get("traceparent")
        above = _propagator.extract({"traceparent": given} if given else {}, context.Context())
        span = self._tracer.start_span(method, above, SpanKind.SERVER, {"http.request.method": method})
        status = 500

        async def send_noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        token = TRACEPARENT.set(_header(span))
        try:
            with trace.use_span(span, record_exception=False, set_status_on_exception=False):
                await self.app(scope, receive, send_noting)
        finally:
            TRACEPARENT.reset(token)
            self._end(span, scope, method, status, time.perf_counter() - started)

    def _end(self, span: Span, scope: Scope, method: str, status: int, seconds: float) -> None:
        route = endpoint_of(scope)
        known: dict[str, Any] = {"http.request.method": method, "http.response.status_code": status}
        if route != OTHER:
            known["http.route"] = route
            span.update_name(f"{method} {route}")
        span.set_attributes({**known, "planloom.request_id": str(scope["state"].get("request_id", ""))})
        if status >= 500:
            span.set_status(Status(StatusCode.ERROR))
        span.end()
        self._durations.record(seconds, known)


def _header(span: Span) -> str | None:
    carrier: dict[str, str] = {}
    _propagator.inject(carrier, trace.set_span_in_context(span, context.Context()))
    return carrier.get("traceparent")
