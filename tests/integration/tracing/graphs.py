"""Graphs that do one of everything that a trace shows."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGenerationChunk
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableGenerator
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import interrupt
from langsmith import get_current_run_tree, traceable

USAGE: UsageMetadata = {"input_tokens": 11, "output_tokens": 7, "total_tokens": 18}


class Shelf(BaseRetriever):
    """Always finds the same."""

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        return [Document("Tapers let fatigue fade.", metadata={"source": "taper.md", "score": 0.7})]


class CountingModel(GenericFakeChatModel):
    """Says how many tokens it used in its last chunk, as real models do."""

    def _stream(self, *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
        yield from super()._stream(*args, **kwargs)
        yield ChatGenerationChunk(message=AIMessageChunk("", usage_metadata=USAGE))


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@traceable(run_type="tool", name="by_hand")
def by_hand(text: str) -> str:
    """Traced by LangSmith's own means."""
    return text.upper()


async def _everything(state: MessagesState) -> dict[str, Any]:
    said = str(state["messages"][-1].content)
    await Shelf().ainvoke(said)
    await add.ainvoke({"a": 1, "b": 2})
    by_hand(said)
    if (tree := get_current_run_tree()) is not None:
        tree.add_metadata({"noted": "inside"})
    model = CountingModel(messages=iter([AIMessage("all is well")]))
    said = "".join([str(chunk.content) async for chunk in model.astream(state["messages"])])
    return {"messages": [AIMessage(said)]}


def everything() -> Any:
    """Searches, calls a tool and asks a model in one node."""
    graph = StateGraph(MessagesState)
    graph.add_node("everything", _everything)
    graph.add_edge(START, "everything")
    return graph.compile()


class Turn(MessagesState, total=False):
    """A conversation with more than messages in it."""

    answer: str
    library: list[str]
    seconds: float


def _ask(_: Turn) -> dict[str, Any]:
    return {"answer": interrupt({"question": "which colour?"})}


def asks() -> Any:
    """Asks once; below a subgraph, so that the interrupt passes through."""
    inner = StateGraph(Turn)
    inner.add_node("ask", _ask)
    inner.add_edge(START, "ask")
    graph = StateGraph(Turn)
    graph.add_node("inner", inner.compile())
    graph.add_edge(START, "inner")
    return graph.compile(checkpointer=InMemorySaver())


async def _sleep(state: Turn) -> dict[str, Any]:
    await asyncio.sleep(state["seconds"])
    return {}


def sleeps() -> Any:
    """Sleeps."""
    graph = StateGraph(Turn)
    graph.add_node("sleep", _sleep)
    graph.add_edge(START, "sleep")
    return graph.compile()


async def _streamed(_: Turn) -> dict[str, Any]:
    async def letters(parts: AsyncIterator[str]) -> AsyncIterator[str]:
        async for part in parts:
            yield part.upper()

    async def words() -> AsyncIterator[str]:
        for word in ("late", "words"):
            yield word

    said = [part async for part in RunnableGenerator(letters).atransform(words())]
    return {"answer": " ".join(said)}


def streams() -> Any:
    """Has a step whose input comes piece by piece."""
    graph = StateGraph(Turn)
    graph.add_node("stream", _streamed)
    graph.add_edge(START, "stream")
    return graph.compile()


def _fail(state: Turn) -> dict[str, Any]:
    raise RuntimeError(f"cannot do {state['messages'][-1].content}")


def fails() -> Any:
    """Fails with what it was told in its error."""
    graph = StateGraph(Turn)
    graph.add_node("fail", _fail)
    graph.add_edge(START, "fail")
    return graph.compile()


def _fill(_: Turn) -> dict[str, Any]:
    return {"library": ["a book"] * 1000, "answer": "done"}


def fills() -> Any:
    """Leaves something large in its state."""
    graph = StateGraph(Turn)
    graph.add_node("fill", _fill)
    graph.add_edge(START, "fill")
    return graph.compile()
