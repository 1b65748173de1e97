"""What is counted of webhooks."""

from prometheus_client import Counter, Histogram

from server.metrics.http import SECONDS

ATTEMPTS = Counter(
    "webhook_attempts_total",
    "Attempts of this process to send a webhook: delivered, postponed after a failure, or given_up",
    ("outcome",),
)
DELIVERY_SECONDS = Histogram(
    "webhook_delivery_seconds", "From a run's end to when its webhook was delivered", buckets=SECONDS
)

for _outcome in ("delivered", "postponed", "given_up"):
    ATTEMPTS.labels(
        _outcome
    )  # there from the start: Prometheus does not see a counter's first step, if it begins with that
