"""Spans of what a run calls: nodes, models and tools, as LangChain's callbacks tell of them. Names, times and counts only."""

from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.outputs import LLMResult
from langgraph.errors import GraphBubbleUp
from opentelemetry import context, trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer
from opentelemetry.util.types import AttributeValue

from server.metrics.graph_steps import model_of, node_of, tool_of, usages_of


class GraphSpans(BaseCallbackHandler):
    """Makes the spans of one run, below `root`. It is called on the event loop and does next to nothing there."""

    run_inline = True
    ignore_retriever = True
    ignore_custom_event = True

    def __init__(self, tracer: Tracer, root: Span) -> None:
        self._tracer = tracer
        self._root = root
        self._spans: dict[UUID, Span] = {}
        self._above: dict[UUID, Span] = {}  # what has no span of its own: the one that it is below

    def on_chain_start(
        self,
        serialized: dict[str, Any],
        inputs: dict[str, Any],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **kwargs: Any,
    ) -> None:
        """A node starts, or something that has no span."""
        if name := node_of(kwargs):
            self._start(run_id, parent_run_id, f"node {name}", SpanKind.INTERNAL, {"planloom.node": name})
        else:
            self._above[run_id] = self._parent(parent_run_id)

    def on_chain_end(self, outputs: dict[str, Any], *, run_id: UUID, **kwargs: Any) -> None:
        """It ended."""
        self._end(run_id)

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """It failed, asked or was cancelled."""
        self._end(run_id, error)

    def on_chat_model_start(
        self,
        serialized: dict[str, Any],
        messages: list[list[Any]],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **kwargs: Any,
    ) -> None:
        """A model is called."""
        model = model_of(serialized, kwargs)
        attributes: dict[str, AttributeValue] = {"gen_ai.operation.name": "chat", "gen_ai.request.model": model}
        if provider := (kwargs.get("metadata") or {}).get("ls_provider"):
            attributes["gen_ai.provider.name"] = str(provider)
        self._start(run_id, parent_run_id, f"chat {model}", SpanKind.CLIENT, attributes)

    def on_llm_start(
        self,
        serialized: dict[str, Any],
        prompts: list[str],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **kwargs: Any,
    ) -> None:
        """A model of plain text is called."""
        self.on_chat_model_start(serialized, [], run_id=run_id, parent_run_id=parent_run_id, **kwargs)

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **kwargs: Any) -> None:
        """A model answered, and says what it used if it counts."""
        span = self._spans.get(run_id)
        for usage in usages_of(response):
            if span is not None:
                span.set_attribute("gen_ai.usage.input_tokens", usage["input_tokens"])
                span.set_attribute("gen_ai.usage.output_tokens", usage["output_tokens"])
        self._end(run_id)

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """A model failed, or its call was cancelled."""
        self._end(run_id, error)

    def on_tool_start(
        self,
        serialized: dict[str, Any],
        input_str: str,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        **kwargs: Any,
    ) -> None:
        """A tool is called."""
        tool = tool_of(serialized, kwargs)
        attributes: dict[str, AttributeValue] = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": tool}
        self._start(run_id, parent_run_id, f"execute_tool {tool}", SpanKind.INTERNAL, attributes)

    def on_tool_end(self, output: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """A tool answered."""
        self._end(run_id)

    def on_tool_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """A tool raised."""
        self._end(run_id, error)

    def _parent(self, parent_run_id: UUID | None) -> Span:
        if parent_run_id is None:
            return self._root
        return self._spans.get(parent_run_id) or self._above.get(parent_run_id) or self._root

    def _start(
        self,
        run_id: UUID,
        parent_run_id: UUID | None,
        name: str,
        kind: SpanKind,
        attributes: dict[str, AttributeValue],
    ) -> None:
        above = trace.set_span_in_context(self._parent(parent_run_id), context.Context())
        self._spans[run_id] = self._tracer.start_span(name, above, kind, attributes)

    def _end(self, run_id: UUID, error: BaseException | None = None) -> None:
        self._above.pop(run_id, None)
        span = self._spans.pop(run_id, None)
        if span is None:
            return
        if error is not None:  # one that stops to ask, or goes up to a parent graph, has not failed
            span.set_attribute("error.type", type(error).__qualname__)
            if isinstance(error, Exception) and not isinstance(error, GraphBubbleUp):
                span.set_status(Status(StatusCode.ERROR, type(error).__qualname__))
        span.end()
