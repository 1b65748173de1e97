"""Small graphs that the server's tests serve: one per behaviour."""

import asyncio
import operator
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Annotated, Any

from langchain_core.language_models import BaseChatModel, GenericFakeChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, AnyMessage, BaseMessage, HumanMessage, ToolCallChunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import tool
from langgraph.config import get_stream_writer
from langgraph.func import entrypoint
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.runtime import Runtime
from langgraph.types import interrupt
from pydantic import BaseModel, Field
from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12


class EchoContext(TypedDict, total=False):
    """What a caller of `echo` may choose."""

    prefix: str


async def _answer(state: MessagesState, runtime: Runtime[EchoContext]) -> dict[str, list[AnyMessage]]:
    said = str(state["messages"][-1].content)
    prefix = (runtime.context or {}).get("prefix", "You said:")
    get_stream_writer()({"type": "heard", "text": said})
    model = GenericFakeChatModel(messages=iter([AIMessage(content=f"{prefix} {said}")]))
    return {"messages": [await model.ainvoke(state["messages"])]}


echo = StateGraph(MessagesState, context_schema=EchoContext)
echo.add_node("model", _answer)
echo.add_edge(START, "model")
echo.add_edge("model", END)


class _Calculator(BaseChatModel):
    """Calls `add` with the two numbers that it is asked for, and says what comes of it, word by word."""

    @property
    def _llm_type(self) -> str:
        return "calculator"

    def _chunks(self, messages: list[BaseMessage]) -> list[AIMessageChunk]:
        last = messages[-1]
        if not isinstance(last, HumanMessage):
            return [AIMessageChunk(content=part) for part in ("The ", "sum ", "is ", str(last.content))]
        a, b = str(last.content).split()
        pieces = [('{"a": ' + a, "add", "call_1"), (', "b": ' + b + "}", None, None)]
        return [
            AIMessageChunk(content="", tool_call_chunks=[ToolCallChunk(name=name, args=args, id=call_id, index=0)])
            for args, name, call_id in pieces
        ]

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        whole, *rest = self._chunks(messages)
        for chunk in rest:
            whole = whole + chunk
        return ChatResult(generations=[ChatGeneration(message=whole)])

    def _stream(self, messages: list[BaseMessage], *_: Any, **__: Any) -> Iterator[ChatGenerationChunk]:
        for chunk in self._chunks(messages):
            yield ChatGenerationChunk(message=chunk)


@tool
def add(a: int, b: int) -> str:
    """Add two numbers."""
    return str(a + b)


async def _calculate(state: MessagesState) -> dict[str, list[AnyMessage]]:
    return {"messages": [await _Calculator().ainvoke(state["messages"])]}


def _has_calls(state: MessagesState) -> str:
    return "tools" if getattr(state["messages"][-1], "tool_calls", None) else END


adds = StateGraph(MessagesState)
adds.add_node("model", _calculate)
adds.add_node("tools", ToolNode([add]))
adds.add_edge(START, "model")
adds.add_conditional_edges("model", _has_calls, ["tools", END])
adds.add_edge("tools", "model")

delegates = StateGraph(MessagesState)
delegates.add_node("calculator", adds.compile())
delegates.add_edge(START, "calculator")


class _Hesitant(BaseChatModel):
    """Says the first half of what it has to say, and the rest when it is let."""

    may_go_on: Callable[[], Awaitable[None]]

    @property
    def _llm_type(self) -> str:
        return "hesitant"

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        raise NotImplementedError("it streams only")

    async def _astream(self, messages: list[BaseMessage], *_: Any, **__: Any) -> AsyncIterator[ChatGenerationChunk]:
        yield ChatGenerationChunk(message=AIMessageChunk(content="I hesitate. "))
        await self.may_go_on()
        yield ChatGenerationChunk(message=AIMessageChunk(content="I go on."))


async def _hesitate(state: MessagesState, runtime: Runtime[Any]) -> dict[str, list[AnyMessage]]:
    async def may_go_on() -> None:
        while await runtime.store.aget(("gates",), str(state["messages"][-1].content)) is None:  # noqa: ASYNC110 - the tests open gates by the store
            await asyncio.sleep(0.02)

    return {"messages": [await _Hesitant(may_go_on=may_go_on).ainvoke(state["messages"])]}


hesitates = StateGraph(MessagesState)
hesitates.add_node("model", _hesitate)
hesitates.add_edge(START, "model")


class AskState(TypedDict, total=False):
    question: str
    answer: str
    done: bool


def _ask(state: AskState) -> AskState:
    return {"answer": interrupt({"question": state["question"]})}


def _close(_: AskState) -> AskState:
    return {"done": True}


ask = StateGraph(AskState)
ask.add_node("ask", _ask)
ask.add_node("close", _close)
ask.add_edge(START, "ask")
ask.add_edge("ask", "close")


def _advise(state: MessagesState) -> dict[str, list[AnyMessage]]:
    colour = interrupt({"question": f"which colour for {state['messages'][-1].content}?"})
    return {"messages": [AIMessage(content=f"paint it {colour}")]}


advise = StateGraph(MessagesState)
advise.add_node("advise", _advise)
advise.add_edge(START, "advise")


class SlowState(TypedDict, total=False):
    seconds: float
    log: Annotated[list[str], operator.add]


def _before(_: SlowState) -> SlowState:
    return {"log": ["before"]}


async def _sleep(state: SlowState) -> SlowState:
    await asyncio.sleep(state["seconds"])
    return {"log": ["slept"]}


def _after(_: SlowState) -> SlowState:
    return {"log": ["after"]}


slow = StateGraph(SlowState)
slow.add_node("before", _before)
slow.add_node("sleep", _sleep)
slow.add_node("after", _after)
slow.add_edge(START, "before")
slow.add_edge("before", "sleep")
slow.add_edge("sleep", "after")


class FailState(TypedDict, total=False):
    kind: str


class SecretError(Exception):
    """An error whose text is nobody's business."""


def _fail(state: FailState) -> FailState:
    if state["kind"] == "value":
        raise ValueError("shown to the caller")
    if state["kind"] == "secret":
        raise SecretError("postgres://user:password@host")
    return state


fails = StateGraph(FailState)
fails.add_node("fail", _fail)
fails.add_edge(START, "fail")


child = StateGraph(SlowState)
child.add_node("child_step", _before)
child.add_edge(START, "child_step")
parent = StateGraph(SlowState)
parent.add_node("first", _after)
parent.add_node("child", child.compile())
parent.add_edge(START, "first")
parent.add_edge("first", "child")


outer = StateGraph(AskState)
outer.add_node("inner", ask.compile())
outer.add_edge(START, "inner")


class AnswersState(TypedDict, total=False):
    answers: Annotated[list[str], operator.add]


def _ask_left(_: AnswersState) -> AnswersState:
    return {"answers": ["left " + interrupt("left?")]}


def _ask_right(_: AnswersState) -> AnswersState:
    return {"answers": ["right " + interrupt("right?")]}


asks_twice = StateGraph(AnswersState)
asks_twice.add_node("left", _ask_left)
asks_twice.add_node("right", _ask_right)
asks_twice.add_edge(START, "left")
asks_twice.add_edge(START, "right")


class Rating(BaseModel):
    stars: int = Field(ge=1, le=5)
    why: str | None = None


class RatedState(TypedDict, total=False):
    ratings: Annotated[list[int], operator.add]


def _rate(_: RatedState) -> RatedState:
    return {"ratings": [interrupt("how was it?", response_schema=Rating).stars]}


_rating = StateGraph(RatedState)
_rating.add_node("rate", _rate)
_rating.add_edge(START, "rate")
rates = StateGraph(RatedState)
rates.add_node("inner", _rating.compile())
rates.add_node("also", _rate)
rates.add_edge(START, "inner")
rates.add_edge("inner", "also")


class FloodState(TypedDict, total=False):
    count: int
    sent: int


async def _flood(state: FloodState) -> FloodState:
    write = get_stream_writer()
    for number in range(state["count"]):
        write({"type": "drop", "number": number})
        await asyncio.sleep(0)
    return {"sent": state["count"]}


flood = StateGraph(FloodState)
flood.add_node("flood", _flood)
flood.add_edge(START, "flood")


async def make_graph(config: RunnableConfig) -> Any:
    """A factory: the graph greets by what the run's config says."""
    name = config.get("configurable", {}).get("name", "nobody")

    def greet(_: AskState) -> AskState:
        return {"answer": f"hello {name}"}

    builder = StateGraph(AskState)
    builder.add_node("greet", greet)
    builder.add_edge(START, "greet")
    return builder


@entrypoint()
def function(number: int) -> int:
    """A functional graph."""
    return number + 1
