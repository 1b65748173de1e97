"""The graphs that are measured. They do next to nothing, so that what is measured is the server."""

import asyncio
import time
from typing import Any

from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, AnyMessage
from langgraph.graph import START, MessagesState, StateGraph
from typing_extensions import TypedDict

from agent.state import MessagesChannel

TOKENS = 100
STEPS = 10


async def _speak(state: MessagesState) -> dict[str, list[AnyMessage]]:
    # the fake model streams a chunk per word and per space
    text = " ".join(["word"] * (TOKENS // 2))
    model = GenericFakeChatModel(messages=iter([AIMessage(content=text)]))
    return {"messages": [await model.ainvoke(state["messages"])]}


tokens = StateGraph(MessagesState)
tokens.add_node("model", _speak)
tokens.add_edge(START, "model")


class Count(TypedDict):
    """How many steps were taken."""

    count: int


async def _step(state: Count) -> Count:
    return {"count": state["count"] + 1}


steps = StateGraph(Count)
for number in range(STEPS):
    steps.add_node(f"step{number}", _step)
    steps.add_edge(START if number == 0 else f"step{number - 1}", f"step{number}")


class Nap(TypedDict):
    """How long to sleep."""

    seconds: float


async def _sleep(state: Nap) -> Nap:
    await asyncio.sleep(state["seconds"])
    return state


sleep = StateGraph(Nap)
sleep.add_node("sleep", _sleep)
sleep.add_edge(START, "sleep")


class Reached(TypedDict):
    """When the first superstep ran, in seconds since the epoch."""

    at: float


async def _note_time(state: Reached) -> Reached:
    return {"at": time.time()}


reach = StateGraph(Reached)
reach.add_node("note_time", _note_time)
reach.add_edge(START, "note_time")


class Chat(TypedDict):
    """A conversation as Planloom's agents keep it."""

    messages: MessagesChannel


async def _answer(state: Any) -> dict[str, list[AnyMessage]]:
    return {"messages": [AIMessage(content=f"{len(state['messages'])}: " + " ".join(["Take it easy."] * 20))]}


async def _look(_: Any) -> dict[str, list[AnyMessage]]:
    return {}


def _chat(state: Any) -> StateGraph[Any, None, Any, Any]:
    built: Any = StateGraph(state)
    built.add_node("look", _look)
    built.add_node("answer", _answer)
    built.add_edge(START, "look")
    built.add_edge("look", "answer")
    return built  # type: ignore[no-any-return]


chat = _chat(Chat)
plain_chat = _chat(MessagesState)
