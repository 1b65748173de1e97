"""The steps of one run: where each hangs, what code in the graph sees of it, and which are still open."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from langsmith import Client
from langsmith.run_trees import RunTree

from server.tracing.endings import CANCELLED, end
from server.tracing.parents import TraceParent
from server.tracing.snapshot import Snapshots
from server.tracing.spans import Scope, Span

RESERVED = frozenset(
    {
        "assistant_id",
        "assistant_version",
        "base_version",
        "conversation_id",
        "graph_id",
        "langgraph_version",
        "ls_tracing_sample_rate",
        "plan_id",
        "plan_version",
        "planloom_version",
        "previous_run_id",
        "request_id",
        "revision_id",
        "run_attempt",
        "run_id",
        "run_status",
        "session_id",
        "status",
        "thread_id",
        "usage_metadata",
        "user_hash",
    }
)
"""Metadata that is the server's, or a model's, to say: a caller's is left out, even where the server has nothing to say."""

Noted = Callable[[Span], None]


@dataclass(frozen=True, slots=True)
class RootFacts:
    """What only the root of a run's trace says."""

    reserved: dict[str, Any] = field(default_factory=dict)
    """The server's metadata: nobody else's replaces it."""
    example_id: UUID | None = None
    parent: TraceParent | None = None


class RunSpans:
    """Notes the steps of one run: `noted` is called when one starts and when it ends, but for the root's end.

    `trees` and `orders` are the tracer's maps, in which LangGraph and LangSmith look for the current run. Steps may come
    from any thread, and go on when their run is over: those that start then are not taken note of.
    """

    def __init__(
        self,
        scope: Scope,
        root: RootFacts,
        noted: Noted,
        client: Client,
        trees: dict[str, RunTree],
        orders: dict[UUID, tuple[UUID, str]],
    ) -> None:
        self._scope = scope
        self._facts = root
        self._noted = noted
        self._client = client
        self._trees = trees
        self._orders = orders
        self._open: dict[UUID, Span] = {}
        self._root: Span | None = None
        self._closed = False
        self.snapshots = Snapshots(scope.policy.excluded)
        self.started = asyncio.Event()
        """Set when the root has started."""

    def reserve(self, metadata: dict[str, Any]) -> None:
        """Add to the root's metadata what nobody else may say. Of effect until the root starts."""
        self._facts.reserved.update(metadata)

    def get(self, run_id: UUID) -> Span | None:
        """A step that has not ended."""
        return self._open.get(run_id)

    def start(
        self,
        run_id: UUID,
        parent_run_id: UUID | None,
        name: str,
        run_type: str,
        inputs: Any,
        metadata: dict[str, Any] | None,
        tags: list[str] | None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        """A step starts."""
        if self._closed or run_id in self._open:
            return
        span = self._span(run_id, parent_run_id, name, run_type, inputs, metadata, tags)
        span.extra = extra or {}
        span.tree = self._tree(span)
        self._open[run_id] = span
        self._trees[str(run_id)] = span.tree
        self._orders[run_id] = (span.trace_id, span.dotted_order)
        if run_id == self._scope.root_id:
            self._root = span
        self._noted(span)
        if span is self._root:
            self.started.set()

    def root_of(self, name: str, inputs: Any, metadata: Mapping[str, Any], tags: Sequence[str]) -> Span:
        """The root of a run whose graph did not come to start; its end, too, is for the caller to note."""
        root = self._span(self._scope.root_id, None, name, "chain", inputs, metadata, tags)
        self._noted(root)
        return root

    def _span(
        self,
        run_id: UUID,
        parent_run_id: UUID | None,
        name: str,
        run_type: str,
        inputs: Any,
        metadata: Mapping[str, Any] | None,
        tags: Sequence[str] | None,
    ) -> Span:
        now = datetime.now(UTC)
        is_root = run_id == self._scope.root_id
        trace_id, above, parent_id = self._place(run_id, parent_run_id, is_root=is_root)
        if is_root and self._facts.parent is not None:
            metadata = {**self._facts.parent.metadata, **(metadata or {})}
            tags = [*(tags or ()), *self._facts.parent.tags]
        order = now.strftime("%Y%m%dT%H%M%S%fZ") + str(run_id)
        return Span(
            scope=self._scope,
            id=run_id,
            trace_id=trace_id,
            parent_id=parent_id,
            dotted_order=f"{above}.{order}" if above else order,
            name=name,
            run_type=run_type,
            started_at=now,
            inputs=inputs,
            metadata={key: value for key, value in (metadata or {}).items() if key not in RESERVED},
            reserved=self._facts.reserved if is_root else self._scope.everywhere,
            tags=list(tags or ()),
            events=[{"name": "start", "time": now}],
            example_id=self._facts.example_id if is_root else None,
            weight=self.snapshots.spent(),
        )

    def _place(self, run_id: UUID, parent_run_id: UUID | None, *, is_root: bool) -> tuple[UUID, str, UUID | None]:
        """The trace, the dotted order above, and the parent. What has no parent that we know of hangs under the run."""
        if is_root:
            return (run_id, "", None) if self._facts.parent is None else (
                self._facts.parent.trace_id, self._facts.parent.dotted_order, self._facts.parent.run_id
            )  # fmt: skip
        known = self._orders.get(parent_run_id) if parent_run_id else None
        if known is not None:
            return known[0], known[1], parent_run_id
        if self._root is not None:
            return self._root.trace_id, self._root.dotted_order, self._root.id
        return run_id, "", None

    def _tree(self, span: Span) -> RunTree:
        return RunTree(
            id=span.id,
            name=span.name,
            run_type=span.run_type,
            start_time=span.started_at,
            inputs=span.inputs if isinstance(span.inputs, dict) else {"input": span.inputs},
            extra={"metadata": {**span.metadata, **span.reserved}},
            tags=span.tags,
            trace_id=span.trace_id,
            dotted_order=span.dotted_order,
            parent_run_id=span.parent_id,
            project_name=self._scope.project,
            ls_client=self._client,
            replicas=[],
        )

    def end(self, run_id: UUID, outputs: Any) -> None:
        """A step has ended."""
        span = self._open.get(run_id)
        if span is None:
            return
        span.outputs = outputs
        span.weight += self.snapshots.spent()
        if span is self._root:
            return  # until it is known how the run ended, the root has not
        if self._open.pop(run_id, None) is not None:  # else the run was closed meanwhile, which ended it
            self._trees.pop(str(run_id), None)
            self._finish(span)

    def close(self) -> Span | None:
        """End what is still open; the root, whose end is for the caller to note, or None if there is none."""
        self._closed = True
        while self._open:
            _, span = self._open.popitem()
            if span is not self._root:
                self._finish(span, CANCELLED)
        self._trees.clear()
        self._orders.clear()
        if self._root is not None:
            _add_from_tree(self._root)
        return self._root

    def _finish(self, span: Span, status: str | None = None) -> None:
        _add_from_tree(span)
        end(span, status)
        self._noted(span)


def _add_from_tree(span: Span) -> None:
    """Take over what code in the graph added to the current run (`get_current_run_tree()`)."""
    tree = span.tree
    if tree is None:
        return
    before = {**span.metadata, **span.reserved}
    added = {key: value for key, value in tree.metadata.items() if key not in before or before[key] != value}
    span.metadata = {**span.metadata, **added}
    span.tags = list(dict.fromkeys([*span.tags, *(tree.tags or ())]))
    if tree.extra.get("__omit_auto_outputs"):
        span.outputs = Snapshots().take(tree.outputs)
    span.events.extend(event for event in tree.events if isinstance(event, dict))
    span.tree = None
