"""A page of history, read at once, is what the library reads state by state."""

from typing import Annotated, Any
from uuid import uuid4

import pytest
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langgraph.channels.delta import DeltaChannel
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.graph import START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.types import Command, Send, StateSnapshot, interrupt
from typing_extensions import TypedDict

from server.db.checkpoints.page import HistoryReader
from server.db.checkpoints.saver import CheckpointSaver
from server.db.pool import Pool

LONG = "word " * 60


def _merged(held: list[AnyMessage], writes: list[Any]) -> list[AnyMessage]:
    for write in writes:
        held = add_messages(held, write)  # type: ignore[assignment]
    return held


class Whole(TypedDict, total=False):
    messages: Annotated[list[AnyMessage], add_messages]
    note: str
    extra: dict[str, Any]


class Delta(TypedDict, total=False):
    messages: Annotated[list[AnyMessage], DeltaChannel(_merged, snapshot_frequency=7)]
    note: str
    extra: dict[str, Any]


def _graph(state: Any) -> Any:
    def answer(given: Any) -> dict[str, Any]:
        number = len(given["messages"])
        return {
            "messages": [AIMessage(f"{number} {LONG}", id=f"a{number}")],
            "note": LONG * number,
            "extra": {"n": number},
        }

    def ask(given: Any) -> dict[str, Any]:
        return {"messages": [HumanMessage(interrupt("well?"), id=f"h{len(given['messages'])}")]} if given["ask"] else {}

    inner = StateGraph(state).add_node("answer", answer).add_edge(START, "answer").compile()
    outer = StateGraph(state)
    outer.add_node("answer", answer).add_node("inner", inner).add_node("ask", ask)
    outer.add_edge(START, "answer").add_edge("answer", "inner")
    outer.add_conditional_edges("inner", lambda given: [Send("ask", {**given, "ask": len(given["messages"]) == 33})])
    return outer.compile()


async def _talked(graph: Any, saver: Any) -> Any:
    config = {"configurable": {"thread_id": str(uuid4())}}
    talking = graph.copy(update={"checkpointer": saver})
    fork: Any = None
    for turn in range(11):
        await talking.ainvoke({"messages": [HumanMessage(f"{turn} {LONG}", id=f"q{turn}")]}, config)
        if turn == 6:
            fork = (await talking.aget_state(config)).config
    await talking.ainvoke(Command(resume="so"), config)
    await talking.ainvoke({"messages": [HumanMessage("elsewhere", id="fork")]}, fork)
    return config


async def _page(graph: Any, saver: Any, config: Any, **of: Any) -> list[StateSnapshot]:
    reading = graph.copy(update={"checkpointer": saver})
    return [state async for state in reading.aget_state_history(config, **of)]


@pytest.mark.parametrize("state", [Whole, Delta])
async def test_a_page_is_what_is_read_state_by_state(pool: Pool, state: Any) -> None:
    graph = _graph(state)
    config = await _talked(graph, CheckpointSaver(pool))
    whole = await _page(graph, CheckpointSaver(pool), config)
    assert len(whole) == 60
    assert {len(one.values.get("messages", [])) for one in whole} >= {33, 34, 20}
    assert any(one.interrupts for one in whole)
    for limit, before in ((100, None), (9, None), (20, whole[5].config), (1, whole[30].config)):
        start = 0 if before is None else whole.index(next(one for one in whole if one.config == before)) + 1
        assert (
            await _page(graph, HistoryReader(pool), config, limit=limit, before=before) == whole[start : start + limit]
        )
    looped = [one for one in whole if (one.metadata or {})["source"] == "loop"]
    assert await _page(graph, HistoryReader(pool), config, limit=100, filter={"source": "loop"}) == looped


async def test_a_page_of_the_librarys_checkpoints_is_read_too(pool: Pool) -> None:
    graph = _graph(Whole)
    async with pool.connection() as connection:
        config = await _talked(graph, AsyncPostgresSaver(connection))
        expected = await _page(graph, AsyncPostgresSaver(connection), config)
    assert await _page(graph, HistoryReader(pool), config, limit=100) == expected


async def test_a_thread_that_is_not_there_has_no_page(pool: Pool) -> None:
    config = {"configurable": {"thread_id": str(uuid4())}}
    assert await _page(_graph(Whole), HistoryReader(pool), config, limit=10) == []
