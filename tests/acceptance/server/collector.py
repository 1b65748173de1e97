"""Somebody who is sent telemetry: an OTLP collector and a Sentry server on one port, which keep what they are sent."""

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.serving import serving


class Collector:
    """What came, by path, decompressed."""

    def __init__(self) -> None:
        self._came: list[tuple[str, bytes]] = []
        self._lock = threading.Lock()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.headers.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
                with collector._lock:
                    collector._came.append((self.path, body))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Nothing to the terminal."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = int(self._server.server_address[1])

    @property
    def everything(self) -> bytes:
        """All that came, as it came."""
        with self._lock:
            return b"\n".join(body for _, body in self._came)

    def spans(self) -> list[Span]:
        """The spans that were exported."""
        requests = [ExportTraceServiceRequest.FromString(body) for body in self._bodies("/v1/traces")]
        resources = [resource for request in requests for resource in request.resource_spans]
        return [span for resource in resources for scope in resource.scope_spans for span in scope.spans]

    def services(self) -> set[str]:
        """Whose spans they are."""
        requests = [ExportTraceServiceRequest.FromString(body) for body in self._bodies("/v1/traces")]
        resources = [one.resource for request in requests for one in request.resource_spans]
        return {pair.value.string_value for one in resources for pair in one.attributes if pair.key == "service.name"}

    def metrics(self) -> dict[str, Any]:
        """The metrics that were exported, the newest of each name."""
        requests = [ExportMetricsServiceRequest.FromString(body) for body in self._bodies("/v1/metrics")]
        scopes = [scope for request in requests for one in request.resource_metrics for scope in one.scope_metrics]
        return {metric.name: metric for scope in scopes for metric in scope.metrics}

    def events(self) -> list[dict[str, Any]]:
        """The events in Sentry's envelopes."""
        lines = [line for body in self._bodies("/envelope/") for line in body.splitlines() if line.startswith(b"{")]
        return [event for line in lines if "exception" in (event := json.loads(line))]

    def _bodies(self, path: str) -> list[bytes]:
        with self._lock:
            return [body for where, body in self._came if where.endswith(path)]


def attributes(span: Span) -> dict[str, Any]:
    """A span's attributes."""
    return {pair.key: getattr(pair.value, str(pair.value.WhichOneof("value"))) for pair in span.attributes}


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector."""
    collector = Collector()
    with serving(collector._server):
        yield collector
