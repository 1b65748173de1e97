"""Reviews of traces that LangChain's own tracer sent and LangSmith's own client reads back, from a stand-in's store."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.retrievers import BaseRetriever
from langchain_core.tools import tool
from langchain_core.tracers import LangChainTracer
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.types import Command, interrupt
from langsmith import Client
from rich.console import Console

from server.errors import PlanloomError
from server.review.command import Request, review
from server.review.langsmith_reader import LangSmithReader
from server.review.model import RunReview, Span
from tests.langsmith_server import QueriedLangSmith
from tests.langsmith_server.queries import KEY

THREAD = "01a1fe99-e770-7022-8827-f7a97346eb5d"
FIRST = "01a1fe99-ec43-74d2-b562-3318eb197f8f"
SECOND = "01a1fe99-ec89-70e1-9aa1-679e0e0f0d56"
FAILING = "01a1fe99-ecd8-755a-991e-8d8bbb233ceb"


class _Shelf(BaseRetriever):
    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        return [Document("Once a week is plenty.", metadata={"title": "Tempo", "source": "Daniels", "score": 0.7})]


@tool
def pace(km: float) -> str:
    """How long that takes."""
    if km < 0:
        raise ValueError("no such distance")
    return f"{km * 5} min"


def _retrieve(state: MessagesState) -> dict[str, Any]:
    _Shelf().invoke(state["messages"][-1].content)
    return {}


async def _agent(state: MessagesState) -> dict[str, Any]:
    usage = {"input_tokens": 10, "output_tokens": 3, "total_tokens": 13}
    call = {"name": "pace", "args": {"km": 3}, "id": "call_1"}
    is_first = len(state["messages"]) < 2
    answer = AIMessage("", tool_calls=[call]) if is_first else AIMessage("fifteen minutes", usage_metadata=usage)
    return {"messages": [await GenericFakeChatModel(messages=iter([answer])).ainvoke(state["messages"])]}


def _ask(_: MessagesState) -> dict[str, Any]:
    if interrupt({"question": "really?"}) == "no":
        raise ValueError("they said no")
    return {}


def _graph() -> Any:
    graph = StateGraph(MessagesState)
    for name, node in (("retrieve", _retrieve), ("agent", _agent), ("tools", ToolNode([pace])), ("ask", _ask)):
        graph.add_node(name, node)
    graph.add_edge(START, "retrieve")
    graph.add_edge("retrieve", "agent")
    graph.add_conditional_edges("agent", lambda state: "tools" if state["messages"][-1].tool_calls else "ask")
    graph.add_edge("tools", "agent")
    return graph.compile(checkpointer=InMemorySaver())


async def _trace(client: Client, graph: Any, run_id: str, given: Any, **metadata: Any) -> None:
    tracer = LangChainTracer(client=client, project_name="planloom")
    about = {"thread_id": THREAD, "run_id": run_id, "graph_id": "runner", **metadata}
    try:
        await graph.ainvoke(given, {"configurable": {"thread_id": THREAD}, "callbacks": [tracer], "metadata": about})
    finally:
        client.flush()


@pytest.fixture(params=["the query API that is", "the one that replaces it"])
def langsmith(request: pytest.FixtureRequest) -> Iterator[QueriedLangSmith]:
    with QueriedLangSmith(only_new_queries=request.param != "the query API that is") as api:
        yield api


@pytest.fixture
def client(langsmith: QueriedLangSmith) -> Iterator[Client]:
    client = Client(api_url=langsmith.url, api_key=KEY)
    yield client
    client.cleanup()


def _outline(run: RunReview) -> list[tuple[int, str, str, str]]:
    return [(depth, span.kind, span.name, span.status) for depth, span in run.flat()]


def _named(run: RunReview, name: str) -> Span:
    return next(span for _, span in run.flat() if span.name == name)


async def test_a_threads_traces_are_told_run_by_run_with_times_tokens_tools_passages_and_answers(
    client: Client,
) -> None:
    graph = _graph()
    await _trace(client, graph, FIRST, {"messages": [("user", "how long for 3 km?")]})
    await _trace(client, graph, SECOND, Command(resume="yes"))
    asking, answering = (await LangSmithReader(client, "planloom").thread(THREAD)).runs
    assert _outline(asking) == [
        (0, "node", "retrieve", "ok"),
        (1, "retriever", "_Shelf", "ok"),
        (0, "node", "agent", "ok"),
        (1, "model", "GenericFakeChatModel", "ok"),
        (0, "node", "tools", "ok"),
        (1, "tool", "pace", "ok"),
        (0, "node", "agent", "ok"),
        (1, "model", "GenericFakeChatModel", "ok"),
        (0, "node", "ask", "interrupted"),
    ]
    assert all(span.seconds is not None for _, span in asking.flat())
    assert (asking.run_id, asking.thread_id, asking.graph, asking.outcome) == (FIRST, THREAD, "runner", "interrupted")
    assert (asking.asked, asking.said) == ("how long for 3 km?", "fifteen minutes")
    assert asking.usage is not None and (asking.usage.input, asking.usage.output) == (10, 3)
    (call,) = asking.tools
    assert (call.name, call.arguments, call.result, call.failed) == ("pace", {"km": 3}, "15.0 min", False)
    (found,) = asking.retrievals
    assert (found.query, found.hits[0].title, found.hits[0].score) == ("how long for 3 km?", "Tempo", 0.7)
    (question,) = asking.questions
    assert (question.value, question.answer, question.answered_by) == ({"question": "really?"}, "yes", SECOND)
    assert (answering.asked, answering.said, answering.outcome) == ("answered: yes", "", "success")
    assert _outline(answering) == [(0, "node", "ask", "ok")]


async def test_a_run_is_found_by_the_servers_id_whatever_its_trace_is_called(client: Client) -> None:
    graph = _graph()
    await _trace(client, graph, FIRST, {"messages": [("user", "how long for 3 km?")]})
    with pytest.raises(ValueError, match="they said no"):
        await _trace(client, graph, FAILING, Command(resume="no"), run_attempt=2)
    (run,) = (await LangSmithReader(client, "planloom").run(FAILING)).runs
    assert (run.outcome, run.error, run.attempts) == ("error", "ValueError('they said no')", 2)
    assert (_named(run, "ask").status, _named(run, "ask").error) == ("error", "ValueError('they said no')")
    assert [one.name for one in run.happenings] == ["attempt"]


async def test_the_command_reads_the_newest_trace_of_a_project_and_compares_two(
    client: Client, langsmith: QueriedLangSmith, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in langsmith.environment().items():
        monkeypatch.setenv(name, value)
    graph = _graph()
    await _trace(client, graph, FIRST, {"messages": [("user", "how long for 3 km?")]})
    await _trace(client, graph, SECOND, Command(resume="yes"))
    shown = io.StringIO()
    await review(Request("", project="planloom"), Console(file=shown, width=120))
    assert f"run {SECOND}" in shown.getvalue() and FIRST not in shown.getvalue()
    await review(Request("", project="planloom", compare=(FIRST, SECOND)), Console(file=shown, width=120))
    assert "- retrieve" in shown.getvalue() and "  ask" in shown.getvalue()


async def test_what_langsmith_does_not_have_or_refuses_is_said_in_a_line(
    client: Client, langsmith: QueriedLangSmith, monkeypatch: pytest.MonkeyPatch
) -> None:
    langsmith.session("planloom")
    for reader, told in (
        (LangSmithReader(client, "nowhere"), "LangSmith has no project nowhere"),
        (LangSmithReader(client, "planloom"), f"Project planloom has no traces of thread {THREAD}"),
        (LangSmithReader(Client(api_url=langsmith.url, api_key="no"), "planloom"), "refuses the key"),
    ):
        with pytest.raises(PlanloomError, match=told):
            await reader.thread(THREAD)
    monkeypatch.delenv("LANGSMITH_API_KEY", raising=False)
    with pytest.raises(PlanloomError, match="set LANGSMITH_API_KEY"):
        await review(Request("", project="planloom"), Console(file=io.StringIO()))
