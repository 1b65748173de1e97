import asyncio
import io

import pytest
from rich.console import Console

from server.chat.command import chat
from server.chat.terminal import Terminal
from tests.serving import free_port


@pytest.mark.parametrize(
    ("url", "line"),
    [
        (f"http://127.0.0.1:{free_port()}", "No server answers at http://127.0.0.1"),
        ("localhost:2024", "'localhost:2024' is not the URL of a server"),
        ("http://[::1", "is not the URL of a server"),
    ],
    ids=["nobody there", "no scheme", "no URL"],
)
async def test_a_server_that_is_not_there_gets_one_clear_line(url: str, line: str) -> None:
    out = io.StringIO()
    code = await chat(url, "coach", terminal=Terminal(io.StringIO("hi\n"), Console(file=out, width=200)))
    assert code == 1
    assert line in out.getvalue()
    assert len(out.getvalue().splitlines()) == 1


async def test_a_servers_auth_is_given_its_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, str]] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().lower().splitlines()[1:]
        seen.append(dict(line.split(": ", 1) for line in lines if line))
        writer.write(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}")
        writer.close()

    monkeypatch.setenv("PLANLOOM_HEADERS", "X-Api-Key: k1\nAuthorization: Bearer env")
    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        terminal = Terminal(io.StringIO(""), Console(file=io.StringIO()))
        assert await chat(url, "coach", headers=["authorization: Bearer given"], terminal=terminal) == 1
    assert (seen[0]["x-api-key"], seen[0]["authorization"]) == ("k1", "bearer given")
