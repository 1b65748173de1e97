"""A run that went on from a checkpoint is taken back: what it answered there is open again."""

from typing import Annotated, Any, TypedDict
from uuid import uuid4

import pytest
from langgraph.graph import START, StateGraph
from langgraph.types import Command, interrupt

from server.db.checkpoints import of_thread
from server.db.checkpoints.saver import CheckpointSaver
from server.db.checkpoints.write_behind import WriteBehindSaver
from server.db.pool import Pool


def _joined(held: list[str], new: list[str]) -> list[str]:
    return [*held, *new]


class State(TypedDict):
    log: Annotated[list[str], _joined]


def _ask_twice(_: State) -> dict[str, Any]:
    return {"log": [f"{interrupt('first?')} {interrupt('second?')}"]}


def _beside(_: State) -> dict[str, Any]:
    return {"log": ["beside"]}


def _graph(saver: CheckpointSaver, **compiled_with: Any) -> Any:
    inner = StateGraph(State).add_node("ask", _ask_twice).add_edge(START, "ask").compile()
    graph = StateGraph(State).add_node("inner", inner).add_node("beside", _beside)
    return graph.add_edge(START, "inner").add_edge(START, "beside").compile(checkpointer=saver, **compiled_with)


def _config(thread_id: str, run_id: str) -> Any:
    return {"configurable": {"thread_id": thread_id}, "metadata": {"run_id": run_id}}


async def _run(
    saver: type[CheckpointSaver], pool: Pool, thread_id: str, run_id: str, given: Any, **options: Any
) -> Any:
    used = saver(pool)
    outcome = await _graph(used, **options).ainvoke(given, _config(thread_id, run_id))
    await used.aget_tuple(_config(thread_id, run_id))  # waits for what is written behind
    return outcome


async def _taken_back(pool: Pool, thread_id: str, run_id: str) -> None:
    async with pool.connection() as connection, connection.transaction():
        await of_thread.delete_of_run(connection, thread_id, run_id)


async def _state(pool: Pool, thread_id: str) -> Any:
    state = await _graph(CheckpointSaver(pool)).aget_state(_config(thread_id, "none"), subgraphs=True)
    return state.values, state.next, [one.value for one in state.interrupts]


@pytest.mark.parametrize("saver", [CheckpointSaver, WriteBehindSaver])
async def test_an_answer_that_is_taken_back_is_asked_for_again(pool: Pool, saver: type[CheckpointSaver]) -> None:
    thread_id = str(uuid4())
    await _run(saver, pool, thread_id, "asks", {"log": ["start"]})
    asked = await _state(pool, thread_id)
    assert asked[2] == ["first?"]
    await _run(saver, pool, thread_id, "once", Command(resume="no"))
    again = await _state(pool, thread_id)
    assert again[2] == ["second?"]
    await _run(saver, pool, thread_id, "twice", Command(resume="never"))
    assert (await _state(pool, thread_id))[1:] == ((), [])
    await _taken_back(pool, thread_id, "twice")
    assert await _state(pool, thread_id) == again
    outcome = await _run(saver, pool, thread_id, "other", Command(resume="later"))
    assert sorted(outcome["log"]) == ["beside", "no later", "start", "start"]


async def test_a_run_that_only_answered_is_taken_back(pool: Pool) -> None:
    thread_id = str(uuid4())
    await _run(CheckpointSaver, pool, thread_id, "asks", {"log": ["start"]})
    asked = await _state(pool, thread_id)
    await _run(CheckpointSaver, pool, thread_id, "once", Command(resume="no"))
    await _taken_back(pool, thread_id, "once")
    assert await _state(pool, thread_id) == asked


async def test_a_run_that_went_on_from_a_breakpoint_is_taken_back(pool: Pool) -> None:
    thread_id = str(uuid4())
    await _run(CheckpointSaver, pool, thread_id, "stops", {"log": ["start"]}, interrupt_before=["inner", "beside"])
    stopped = await _state(pool, thread_id)
    await _run(CheckpointSaver, pool, thread_id, "goes on", None)
    assert await _state(pool, thread_id) != stopped
    await _taken_back(pool, thread_id, "goes on")
    assert await _state(pool, thread_id) == stopped


async def test_only_the_last_run_of_a_thread_is_remembered(pool: Pool) -> None:
    thread_id = str(uuid4())
    await _run(CheckpointSaver, pool, thread_id, "asks", {"log": ["start"]})
    for run_id, answer in (("once", "no"), ("twice", "never")):
        await _run(CheckpointSaver, pool, thread_id, run_id, Command(resume=answer))
    async with pool.connection() as connection:
        cursor = await connection.execute("select distinct run_id from checkpoint_writes_before")
        assert [row["run_id"] for row in await cursor.fetchall()] == ["twice"]
