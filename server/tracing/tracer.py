"""LangChain's callbacks to spans. It is a `LangChainTracer` to all that look for one (LangGraph, `@traceable`), but does
next to nothing on the event loop: no encoding, no requests.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from langchain_core.documents import Document
from langchain_core.messages import BaseMessage
from langchain_core.outputs import LLMResult
from langchain_core.tracers import LangChainTracer
from langgraph.errors import GraphBubbleUp, GraphInterrupt
from langsmith import Client

from server.tracing.encoding import Constructed
from server.tracing.endings import CANCELLED, INTERRUPTED, mark, told
from server.tracing.model_calls import answered, asked_how, usage_of
from server.tracing.run_spans import Noted, RootFacts, RunSpans
from server.tracing.spans import Scope


class SpanTracer(LangChainTracer):
    """Notes the steps of one run in `spans`."""

    def __init__(self, scope: Scope, root: RootFacts, noted: Noted, client: Client) -> None:
        super().__init__(client=client, project_name=scope.project)
        self.spans = RunSpans(scope, root, noted, client, self.run_map, self.order_map)

    def copy_with_metadata_defaults(
        self, *, metadata: Mapping[str, str] | None = None, tags: list[str] | None = None
    ) -> "SpanTracer":
        """Itself: what is configurable is no metadata of ours (it names the user, among others)."""
        return self

    # --- starting

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
        taken = self.spans.snapshots.take(inputs)
        self.spans.start(run_id, parent_run_id, _named(name, serialized), run_type or "chain", taken, metadata, tags)

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
        taken = self.spans.snapshots.take(inputs if isinstance(inputs, dict) else {"input": input_str})
        self.spans.start(run_id, parent_run_id, _named(name, serialized), "tool", taken, metadata, tags)

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
        self.spans.start(
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
        self.spans.start(
            run_id,
            parent_run_id,
            _named(name, serialized),
            "llm",
            asked,
            metadata,
            tags,
            asked_how(kwargs),
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
        self.spans.start(
            run_id,
            parent_run_id,
            _named(name, serialized),
            "llm",
            asked,
            metadata,
            tags,
            asked_how(kwargs),
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
            span.inputs, span.late_inputs = self.spans.snapshots.take(inputs), True
        self.spans.end(run_id, self.spans.snapshots.take(outputs))

    def on_tool_end(self, output: Any, *, run_id: UUID, **kwargs: Any) -> None:  # type: ignore[override]
        """A tool has answered."""
        self.spans.end(run_id, {"output": self.spans.snapshots.take(output)})

    def on_retriever_end(self, documents: Sequence[Document], *, run_id: UUID, **kwargs: Any) -> None:  # type: ignore[override]
        """Something was found."""
        self.spans.end(run_id, {"documents": list(documents)})

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **kwargs: Any) -> None:  # type: ignore[override]
        """A model has answered."""
        span = self.spans.get(run_id)
        if span is not None and (usage := usage_of(response)) is not None:
            span.metadata = {**span.metadata, "usage_metadata": usage}
        self.spans.end(run_id, answered(response))

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
        self._fail(run_id, error, answered(response) if isinstance(response, LLMResult) else None)

    def _fail(self, run_id: UUID, error: BaseException, outputs: Any = None) -> None:
        span = self.spans.get(run_id)
        if span is None:
            return
        if isinstance(error, GraphInterrupt):
            asked = error.args[0] if error.args else ()
            mark(span, INTERRUPTED)
            outputs = (
                {"__interrupt__": self.spans.snapshots.take(list(asked))}
                if isinstance(asked, tuple | list)
                else outputs
            )
        elif isinstance(error, GraphBubbleUp):  # a command for the graph above: how nodes leave, not how they fail
            outputs = {"output": self.spans.snapshots.take(error.args[0])} if error.args else outputs
        elif isinstance(error, asyncio.CancelledError):
            mark(span, CANCELLED)
        else:
            span.error, span.error_kind = told(error), type(error).__name__
            span.events.append({"name": "error", "time": datetime.now(UTC)})
        self.spans.end(run_id, outputs)


def _named(name: str | None, serialized: Mapping[str, Any] | None) -> str:
    if name:
        return name
    told_by = serialized or {}
    return str(told_by.get("name") or (told_by.get("id") or ["Unnamed"])[-1])
