"""What is counted inside a run: its nodes, model calls and tools, as LangChain's callbacks tell of them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import LLMResult
from langgraph.errors import GraphBubbleUp
from prometheus_client import Counter, Histogram

from server.metrics.graph_steps import Names, model_of, node_of, tool_of, usage_in, usages_of
from server.metrics.http import SECONDS
from server.metrics.runs import FIRST_TOKEN_SECONDS

NODE_SECONDS = Histogram("graph_node_duration_seconds", "Executions of a node", ("graph", "node"), buckets=SECONDS)
MODEL_SECONDS = Histogram(
    "llm_call_duration_seconds", "Calls of a model", ("graph", "model", "status"), buckets=SECONDS
)
TOKENS = Counter("llm_tokens_total", "Tokens as the model counted them", ("graph", "model", "direction"))
TOOL_CALLS = Counter("tool_calls_total", "Tools that were called", ("graph", "tool", "status"))

_UNNAMED = "unnamed"
_models = Names()
_tools = Names()  # a server of other tools may offer new ones each time it is asked


@dataclass(frozen=True, slots=True)
class _ModelCall:
    """A call that has not ended: of which model, from when on, and in which step."""

    model: str
    started: float
    within: UUID | None


class GraphCalls(BaseCallbackHandler):
    """Counts what one run of a graph calls. `due` is the run's due time on `time.perf_counter`'s clock; `node_ended` hears
    of each node's end.

    It is called on the event loop and does next to nothing there: no thread, no copy of inputs or outputs. To be told of
    each token costs more than all else, so it hears of the first one only. LangChain then tells it nothing of models until
    a step that called one ends; such a call is counted there, and lasts until then.
    """

    run_inline = True
    ignore_retriever = True
    ignore_custom_event = True

    def __init__(self, graph: str, due: float, node_ended: Callable[[], None] | None = None) -> None:
        self._graph = graph
        self._due = due
        self._node_ended = node_ended
        self._awaits_token = True
        self._nodes: dict[UUID, tuple[str, float]] = {}
        self._models: dict[UUID, _ModelCall] = {}
        self._is_streaming = False
        self._tools: dict[UUID, str] = {}

    @property
    def ignore_llm(self) -> bool:
        """LangChain asks before it tells of tokens, and of the ends of models' calls."""
        return self._is_streaming

    def on_chain_start(
        self, serialized: dict[str, Any], inputs: dict[str, Any], *, run_id: UUID, **kwargs: Any
    ) -> None:
        """A node starts, or something else that is not counted."""
        if node := node_of(kwargs):
            self._nodes[run_id] = node, time.perf_counter()

    def on_chain_end(self, outputs: dict[str, Any], *, run_id: UUID, **kwargs: Any) -> None:
        """A node ended, or a chain within one."""
        if found := self._nodes.pop(run_id, None):
            NODE_SECONDS.labels(self._graph, found[0]).observe(time.perf_counter() - found[1])
            if self._node_ended is not None:
                self._node_ended()
        if self._models:
            self._end_models_within(run_id, "success", outputs)

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """A node failed, asked or was cancelled: it took its time all the same."""
        if self._models:
            self._end_models_within(run_id, "success" if isinstance(error, GraphBubbleUp) else "error", None)
        self.on_chain_end({}, run_id=run_id)

    def on_chat_model_start(
        self, serialized: dict[str, Any], messages: list[list[Any]], *, run_id: UUID, **kwargs: Any
    ) -> None:
        """A chat model is called."""
        model = _models.shown(model_of(serialized, kwargs))
        self._models[run_id] = _ModelCall(model, time.perf_counter(), kwargs.get("parent_run_id"))

    def on_llm_start(self, serialized: dict[str, Any], prompts: list[str], *, run_id: UUID, **kwargs: Any) -> None:
        """A model of plain text is called."""
        self.on_chat_model_start(serialized, [], run_id=run_id, **kwargs)

    def on_llm_new_token(self, token: Any, **kwargs: Any) -> None:
        """The first token of a run is what people wait for."""
        self._is_streaming = True
        if self._awaits_token:
            self._awaits_token = False
            FIRST_TOKEN_SECONDS.labels(self._graph).observe(time.perf_counter() - self._due)

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **kwargs: Any) -> None:
        """A model answered, and says what it used if it counts."""
        model = self._end_model(run_id, "success")
        for usage in usages_of(response):
            self._count_tokens(model, usage)

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """A model failed, or its call was cancelled."""
        self._end_model(run_id, "error")

    def on_tool_start(self, serialized: dict[str, Any], input_str: str, *, run_id: UUID, **kwargs: Any) -> None:
        """A tool is called."""
        self._tools[run_id] = _tools.shown(tool_of(serialized, kwargs))

    def on_tool_end(self, output: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """A tool answered; a failure that it tells the model of is one all the same."""
        status = "error" if getattr(output, "status", None) == "error" else "success"
        TOOL_CALLS.labels(self._graph, self._tools.pop(run_id, _UNNAMED), status).inc()

    def on_tool_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """A tool raised."""
        TOOL_CALLS.labels(self._graph, self._tools.pop(run_id, _UNNAMED), "error").inc()

    def _end_models_within(self, step: UUID, status: str, answer: Any) -> None:
        """Count the calls that a step made and whose ends were not told."""
        for run_id in [run_id for run_id, call in self._models.items() if call.within == step]:
            model = self._end_model(run_id, status)
            if usage := usage_in(answer, f"lc_run--{run_id}"):
                self._count_tokens(model, usage)
        self._is_streaming = self._is_streaming and bool(self._models)

    def _end_model(self, run_id: UUID, status: str) -> str:
        call = self._models.pop(run_id, None) or _ModelCall(_UNNAMED, time.perf_counter(), None)
        MODEL_SECONDS.labels(self._graph, call.model, status).observe(time.perf_counter() - call.started)
        return call.model

    def _count_tokens(self, model: str, usage: UsageMetadata) -> None:
        TOKENS.labels(self._graph, model, "input").inc(usage["input_tokens"])
        TOKENS.labels(self._graph, model, "output").inc(usage["output_tokens"])
