"""Threads that are created with a state."""

from uuid import uuid4

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import BadRequestError, NotFoundError, UnprocessableEntityError

from tests.acceptance.server.running import said, texts

ASKED = {"updates": [{"values": {"question": "why?"}, "as_node": "__input__"}]}
STARTED = {"updates": [{"values": {"question": "why?"}, "as_node": "__start__"}]}
ANSWERED = {"updates": [{"values": {"answer": "because"}, "as_node": "ask"}]}


async def test_supersteps_are_applied_in_their_order(client: LangGraphClient) -> None:
    thread = await client.threads.create(graph_id="ask", supersteps=[ASKED, STARTED, ANSWERED])
    assert thread["metadata"] == {"graph_id": "ask"}
    assert thread["values"] == {"question": "why?", "answer": "because"}
    assert thread["status"] == "interrupted"
    history = await client.threads.get_history(thread["thread_id"])
    assert [(state["metadata"]["source"], state["metadata"]["step"], state["next"]) for state in history] == [
        ("update", 1, ["close"]),
        ("update", 0, ["ask"]),
        ("input", -1, ["__start__"]),
    ]
    assert history[-1]["metadata"]["graph_id"] == "ask"
    finished = await client.runs.wait(thread["thread_id"], "ask", input=None)
    assert finished == {"question": "why?", "answer": "because", "done": True}


async def test_the_updates_of_a_superstep_happen_at_once(client: LangGraphClient) -> None:
    both = [{"values": {"answers": [node]}, "as_node": node} for node in ("left", "right")]
    thread = await client.threads.create(graph_id="asks_twice", supersteps=[{"updates": both}])
    assert thread["values"] == {"answers": ["left", "right"]}
    assert len(await client.threads.get_history(thread["thread_id"])) == 1


async def test_a_superstep_may_be_a_command(client: LangGraphClient) -> None:
    command = {"update": {"answer": "by command"}, "goto": "close"}
    step = {"updates": [{"values": None, "as_node": "ask", "command": command}]}
    thread = await client.threads.create(graph_id="ask", supersteps=[ASKED, step])
    assert thread["values"] == {"answer": "by command"}
    assert (await client.threads.get_state(thread["thread_id"]))["next"] == ["close"]


async def test_messages_of_a_superstep_become_messages(client: LangGraphClient) -> None:
    first = {"updates": [{"values": said("hello"), "as_node": "__start__"}]}
    answer = {"updates": [{"values": {"messages": [{"role": "ai", "content": "hi"}]}, "as_node": "model"}]}
    thread = await client.threads.create(graph_id="echo", supersteps=[first, answer])
    assert isinstance(thread["values"], dict)
    assert [(message["type"], message["content"]) for message in thread["values"]["messages"]] == [
        ("human", "hello"),
        ("ai", "hi"),
    ]
    assert thread["status"] == "idle"
    assert texts(await client.runs.wait(thread["thread_id"], "echo", input=said("more")))[-1] == "You said: more"


@pytest.mark.parametrize("metadata", [{}, {"graph_id": "no such graph"}])
async def test_without_a_graph_the_thread_is_made_but_not_its_state(
    client: LangGraphClient, http: httpx.AsyncClient, metadata: dict[str, str]
) -> None:
    thread_id = str(uuid4())
    body = {"thread_id": thread_id, "metadata": metadata, "supersteps": [ASKED]}
    response = await http.post("/threads", json=body)
    assert response.status_code == 201
    told = f"Thread {thread_id} was created, but there were problems updating the state: "
    assert response.json()["detail"].startswith(told)
    thread = await client.threads.get(thread_id)
    assert (thread["values"], thread["metadata"]) == (None, metadata)


async def test_supersteps_that_the_graph_refuses_leave_no_thread(client: LangGraphClient) -> None:
    unknown = {"updates": [{"values": {"answer": "a"}, "as_node": "nope"}]}
    empty: dict[str, list[dict[str, object]]] = {"updates": []}
    for step, reason in ((unknown, "Node nope does not exist"), (empty, "No updates provided")):
        thread_id = str(uuid4())
        with pytest.raises(BadRequestError, match=reason):
            await client.threads.create(thread_id=thread_id, graph_id="ask", supersteps=[ASKED, step])
        with pytest.raises(NotFoundError):
            await client.threads.get(thread_id)
        made = await client.threads.create(thread_id=thread_id, graph_id="ask")
        assert await client.threads.get_history(made["thread_id"]) == []


async def test_an_existing_thread_takes_no_supersteps(client: LangGraphClient) -> None:
    thread = await client.threads.create(graph_id="ask", supersteps=[STARTED])
    again = await client.threads.create(
        thread_id=thread["thread_id"], if_exists="do_nothing", graph_id="ask", supersteps=[STARTED]
    )
    assert again == thread
    assert len(await client.threads.get_history(thread["thread_id"])) == 1


async def test_every_superstep_names_the_node_it_stands_for(http: httpx.AsyncClient, client: LangGraphClient) -> None:
    body = {"metadata": {"graph_id": "ask"}, "supersteps": [{"updates": [{"values": {}}]}]}
    assert (await http.post("/threads", json=body)).status_code == 422
    with pytest.raises(UnprocessableEntityError):
        await client.threads.create(graph_id="ask", supersteps=[{"updates": [{"values": 5, "as_node": "ask"}]}])
