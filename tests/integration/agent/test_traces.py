"""What a reviewer finds in LangSmith of our agents' turns, under this server's tracing and under LangChain's own."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from langchain_core.runnables import RunnableConfig
from langchain_core.tracers import LangChainTracer
from langsmith import Client

from server.ids import new_id
from server.tracing.facts import TracedRun
from server.tracing.policy import GraphPolicy
from server.tracing.service import Tracing, TracingOptions, opened_tracing
from tests.integration.agent.talk import PLAN, Talk
from tests.langsmith_server import LangSmithServer, ReceivedRun

KEY = "lsv2_pt_0123456789abcdef0123456789abcdef"


@pytest.fixture
async def langsmith() -> AsyncIterator[LangSmithServer]:
    """Where the traces go."""
    with LangSmithServer() as server:
        yield server


@pytest.fixture
async def tracing(langsmith: LangSmithServer) -> AsyncIterator[Tracing]:
    """Tracing that is on."""
    shown = {"coach": GraphPolicy("coach")}
    options = TracingOptions(url=langsmith.url, api_key=KEY, project="reviews", policies=shown)
    async with opened_tracing(options) as tracing:
        yield tracing


async def say(talk: Talk, tracing: Tracing, langsmith: LangSmithServer, text: str) -> ReceivedRun:
    """A turn, traced; its root."""
    run = TracedRun(new_id(), UUID(talk.thread), new_id(), "coach", 1, metadata={"plan_version": 99})
    trace = tracing.begin(run)
    config: RunnableConfig = {
        "run_id": run.run_id,
        "run_name": "coach",
        "callbacks": trace.callbacks(),
        "configurable": {"thread_id": talk.thread},
        "metadata": dict(run.metadata),
    }
    await talk.graph.ainvoke({"messages": [{"role": "user", "content": text}]}, config, context=talk.context)
    trace.close("success")
    return langsmith.trace(str(run.run_id))


def of_type(langsmith: LangSmithServer, root: ReceivedRun, run_type: str) -> dict[str, ReceivedRun]:
    """The steps of a type, by name."""
    return {step.name: step for step in langsmith.below(root) if step["run_type"] == run_type}


async def test_a_turn_shows_its_searches_its_model_calls_and_its_plan(
    talk: Talk, tracing: Tracing, langsmith: LangSmithServer
) -> None:
    root = await say(talk, tracing, langsmith, PLAN)
    nodes = [step.name for step in langsmith.below(root) if step.get("parent_run_id") == root["id"]]
    assert nodes == [
        "load_context", "safety_gate", "retrieve", "agent", "plan", "plan_diff", "validate", "commit", "agent", "respond",
        "remember",
    ]  # fmt: skip
    searches = of_type(langsmith, root, "retriever")
    assert set(searches) == {"articles", "memory"}
    (article,) = searches["articles"]["outputs"]["documents"]
    assert article["metadata"]["kind"] == "article"
    assert 0 < article["metadata"]["score"] <= 1
    assert "taper" in article["page_content"].lower()
    (model,) = of_type(langsmith, root, "llm").values()
    assert model.metadata["ls_model_name"] == "demo-rules-1"
    assert model.metadata["usage_metadata"]["total_tokens"] > 0
    assert "new_token" not in model.events, "nobody reads this turn as it comes"
    assert root.metadata["plan_version"] == 1, "whatever the caller said"
    assert UUID(root.metadata["plan_id"])

    shown = await say(talk, tracing, langsmith, "show me week 3")
    (call,) = of_type(langsmith, shown, "tool").values()
    assert (call.name, call["inputs"]["week"]) == ("show_plan", 3)
    assert "Week 3" in str(call["outputs"]["output"])
    assert (shown.metadata["base_version"], shown.metadata["plan_version"]) == (1, 1)
    assert shown.metadata["plan_id"] == root.metadata["plan_id"]


async def test_langchains_own_tracer_is_told_of_the_plan_too(talk: Talk, langsmith: LangSmithServer) -> None:
    client = Client(api_url=langsmith.url, api_key=KEY)
    run_id = new_id()
    config: dict[str, Any] = {
        "run_id": run_id,
        "callbacks": [LangChainTracer(client=client, project_name="elsewhere")],
        "configurable": {"thread_id": talk.thread},
    }
    asked = {"messages": [{"role": "user", "content": PLAN}]}
    await talk.graph.ainvoke(asked, config, context=talk.context)  # type: ignore[arg-type]
    client.flush()
    root = langsmith.trace(str(run_id))
    assert root.metadata["plan_version"] == 1
    assert {"articles", "memory"} <= set(of_type(langsmith, root, "retriever"))
    client.cleanup()
