"""`MCP_SERVERS` as it is read, and what is refused of it."""

import json
from pathlib import Path
from typing import Any

import pytest

from agent.external.servers import BadServersError, LocalServer, RemoteServer, servers


def told(given: Any, **variables: str) -> dict[str, str]:
    return {"MCP_SERVERS": given if isinstance(given, str) else json.dumps(given), **variables}


def test_without_the_variable_there_are_no_servers() -> None:
    assert servers({}) == servers({"MCP_SERVERS": " "}) == {}


@pytest.mark.parametrize("wrapped", [False, True])
def test_servers_are_read_in_the_shape_that_clients_share(wrapped: bool, tmp_path: Path) -> None:
    given = {
        "files": {"command": "npx", "args": ["-y", "files"], "env": {"TOKEN": "${TOKEN}"}},
        "web": {"type": "http", "url": "https://a.example/mcp", "headers": {"authorization": "Bearer ${KEY:-none}"}},
        "old": {
            "transport": "sse",
            "url": "http://localhost:1/sse",
            "timeout": 3,
            "assistants": ["travel"],
            "tools": [],
        },
    }
    file = tmp_path / "mcp.json"
    file.write_text(json.dumps({"mcpServers": given} if wrapped else given))
    assert servers(told(str(file), TOKEN="t")) == {
        "files": LocalServer(command="npx", args=["-y", "files"], env={"TOKEN": "t"}),
        "web": RemoteServer(url="https://a.example/mcp", headers={"authorization": "Bearer none"}),
        "old": RemoteServer(
            transport="sse", url="http://localhost:1/sse", timeout=3, assistants=["travel"], tools=[]
        ),
    }  # fmt: skip


def test_what_stands_for_a_variable_is_its_value_of_now() -> None:
    given = told({"web": {"url": "https://a.example/${PLACE}"}})
    for place in ("north", "south"):
        assert servers({**given, "PLACE": place}) == {"web": RemoteServer(url=f"https://a.example/{place}")}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("{", "no JSON"),
        ("nowhere.json", "nowhere.json cannot be read"),
        ({"mcpServers": 1}, "mcpServers must be an object"),
        ({"a name": {"command": "x"}}, "'a name' is no name"),
        ({"web": {"url": "https://a.example", "header": {}}}, "web.header: unknown key; did you mean 'headers'"),
        ({"files": {"command": "x", "colour": 1}}, "files.colour: unknown key; known: assistants"),
        ({"files": {"args": []}}, "files.command: Field required"),
        ({"web": {"url": "ftp://a.example"}}, "web.url: must be an http"),
        ({"web": {"url": "http://a.example", "transport": "pigeon"}}, "web.transport"),
        ({"web": {"url": "http://a.example", "timeout": 0}}, "web.timeout"),
        ({"web": {"url": "http://a.example", "headers": {"k": "${KEY}"}}}, "web.headers.k names ${KEY}, which is not set"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_its_key(given: Any, said: str) -> None:
    with pytest.raises(BadServersError, match="MCP_SERVERS") as refused:
        servers(told(given))
    assert said in str(refused.value)
