"""LangGraph's `RemoteGraph`: a graph of the server used as if it were here, alone and as a node of another graph."""

import operator
from collections.abc import Iterator
from typing import Annotated, Any
from uuid import uuid4

import pytest
from langchain_core.messages import AnyMessage, HumanMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.pregel.remote import RemoteException, RemoteGraph
from langgraph.types import Command, interrupt
from langgraph_sdk import get_sync_client
from langgraph_sdk.client import LangGraphClient, SyncLangGraphClient
from typing_extensions import TypedDict

from tests.acceptance.server.live import Planloom
from tests.acceptance.server.running import new_thread, said, texts


class Steps(TypedDict, total=False):
    """The state of a graph around `slow` or `parent`."""

    seconds: float
    log: Annotated[list[str], operator.add]


class Question(TypedDict, total=False):
    """The state of a graph around `ask` or `outer`."""

    question: str
    answer: str
    done: bool


def around(node: RemoteGraph, state: type[Any]) -> CompiledStateGraph[Any]:
    """A local graph, with checkpoints, whose only node is the remote graph."""
    graph = StateGraph(state)
    graph.add_node("remote", node)
    graph.add_edge(START, "remote")
    graph.add_edge("remote", END)
    return graph.compile(checkpointer=InMemorySaver())


def on(thread_id: str) -> RunnableConfig:
    """The config that names a thread."""
    return {"configurable": {"thread_id": thread_id}}


@pytest.fixture
def sync_client(live: Planloom) -> Iterator[SyncLangGraphClient]:
    """The SDK's blocking client of `live`."""
    with get_sync_client(url=live.url) as client:
        yield client


async def test_a_remote_graph_is_invoked_and_keeps_its_thread(client: LangGraphClient) -> None:
    remote = RemoteGraph("echo", client=client)
    thread_id = await new_thread(client)
    await remote.ainvoke(said("one"), on(thread_id))
    outcome = await remote.ainvoke(said("two"), on(thread_id), context={"prefix": "Heard:"})
    assert texts(outcome) == ["one", "You said: one", "two", "Heard: two"]
    assert texts(await remote.ainvoke(said("alone"))) == ["alone", "You said: alone"]


async def test_a_thread_is_made_for_a_run_that_names_one(client: LangGraphClient) -> None:
    remote = RemoteGraph("echo", client=client)
    thread_id = str(uuid4())
    await remote.ainvoke(said("one"), on(thread_id))
    assert texts((await remote.aget_state(on(thread_id))).values) == ["one", "You said: one"]


def test_a_remote_graph_is_used_without_an_event_loop(sync_client: SyncLangGraphClient) -> None:
    remote = RemoteGraph("slow", sync_client=sync_client)
    config = on(sync_client.threads.create()["thread_id"])
    parts = list(remote.stream({"seconds": 0}, config, stream_mode=["updates", "values"]))
    assert [part.data for part in parts if part.event == "updates"] == [
        {"before": {"log": ["before"]}},
        {"sleep": {"log": ["slept"]}},
        {"after": {"log": ["after"]}},
    ]
    assert parts[-1].data == remote.get_state(config).values
    remote.update_state(config, {"log": ["told"]}, as_node="before")
    assert remote.get_state(config).next == ("sleep",)
    assert remote.invoke(None, config)["log"] == ["before", "slept", "after", "told", "slept", "after"]
    assert set(remote.get_graph().nodes) == {"__start__", "before", "sleep", "after", "__end__"}


async def test_every_mode_of_a_graph_is_streamed(client: LangGraphClient) -> None:
    remote = RemoteGraph("echo", client=client)
    modes: list[Any] = ["values", "updates", "messages", "custom", "tasks", "checkpoints", "debug"]
    parts = [part async for part in remote.astream(said("hi"), on(await new_thread(client)), stream_mode=modes)]
    assert {part.event for part in parts} == set(modes)
    tuples = [part.data for part in parts if part.event == "messages"]
    assert "".join(message["content"] for message, _ in tuples) == "You said: hi"
    assert {metadata["langgraph_node"] for _, metadata in tuples} == {"model"}


async def test_subgraphs_are_streamed_with_their_namespaces(client: LangGraphClient) -> None:
    remote = RemoteGraph("parent", client=client)
    parts = [part async for part in remote.astream({"seconds": 0}, stream_mode="updates", subgraphs=True)]
    (inner, update) = next(part for part in parts if part[0])
    assert len(inner) == 1
    assert inner[0].startswith("child:")
    assert update == {"child_step": {"log": ["before"]}}
    assert [list(update) for namespace, update in parts if not namespace] == [["first"], ["child"]]


async def test_states_are_read_as_snapshots(client: LangGraphClient) -> None:
    remote = RemoteGraph("slow", client=client)
    thread_id = await new_thread(client)
    await remote.ainvoke({"seconds": 0}, on(thread_id), interrupt_before=["after"])
    head = await remote.aget_state(on(thread_id))
    assert (head.values, head.next) == ({"seconds": 0, "log": ["before", "slept"]}, ("after",))
    assert head.metadata is not None
    assert (head.metadata["source"], head.metadata["step"]) == ("loop", 2)
    assert [task.name for task in head.tasks] == ["after"]
    history = [state async for state in remote.aget_state_history(on(thread_id))]
    assert [state.next for state in history] == [("after",), ("sleep",), ("before",), ("__start__",)]
    assert [state.parent_config for state in history] == [*(state.config for state in history[1:]), None]
    earlier = [state async for state in remote.aget_state_history(on(thread_id), before=history[1].config, limit=1)]
    assert earlier == [history[2]]
    assert [state async for state in remote.aget_state_history(on(thread_id), filter={"step": 1})] == [history[1]]
    at = await remote.aget_state(history[1].config)
    assert (at.values, at.next, at.config) == (history[1].values, ("sleep",), history[1].config)


async def test_a_state_is_forked_where_its_config_says(client: LangGraphClient) -> None:
    remote = RemoteGraph("slow", client=client)
    thread_id = await new_thread(client)
    await remote.ainvoke({"seconds": 0}, on(thread_id))
    history = [state async for state in remote.aget_state_history(on(thread_id))]
    older = next(state for state in history if state.next == ("sleep",))
    forked = await remote.aupdate_state(older.config, {"log": ["told"]}, as_node="sleep")
    head = await remote.aget_state(on(thread_id))
    assert head.config == forked
    assert (head.values["log"], head.next) == (["before", "told"], ("after",))
    assert (await remote.ainvoke(None, on(thread_id)))["log"] == ["before", "told", "after"]


async def test_a_question_is_in_the_outcome_and_the_state_and_is_answered(client: LangGraphClient) -> None:
    remote = RemoteGraph("ask", client=client)
    thread_id = await new_thread(client)
    asked = await remote.ainvoke({"question": "why?"}, on(thread_id), version="v2")
    (pending,) = asked.interrupts
    assert (asked.value, pending.value) == ({"question": "why?"}, {"question": "why?"})
    state = await remote.aget_state(on(thread_id))
    assert state.interrupts == (pending,)
    outcome = await remote.ainvoke(Command(resume={pending.id: "because"}), on(thread_id))
    assert outcome == {"question": "why?", "answer": "because", "done": True}


async def test_a_subgraphs_question_is_in_the_state_of_its_task(client: LangGraphClient) -> None:
    remote = RemoteGraph("outer", client=client)
    thread_id = await new_thread(client)
    await remote.ainvoke({"question": "why?"}, on(thread_id))
    deep = await remote.aget_state(on(thread_id), subgraphs=True)
    inside: Any = deep.tasks[0].state
    assert (inside.values, inside.next) == ({"question": "why?"}, ("ask",))
    assert inside.interrupts == deep.interrupts
    shallow = await remote.aget_state(on(thread_id))
    named: Any = shallow.tasks[0].state
    assert (await remote.aget_state(named)).values == inside.values


async def test_a_command_updates_the_state_and_goes_to_a_node(client: LangGraphClient) -> None:
    remote = RemoteGraph("slow", client=client)
    thread_id = await new_thread(client)
    await remote.ainvoke({"seconds": 0}, on(thread_id))
    outcome = await remote.ainvoke(Command(update={"log": ["told"]}, goto="after"), on(thread_id))
    assert outcome["log"] == ["before", "slept", "after", "told", "after"]


async def test_a_failure_there_is_an_exception_here(client: LangGraphClient) -> None:
    remote = RemoteGraph("fails", client=client)
    with pytest.raises(RemoteException) as caught:
        await remote.ainvoke({"kind": "value"})
    assert caught.value.args == ({"error": "ValueError", "message": "shown to the caller"},)


async def test_as_a_node_it_takes_part_in_the_graph_around_it(client: LangGraphClient) -> None:
    graph = around(RemoteGraph("echo", client=client), MessagesState)
    thread_id = await new_thread(client)
    said_here: dict[str, list[AnyMessage]] = {"messages": [HumanMessage("hi", id="first")]}
    outcome = await graph.ainvoke(said_here, on(thread_id))
    assert [message.content for message in outcome["messages"]] == ["hi", "You said: hi"]
    there = await client.threads.get_state(thread_id)
    assert [message["id"] for message in there["values"]["messages"]] == [m.id for m in outcome["messages"]]
    assert (await client.threads.get(thread_id))["metadata"]["graph_id"] == "echo"


async def test_as_a_node_its_events_are_streamed_under_its_name(client: LangGraphClient) -> None:
    graph = around(RemoteGraph("parent", client=client), Steps)
    thread_id = await new_thread(client)
    modes: list[Any] = ["updates", "values"]
    stream = graph.astream({"seconds": 0}, on(thread_id), stream_mode=modes, subgraphs=True)
    updates = [(namespace, data) async for namespace, mode, data in stream if mode == "updates"]
    depths = [([name.split(":")[0] for name in namespace], list(data)) for namespace, data in updates]
    assert depths == [
        (["remote"], ["first"]),
        (["remote", "child"], ["child_step"]),
        (["remote"], ["child"]),
        ([], ["remote"]),
    ]
    assert updates[-1][1] == {"remote": (await client.threads.get_state(thread_id))["values"]}


async def test_as_a_node_its_tokens_are_streamed(client: LangGraphClient) -> None:
    graph = around(RemoteGraph("echo", client=client), MessagesState)
    stream = graph.astream(said("one two"), on(await new_thread(client)), stream_mode="messages", subgraphs=True)
    pieces = [data async for namespace, data in stream if namespace]
    assert "".join(message["content"] for message, _ in pieces) == "You said: one two"
    assert {metadata["langgraph_node"] for _, metadata in pieces} == {"model"}


@pytest.mark.parametrize("assistant", ["ask", "outer"])
async def test_as_a_node_its_question_stops_the_graph_around_it(client: LangGraphClient, assistant: str) -> None:
    graph = around(RemoteGraph(assistant, client=client), Question)
    thread_id = await new_thread(client)
    config = on(thread_id)
    asked = await graph.ainvoke({"question": "why?"}, config)
    (pending,) = asked["__interrupt__"]
    assert pending.value == {"question": "why?"}
    here = await graph.aget_state(config)
    assert (here.next, [one.value for one in here.interrupts]) == (("remote",), [{"question": "why?"}])
    (run,) = await client.runs.list(thread_id)
    await client.runs.join(thread_id, run["run_id"])  # the question came a moment before the run's end
    there = await client.threads.get(thread_id)
    assert there["status"] == "interrupted"
    assert [one["id"] for several in there["interrupts"].values() for one in several] == [pending.id]


async def test_in_a_node_its_question_is_handed_out_and_the_answer_handed_in(client: LangGraphClient) -> None:
    # an answer to the graph around it reaches a RemoteGraph only through a node that hands it on: by itself it starts anew
    remote = RemoteGraph("ask", client=client)
    thread_id = await new_thread(client)
    there = on(thread_id)

    async def hand_on(state: Question) -> Any:
        if (await client.threads.get(thread_id))["status"] != "interrupted":
            await remote.ainvoke({"question": state["question"]}, there)
        (pending,) = (await remote.aget_state(there)).interrupts
        return await remote.ainvoke(Command(resume=interrupt(pending.value)), there)

    graph = StateGraph(Question).add_node(hand_on).add_edge(START, "hand_on").compile(checkpointer=InMemorySaver())
    asked = await graph.ainvoke({"question": "why?"}, on("here"))
    assert [one.value for one in asked["__interrupt__"]] == [{"question": "why?"}]
    answered = await graph.ainvoke(Command(resume="because"), on("here"))
    assert answered == {"question": "why?", "answer": "because", "done": True}
    assert (await remote.aget_state(there)).next == ()


async def test_as_a_node_its_failure_fails_the_graph_around_it(client: LangGraphClient) -> None:
    class Failing(TypedDict, total=False):
        kind: str

    graph = around(RemoteGraph("fails", client=client), Failing)
    with pytest.raises(RemoteException, match="shown to the caller"):
        await graph.ainvoke({"kind": "value"}, on(await new_thread(client)))
