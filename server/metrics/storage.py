"""What is counted of what the server stores: checkpoints, and events until they are durable."""

from prometheus_client import Counter, Histogram

CHECKPOINT_BYTES = Counter("checkpoint_bytes_total", "Bytes of channel values and writes that checkpoints added")
EVENT_LOG_LAG = Histogram(
    "event_log_lag_seconds",
    "From when an event was emitted to when its batch was durable and readers could see it; the oldest of each batch",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
