"""How the agent's conversations are stored: what each step wrote, not the whole list each time."""

from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import uuid4

import pytest
from langchain_core.messages import AIMessage, AnyMessage, RemoveMessage
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.graph import START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.types import Command, interrupt
from typing_extensions import TypedDict

from agent.state import SNAPSHOT_FREQUENCY, State


class WholeState(TypedDict):
    """What the agent's state was: the list written whole at each step."""

    messages: Annotated[list[AnyMessage], add_messages]


@pytest.fixture
async def saver(database_url: str) -> AsyncIterator[AsyncPostgresSaver]:
    async with AsyncPostgresSaver.from_conn_string(database_url) as saver:
        yield saver


def _answer(state: Any) -> dict[str, Any]:
    return {"messages": [AIMessage(f"You said {state['messages'][-1].text}")]}


def _graph(state: Any, saver: AsyncPostgresSaver, *nodes: Any) -> Any:
    builder = StateGraph(state)
    previous = START
    for node in nodes or (_answer,):
        builder.add_node(node)
        builder.add_edge(previous, node.__name__)
        previous = node.__name__
    return builder.compile(checkpointer=saver)


def _thread() -> Any:
    return {"configurable": {"thread_id": str(uuid4())}}


def _said(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}]}


async def _texts(graph: Any, config: Any) -> list[str]:
    return [message.text for message in (await graph.aget_state(config)).values["messages"]]


async def test_a_thread_stored_whole_is_read_and_goes_on(saver: AsyncPostgresSaver) -> None:
    config = _thread()
    before = _graph(WholeState, saver)
    await before.ainvoke(_said("one"), config)
    ids = [message.id for message in (await before.aget_state(config)).values["messages"]]
    after = _graph(State, saver)
    assert await _texts(after, config) == ["one", "You said one"]
    await after.ainvoke(_said("two"), config)
    assert await _texts(after, config) == ["one", "You said one", "two", "You said two"]
    messages = (await after.aget_state(config)).values["messages"]
    assert [message.id for message in messages][:2] == ids
    assert await _texts(before, config) == ["one", "You said one", "two", "You said two"], "there is a way back"


async def test_conversations_fork_rewind_and_forget(saver: AsyncPostgresSaver) -> None:
    graph, config = _graph(State, saver), _thread()
    for text in ("one", "two", "three"):
        await graph.ainvoke(_said(text), config)
    history = [state async for state in graph.aget_state_history(config)]
    assert [len(state.values.get("messages", [])) for state in history if state.metadata["source"] != "input"] == [
        6,
        5,
        4,
        3,
        2,
        1,
    ]
    after_one = next(state for state in history if len(state.values.get("messages", [])) == 2)
    forked = await graph.ainvoke(_said("other"), after_one.config)
    assert [message.text for message in forked["messages"]] == ["one", "You said one", "other", "You said other"]
    assert (await _texts(graph, history[0].config))[-2:] == ["three", "You said three"]
    rerun = await graph.ainvoke(None, next(s.config for s in history if s.next == ("_answer",)))
    assert [message.text for message in rerun["messages"]][-2:] == ["three", "You said three"]
    first = (await graph.aget_state(config)).values["messages"][0]
    await graph.aupdate_state(config, {"messages": [RemoveMessage(id=first.id)]}, as_node="_answer")
    assert "one" not in await _texts(graph, config)


async def test_an_interrupt_in_a_subgraph_leaves_each_message_once(saver: AsyncPostgresSaver) -> None:
    def ask(_: State) -> dict[str, Any]:
        return {"messages": [AIMessage(f"Heard {interrupt('well?')}", id="heard")]}

    inner = StateGraph(State)
    inner.add_node(_answer).add_node(ask).add_edge(START, "_answer").add_edge("_answer", "ask")
    outer = StateGraph(State).add_node("inner", inner.compile()).add_edge(START, "inner").compile(checkpointer=saver)
    config = _thread()
    await outer.ainvoke(_said("one"), config)
    within = (await outer.aget_state(config, subgraphs=True)).tasks[0].state
    assert [message.text for message in within.values["messages"]] == ["one", "You said one"]
    answered = await outer.ainvoke(Command(resume="yes"), config)
    assert [message.text for message in answered["messages"]] == ["one", "You said one", "Heard yes"]


async def test_the_whole_list_is_written_only_now_and_then(saver: AsyncPostgresSaver) -> None:
    graph, config = _graph(State, saver), _thread()
    for turn in range(SNAPSHOT_FREQUENCY):
        await graph.ainvoke(_said(str(turn)), config)
    cursor = await saver.conn.execute(  # type: ignore[union-attr]
        "select count(*) as n from checkpoint_blobs where channel = 'messages'"
    )
    row = await cursor.fetchone()
    assert row["n"] == 2, "two writes a turn"
    assert len(await _texts(graph, config)) == 2 * SNAPSHOT_FREQUENCY
