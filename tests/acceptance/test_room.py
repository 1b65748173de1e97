"""A room over the wire: a document sent along is cited, and the others at the table answer in the same thread."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient

HANDBOOK = "# Handbook\n\n## Holidays\n\nEverybody has thirty days of holiday a year.\n"


@pytest.fixture
async def client(own_server: str) -> AsyncIterator[LangGraphClient]:
    async with get_client(url=own_server, api_key=None) as client:
        yield client


async def said(client: LangGraphClient, thread_id: str, text: str, **more: Any) -> dict[str, Any]:
    given = {"messages": [{"role": "user", "content": text}], **more}
    state = await client.runs.wait(thread_id, "chat", input=given, context={"approval": "auto"})
    assert isinstance(state, dict)
    message: dict[str, Any] = state["messages"][-1]
    return message


async def test_a_document_is_cited_and_another_assistant_answers_beside_it(client: LangGraphClient) -> None:
    thread_id = (await client.threads.create())["thread_id"]
    files = [{"name": "handbook.md", "text": HANDBOOK}]
    answer = await said(client, thread_id, "how much vacation do I get?", documents=files)
    assert answer["content"].startswith("Handbook, Holidays: “Everybody has thirty days of holiday a year.”")
    paces = await said(client, thread_id, "@coach what are my training paces if I ran 10 km in 50:00?")
    assert (paces["name"], paces["content"][:14]) == ("coach", "At VDOT 40.0: ")


async def test_what_an_assistant_says_is_streamed_from_within_the_room(client: LangGraphClient) -> None:
    thread_id = (await client.threads.create())["thread_id"]
    events = [
        frame.event
        async for frame in client.runs.stream(
            thread_id,
            "chat",
            input={"messages": [{"role": "user", "content": "@process set up a workshop on 2027-02-10"}]},
            context={"approval": "auto", "now": "2026-11-21T09:00:00+00:00"},
            stream_mode=["messages-tuple", "custom"],
            stream_subgraphs=True,
        )
    ]
    assert any(event.startswith("messages|process") for event in events)
    assert any(event.startswith("custom|process") for event in events)
    state = await client.threads.get_state(thread_id, subgraphs=True)
    assert state["values"]["messages"][-1]["name"] == "process"
