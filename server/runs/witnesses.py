"""Who watches a run from outside: its metrics, its trace in LangSmith, its span in OpenTelemetry. One face for the executor.

Witnesses neither fail a run nor hold it up: what goes wrong with one is logged, and the run goes on without it.
"""

import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

import structlog
from langchain_core.callbacks import BaseCallbackHandler

from server.metrics.graph_calls import GraphCalls
from server.metrics.runs import count_ended, in_progress, seconds_since
from server.runs.repository import Run
from server.runs.schemas import RunStatus
from server.runs.traced import observed, traced
from server.telemetry.observation import NO_SPAN, OFF, RunSpan, Telemetry
from server.tracing.run_trace import UNTRACED, Outcome, RunTrace
from server.tracing.service import Tracing

log = structlog.get_logger("planloom.runs")


class RunWitness:
    """Of one attempt at a run."""

    def __init__(self, run: Run, trace: RunTrace, span: RunSpan) -> None:
        self._run = run
        self._trace = trace
        self._span = span
        self._started = time.perf_counter()

    async def callbacks(
        self, run_before: Callable[[Run], Awaitable[UUID | None]], node_ended: Callable[[], None]
    ) -> list[BaseCallbackHandler]:
        """Who is told of the graph's steps, `node_ended` among them. `run_before` finds the run that this one goes on from."""
        command = self._run.kwargs["command"]
        if self._trace.is_traced and command and command.get("resume") is not None:
            self._trace.follows(await run_before(self._run))
        due = time.perf_counter() - seconds_since(self._run.scheduled_at)
        return [GraphCalls(self._run.graph_id, due, node_ended), *self._trace.callbacks(), *self._span.callbacks()]

    def failed(self, error: BaseException) -> None:
        """The graph raised that, or could not even be opened."""
        self._trace.failed(error)
        self._span.failed(error)

    async def feedback_urls(self) -> dict[str, str]:
        """Where to send feedback, by key; empty if none was asked for, or LangSmith does not say in time."""
        return await self._trace.feedback_urls()

    def ended(self, status: RunStatus, *, asks: bool) -> None:
        """The run was made final; `asks` is whether its thread waits for an answer."""
        self._close(_outcome(status, asks=asks))
        count_ended(self._run.graph_id, status, time.perf_counter() - self._started)
        self._span.end(status)

    def handed_back(self) -> None:
        """This process stops, and another goes on with the run."""
        self._close("handed_back")

    def lost(self) -> None:
        """Nobody knows how it ended, unless that was said before."""
        self._close("lost")

    def _close(self, outcome: Outcome) -> None:
        with _harmless("the trace of a run cannot be ended"):
            self._trace.close(outcome)


class Witnesses:
    """Of a process."""

    def __init__(self, tracing: Tracing, telemetry: Telemetry = OFF) -> None:
        self._tracing = tracing
        self._telemetry = telemetry

    @contextmanager
    def watching(self, run: Run) -> Iterator[RunWitness]:
        """Watch an attempt at a run for as long as the context lasts."""
        with in_progress(run.graph_id, run.scheduled_at), self._spanning(run) as span:
            witness = RunWitness(run, self._trace(run), span)
            try:
                yield witness
            finally:
                witness.lost()

    @contextmanager
    def _spanning(self, run: Run) -> Iterator[RunSpan]:
        if not self._telemetry.is_on:
            yield NO_SPAN
            return
        with self._telemetry.run(observed(run)) as span:
            yield span

    def _trace(self, run: Run) -> RunTrace:
        trace = UNTRACED
        if self._tracing.is_on:
            with _harmless("a run cannot be traced"):
                trace = self._tracing.begin(traced(run))
        return trace


def _outcome(status: RunStatus, *, asks: bool) -> Outcome:
    if status == "interrupted":
        return "cancelled"
    if status == "success":
        return "interrupted" if asks else "success"
    return "error"


@contextmanager
def _harmless(event: str) -> Iterator[None]:
    """What goes wrong in here is logged by its kind: its text may quote what the run was given."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - at the run's boundary
        log.warning(event, error=type(error).__name__)
