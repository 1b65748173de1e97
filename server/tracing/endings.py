"""How a step of a trace ends: by itself, with an error, or interrupted or cancelled, which are none."""

from datetime import UTC, datetime
from traceback import format_exception

from server.tracing.spans import Span

STATUS = "status"
"""The key of metadata that tells an interrupted or cancelled step from one that failed; neither has an error."""

INTERRUPTED = "interrupted"
CANCELLED = "cancelled"


def mark(span: Span, status: str) -> None:
    """Say of a step that it was interrupted or cancelled, where people and filters see it."""
    span.metadata = {**span.metadata, STATUS: status}
    span.tags = [*(tag for tag in span.tags if tag not in (INTERRUPTED, CANCELLED)), status]
    span.events.append({"name": status, "time": datetime.now(UTC)})


def end(span: Span, status: str | None = None) -> None:
    """The step has ended now: by itself, or as `status` says."""
    if status is not None:
        mark(span, status)
    span.ended_at = datetime.now(UTC)
    span.events.append({"name": "end", "time": span.ended_at})


def told(error: BaseException) -> str:
    """What a trace says of a failure: what LangChain's tracer says."""
    return f"{error!r}\n\n{''.join(format_exception(error))}".strip()
