"""Steps that code in a graph traces by itself, with LangSmith's own means: `@traceable`, `RunTree`, a tracer of LangChain's.

They come through the client, and belong to the run whose id is in their dotted order. What belongs to none is not sent.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from server.tracing.endings import INTERRUPTED, mark
from server.tracing.snapshot import Snapshots
from server.tracing.spans import Scope, Span

_RAISED = re.compile(r"([A-Za-z_]\w{0,80}(?:Error|Exception|Warning|Interrupt|Exit|Iteration|Timeout|Group))\(")


class ForeignSpans:
    """The steps that others made and have not ended, by their ids, and the runs in execution that they may belong to."""

    def __init__(self, noted: Callable[[Span], None], dropped: Callable[[], None]) -> None:
        self._noted = noted
        self._dropped = dropped
        self._scopes: dict[UUID, Scope] = {}
        self._open: dict[UUID, dict[UUID, Span]] = {}

    def follow(self, scope: Scope) -> None:
        """Take steps for that run from now on."""
        self._scopes[scope.root_id] = scope
        self._open[scope.root_id] = {}

    def forget(self, scope: Scope) -> list[Span]:
        """Take none for it any more; those that are open."""
        self._scopes.pop(scope.root_id, None)
        return list(self._open.pop(scope.root_id, {}).values())

    def take(self, kind: str, fields: dict[str, Any]) -> None:
        """The client was asked to `create` or to `update` a run."""
        scope = self._scope_of(fields.get("dotted_order"))
        if scope is None:
            self._dropped()
        elif kind == "create":
            self._start(scope, fields)
        elif (span := self._open.get(scope.root_id, {}).pop(_uuid(fields["id"]), None)) is not None:
            self._end(span, fields)

    def _scope_of(self, dotted_order: Any) -> Scope | None:
        if not isinstance(dotted_order, str):
            return None
        for segment in dotted_order.split("."):
            try:
                scope = self._scopes.get(UUID(segment[-36:]))
            except ValueError:
                return None
            if scope is not None:
                return scope
        return None

    def _start(self, scope: Scope, fields: Mapping[str, Any]) -> None:
        parent, snapshots = fields.get("parent_run_id"), Snapshots(scope.policy.excluded)
        span = Span(
            scope=scope,
            id=_uuid(fields["id"]),
            trace_id=_uuid(fields["trace_id"]),
            parent_id=None if parent is None else _uuid(parent),
            dotted_order=fields["dotted_order"],
            name=fields["name"],
            run_type=fields["run_type"],
            started_at=fields.get("start_time") or datetime.now(UTC),
            inputs=snapshots.take(fields["inputs"]),
            weight=snapshots.spent(),
            metadata=_metadata(fields),
            reserved=scope.everywhere,
            tags=list(fields.get("tags") or ()),
        )
        # from any thread: the run may be over by now, or the step be told of twice, and nobody would end this one
        opened = self._open.get(scope.root_id)
        if opened is None or opened.setdefault(span.id, span) is not span:
            self._dropped()
            return
        self._noted(span)

    def _end(self, span: Span, fields: Mapping[str, Any]) -> None:
        snapshots = Snapshots(span.scope.policy.excluded)
        span.outputs = snapshots.take(fields.get("outputs"))
        span.weight += snapshots.spent()
        span.metadata = {**span.metadata, **_metadata(fields)}
        span.tags = list(fields.get("tags") or span.tags)
        span.events = [event for event in fields.get("events") or () if isinstance(event, dict)]
        error = fields.get("error")
        if isinstance(error, str) and error.startswith("GraphInterrupt("):
            mark(span, INTERRUPTED)
        elif error is not None:
            span.error, span.error_kind = str(error), _kind(str(error))
        span.ended_at = fields.get("end_time") or datetime.now(UTC)
        self._noted(span)


def _kind(error: str) -> str:
    """What was raised, of an error that is told as text; of one that does not begin with a type's name, nothing is known."""
    found = _RAISED.match(error)
    return found.group(1) if found else "error"


def _metadata(fields: Mapping[str, Any]) -> dict[str, Any]:
    extra = fields.get("extra")
    found = extra.get("metadata") if isinstance(extra, dict) else None
    return dict(found) if isinstance(found, dict) else {}


def _uuid(value: Any) -> UUID:
    return value if isinstance(value, UUID) else UUID(str(value))
