"""What a run's calls are counted as: labels that no caller can add to without end."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGenerationChunk
from langchain_core.runnables import RunnableConfig, RunnableLambda
from langgraph.graph import START, MessagesState, StateGraph
from prometheus_client import REGISTRY

from server.metrics import graph_calls
from server.metrics.graph_calls import GraphCalls
from server.metrics.graph_steps import Names


class ChosenModel(GenericFakeChatModel):
    """Is called what its run says."""

    chosen: str

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> Any:
        return {"ls_model_name": self.chosen}


def counted(graph: str, metric: str, label: str) -> dict[str, float]:
    """What was observed for a graph so far, by the values of a label."""
    samples = (sample for one in REGISTRY.collect() for sample in one.samples if sample.name == f"{metric}_count")
    return {sample.labels[label]: sample.value for sample in samples if sample.labels["graph"] == graph}


async def test_a_runs_own_tags_make_no_nodes() -> None:
    async def works(_: MessagesState) -> dict[str, Any]:
        await RunnableLambda(lambda given: given, name="called within").ainvoke(1)
        return {}

    graph = StateGraph(MessagesState).add_node("works", works).add_edge(START, "works").compile()
    await graph.ainvoke(
        {"messages": []}, {"callbacks": [GraphCalls("tagged", 0)], "tags": ["graph:step:1"], "run_name": "tagged"}
    )
    assert counted("tagged", "graph_node_duration_seconds", "node") == {"works": 1}


async def test_models_that_runs_name_are_so_many_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph_calls, "_models", Names(3))
    calls = GraphCalls("named", 0)
    for number in range(5):
        model = ChosenModel(messages=iter([AIMessage("well")]), chosen=f"model-{number}")
        await model.ainvoke("hello", {"callbacks": [calls]})
    models = counted("named", "llm_call_duration_seconds", "model")
    assert models == {"model-0": 1, "model-1": 1, "model-2": 1, "other": 2}


class Counting(GenericFakeChatModel):
    """Streams, and counts its tokens in the last chunk."""

    async def _astream(self, *args: Any, **kwargs: Any) -> AsyncIterator[ChatGenerationChunk]:
        async for chunk in super()._astream(*args, **kwargs):
            yield chunk
        used = UsageMetadata(input_tokens=3, output_tokens=2, total_tokens=5)
        yield ChatGenerationChunk(message=AIMessageChunk("", usage_metadata=used))


@pytest.mark.parametrize("fails", [False, True], ids=["answers", "fails"])
async def test_streamed_calls_are_counted_once_with_their_tokens(fails: bool) -> None:
    name = f"streams and {fails}"
    told: list[str] = []

    class Listening(GraphCalls):
        def on_llm_new_token(self, token: Any, **kwargs: Any) -> None:
            told.append(token)
            super().on_llm_new_token(token, **kwargs)

    async def speaks(state: MessagesState) -> dict[str, Any]:
        said = await Counting(messages=iter([AIMessage("a b c d")])).ainvoke(state["messages"])
        if fails:
            raise ValueError
        return {"messages": [said]}

    graph = StateGraph(MessagesState).add_node("speaks", speaks).add_edge(START, "speaks")
    graph.add_node("again", speaks).add_edge("speaks", "again")
    config: RunnableConfig = {"callbacks": [Listening(name, 0)]}
    with contextlib.suppress(ValueError):
        async for _ in graph.compile().astream({"messages": [("user", "hi")]}, config, stream_mode="messages"):
            pass
    assert counted(name, "llm_call_duration_seconds", "status") == ({"error": 1} if fails else {"success": 2})
    tokens = {labels["direction"]: value for labels, value in _values("llm_tokens_total", name)}
    assert tokens == ({} if fails else {"input": 6, "output": 4})
    assert len(told) == (1 if fails else 2), "one token of each call"


def _values(metric: str, graph: str) -> list[tuple[dict[str, str], float]]:
    samples = (sample for one in REGISTRY.collect() for sample in one.samples if sample.name == metric)
    return [(sample.labels, sample.value) for sample in samples if sample.labels["graph"] == graph]
