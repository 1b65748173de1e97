"""MCP at `/mcp`, driven by the protocol's official client against a live server."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast
from uuid import uuid4

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import NotFoundError
from mcp import ClientSession, McpError
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.version import SUPPORTED_PROTOCOL_VERSIONS
from mcp.types import CallToolResult, TextContent

from server.protocols.mcp.messages import PROTOCOL_VERSIONS
from tests.acceptance.server.live import Planloom

JSON_ONLY = {"accept": "application/json"}


@asynccontextmanager
async def connected(url: str, headers: dict[str, str] | None = None) -> AsyncIterator[ClientSession]:
    """The official client, introduced."""
    async with (
        httpx.AsyncClient(headers=headers, timeout=60) as http,
        streamable_http_client(f"{url}/mcp", http_client=http) as (incoming, outgoing, _),
        ClientSession(incoming, outgoing) as session,
    ):
        await session.initialize()
        yield session


async def rpc(http: httpx.AsyncClient, method: str, params: Any = None, **headers: str) -> Any:
    """What a request by hand is answered."""
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}
    response = await http.post("/mcp", json=message, headers={**JSON_ONLY, **headers})
    assert response.status_code == 200, response.text
    return response.json()


def text_of(result: CallToolResult, place: int = 0) -> str:
    content = result.content[place]
    assert isinstance(content, TextContent)
    return content.text


def value_of(result: CallToolResult) -> Any:
    """The final values, which the text and the structured content both tell."""
    assert not result.isError, result.content
    value = json.loads(text_of(result))
    structured = dict(cast("dict[str, Any]", result.structuredContent))
    thread_id = structured.pop("thread_id", None)
    assert structured == (value if isinstance(value, dict) else {"result": value})
    assert thread_id == (result.meta or {}).get("thread_id")
    return value


async def until_asleep(client: LangGraphClient, thread_id: str) -> None:
    """Return once the run of `slow` on that thread sleeps."""
    async for part in await client.threads.join_stream(thread_id, last_event_id="-"):
        if part.event == "values" and "before" in (part.data or {}).get("log", ()):
            return
    raise AssertionError("the run ended before it slept")


def test_the_versions_of_the_protocol_are_those_of_its_official_package() -> None:
    assert list(PROTOCOL_VERSIONS) == SUPPORTED_PROTOCOL_VERSIONS


async def test_every_assistant_is_a_tool_whose_schema_is_its_graphs(live: Planloom, client: LangGraphClient) -> None:
    name = f"My coach! {uuid4().hex[:6]}"
    twins = [
        await client.assistants.create("ask", name=name, description=given) for given in ("The first.", "The second.")
    ]
    async with connected(live.url) as session:
        tools = {tool.name: tool for tool in (await session.list_tools()).tools}
        plain = name.replace("! ", "_").replace(" ", "_")
        asked = value_of(await session.call_tool(f"{plain}-{twins[1]['assistant_id'][-8:]}", {"question": "why?"}))

    assert tools[plain].title == name
    assert [tool.description for title, tool in tools.items() if title.startswith(plain)] == [
        "The second.",
        "The first.",
    ]
    assert asked["__interrupt__"][0]["value"] == {"question": "why?"}
    assert tools["echo"].description == "Answers what it is told, word by word."
    assert tools["echo"].inputSchema["required"] == ["messages"]
    assert tools["echo"].inputSchema["properties"]["messages"]["type"] == "string"
    assert "$defs" not in tools["echo"].inputSchema
    assert set(tools["ask"].inputSchema["properties"]) == {"question", "answer", "done", "thread_id", "resume"}
    assert tools["function"].inputSchema["properties"]["input"]["type"] == "integer"
    for assistant in twins:
        await client.assistants.delete(assistant["assistant_id"])


async def test_long_lists_of_tools_come_in_pages(live: Planloom, client: LangGraphClient) -> None:
    made = [await client.assistants.create("ask", name=f"page {number}") for number in range(100)]
    try:
        async with connected(live.url) as session:
            first = await session.list_tools()
            assert first.nextCursor == "100"
            second = await session.list_tools(cursor=first.nextCursor)
            with pytest.raises(McpError, match="Invalid cursor"):
                await session.list_tools(cursor="the next one")
    finally:
        for assistant in made:
            await client.assistants.delete(assistant["assistant_id"])

    assert len(first.tools) == 100
    assert second.nextCursor is None
    names = [tool.name for tool in (*first.tools, *second.tools)]
    assert len(set(names)) == len(names)
    assert {"page_0", "page_99", "echo", "slow", "made"} <= set(names)


async def test_a_call_is_a_run_that_leaves_nothing_behind(live: Planloom, client: LangGraphClient) -> None:
    before = await client.threads.search(metadata={"graph_id": "made"})
    async with connected(live.url) as session:
        said = value_of(await session.call_tool("echo", {"messages": "a text"}))
        given = value_of(await session.call_tool("echo", {"messages": [{"role": "user", "content": "a message"}]}))
        number = value_of(await session.call_tool("function", {"input": 41}))
        made = await session.call_tool("made", {})

    assert [message["content"] for message in said["messages"]] == ["a text", "You said: a text"]
    assert given["messages"][-1]["content"] == "You said: a message"
    assert number == 42
    assert value_of(made) == {"answer": "hello nobody"}
    assert await client.threads.search(metadata={"graph_id": "made"}) == before


async def test_a_named_thread_goes_on_with_its_conversation(live: Planloom, client: LangGraphClient) -> None:
    async with connected(live.url) as session:
        begun = await session.call_tool("echo", {"messages": "one", "thread_id": "new"})
        thread_id = (begun.structuredContent or {})["thread_id"]
        went_on = await session.call_tool("echo", {"messages": "two", "thread_id": thread_id})
        missing = await session.call_tool("echo", {"messages": "two", "thread_id": str(uuid4())})
        misread = await session.call_tool("echo", {"messages": "two", "thread_id": "yesterday's"})
        no_text = await session.call_tool("echo", {"messages": 2})

    assert thread_id in text_of(begun, 1)
    assert [message["content"] for message in value_of(went_on)["messages"]] == ["two", "You said: two"]
    state: Any = await client.threads.get_state(thread_id)
    assert [message["content"] for message in state["values"]["messages"]] == [
        "one", "You said: one", "two", "You said: two",
    ]  # fmt: skip
    assert missing.isError and "not found" in text_of(missing)
    assert misread.isError and "thread_id" in text_of(misread)
    assert no_text.isError and "messages must be a text" in text_of(no_text)


async def test_what_a_run_stops_to_ask_is_answered_by_a_second_call(live: Planloom, client: LangGraphClient) -> None:
    async with connected(live.url) as session:
        asked = await session.call_tool("ask", {"question": "how many?"})
        thread_id = (asked.structuredContent or {})["thread_id"]
        waiting = await client.threads.get(thread_id)
        answered = await session.call_tool("ask", {"thread_id": thread_id, "resume": 3})
        nowhere = await session.call_tool("ask", {"resume": 3})

    assert value_of(asked)["__interrupt__"][0]["value"] == {"question": "how many?"}
    assert "resume" in text_of(asked, 1) and thread_id in text_of(asked, 1)
    assert waiting["status"] == "interrupted"
    assert value_of(answered) == {"question": "how many?", "answer": 3, "done": True}
    assert nowhere.isError and "thread_id" in text_of(nowhere)


async def test_several_questions_are_answered_by_their_ids(live: Planloom) -> None:
    async with connected(live.url) as session:
        asked = value_of(two := await session.call_tool("asks_twice", {}))["__interrupt__"]
        answers = {one["id"]: one["value"].upper() for one in asked}
        thread_id = (two.structuredContent or {})["thread_id"]
        answered = await session.call_tool("asks_twice", {"thread_id": thread_id, "resume": answers})

    assert sorted(one["value"] for one in asked) == ["left?", "right?"]
    assert sorted(value_of(answered)["answers"]) == ["left LEFT?", "right RIGHT?"]


async def test_an_answer_that_the_question_does_not_take_is_refused_and_the_run_waits_on(live: Planloom) -> None:
    async with connected(live.url) as session:
        asked = await session.call_tool("rates", {"thread_id": "new"})
        thread_id = (asked.structuredContent or {})["thread_id"]
        refused = await session.call_tool("rates", {"thread_id": thread_id, "resume": {"stars": 9}})
        again = await session.call_tool("rates", {"thread_id": thread_id, "resume": {"stars": 5}})

    assert refused.isError and "goes on waiting" in text_of(refused)
    assert value_of(again)["ratings"] == [5]


async def test_progress_is_told_to_those_who_ask_for_it(live: Planloom) -> None:
    told: list[tuple[float, str | None]] = []

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        assert total is None
        told.append((progress, message))

    async with connected(live.url) as session:
        await session.call_tool("slow", {"seconds": 0.3}, progress_callback=on_progress)
        nodes = [message for _, message in told]
        await session.call_tool("echo", {"messages": "hi"}, progress_callback=on_progress)

    assert nodes[0] == "before"
    assert nodes[-1] in ("sleep", "after")
    assert [number for number, _ in told[: len(nodes)]] == [float(number + 1) for number in range(len(nodes))]
    echoed = [message for _, message in told[len(nodes) :]]
    assert "heard: hi" in echoed and echoed[-1] == "model", "what came at once, of each kind"


async def test_a_run_that_fails_says_so_to_the_model_that_called(live: Planloom) -> None:
    async with connected(live.url) as session:
        shown = await session.call_tool("fails", {"kind": "value"})
        masked = await session.call_tool("fails", {"kind": "secret"})
        with pytest.raises(McpError, match="Unknown tool: nobody"):
            await session.call_tool("nobody", {})

    assert shown.isError and text_of(shown) == "ValueError: shown to the caller"
    assert masked.isError and text_of(masked) == "SecretError: An internal error occurred"


async def test_a_client_cancels_its_call_and_nobody_elses(
    live: Planloom, client: LangGraphClient, http: httpx.AsyncClient
) -> None:
    thread_id = (await client.threads.create())["thread_id"]
    begun = await http.post(
        "/mcp", json={"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {}}, headers=JSON_ONLY
    )
    session = begun.headers["mcp-session-id"]
    arguments = {"seconds": 60, "thread_id": thread_id}
    asking = asyncio.create_task(
        rpc(http, "tools/call", {"name": "slow", "arguments": arguments}, **{"mcp-session-id": session})
    )
    await until_asleep(client, thread_id)
    for of_session in (uuid4().hex, session):
        assert not asking.done()
        cancelled = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}
        taken = await http.post("/mcp", json=cancelled, headers={**JSON_ONLY, "mcp-session-id": of_session})
        assert taken.status_code == 202

    assert (await asking)["error"]["message"] == "Request cancelled"
    assert [run["status"] for run in await client.runs.list(thread_id)] == ["interrupted"]


async def test_a_run_that_somebody_else_cancelled_is_no_result(live: Planloom, client: LangGraphClient) -> None:
    thread_id = (await client.threads.create())["thread_id"]
    async with connected(live.url) as session:
        asking = asyncio.create_task(session.call_tool("slow", {"seconds": 60, "thread_id": thread_id}))
        await until_asleep(client, thread_id)
        [run] = await client.runs.list(thread_id)
        await client.runs.cancel(thread_id, run["run_id"])
        result = await asking

    assert result.isError and "cancelled" in text_of(result)


async def test_a_client_that_leaves_takes_the_run_along_that_only_it_could_read(
    live: Planloom, client: LangGraphClient
) -> None:
    async def leave(thread: dict[str, str]) -> tuple[str, str]:
        """Thread and run of a call whose connection breaks while it sleeps."""
        assistant = await client.assistants.create("slow", name=f"leaves-{uuid4().hex[:8]}")
        asked = {"name": assistant["name"], "arguments": {"seconds": 60, **thread}, "_meta": {"progressToken": 1}}
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": asked}
        accept = {"accept": "application/json, text/event-stream"}
        async with (
            httpx.AsyncClient(base_url=live.url, timeout=60) as http,
            http.stream("POST", "/mcp", json=message, headers=accept) as response,
        ):
            async for line in response.aiter_lines():
                if "before" in line:
                    [found] = await client.threads.search(metadata={"assistant_id": assistant["assistant_id"]})
                    [run] = await client.runs.list(found["thread_id"])
                    await client.assistants.delete(assistant["assistant_id"])
                    return found["thread_id"], run["run_id"]
        raise AssertionError("the run ended before it slept")

    kept, _ = await leave({"thread_id": "new"})
    alone, run_id = await leave({})
    async with asyncio.timeout(50):  # it sleeps for longer, but is cancelled, and its thread goes with it
        async for _ in client.runs.join_stream(alone, run_id):
            pass
    with pytest.raises(NotFoundError):
        await client.threads.get(alone)
    assert (await client.threads.get(kept))["status"] == "busy"
    await client.threads.delete(kept)


async def test_ending_a_session_cancels_what_it_waits_for(
    live: Planloom, client: LangGraphClient, http: httpx.AsyncClient
) -> None:
    thread_id = (await client.threads.create())["thread_id"]
    session = {"mcp-session-id": uuid4().hex}
    asked = {"name": "slow", "arguments": {"seconds": 60, "thread_id": thread_id}}
    asking = asyncio.create_task(rpc(http, "tools/call", asked, **session))
    await until_asleep(client, thread_id)

    assert (await http.delete("/mcp", headers=session)).status_code == 204
    assert (await asking)["error"]["message"] == "Request cancelled"
    assert (await http.delete("/mcp")).status_code == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"accept": "text/html"}, 400),
        ({"mcp-protocol-version": "1999-01-01"}, 400),
        ({"mcp-protocol-version": "2025-06-18"}, 200),
        ({"origin": "https://app.example"}, 200),
        ({"origin": "http://evil.example", "host": "evil.example"}, 403),
    ],
)
async def test_headers_are_what_the_protocol_asks_for(
    http: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    answered = await http.post("/mcp", json=ping, headers={**JSON_ONLY, **headers})
    assert answered.status_code == status
    assert answered.json() == {"jsonrpc": "2.0", "id": 1, "result": {}} if status == 200 else "error" in answered.json()
