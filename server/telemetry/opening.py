"""Turns telemetry on where the environment says so. Its packages are extras, imported nowhere else."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

import structlog

from server.errors import StartupError
from server.settings import Settings
from server.telemetry.observation import OFF, Telemetry

CLOSE_SECONDS = 2.0
"""How long the end of the process waits for what is on its way, to Sentry and to the collector each."""

_SIGNALS = ("TRACES", "METRICS")

log = structlog.get_logger("planloom.telemetry")


@asynccontextmanager
async def opened_telemetry(settings: Settings) -> AsyncIterator[Telemetry]:
    """Report errors if there is a `SENTRY_DSN`; traces and metrics if there is an OTLP endpoint. Raises `StartupError`."""
    async with AsyncExitStack() as stack:
        if settings.sentry_dsn is not None:
            await stack.enter_async_context(_reporting(settings.sentry_dsn.get_secret_value(), settings.revision_id))
        signals = exported_signals(os.environ)
        yield await stack.enter_async_context(_observing(signals)) if signals else OFF


def exported_signals(environment: Mapping[str, str]) -> frozenset[str]:
    """Which of `traces` and `metrics` OpenTelemetry's own variables ask to be exported by OTLP."""
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return frozenset()
    return frozenset(
        signal.lower()
        for signal in _SIGNALS
        if environment.get(f"OTEL_{signal}_EXPORTER", "otlp").lower() == "otlp"
        and (environment.get("OTEL_EXPORTER_OTLP_ENDPOINT") or environment.get(f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"))
    )


@asynccontextmanager
async def _reporting(dsn: str, revision: str | None) -> AsyncIterator[None]:
    try:
        from server.telemetry.sentry import ErrorReports  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise StartupError("SENTRY_DSN needs an extra: pip install 'planloom[sentry]'") from error
    reports = ErrorReports(dsn, revision)
    reports.start()
    try:
        yield
    finally:
        await asyncio.to_thread(reports.stop, CLOSE_SECONDS)


@asynccontextmanager
async def _observing(signals: frozenset[str]) -> AsyncIterator[Telemetry]:
    try:
        from server.telemetry.otel import LiveTelemetry  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        # platforms set these variables for all that they run: no reason not to start
        log.warning("OTEL_EXPORTER_OTLP_ENDPOINT is set, but nothing is exported: pip install 'planloom[otel]'")
        yield OFF
        return
    telemetry = await asyncio.to_thread(LiveTelemetry, signals)
    try:
        yield telemetry
    finally:
        await asyncio.to_thread(telemetry.close, CLOSE_SECONDS)
