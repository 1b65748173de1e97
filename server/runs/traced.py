"""What a run's trace is told: what admission stores for it, and the run's own facts."""

from typing import Any
from uuid import UUID

import structlog

from server.auth.access import Access
from server.runs.repository import Run
from server.telemetry.observation import TRACEPARENT, ObservedRun
from server.tracing.facts import TracedRun
from server.tracing.parents import TraceParent
from server.tracing.service import Tracing


def stored_for_trace(assistant_version: int, access: Access) -> dict[str, Any]:
    """What only the request knows: kept in the run's `kwargs`, never shown to clients."""
    known = {
        "assistant_version": assistant_version,
        "request_id": structlog.contextvars.get_contextvars().get("request_id"),
        "traceparent": TRACEPARENT.get(),
        "parent": access.trace_parent.as_json() if access.trace_parent else None,
    }
    return {name: value for name, value in known.items() if value is not None}


def name_trace(kwargs: dict[str, Any], run_id: UUID, graph_id: str, tracing: Tracing) -> None:
    """Note in the `kwargs` of a run to be which project its trace goes to, if it is going to have one."""
    if tracing.is_on:
        chosen = _text(kwargs["config"]["configurable"].get("__langsmith_project__"))
        kwargs["trace"]["project"] = tracing.project_of(run_id, graph_id, chosen, in_trace="parent" in kwargs["trace"])


def traced(run: Run) -> TracedRun:
    """The facts of an attempt at a run."""
    config: dict[str, Any] = run.kwargs["config"]
    configurable = config.get("configurable", {})
    stored: dict[str, Any] = run.kwargs.get("trace", {})  # runs of earlier versions have none
    parent = stored.get("parent")
    command = run.kwargs["command"]
    return TracedRun(
        run_id=run.run_id,
        thread_id=run.thread_id,
        assistant_id=run.assistant_id,
        graph_id=run.graph_id,
        attempt=run.attempt,
        given=run.kwargs["input"] if command is None else command,
        assistant_version=stored.get("assistant_version"),
        request_id=stored.get("request_id"),
        user=configurable.get("langgraph_auth_user_id") or None,
        metadata={**config.get("metadata", {}), **run.metadata},
        tags=tuple(config.get("tags") or ()),
        project=stored.get("project") or _text(configurable.get("__langsmith_project__")),
        example_id=_id(configurable.get("__langsmith_example_id__")),
        parent=TraceParent.from_json(parent) if parent else None,
        feedback_keys=tuple(run.kwargs.get("feedback_keys") or ()),
    )


def observed(run: Run) -> ObservedRun:
    """The same for its span."""
    return ObservedRun(
        ids={"run_id": str(run.run_id), "thread_id": str(run.thread_id), "assistant_id": str(run.assistant_id)},
        graph=run.graph_id,
        attempt=run.attempt,
        due=run.scheduled_at,
        request=run.kwargs.get("trace", {}).get("traceparent"),
    )


def _text(given: Any) -> str | None:
    return given if isinstance(given, str) and given else None


def _id(given: Any) -> UUID | None:
    """An id, unless somebody put something else into `configurable` past the request's own field."""
    try:
        return UUID(given) if isinstance(given, str) else None
    except ValueError:
        return None
