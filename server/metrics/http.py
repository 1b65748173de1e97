"""What is counted of HTTP: requests and their time, by route template, and streams that are open."""

from typing import Any, Final

from prometheus_client import Counter, Gauge, Histogram
from starlette.types import Scope

SECONDS: Final = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Histogram bounds, from a look-up to a long stream."""

OTHER: Final = "other"
"""The `endpoint` of a request that no route was found for. Its path is the caller's to choose, so it is no label."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"})

_ENDPOINT = "endpoint"

REQUESTS = Counter("http_requests_total", "Requests answered", ("method", "endpoint", "status"))
REQUEST_SECONDS = Histogram(
    "http_request_duration_seconds",
    "From a request's head to the end of its response; a stream's lasts as long as its reader",
    ("method", "endpoint", "status"),
    buckets=SECONDS,
)
OPEN_STREAMS = Gauge("http_streams_open", "Responses that are being streamed, and WebSockets that are open")

# a labelled child is looked up by building a tuple of strings under a lock; one dictionary look-up is a tenth of that
_children: dict[tuple[str, str, int], tuple[Any, Any]] = {}


def note_endpoint(scope: Scope, template: str) -> None:
    """Remember which route answers. In the request's state: middleware may have copied the scope itself."""
    scope.setdefault("state", {})[_ENDPOINT] = template


def endpoint_of(scope: Scope) -> str:
    """Which route answered, as its template; `OTHER` if none did."""
    found: str = scope.get("state", {}).get(_ENDPOINT, OTHER)
    return found


def count_request(scope: Scope, status: int, seconds: float) -> None:
    """Count one request that was answered."""
    method = scope["method"] if scope["method"] in _METHODS else OTHER
    key = method, endpoint_of(scope), status
    counted = _children.get(key)
    if counted is None:
        labels = (key[0], key[1], str(status))
        counted = _children[key] = REQUESTS.labels(*labels), REQUEST_SECONDS.labels(*labels)
    counted[0].inc()
    counted[1].observe(seconds)
