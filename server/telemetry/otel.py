"""Traces and metrics by OpenTelemetry, exported by OTLP as its own variables (`OTEL_…`) say.

Spans are of requests, runs and what runs call; names, ids, times and counts are told, never what was said.
"""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version

from langchain_core.callbacks import BaseCallbackHandler
from opentelemetry import context, metrics, trace
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.metrics import Histogram, MeterProvider
from opentelemetry.sdk import metrics as sdk_metrics
from opentelemetry.sdk import trace as sdk_trace
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.middleware import Middleware

from server.telemetry.graph_spans import GraphSpans
from server.telemetry.http_spans import HttpSpans
from server.telemetry.observation import ObservedRun, RunSpan, Telemetry

_NAME = "planloom"


class LiveTelemetry(Telemetry):
    """Telemetry that is on. Providers that are there already (`opentelemetry-instrument`, the project's own) are used as they
    are; else ours serve the whole process, so that spans of the project's own code hang where they belong."""

    is_on = True

    def __init__(self, signals: frozenset[str]) -> None:
        self._closing: list[sdk_trace.TracerProvider | sdk_metrics.MeterProvider] = []
        resource = Resource.create({"service.version": version("planloom"), **_named(os.environ)})
        self._tracer: Tracer = self._traces(resource, "traces" in signals).get_tracer(_NAME)
        meter = self._metrics(resource, "metrics" in signals).get_meter(_NAME)
        self._requests = meter.create_histogram("http.server.request.duration", "s", "Duration of HTTP server requests")
        self._runs = meter.create_histogram(
            "planloom.run.duration", "s", "From a run's start in this process to its end"
        )
        self._waits = meter.create_histogram("planloom.run.queue.duration", "s", "From when a run was due to its start")

    def middleware(self) -> list[Middleware]:
        """What observes requests."""
        return [Middleware(HttpSpans, self._tracer, self._requests)]

    @contextmanager
    def run(self, run: ObservedRun) -> Iterator[RunSpan]:
        """A span of an attempt at a run, below the request that started it; what the graph does is below the span."""
        started = datetime.now(UTC)
        self._waits.record(max(0.0, (started - run.due).total_seconds()), {"planloom.graph": run.graph})
        above = _propagated(run.request)
        attributes = {f"planloom.{name}": value for name, value in run.ids.items()}
        with self._tracer.start_as_current_span(
            f"run {run.graph}",
            above,
            SpanKind.CONSUMER,
            {**attributes, "planloom.graph": run.graph, "planloom.attempt": run.attempt},
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            yield _LiveRunSpan(span, self._tracer, self._runs, run.graph, started)

    def close(self, seconds: float) -> None:
        """Export what is on its way, for so many seconds at most."""
        closing = threading.Thread(target=self._close, name="telemetry-close", daemon=True)
        closing.start()
        closing.join(seconds)

    def _close(self) -> None:
        for provider in self._closing:
            provider.shutdown()

    def _traces(self, resource: Resource, exported: bool) -> TracerProvider:
        there = trace.get_tracer_provider()
        if isinstance(there, sdk_trace.TracerProvider) or not exported:
            return there if exported else trace.NoOpTracerProvider()
        made = sdk_trace.TracerProvider(resource=resource, shutdown_on_exit=False)
        made.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        trace.set_tracer_provider(made)
        self._closing.append(made)
        return made

    def _metrics(self, resource: Resource, exported: bool) -> MeterProvider:
        there = metrics.get_meter_provider()
        if isinstance(there, sdk_metrics.MeterProvider) or not exported:
            return there if exported else metrics.NoOpMeterProvider()
        reader = PeriodicExportingMetricReader(OTLPMetricExporter())
        made = sdk_metrics.MeterProvider([reader], resource, shutdown_on_exit=False)
        metrics.set_meter_provider(made)
        self._closing.append(made)
        return made


class _LiveRunSpan(RunSpan):
    def __init__(self, span: Span, tracer: Tracer, durations: Histogram, graph: str, started: datetime) -> None:
        self._span = span
        self._tracer = tracer
        self._durations = durations
        self._graph = graph
        self._started = started

    def end(self, status: str) -> None:
        self._span.set_attribute("planloom.status", status)
        self._durations.record(
            (datetime.now(UTC) - self._started).total_seconds(),
            {"planloom.graph": self._graph, "planloom.status": status},
        )

    def failed(self, error: BaseException) -> None:
        self._span.set_attribute("error.type", type(error).__qualname__)
        self._span.set_status(Status(StatusCode.ERROR, type(error).__qualname__))

    def callbacks(self) -> list[BaseCallbackHandler]:
        return [GraphSpans(self._tracer, self._span)] if self._span.is_recording() else []


def _named(environment: Mapping[str, str]) -> dict[str, str]:
    """Our name, unless the operator gave another."""
    named = "OTEL_SERVICE_NAME" in environment or "service.name=" in environment.get("OTEL_RESOURCE_ATTRIBUTES", "")
    return {} if named else {"service.name": _NAME}


def _propagated(traceparent: str | None) -> context.Context:
    """What the span hangs below: the request, and nothing of whatever started this process' loop or task."""
    carrier = {} if traceparent is None else {"traceparent": traceparent}
    return TraceContextTextMapPropagator().extract(carrier, context.Context())
