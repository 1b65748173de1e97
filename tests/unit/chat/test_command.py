import io
import socket

import pytest
from rich.console import Console

from server.chat.command import chat
from server.chat.terminal import Terminal


def unused_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.mark.parametrize(
    ("url", "line"),
    [
        (f"http://127.0.0.1:{unused_port()}", "No server answers at http://127.0.0.1"),
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
