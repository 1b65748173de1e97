"""What `/metrics` answers with: Prometheus' text, or the few numbers that LangGraph's clients read as JSON."""

from typing import Any

from prometheus_client import REGISTRY
from prometheus_client.exposition import choose_encoder

from server.metrics.http import REQUESTS


def text(accept: str) -> tuple[bytes, str]:
    """All metrics, as Prometheus' text or OpenMetrics, whichever `accept` prefers; and the content type.

    What a project's own code registers with `prometheus_client` is among them.
    """
    encode, content_type = choose_encoder(accept)
    return encode(REGISTRY), content_type


def requests_as_json() -> list[dict[str, Any]]:
    """How many requests were answered, by method, route and status, as LangGraph's API words it."""
    samples = (sample for metric in REQUESTS.collect() for sample in metric.samples if sample.name.endswith("_total"))
    return [
        {
            "method": sample.labels["method"],
            "path": sample.labels["endpoint"],
            "status": int(sample.labels["status"]),
            "count": int(sample.value),
        }
        for sample in samples
    ]
