"""Graphs of many shapes, for drawing them and describing their schemas, and an embedding of words for the store."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langgraph.func import entrypoint
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.runtime import Runtime
from langgraph.types import Command
from pydantic import BaseModel, Field
from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12

# --- tools: a model that may call tools, as agents are built


@tool
def add(left: int, right: int) -> int:
    """Add two numbers."""
    return left + right


@tool
def negate(number: int) -> int:
    """Turn a number's sign."""
    return -number


def _answer(_: MessagesState) -> dict[str, Any]:
    return {"messages": [AIMessage("done")]}


def _calls_tools(_: MessagesState) -> Literal["act", "__end__"]:
    return "__end__"


tools = StateGraph(MessagesState)
tools.add_node("model", _answer)
tools.add_node("act", ToolNode([add, negate]))
tools.add_edge(START, "model")
tools.add_conditional_edges("model", _calls_tools)
tools.add_edge("act", "model")

# --- routes: conditional edges with labels, a node that goes where it likes, a node with metadata


class Choice(BaseModel):
    """A pydantic state."""

    number: int = Field(0, ge=0, description="what to look at")
    seen: list[str] = []


def _look(state: Choice) -> dict[str, Any]:
    return {"seen": [*state.seen, "looked"]}


def _parity(state: Choice) -> str:
    return "even" if state.number % 2 == 0 else "odd"


def _wander(_: Choice) -> Command[Literal["look"]]:
    return Command(goto="look")


routes = StateGraph(Choice)
routes.add_node("look", _look, metadata={"icon": "eye"})
routes.add_node("halve", _look)
routes.add_node("wander", _wander)
routes.add_edge(START, "look")
routes.add_conditional_edges("look", _parity, {"even": "halve", "odd": END})
routes.add_edge("halve", "wander")

# --- nested: three graphs in each other


class Depth(TypedDict, total=False):
    depth: int


class Deepest(TypedDict, total=False):
    depth: int
    found: str


class Taste(TypedDict, total=False):
    """What a caller may choose."""

    flavour: str


def _descend(state: Depth) -> Depth:
    return {"depth": state.get("depth", 0) + 1}


_bottom = StateGraph(Deepest)
_bottom.add_node("dig", _descend)
_bottom.add_edge(START, "dig")
_middle = StateGraph(Depth)
_middle.add_node("step", _descend)
_middle.add_node("bottom", _bottom.compile())
_middle.add_edge(START, "step")
_middle.add_edge("step", "bottom")
nested = StateGraph(Depth, context_schema=Taste)
nested.add_node("enter", _descend)
nested.add_node("middle", _middle.compile())
nested.add_edge(START, "enter")
nested.add_edge("enter", "middle")

# --- narrow: input and output are less than the state


class Question(TypedDict):
    question: str


class Answer(TypedDict):
    answer: str


class Both(Question, Answer):
    draft: str


@dataclass
class Manner:
    """A context given as a dataclass."""

    tone: str = "plain"


def _reply(state: Both, runtime: Runtime[Manner]) -> dict[str, str]:
    return {"answer": f"{runtime.context.tone}: {state['question']}"}


narrow = StateGraph(Both, context_schema=Manner, input_schema=Question, output_schema=Answer)
narrow.add_node("reply", _reply)
narrow.add_edge(START, "reply")

# --- opaque: a state that no JSON Schema can express


class Opaque:
    """Something that pydantic knows nothing of."""


class OpaqueState(TypedDict, total=False):
    thing: Opaque
    call: Callable[[int], int]


def _pass(_: OpaqueState) -> OpaqueState:
    return {}


opaque = StateGraph(OpaqueState)
opaque.add_node("pass", _pass)
opaque.add_edge(START, "pass")


@dataclass
class OpaqueContext:
    """A context that no JSON Schema can express."""

    thing: Opaque
    call: Callable[[int], int]


opaque_context = StateGraph(Depth, context_schema=OpaqueContext)
opaque_context.add_node("descend", _descend)
opaque_context.add_edge(START, "descend")

# --- functional graphs, with and without annotations


@entrypoint()
def function(question: Question) -> Answer:
    """Answer a question."""
    return {"answer": question["question"]}


@entrypoint()
def untyped(given):  # type: ignore[no-untyped-def]  # that is the point
    """Return what it is given."""
    return given


# --- opened: a factory that is an asynchronous context manager


@asynccontextmanager
async def opened() -> AsyncIterator[Any]:
    """The nested graph, for as long as it is used."""
    yield nested.compile()


# --- remembers: writes to the store that the server gives it


class Memory(TypedDict, total=False):
    text: str
    found: Annotated[list[str], lambda old, new: new]


async def _remember(state: Memory, runtime: Runtime[Any]) -> Memory:
    assert runtime.store is not None
    await runtime.store.aput(("memories", "graph"), "last", {"text": state["text"]})
    found = await runtime.store.asearch(("memories",), query=state["text"], limit=3)
    return {"found": [item.value["text"] for item in found]}


remembers = StateGraph(Memory)
remembers.add_node("remember", _remember)
remembers.add_edge(START, "remember")

# --- an embedding that anyone can check by hand: one dimension per word

WORDS = ("apple", "pear", "car", "train")


async def embed(texts: list[str]) -> list[list[float]]:
    """How often each of `WORDS` is in each text; the last dimension keeps a text without any from being nothing."""
    if any("unspeakable" in text for text in texts):
        raise ValueError("nobody can embed this")
    return [[float(text.lower().count(word)) for word in WORDS] + [0.1] for text in texts]
