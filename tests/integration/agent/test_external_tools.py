"""Tools of real MCP servers, over standard streams and over HTTP, called by the coach."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import ToolMessage
from langchain_core.tools import ToolException

from agent.external import tools as external
from agent.external.servers import BadServersError
from agent.external.tools import external_tools
from agent.graph import build_graph
from graphs.coach import COACH
from tests.integration.agent.talk import Talk
from tests.openai_server import OpenAIServer, ToolCall
from tests.openai_server.fixture import openai_server

__all__ = ["openai_server"]

WEATHER = Path(__file__).with_name("weather_server.py")
LOCAL = {"command": sys.executable, "args": [str(WEATHER)], "env": {"STATION": "${TEST_STATION}"}}
DOWN = {"url": "http://127.0.0.1:9/mcp"}


@pytest.fixture(autouse=True)
def discovering_anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What was found out about servers in another test is forgotten."""
    monkeypatch.setenv("TEST_STATION", "north")
    external.DISCOVERY.forget()
    yield
    external.DISCOVERY.forget()


@pytest.fixture(scope="module")
def weather_url() -> Iterator[str]:
    """The server over HTTP."""
    command = [sys.executable, str(WEATHER), "--http", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if found := re.search(r"running on (http://\S+)", line):
                break
        else:
            raise AssertionError("the server did not start")
        yield f"{found[1]}/mcp"
        process.terminate()


def configure(monkeypatch: pytest.MonkeyPatch, **servers: dict[str, Any]) -> None:
    monkeypatch.setenv("MCP_SERVERS", json.dumps({"mcpServers": servers}))


async def answers(talk: Talk) -> list[dict[str, Any]]:
    """The envelopes of the tools' answers, in order."""
    return [json.loads(str(one.content)) for one in await talk.messages() if isinstance(one, ToolMessage)]


async def test_without_a_key_a_tool_is_called_that_the_person_names(
    talk: Talk, weather_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, weather={"url": weather_url})
    said = await talk.say("use the forecast tool with city=Lisbon and days=3")
    assert said.text == "Lisbon: sunny for 3 days"
    [result] = await answers(talk)
    assert result["provenance"] == {"kind": "provider", "source": "the MCP server weather"}
    assert (await talk.say("use the picture tool")).text == "a map\n[image/png, left out]"
    assert "station is closed" in (await talk.say("call fails")).text
    assert (await talk.say("use forecast")).text == "forecast needs city. Say “use forecast with city=…”."


async def test_a_language_model_is_offered_the_tools_and_their_answers_go_back_to_it(
    talk: Talk, openai_server: OpenAIServer, weather_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "test")
    monkeypatch.setenv("OPENAI_BASE_URL", openai_server.base_url)
    monkeypatch.setenv("EMBEDDINGS", "local")
    configure(monkeypatch, weather={"type": "http", "url": weather_url, "headers": {"x-station": "${TEST_STATION}"}})
    openai_server.reply(tool_calls=[ToolCall("forecast", {"city": "Porto", "config": "a name of LangChain's own"})])
    openai_server.reply(tool_calls=[ToolCall("fails")])
    openai_server.reply(text="It will be sunny.")
    assert (await talk.say("how will the weather be?")).text == "It will be sunny."
    offered = {tool["function"]["name"]: tool["function"] for tool in openai_server.chat_requests[0]["tools"]}
    assert offered["forecast"]["description"] == "How the weather will be in a city."
    assert offered["forecast"]["parameters"]["required"] == ["city"]
    told = [json.loads(one["content"]) for one in openai_server.chat_requests[-1]["messages"] if one["role"] == "tool"]
    assert told[0]["text"] == "Porto: sunny for 1 days"
    assert "station is closed" in told[1]["text"]


async def test_names_that_others_have_get_the_servers_name(weather_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(
        monkeypatch,
        north=LOCAL,
        south={"url": weather_url, "tools": ["training_paces", "forecast"]},
        others={**DOWN, "assistants": ["travel"]},
    )
    found = await external_tools("coach", COACH.tools)
    assert {tool.name for tool in found.tools} == {
        "north_forecast", "south_forecast", "north_training_paces", "south_training_paces", "fails", "sleeps", "picture",
        "archive", "pid",
    }  # fmt: skip
    assert not found.unavailable
    assert set((await external_tools("travel", ())).unavailable) == {"others"}


async def test_a_server_that_is_down_is_told_of_and_fails_no_turn(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = {"command": sys.executable, "args": ["-c", "raise SystemExit(3)"]}
    configure(monkeypatch, down=DOWN, broken=broken, missing={"command": "/nowhere/weather"})
    said = await talk.say("hello")
    [event] = said.of("tools.unavailable")
    assert [server["name"] for server in event["servers"]] == ["down", "broken", "missing"]
    assert "couldn't" not in said.text and said.nodes[-1] == "remember"


async def test_a_servers_keys_are_told_to_nobody(
    openai_server: OpenAIServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    configure(monkeypatch, refuses={"transport": "sse", "url": f"{openai_server.base_url}/sse?key=my-own-key"})
    found = await external_tools("coach", ())
    assert found.unavailable["refuses"].startswith("refuses cannot be used: it answers 4")
    assert "is not available: refuses cannot be used" in caplog.text
    assert "my-own-key" not in f"{found.unavailable}{[one.getMessage() for one in caplog.records]}"


async def test_a_server_that_is_down_fails_no_turn_in_which_nothing_is_said(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, down=DOWN)
    assert (await talk.run({"messages": []})).text


async def test_a_server_that_goes_down_later_is_a_failed_call(
    talk: Talk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "weather.py"
    program.write_text(WEATHER.read_text())
    configure(monkeypatch, weather={**LOCAL, "args": [str(program)]})
    await talk.say("hello")
    program.unlink()
    assert "could not be called" in (await talk.say("use the forecast tool with city=Lisbon")).text
    assert [result["result_type"] for result in await answers(talk)] == ["error"]


async def test_a_call_leaves_no_process_and_has_a_time_limit(
    talk: Talk, weather_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk.context["model"] = "demo"
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("EMBEDDINGS", "local")
    slow = {"url": weather_url, "tools": ["sleeps"], "timeout": 2}
    configure(monkeypatch, weather={**LOCAL, "tools": ["pid"]}, slow=slow)
    process, *variables = (await talk.say("use the pid tool")).text.split()
    assert variables == ["north", "-"], "it has its own variables and none of ours"
    with pytest.raises(ProcessLookupError):
        os.kill(int(process), 0)
    assert "did not answer within 2 seconds" in (await talk.say("use sleeps with seconds=60")).text


async def test_an_answer_without_an_end_is_broken_off(weather_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, weather={"url": weather_url, "tools": ["archive"]})
    [archive] = (await external_tools("coach", ())).tools
    assert "was longer and is cut here" in str(await archive.ainvoke({"megabytes": 1}))
    with pytest.raises(ToolException, match="answered more than 10 MB"):
        await archive.ainvoke({"megabytes": 20})


async def test_a_tool_that_is_gone_is_not_offered_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(external, "DOUBTED_SECONDS", 0)
    program = tmp_path / "weather.py"
    program.write_text(WEATHER.read_text())
    configure(monkeypatch, weather={**LOCAL, "args": [str(program)]})
    before = {tool.name: tool for tool in (await external_tools("coach", ())).tools}
    program.write_text(WEATHER.read_text().replace("def forecast(", "def outlook("))
    with pytest.raises(ToolException, match="Unknown tool"):
        await before["forecast"].ainvoke({"city": "Lisbon"})
    after = {tool.name for tool in (await external_tools("coach", ())).tools}
    assert after ^ set(before) == {"forecast", "outlook"}


async def test_more_tools_than_a_model_can_choose_among_are_not_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    program = tmp_path / "many.py"
    program.write_text(
        "from mcp.server.fastmcp import FastMCP\n"
        "server = FastMCP('many')\n"
        "for number in range(70):\n"
        "    server.add_tool(lambda: 'x', name=f'tool_{number}', description='d' * 5000)\n"
        "server.run('stdio')\n"
    )
    configure(monkeypatch, many={"command": sys.executable, "args": [str(program)]})
    found = (await external_tools("coach", ())).tools
    assert len(found) == external.MOST_TOOLS
    assert {len(tool.description) for tool in found} == {1024}
    assert "many offers 70 tools, of which 64 are taken" in caplog.text


async def test_a_run_that_is_cancelled_takes_its_call_along(
    talk: Talk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "told"
    os.mkfifo(told)
    configure(monkeypatch, weather={**LOCAL, "env": {"TOLD": str(told)}})
    running = asyncio.create_task(talk.say("use sleeps with seconds=60"))
    process = int(await asyncio.to_thread(told.read_text))
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


async def test_what_cannot_be_is_refused_when_the_graph_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, weather={"comand": "weather"})
    with pytest.raises(BadServersError, match="comand"):
        build_graph(COACH)
