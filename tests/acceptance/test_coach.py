"""The coach as its users meet it: over the wire, in the terminal, through crashes, with a language model."""

import asyncio
import sys
from pathlib import Path
from typing import Any

from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient

from tests.acceptance.conftest import OWN_PROJECT
from tests.acceptance.server.live import REPO, fresh_database, serve
from tests.openai_server import OpenAIServer, ToolCall

PLAN = "I want an 8-week half marathon plan, I run 25 km a week, longest 10 km, 4 days"
EDIT = "move Tuesday's tempo in week 3 to Wednesday and make the long run 2 km longer"
APPROVE = {"resume": {"decisions": [{"type": "approve"}]}}

Part = tuple[str, Any]


async def _turn(client: LangGraphClient, thread_id: str, **given: Any) -> list[Part]:
    stream = client.runs.stream(thread_id, "coach", stream_mode=["messages-tuple", "custom"], **given)
    return [(part.event, part.data) async for part in stream]


def _said(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}]}


def _custom(parts: list[Part], kind: str) -> list[dict[str, Any]]:
    return [data for event, data in parts if event == "custom" and data["type"] == kind]


def _spoken(parts: list[Part]) -> str:
    chunks = [data[0] for event, data in parts if event == "messages" and data[0]["type"] == "AIMessageChunk"]
    return "".join(chunk["content"] for chunk in chunks)


async def test_a_conversation_survives_a_killed_server(
    postgres_url: str, template_database: str, tmp_path: Path
) -> None:
    with fresh_database(postgres_url, template_database) as database:
        with serve(database, tmp_path, config=OWN_PROJECT) as server:
            async with get_client(url=server.url) as client:
                thread_id = (await client.threads.create())["thread_id"]
                drafted = await _turn(client, thread_id, input=_said(PLAN))
                await _turn(client, thread_id, input=_said(EDIT))
            server.kill()
        with serve(database, tmp_path, config=OWN_PROJECT) as server:
            async with get_client(url=server.url) as client:
                thread = await client.threads.get(thread_id)
                assert thread["status"] == "interrupted"
                approved = await _turn(client, thread_id, command=APPROVE)
                undone = await _turn(client, thread_id, input=_said("undo that"))
                said = [m["content"] for m in (await client.threads.get_state(thread_id))["values"]["messages"]]
    assert PLAN in said
    assert [_custom(parts, "plan.version")[0]["version"] for parts in (drafted, approved, undone)] == [1, 2, 3]
    first, third = (_custom(parts, "plan.version")[0]["hash"] for parts in (drafted, undone))
    assert first == third


async def test_the_edit_changes_exactly_what_was_asked(own_server: str) -> None:
    async with get_client(url=own_server) as client:
        thread_id = (await client.threads.create())["thread_id"]
        await _turn(client, thread_id, input=_said(PLAN))
        (diff,) = _custom(await _turn(client, thread_id, input=_said(EDIT)), "plan.diff")
    assert {op["path"] for op in diff["patch"] if op["op"] != "test"} == {
        "/items/w3-tempo/data/date",
        "/items/w3-long/data/km",
    }


async def test_the_terminal_chat_shows_asks_and_goes_on_later(own_server: str) -> None:
    talked = await _chat(own_server, [PLAN, EDIT, "a"])
    assert "NOT a language model" in talked
    assert "Moved Tempo from Tue" in talked
    assert "approval wanted" in talked
    assert "plan saved as version 2 (edit)" in talked
    thread_id = talked.partition("--thread ")[2].split()[0]
    later = await _chat(own_server, ["undo that"], "--thread", thread_id)
    assert "plan saved as version 3 (undo)" in later


async def test_a_language_model_plans_through_the_same_tools(
    postgres_url: str, template_database: str, tmp_path: Path
) -> None:
    with OpenAIServer() as openai, fresh_database(postgres_url, template_database) as database:
        openai.reply(
            tool_calls=[
                ToolCall(
                    "build_plan",
                    {"race": "10 km", "weekly_km": 30, "longest_km": 12, "weeks": 6, "days_per_week": 4},
                )
            ]
        )
        openai.reply(text="Here is your six-week plan for the 10 km.")
        environment = {"OPENAI_API_KEY": "test", "OPENAI_BASE_URL": openai.base_url, "EMBEDDINGS": "local"}
        with serve(database, tmp_path, config=OWN_PROJECT, environment=environment) as server:
            async with get_client(url=server.url) as client:
                thread_id = (await client.threads.create())["thread_id"]
                parts = await _turn(client, thread_id, input=_said("Plan me six weeks to a 10 km race."))
    assert _spoken(parts) == "Here is your six-week plan for the 10 km."
    assert _custom(parts, "plan.version")[0]["version"] == 1
    assert [request["model"] for request in openai.chat_requests] == ["gpt-4o-mini", "gpt-4o-mini"]
    answered = openai.chat_requests[1]["messages"][-1]
    assert answered["role"] == "tool"
    assert "version 1" in answered["content"]


async def test_a_model_that_fails_fails_the_run_and_not_the_thread(
    postgres_url: str, template_database: str, tmp_path: Path
) -> None:
    with OpenAIServer() as openai, fresh_database(postgres_url, template_database) as database:
        openai.fail(401)
        environment = {"OPENAI_API_KEY": "sk-secret", "OPENAI_BASE_URL": openai.base_url, "EMBEDDINGS": "local"}
        with serve(database, tmp_path, config=OWN_PROJECT, environment=environment) as server:
            async with get_client(url=server.url) as client:
                thread_id = (await client.threads.create())["thread_id"]
                failed = await _turn(client, thread_id, input=_said("Hello"))
                assert (await client.threads.get(thread_id))["status"] == "error"
                openai.reply(text="Hello again.")
                worked = await _turn(client, thread_id, input=_said("Hello?"))
    assert failed[-1][0] == "error"
    assert "sk-secret" not in str(failed)
    assert _spoken(worked) == "Hello again."


async def _chat(url: str, lines: list[str], *options: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "server.cli", "chat", "coach", "--url", url, *options),
        cwd=REPO,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate("".join(f"{line}\n" for line in lines).encode())
    assert process.returncode == 0
    return out.decode()
