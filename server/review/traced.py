"""A step of a LangSmith trace, as either of its query APIs gives it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from langsmith import schemas
from langsmith.types.run import Run as QueriedRun

from server.review.model import Usage
from server.review.written import usage_from

_NODE_TAG = "graph:step:"  # LangGraph tags with it what it runs as a node


@dataclass(frozen=True, slots=True)
class Traced:
    """One run in LangSmith's words: a node, a model call, a tool, or the whole of a graph's run.

    `feedback` is what was said of it: a key, how often, and the mean of the scores.
    """

    id: str
    trace_id: str
    parent_id: str | None
    order: str
    name: str
    kind: str
    start: datetime
    end: datetime | None
    first_token_at: datetime | None
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    error: str | None
    metadata: Mapping[str, Any]
    tags: tuple[str, ...]
    usage: Usage | None
    link: str | None
    feedback: tuple[tuple[str, int, float | None], ...] = ()

    @classmethod
    def of(cls, run: schemas.Run) -> Self:
        """From `list_runs` and `read_run`."""
        return cls(
            id=str(run.id),
            trace_id=str(run.trace_id),
            parent_id=None if run.parent_run_id is None else str(run.parent_run_id),
            order=run.dotted_order,
            name=run.name,
            kind=run.run_type,
            start=_aware(run.start_time),
            end=None if run.end_time is None else _aware(run.end_time),
            first_token_at=_first_token(run.first_token_time, run.events or ()),
            inputs=run.inputs or {},
            outputs=run.outputs or {},
            error=run.error or None,
            metadata=run.metadata,
            tags=tuple(run.tags or ()),
            usage=_usage(run.metadata, run.prompt_tokens, run.completion_tokens),
            link=run.url,
            feedback=_feedback(run.feedback_stats or {}),
        )

    @classmethod
    def of_queried(cls, run: QueriedRun) -> Self:
        """From the query API that replaces it."""
        extra = run.extra or {}
        metadata = run.metadata or extra.get("metadata")
        told: Mapping[str, Any] = metadata if isinstance(metadata, dict) else {}
        start = run.start_time
        if run.id is None or start is None:
            raise ValueError("a queried run has no id or no start")
        return cls(
            id=run.id,
            trace_id=run.trace_id or run.id,
            parent_id=run.parent_run_ids[-1] if run.parent_run_ids else None,
            order=run.dotted_order or "",
            name=run.name or "",
            kind=(run.run_type or "chain").lower(),
            start=_aware(start),
            end=None if run.end_time is None else _aware(run.end_time),
            first_token_at=_first_token(run.first_token_time, [event.to_dict() for event in run.events or ()]),
            inputs=run.inputs or {},
            outputs=run.outputs or {},
            error=run.error or None,
            metadata=told,
            tags=tuple(run.tags or ()),
            usage=_usage(told, run.prompt_tokens, run.completion_tokens),
            link=None,
            feedback=_feedback({key: stats.to_dict() for key, stats in (run.feedback_stats or {}).items()}),
        )

    @property
    def is_hidden(self) -> bool:
        """Whether the server that sent it left out what it was given and what it gave."""
        return set(self.inputs) | set(self.outputs) == {"hidden"}

    @property
    def is_node(self) -> bool:
        """Whether LangGraph ran it as a node."""
        return self.kind == "chain" and any(tag.startswith(_NODE_TAG) for tag in self.tags)

    @property
    def step(self) -> int | None:
        """The superstep, of a node."""
        step = self.metadata.get("langgraph_step")
        return step if self.is_node and isinstance(step, int) else None

    @property
    def node(self) -> str:
        """The node that it happened in."""
        return str(self.metadata.get("langgraph_node") or self.name)


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _first_token(told: datetime | None, events: Any) -> datetime | None:
    """LangSmith works it out from the first `new_token` event; until it has, so do we."""
    if told is not None:
        return _aware(told)
    for event in events:
        if event.get("name") == "new_token" and event.get("time"):
            at = event["time"]
            return _aware(at if isinstance(at, datetime) else datetime.fromisoformat(str(at)))
    return None


def _feedback(stats: Mapping[str, Any]) -> tuple[tuple[str, int, float | None], ...]:
    return tuple((key, int(one.get("n") or 0), one.get("avg")) for key, one in stats.items() if isinstance(one, dict))


def _usage(metadata: Mapping[str, Any], prompt: int | None, completion: int | None) -> Usage | None:
    counted = usage_from(metadata.get("usage_metadata"))
    if counted is not None:
        return counted
    return Usage(prompt or 0, completion or 0) if prompt or completion else None
