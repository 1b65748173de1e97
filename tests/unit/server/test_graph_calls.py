"""What a run's calls are counted as: labels that no caller can add to without end."""

from typing import Any

import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableLambda
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
