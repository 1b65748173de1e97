"""The graphs that both servers serve for comparing: one per behaviour, and nothing random in any of them."""

import asyncio
import operator
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage, HumanMessage, ToolCallChunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import tool
from langgraph.config import get_stream_writer
from langgraph.errors import GraphRecursionError
from langgraph.func import entrypoint
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.runtime import Runtime
from langgraph.types import Command, interrupt
from pydantic import BaseModel
from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12

# --- chat: a model that streams, and calls a tool when asked to add


class _Parrot(BaseChatModel):
    """Says what it heard, word by word; for `add <a> <b>` calls the adder, and for its result says the sum."""

    @property
    def _llm_type(self) -> str:
        return "parrot"

    def _chunks(self, messages: list[BaseMessage]) -> list[AIMessageChunk]:
        last = messages[-1]
        words = str(last.content).split()
        if isinstance(last, HumanMessage) and words and words[0] == "add":
            a, b = words[1:3]
            parts = [('{"a": ' + a, "adder", "call_1"), (', "b": ' + b + "}", None, None)]
            return [
                AIMessageChunk(content="", tool_call_chunks=[ToolCallChunk(name=name, args=args, id=call_id, index=0)])
                for args, name, call_id in parts
            ]
        said = ["You ", "said: "] if isinstance(last, HumanMessage) else ["The ", "sum ", "is "]
        return [AIMessageChunk(content=part) for part in (*said, str(last.content))]

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        whole, *rest = self._chunks(messages)
        for chunk in rest:
            whole = whole + chunk
        return ChatResult(generations=[ChatGeneration(message=whole)])

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        for message in self._chunks(messages):
            chunk = ChatGenerationChunk(message=message)
            if run_manager is not None:
                await run_manager.on_llm_new_token(str(message.content), chunk=chunk)
            yield chunk
            await asyncio.sleep(0)


@tool
def adder(a: int, b: int) -> str:
    """Add two numbers."""
    return str(a + b)


async def _model(state: MessagesState) -> dict[str, list[BaseMessage]]:
    return {"messages": [await _Parrot().ainvoke(state["messages"])]}


def _wants_tool(state: MessagesState) -> str:
    return "tools" if getattr(state["messages"][-1], "tool_calls", None) else END


chat = StateGraph(MessagesState)
chat.add_node("model", _model)
chat.add_node("tools", ToolNode([adder]))
chat.add_edge(START, "model")
chat.add_conditional_edges("model", _wants_tool, ["tools", END])
chat.add_edge("tools", "model")

# --- hitl and hitl2: one interrupt, and two at once


class Question(TypedDict, total=False):
    q: str
    a: str
    b: str


def _ask(state: Question) -> Question:
    return {"a": interrupt({"question": state["q"]})}


def _ask2(_: Question) -> Question:
    return {"b": "done"}


hitl = StateGraph(Question)
hitl.add_node("ask", _ask)
hitl.add_node("ask2", _ask2)
hitl.add_edge(START, "ask")
hitl.add_edge("ask", "ask2")


class Log(TypedDict, total=False):
    log: Annotated[list[Any], operator.add]


def _p1(_: Log) -> Log:
    return {"log": [["p1", interrupt("one")]]}


def _p2(_: Log) -> Log:
    return {"log": [["p2", interrupt("two")]]}


hitl2 = StateGraph(Log)
hitl2.add_node("p1", _p1)
hitl2.add_node("p2", _p2)
hitl2.add_edge(START, "p1")
hitl2.add_edge(START, "p2")

# --- slow: sleeps between two quick steps


class Slow(TypedDict, total=False):
    secs: float
    log: Annotated[list[str], operator.add]


def _step1(_: Slow) -> Slow:
    return {"log": ["step1"]}


async def _sleeper(state: Slow) -> Slow:
    await asyncio.sleep(state.get("secs", 0))
    return {"log": ["slept"]}


def _step3(_: Slow) -> Slow:
    return {"log": ["step3"]}


slow = StateGraph(Slow)
slow.add_node("step1", _step1)
slow.add_node("sleeper", _sleeper)
slow.add_node("step3", _step3)
slow.add_edge(START, "step1")
slow.add_edge("step1", "sleeper")
slow.add_edge("sleeper", "step3")

# --- sub and subhitl: a graph in a graph


class Foo(TypedDict, total=False):
    foo: str


class Bar(TypedDict, total=False):
    foo: str
    bar: str


def _child_node(state: Bar) -> Bar:
    return {"foo": state["foo"] + " child", "bar": "inner"}


def _parent_node(state: Foo) -> Foo:
    return {"foo": state["foo"] + " parent"}


_child = StateGraph(Bar)
_child.add_node("child_node", _child_node)
_child.add_edge(START, "child_node")
sub = StateGraph(Foo)
sub.add_node("parent_node", _parent_node)
sub.add_node("child", _child.compile())
sub.add_edge(START, "parent_node")
sub.add_edge("parent_node", "child")


def _asking_child(state: Bar) -> Bar:
    return {"foo": state["foo"] + " " + interrupt("go on?"), "bar": "inner"}


_asking = StateGraph(Bar)
_asking.add_node("child_node", _asking_child)
_asking.add_edge(START, "child_node")
subhitl = StateGraph(Foo)
subhitl.add_node("child", _asking.compile())
subhitl.add_node("parent_node", _parent_node)
subhitl.add_edge(START, "child")
subhitl.add_edge("child", "parent_node")

# --- errs: raises what it is told to


class Wrong(TypedDict, total=False):
    x: str


class OwnError(Exception):
    """An error of the project's own."""


_RAISED: dict[str, Exception] = {
    "ValueError": ValueError("the secret message"),
    "RuntimeError": RuntimeError("the secret message"),
    "KeyError": KeyError("the secret message"),
    "TypeError": TypeError("the secret message"),
    "TimeoutError": TimeoutError("the secret message"),
    "Exception": Exception("the secret message"),
    "OSError": OSError("the secret message"),
    "AssertionError": AssertionError("the secret message"),
    "ZeroDivisionError": ZeroDivisionError("the secret message"),
    "OwnError": OwnError("the secret message"),
    "GraphRecursionError": GraphRecursionError("the secret message"),
}


def _err(state: Wrong) -> Wrong:
    if (error := _RAISED.get(state.get("x", ""))) is not None:
        raise error
    return {"x": "fine"}


errs = StateGraph(Wrong)
errs.add_node("err", _err)
errs.add_edge(START, "err")

# --- fn: the functional API


@entrypoint()
async def fn(number: int) -> int:
    """One more than it was given."""
    return number + 1


# --- steps: three nodes in a row; and a command may go anywhere


class Steps(TypedDict, total=False):
    log: Annotated[list[str], operator.add]
    note: str


def _noting(name: str) -> Any:
    def node(_: Steps) -> Steps:
        return {"log": [name]}

    return node


def _last(state: Steps) -> Any:
    return Command(goto="b", update={"note": "seen"}) if state.get("note") == "again" else {"log": ["c"]}


steps = StateGraph(Steps)
steps.add_node("a", _noting("a"))
steps.add_node("b", _noting("b"))
steps.add_node("c", _last, destinations=("b",))
steps.add_edge(START, "a")
steps.add_edge("a", "b")
steps.add_edge("b", "c")

# --- told: shows what its run's config and context say


class Choice(TypedDict, total=False):
    tone: str
    length: int


class Seen(TypedDict, total=False):
    in_configurable: dict[str, Any]
    in_metadata: dict[str, Any]
    in_tags: list[str]
    limit: int
    in_context: Any


_SHOWN = ("run_id", "thread_id", "graph_id", "assistant_id", "user_id", "tone", "length", "mine", "checkpoint_ns")


def _tell(_: Seen, config: RunnableConfig, runtime: Runtime[Choice]) -> Seen:
    configurable = config.get("configurable", {})
    metadata = config.get("metadata", {})
    return {
        "in_configurable": {key: configurable[key] for key in _SHOWN if key in configurable},
        "in_metadata": {key: metadata[key] for key in (*_SHOWN, "run_attempt", "created_by") if key in metadata},
        "in_tags": [tag for tag in config.get("tags") or [] if not tag.startswith(("graph:", "seq:"))],
        "limit": config.get("recursion_limit", 0),
        "in_context": runtime.context,
    }


told = StateGraph(Seen, context_schema=Choice)
told.add_node("tell", _tell)
told.add_edge(START, "tell")

# --- choosy: its context is a model, which is made even if nothing is chosen


@dataclass
class Voice:
    """What a choice of words has."""

    tone: str = "plain"


@dataclass
class Choices(Voice):
    """What may be chosen, some of it inherited."""

    user_id: str = "nobody"


def _choose(_: Seen, runtime: Runtime[Choices]) -> Seen:
    return {"in_context": asdict(runtime.context)}


choosy = StateGraph(Seen, context_schema=Choices)
choosy.add_node("choose", _choose)
choosy.add_edge(START, "choose")

# --- secretive: its output is less than its state


class Ask(TypedDict, total=False):
    q: str


class Answer(TypedDict, total=False):
    a: str


class Secretive(Ask, Answer, total=False):
    draft: str


def _draft(state: Ask) -> Secretive:
    return {"draft": f"about {state['q']}"}


def _answer(state: Secretive) -> Secretive:
    return {"a": state["draft"]} if state["q"] != "silence" else {}


secretive = StateGraph(Secretive, input_schema=Ask, output_schema=Answer)
secretive.add_node("draft", _draft)
secretive.add_node("answer", _answer)
secretive.add_edge(START, "draft")
secretive.add_edge("draft", "answer")

# --- writes: emits custom events


class Writes(TypedDict, total=False):
    n: int


def _write(state: Writes) -> Writes:
    write = get_stream_writer()
    for number in range(state["n"]):
        write({"number": number})
    write("a bare string")
    return {"n": 0}


writes = StateGraph(Writes)
writes.add_node("write", _write)
writes.add_edge(START, "write")

# --- types: a value of every kind


class Colour(Enum):
    """An enumeration."""

    RED = "red"


class Model(BaseModel):
    """A pydantic model."""

    name: str
    at: datetime


@dataclass
class Record:
    """A dataclass."""

    name: str
    size: int


class Pair(NamedTuple):
    """A named tuple."""

    left: int
    right: str


class Types(TypedDict, total=False):
    which: str
    value: Any


_WHEN = datetime(2024, 1, 2, 1, 2, 3, 678901, tzinfo=UTC)
VALUES: dict[str, Any] = {
    "aware datetime": _WHEN,
    "naive datetime": _WHEN.replace(tzinfo=None),
    "date": date(2024, 1, 2),
    "time": time(1, 2, 3),
    "timedelta": timedelta(minutes=1, milliseconds=500),
    "bytes": b"\x00bytes\xff",
    "set": {1},
    "frozenset": frozenset({1}),
    "tuple": (1, "two"),
    "deque": deque([1, 2]),
    "uuid": UUID(int=5),
    "path": Path("/a/b"),
    "enum": Colour.RED,
    "decimal": Decimal("1.25"),
    "nan": float("nan"),
    "infinity": float("inf"),
    "text with NUL": "a\0b",
    "lone surrogate": "a\ud800b",
    "pydantic model": Model(name="m", at=_WHEN),
    "dataclass": Record(name="r", size=2),
    "named tuple": Pair(1, "b"),
    "big integer": 2**70,
    "non-ASCII": "Grüße, 世界 🏃",
    "message": HumanMessage(content="hello", id="given"),
    "nested": {"list": [_WHEN, {"deep": (1, b"x")}]},
    "integer keys": {1: "one"},
    "exception": ValueError("boom"),
}


def _show(state: Types) -> Types:
    return {"value": VALUES[state["which"]]}


types = StateGraph(Types)
types.add_node("show", _show)
types.add_edge(START, "show")

# --- keeps: remembers in the store


class Kept(TypedDict, total=False):
    fact: str
    known: list[str]


async def _keep(state: Kept, runtime: Runtime[Any]) -> Kept:
    assert runtime.store is not None
    namespace = ("facts", state["fact"])
    await runtime.store.aput(namespace, "it", {"fact": state["fact"]})
    return {"known": [item.value["fact"] for item in await runtime.store.asearch(namespace)]}


keeps = StateGraph(Kept)
keeps.add_node("keep", _keep)
keeps.add_edge(START, "keep")
