"""What is counted of crons."""

from prometheus_client import Counter, Histogram

from server.metrics.http import SECONDS

FIRINGS = Counter(
    "cron_firings_total",
    "Firings of crons that this process saw to: started a run, made_up for missed ones, missed for good, or refused a run",
    ("outcome",),
)
LATE_SECONDS = Histogram(
    "cron_firing_late_seconds", "From the moment that a cron was to fire to its run's admission", buckets=SECONDS
)

for _outcome in ("started", "made_up", "missed", "refused"):
    FIRINGS.labels(
        _outcome
    )  # there from the start: Prometheus does not see a counter's first step, if it begins with that
