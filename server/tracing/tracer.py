"""LangChain's callbacks to spans. It is a `LangChainTracer` to all that look for one (LangGraph, `@traceable`), but does
next to nothing on the event loop: no encoding, no requests.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from traceback import format_exception
from typing import Any
from uuid import UUID

from langchain_core.documents import Document
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.messages.ai import UsageMetadata, add_usage
from langchain_core.outputs import ChatGeneration, Generation, LLMResult
from langchain_core.tracers import LangChainTracer
from langgraph.errors import GraphBubbleUp, GraphInterrupt
from langsmith import Client
from langsmith.run_trees import RunTree

from server.tracing.encoding import Constructed
from server.tracing.parents import TraceParent
from server.tracing.snapshot import Snapshots
from server.tracing.spans import Scope, Span

STATUS = "status"
"""The key of metadata that tells an interrupted or cancelled step from one that failed; neither has an error."""

INTERRUPTED = "interrupted"
CANCELLED = "cancelled"

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


class SpanTracer(LangChainTracer):
    """Notes the steps of one run. `noted` is called when a step starts and when it ends; the root's end is `take_root`'s."""

    def __init__(
        self,
        scope: Scope,
        client: Client,
        noted: Noted,
        *,
        reserved: Mapping[str, Any] | None = None,
        example_id: UUID | None = None,
        parent: TraceParent | None = None,
    ) -> None:
        super().__init__(client=client, project_name=scope.project)
        self._scope = scope
        self._snapshots = Snapshots(scope.policy.excluded)
        self._noted = noted
        self._reserved = dict(reserved or {})
        self._example_id = example_id
        self._parent = parent
        self.spans: dict[UUID, Span] = {}
        self.started = asyncio.Event()
        self._root: Span | None = None

    def reserve(self, metadata: Mapping[str, Any]) -> None:
        """Add to the root's metadata what nobody else may say. Of effect until the root starts."""
        self._reserved.update(metadata)

    def copy_with_metadata_defaults(
        self, *, metadata: Mapping[str, str] | None = None, tags: list[str] | None = None
    ) -> "SpanTracer":
        """Itself: what is configurable is no metadata of ours (it names the user, among others)."""
        return self

    # --- the run's root

    @property
    def root(self) -> Span | None:
        """The run itself, once its graph has started."""
        return self._root

    def begin_root(self, name: str, inputs: Any, metadata: Mapping[str, Any], tags: Sequence[str]) -> Span:
        """The root of a run whose graph did not come to start."""
        return self._start(self._scope.root_id, None, name, "chain", inputs, dict(metadata), list(tags))

    # --- starting

    def _start(
        self,
        run_id: UUID,
        parent_run_id: UUID | None,
        name: str,
        run_type: str,
        inputs: Any,
        metadata: dict[str, Any] | None,
        tags: list[str] | None,
        extra: dict[str, Any] | None = None,
    ) -> Span:
        now = datetime.now(UTC)
        is_root = run_id == self._scope.root_id
        trace_id, above, parent_id = self._place(run_id, parent_run_id, is_root=is_root)
        if is_root and self._parent is not None:
            metadata = {**self._parent.metadata, **(metadata or {})}
            tags = [*(tags or ()), *self._parent.tags]
        order = now.strftime("%Y%m%dT%H%M%S%fZ") + str(run_id)
        span = Span(
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
            reserved=self._reserved if is_root else self._scope.everywhere,
            tags=tags or [],
            events=[{"name": "start", "time": now}],
            extra=extra or {},
            example_id=self._example_id if is_root else None,
            weight=self._snapshots.spent(),
        )
        span.tree = self._tree(span)
        self.spans[run_id] = span
        self.run_map[str(run_id)] = span.tree
        self.order_map[run_id] = (trace_id, span.dotted_order)
        if is_root:
            self._root = span
        self._noted(span)
        if is_root:
            self.started.set()
        return span

    def _place(self, run_id: UUID, parent_run_id: UUID | None, *, is_root: bool) -> tuple[UUID, str, UUID | None]:
        """The trace, the dotted order above, and the parent. What has no parent that we know of hangs under the run."""
        if is_root:
            return (run_id, "", None) if self._parent is None else (
                self._parent.trace_id, self._parent.dotted_order, self._parent.run_id
            )  # fmt: skip
        known = self.order_map.get(parent_run_id) if parent_run_id else None
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
            ls_client=self.client,
            replicas=[],
        )

    def on_chain_start(  # type: ignore[override]
        self,
        serialized: dict[str, Any] | None,
        inputs: Any,
        *,
        run_id: UUID,
        tags: list[str] | None = None,
        parent_run_id: UUID | None = None,
        metadata: dict[str, Any] | None = None,
        run_type: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        """A graph, a node or another runnable starts."""
        taken = self._snapshots.take(inputs)
        self._start(run_id, parent_run_id, _named(name, serialized), run_type or "chain", taken, metadata, tags)

    def on_tool_start(  # type: ignore[override]
        self,
        serialized: dict[str, Any] | None,
        input_str: str,
        *,
        run_id: UUID,
        tags: list[str] | None = None,
        parent_run_id: UUID | None = None,
        metadata: dict[str, Any] | None = None,
        name: str | None = None,
        inputs: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """A tool is called."""
        taken = self._snapshots.take(inputs if isinstance(inputs, dict) else {"input": input_str})
        self._start(run_id, parent_run_id, _named(name, serialized), "tool", taken, metadata, tags)

    def on_retriever_start(  # type: ignore[override]
        self,
        serialized: dict[str, Any] | None,
        query: str,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        """Something is searched."""
        self._start(
            run_id, parent_run_id, _named(name, serialized), "retriever", {"query": query}, metadata, tags
        )  # fmt: skip

    def on_chat_model_start(  # type: ignore[override]
        self,
        serialized: dict[str, Any] | None,
        messages: list[list[BaseMessage]],
        *,
        run_id: UUID,
        tags: list[str] | None = None,
        parent_run_id: UUID | None = None,
        metadata: dict[str, Any] | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        """A chat model is asked."""
        asked = {"messages": [[Constructed(message) for message in batch] for batch in messages]}
        self._start(
            run_id,
            parent_run_id,
            _named(name, serialized),
            "llm",
            asked,
            metadata,
            tags,
            _asked_how(kwargs),
        )

    def on_llm_start(  # type: ignore[override]
        self,
        serialized: dict[str, Any] | None,
        prompts: list[str],
        *,
        run_id: UUID,
        tags: list[str] | None = None,
        parent_run_id: UUID | None = None,
        metadata: dict[str, Any] | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        """A model that completes texts is asked."""
        asked = {"prompts": list(prompts)}
        self._start(
            run_id,
            parent_run_id,
            _named(name, serialized),
            "llm",
            asked,
            metadata,
            tags,
            _asked_how(kwargs),
        )

    # --- meanwhile

    def on_llm_new_token(self, token: Any, *, run_id: UUID, **kwargs: Any) -> None:  # type: ignore[override]
        """A model says something. Only the first time counts: it is the time to first token."""
        span = self.spans.get(run_id)
        if span is not None and len(span.events) == 1:
            span.events.append({"name": "new_token", "time": datetime.now(UTC)})

    def on_retry(self, retry_state: Any, *, run_id: UUID, **kwargs: Any) -> None:  # type: ignore[override]
        """A step is tried again."""
        if (span := self.spans.get(run_id)) is not None:
            span.events.append({"name": "retry", "time": datetime.now(UTC)})

    # --- ending

    def on_chain_end(self, outputs: Any, *, run_id: UUID, inputs: Any = None, **kwargs: Any) -> None:  # type: ignore[override]
        """A graph, a node or another runnable has ended. What went into one that streams is known only now."""
        span = self.spans.get(run_id)
        if inputs is not None and span is not None:
            span.inputs, span.late_inputs = self._snapshots.take(inputs), True
        self._end(run_id, self._snapshots.take(outputs))

    def on_tool_end(self, output: Any, *, run_id: UUID, **kwargs: Any) -> None:  # type: ignore[override]
        """A tool has answered."""
        self._end(run_id, {"output": self._snapshots.take(output)})

    def on_retriever_end(self, documents: Sequence[Document], *, run_id: UUID, **kwargs: Any) -> None:  # type: ignore[override]
        """Something was found."""
        self._end(run_id, {"documents": list(documents)})

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **kwargs: Any) -> None:  # type: ignore[override]
        """A model has answered."""
        span = self.spans.get(run_id)
        if span is not None and (usage := _usage(response)) is not None:
            span.metadata = {**span.metadata, "usage_metadata": usage}
        self._end(run_id, _answered(response))

    def on_chain_error(self, error: BaseException, *, inputs: Any = None, run_id: UUID, **kwargs: Any) -> None:  # type: ignore[override]
        """A graph, a node or another runnable has failed, or was left another way than by returning."""
        self._fail(run_id, error)

    def on_tool_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:  # type: ignore[override]
        """A tool has failed."""
        self._fail(run_id, error)

    def on_retriever_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:  # type: ignore[override]
        """A search has failed."""
        self._fail(run_id, error)

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:  # type: ignore[override]
        """A model has failed."""
        response = kwargs.get("response")
        self._fail(run_id, error, _answered(response) if isinstance(response, LLMResult) else None)

    def _fail(self, run_id: UUID, error: BaseException, outputs: Any = None) -> None:
        span = self.spans.get(run_id)
        if span is None:
            return
        if isinstance(error, GraphInterrupt):
            asked = error.args[0] if error.args else ()
            mark(span, INTERRUPTED)
            outputs = (
                {"__interrupt__": self._snapshots.take(list(asked))} if isinstance(asked, tuple | list) else outputs
            )
        elif isinstance(error, GraphBubbleUp):  # a command for the graph above: how nodes leave, not how they fail
            outputs = {"output": self._snapshots.take(error.args[0])} if error.args else outputs
        elif isinstance(error, asyncio.CancelledError):
            mark(span, CANCELLED)
        else:
            span.error, span.error_kind = told(error), type(error).__name__
            span.events.append({"name": "error", "time": datetime.now(UTC)})
        self._end(run_id, outputs)

    def _end(self, run_id: UUID, outputs: Any) -> None:
        span = self.spans.get(run_id)
        if span is None or span.ended_at is not None:
            return
        span.outputs = outputs
        span.weight += self._snapshots.spent()
        if span is self._root:
            return  # until it is known how the run ended, the root has not
        del self.spans[run_id]
        self.run_map.pop(str(run_id), None)
        self._finish(span)

    def close(self) -> Span | None:
        """End what is still open; the root, whose end is for the caller to note, or None if there is none."""
        for span in [span for span in self.spans.values() if span is not self._root]:
            self._finish(span, CANCELLED)
        self.spans.clear()
        self.run_map.clear()
        self.order_map.clear()
        if self._root is not None:
            _add_from_tree(self._root)
        return self._root

    def _finish(self, span: Span, status: str | None = None) -> None:
        _add_from_tree(span)
        end(span, status)
        self._noted(span)


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


def _named(name: str | None, serialized: Mapping[str, Any] | None) -> str:
    if name:
        return name
    told_by = serialized or {}
    return str(told_by.get("name") or (told_by.get("id") or ["Unnamed"])[-1])


def _asked_how(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of how a model is asked: parameters, tools, options."""
    return {name: Snapshots().take(kwargs[name]) for name in ("invocation_params", "options") if kwargs.get(name)}


def _generation(one: Generation) -> dict[str, Any]:
    shown: dict[str, Any] = {"text": one.text, "generation_info": one.generation_info, "type": one.type}
    return {**shown, "message": Constructed(one.message)} if isinstance(one, ChatGeneration) else shown


def _answered(response: LLMResult) -> dict[str, Any]:
    return {
        "generations": [[_generation(one) for one in batch] for batch in response.generations],
        "llm_output": Snapshots().take(response.llm_output),
        "type": "LLMResult",
    }


def _usage(response: LLMResult) -> UsageMetadata | None:
    """The tokens of all that a model answered, as far as it counts them."""
    total: UsageMetadata | None = None
    for batch in response.generations:
        for one in batch:
            message = one.message if isinstance(one, ChatGeneration) else None
            if isinstance(message, AIMessage) and message.usage_metadata is not None:
                total = add_usage(total, message.usage_metadata)
    return total
