"""The coach as a tool of another agent: a plan, a change that asks first, its approval, by the official MCP client."""

from typing import Any

from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client


async def test_a_plan_is_made_changed_and_approved_in_a_conversation(own_server: str) -> None:
    told: list[str | None] = []

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        told.append(message)

    async with (
        streamable_http_client(f"{own_server}/mcp") as (incoming, outgoing, _),
        ClientSession(incoming, outgoing) as session,
    ):
        await session.initialize()
        tools = {tool.name: tool for tool in (await session.list_tools()).tools}

        async def coach(**arguments: Any) -> dict[str, Any]:
            result = await session.call_tool("coach", arguments, progress_callback=on_progress)
            assert not result.isError, result.content
            return result.structuredContent or {}

        asked = "I want an 8-week half marathon plan, I run 25 km a week, longest 10 km, 4 days"
        planned = await coach(messages=asked, thread_id="new")
        thread_id = planned["thread_id"]
        changed = await coach(messages="make the long run in week 3 2 km longer", thread_id=thread_id)
        approved = await coach(thread_id=thread_id, resume={"decisions": [{"type": "approve"}]})

    assert {"care", "chat", "coach", "process", "travel"} <= tools.keys()
    assert "activity_file" in tools["coach"].inputSchema["properties"]
    assert set(planned) == {"thread_id", "messages", "plan_ref", "outcome"}, "its output, not all that it works on"
    assert any(message and message.startswith("plan.draft: 8-week half marathon plan") for message in told)
    [question] = changed["__interrupt__"]
    assert question["value"]["action_requests"] and question["response_schema"]
    assert approved["plan_ref"]["version"] == 2
    assert [message["type"] for message in approved["messages"]] == ["tool", "ai"]
