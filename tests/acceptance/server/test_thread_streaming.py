"""The Python SDK's `threads.stream`, asynchronous and synchronous, by SSE and by WebSocket."""

import asyncio
from typing import Any, Literal
from uuid import uuid4

import pytest
from langchain_core.language_models.chat_model_stream import AsyncChatModelStream
from langgraph_sdk import get_client, get_sync_client
from langgraph_sdk._async.stream import AsyncThreadStream
from langgraph_sdk.client import LangGraphClient

from tests.acceptance.server.cutting_proxy import CuttingProxy
from tests.acceptance.server.live import Planloom
from tests.acceptance.server.running import said

Transport = Literal["sse", "websocket"]
both = pytest.mark.parametrize("transport", ["sse", "websocket"])


async def _messages(thread: AsyncThreadStream) -> list[tuple[str | None, list[str]]]:
    """Each message's id, and the pieces that its text came in."""
    # a message grows while the next one is waited for
    growing = [(message, asyncio.create_task(_pieces(message))) async for message in thread.messages]
    return [(message.message_id, await pieces) for message, pieces in growing]


async def _pieces(message: AsyncChatModelStream) -> list[str]:
    return [piece async for piece in message.text]


async def _asked(thread: AsyncThreadStream, questions: int = 1) -> list[Any]:
    """What the thread asks, once it does: its iterators end then."""
    async with asyncio.timeout(60):
        _ = [event async for event in thread.subscribe(["lifecycle", "input"])]
        while len(thread.interrupts) < questions:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return [asked["value"] for asked in thread.interrupts]


@both
async def test_a_message_comes_piece_by_piece_under_the_id_that_it_is_stored_by(
    client: LangGraphClient, transport: Transport
) -> None:
    async with client.threads.stream(assistant_id="echo", transport=transport) as thread:
        run = await thread.run.start(input=said("one two three"), metadata={"topic": "words"})
        [(message_id, pieces)] = await _messages(thread)
        assert len(pieces) > 3
        assert "".join(pieces) == "You said: one two three"
        output = await thread.output
    assert [message["id"] for message in output["messages"]][1:] == [message_id]
    started = await client.runs.get(thread.thread_id, run["run_id"])
    assert (started["status"], started["metadata"]["topic"]) == ("success", "words")


async def test_values_are_shown_step_by_step(client: LangGraphClient) -> None:
    async with client.threads.stream(assistant_id="slow") as thread:
        await thread.run.start(input={"seconds": 0.2})
        logs = [values.get("log", []) async for values in thread.values]
    assert logs[-1] == ["before", "slept", "after"]
    assert all(log == logs[-1][: len(log)] for log in logs)


@both
async def test_a_tool_call_is_shown_with_what_comes_of_it(client: LangGraphClient, transport: Transport) -> None:
    async with client.threads.stream(assistant_id="adds", transport=transport) as thread:
        await thread.run.start(input=said("1 2"))
        calls = [call async for call in thread.tool_calls]
        outputs = [(await call.output)["content"] for call in calls]
        output = await thread.output
    assert [(call.name, call.input) for call in calls] == [("add", {"a": 1, "b": 2})]
    assert outputs == ["3"]
    assert output["messages"][-1]["content"][0]["text"] == "The sum is 3"


async def test_a_subgraph_is_shown_with_its_messages_and_tools(client: LangGraphClient) -> None:
    async with client.threads.stream(assistant_id="delegates") as thread:
        await thread.run.start(input=said("3 4"))
        found = [subgraph async for subgraph in thread.subgraphs]
        [calculator] = [subgraph for subgraph in found if subgraph.graph_name == "calculator"]
        texts = [await message.text for message in [message async for message in calculator.messages]]
        outputs = [await call.output for call in [call async for call in calculator.tool_calls]]
        assert calculator.status == "completed"
    assert texts == ["", "The sum is 7"]
    assert [output["content"] for output in outputs] == ["7"]


@both
@pytest.mark.parametrize("graph", ["ask", "outer"])
async def test_a_question_is_answered_on_the_same_stream(
    client: LangGraphClient, graph: str, transport: Transport
) -> None:
    async with client.threads.stream(assistant_id=graph, transport=transport) as thread:
        await thread.run.start(input={"question": "why?"})
        assert await _asked(thread) == [{"question": "why?"}]
        assert thread.interrupted
        await thread.run.respond("because")
        assert await thread.output == {"question": "why?", "answer": "because", "done": True}


async def test_two_questions_are_answered_one_after_the_other(client: LangGraphClient) -> None:
    async with client.threads.stream(assistant_id="asks_twice") as thread:
        await thread.run.start(input={})
        await _asked(thread, 2)
        by_value = {asked["value"]: asked["interrupt_id"] for asked in thread.interrupts}
        await thread.run.respond("A", interrupt_id=by_value["left?"])
        await thread.run.respond("B", interrupt_id=by_value["right?"])
        async with asyncio.timeout(60):
            output = await thread.output
    assert output["answers"] == ["left A", "right B"]


async def test_a_failure_is_raised_by_the_output(client: LangGraphClient) -> None:
    async with client.threads.stream(assistant_id="fails") as thread:
        await thread.run.start(input={"kind": "value"})
        with pytest.raises(RuntimeError, match="shown to the caller"):
            await thread.output


async def test_a_cancelled_run_ends_the_stream(client: LangGraphClient) -> None:
    async with client.threads.stream(assistant_id="slow") as thread:
        run = await thread.run.start(input={"seconds": 60})
        is_cancelled = False
        async with asyncio.timeout(60):
            async for values in thread.values:
                # once: the client may show the same values again, when the run is over
                if values.get("log") == ["before"] and not is_cancelled:
                    is_cancelled = True
                    await client.runs.cancel(thread.thread_id, run["run_id"])
            output = await thread.output
    assert output["log"] == ["before"]


@both
async def test_a_stream_whose_connection_is_cut_goes_on_where_it_was(live: Planloom, transport: Transport) -> None:
    async with (
        CuttingProxy(live.url) as proxy,
        get_client(url=proxy.url) as behind,
        behind.threads.stream(assistant_id="slow", transport=transport) as thread,
    ):
        events = thread.subscribe(["values", "lifecycle"])
        await thread.run.start(input={"seconds": 0.5})
        seen = []
        async with asyncio.timeout(60):
            async for event in events:
                seen.append(event)
                if event["params"]["data"].get("log") == ["before"]:
                    assert proxy.cut() > 1, "the stream and the watch over the thread's life"
                if event["params"]["data"] == {"event": "completed", "graph_name": "slow"}:
                    break
    assert len({event["event_id"] for event in seen}) == len(seen)
    numbers = [event["seq"] for event in seen]
    assert numbers == sorted(numbers)
    logs = [event["params"]["data"].get("log") for event in seen if event["method"] == "values"]
    assert logs == [[], ["before"], ["before", "slept"], ["before", "slept", "after"]]


async def test_two_readers_of_a_thread_see_the_same(client: LangGraphClient) -> None:
    thread_id = str(uuid4())
    async with (
        client.threads.stream(thread_id, assistant_id="echo") as one,
        client.threads.stream(thread_id, assistant_id="echo", transport="websocket") as other,
    ):
        reading = [asyncio.create_task(_messages(thread)) for thread in (one, other)]
        await one.run.start(input=said("to both of you"))
        async with asyncio.timeout(60):
            seen = await asyncio.gather(*reading)
        assert await one.output == await other.output
    assert seen[0] == seen[1]
    assert "".join(seen[0][0][1]) == "You said: to both of you"


async def test_a_thread_is_joined_while_it_runs_and_after_it_has_run(client: LangGraphClient) -> None:
    async with client.threads.stream(assistant_id="slow") as starter:
        await starter.run.start(input={"seconds": 0.5})
        async with client.threads.stream(starter.thread_id, assistant_id="slow") as joined:
            while_it_runs = [values.get("log") async for values in joined.values]
        async with client.threads.stream(starter.thread_id, assistant_id="slow") as late:
            assert await late.output == await starter.output
    assert while_it_runs[-1] == ["before", "slept", "after"]


@both
async def test_the_synchronous_client_does_it_all_as_well(live: Planloom, transport: Transport) -> None:
    def talk() -> Any:
        with get_sync_client(url=live.url) as client:
            with client.threads.stream(assistant_id="adds", transport=transport) as thread:
                thread.run.start(input=said("5 6"))
                texts = [message.text.get() for message in thread.messages]
                added = thread.output["messages"][-2]["content"]
            with client.threads.stream(assistant_id="ask", transport=transport) as thread:
                thread.run.start(input={"question": "why?"})
                for event in thread.subscribe(["lifecycle"]):
                    if event["params"]["data"]["event"] == "interrupted" and thread.interrupts:
                        break
                thread.run.respond("because")
                return texts, added, thread.output

    texts, added, answered = await asyncio.wait_for(asyncio.to_thread(talk), 60)
    assert (texts, added) == (["", "The sum is 11"], "11")
    assert answered == {"question": "why?", "answer": "because", "done": True}


@both
async def test_a_second_turn_shows_what_it_brings_and_no_more(client: LangGraphClient, transport: Transport) -> None:
    thread_id = str(uuid4())
    for words in ("one", "two", "three"):
        async with client.threads.stream(thread_id, assistant_id="echo", transport=transport) as thread:
            await thread.run.start(input=said(words))
            async with asyncio.timeout(60):
                said_now = [text for _, [*text] in await _messages(thread)]
                output = await thread.output
            assert ["".join(pieces) for pieces in said_now] == [f"You said: {words}"]
    assert len(output["messages"]) == 6
