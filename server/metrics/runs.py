"""What is counted of runs: how many, how long they waited and took, and how soon their first token came."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from prometheus_client import Counter, Gauge, Histogram

from server.metrics.http import SECONDS

RUNS = Counter("runs_total", "Runs that ended, by how", ("graph", "status"))
IN_PROGRESS = Gauge("runs_in_progress", "Runs that this process executes", ("graph",))
QUEUE_SECONDS = Histogram(
    "run_queue_seconds", "From when a run was due to when a worker started it", ("graph",), buckets=SECONDS
)
RUN_SECONDS = Histogram(
    "run_duration_seconds", "From a run's start in this process to its end", ("graph", "status"), buckets=SECONDS
)
FIRST_TOKEN_SECONDS = Histogram(
    "run_first_token_seconds", "From when a run was due to its model's first token", ("graph",), buckets=SECONDS
)
EVENTS = Counter("run_events_total", "Events that runs emitted")


def seconds_since(moment: datetime) -> float:
    """Wall-clock seconds since a moment that another process may have noted; never below zero."""
    return max(0.0, (datetime.now(UTC) - moment).total_seconds())


@contextmanager
def in_progress(graph: str, due: datetime) -> Iterator[None]:
    """Count a run that this process executes, while it does."""
    QUEUE_SECONDS.labels(graph).observe(seconds_since(due))
    gauge = IN_PROGRESS.labels(graph)
    gauge.inc()
    try:
        yield
    finally:
        gauge.dec()


def count_ended(graph: str, status: str, seconds: float) -> None:
    """Count a run that was made final, `seconds` after its start."""
    RUNS.labels(graph, status).inc()
    RUN_SECONDS.labels(graph, status).observe(seconds)
