import asyncio
import io
import os
import signal

from langgraph_sdk import get_client
from rich.console import Console

from server.chat.session import INTERRUPTED_EXIT, Session
from server.chat.terminal import Terminal
from tests.serving import AppServer
from tests.unit.chat.recorded_server import NEVER, RUN, RecordedServer, token


class Screen(io.StringIO):
    """A screen in front of which somebody presses Ctrl-C when they read `words`."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self._words = words

    def write(self, text: str) -> int:
        written = super().write(text)
        if self._words in text:
            asyncio.get_running_loop().call_soon(os.kill, os.getpid(), signal.SIGINT)
        return written


async def test_ctrl_c_cancels_the_run_on_the_server_and_ends_a_pipe() -> None:
    recorded = RecordedServer(runs=[[token("I am thinking"), (NEVER, None)]])
    screen = Screen("I am thinking")
    terminal = Terminal(io.StringIO("hi\nanother line\n"), Console(file=screen, width=80))
    with AppServer(recorded.app()) as server:
        async with get_client(url=server.url, api_key=None) as client:
            code = await Session(client, terminal, "coach").run()
    assert recorded.cancelled == [RUN]
    assert screen.getvalue().splitlines()[-2:] == ["I am thinking", "cancelled"]
    assert len(recorded.asked) == 1
    assert code == INTERRUPTED_EXIT
