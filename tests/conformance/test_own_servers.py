"""The suite runs against the two servers that it started itself, and against no other."""

import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.conformance.conftest import Both
from tests.conformance.servers import LEASH, NotOurServerError, new_mark, verify
from tests.serving import serving


class _OtherServer(BaseHTTPRequestHandler):
    """Somebody else's LangGraph server: it has assistants, but not this session's."""

    def do_POST(self) -> None:
        body = b'[{"assistant_id": "1", "graph_id": "chat", "description": "somebody\'s own"}]'
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def other_server() -> Iterator[str]:
    """The address of a server that this session did not start."""
    with serving(HTTPServer(("127.0.0.1", 0), _OtherServer)) as url:
        yield url


def test_a_server_of_somebody_elses_is_refused(other_server: str) -> None:
    with pytest.raises(NotOurServerError, match="was not started by this session"):
        verify(other_server, new_mark())


def test_an_address_where_nobody_serves_is_refused() -> None:
    with pytest.raises(NotOurServerError, match="is no LangGraph server"):
        verify("http://127.0.0.1:9", new_mark())


def test_both_servers_are_known_by_this_sessions_mark_only(servers: dict[str, Both]) -> None:
    for server in (servers["plain"].official, servers["plain"].ours):
        verify(server.url, server.mark)
        with pytest.raises(NotOurServerError):
            verify(server.url, new_mark())


def test_a_server_ends_with_the_session_that_started_it() -> None:
    endless = "import time; print('started', flush=True); time.sleep(600)"
    with subprocess.Popen(
        [sys.executable, str(LEASH), sys.executable, "-c", endless],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"started\n"
        process.stdin.close()  # as when a session is killed
        assert process.stdout.read() == b""  # both ends of the pipe are closed: the child has ended
        assert process.wait(30) != 0
