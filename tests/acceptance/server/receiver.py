"""Somebody who is sent webhooks, and does with them what the path says."""

import json
import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.serving import serving

WAIT_SECONDS = 60
_FAILS = re.compile(r"/fails-(\d+)-with-(\d+)/")


@dataclass(frozen=True)
class Heard:
    """A webhook as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def told(self) -> dict[str, Any]:
        """What it says."""
        told: dict[str, Any] = json.loads(self.body)
        return told


class WebhookReceiver:
    """Answers 200, but `/fails-N-with-S/…` N times with status S, `/redirects/…` with 302, and `/held/…` only once released."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.released = threading.Event()
        self._heard: list[Heard] = []
        self._news = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                heard = Heard(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
                times = receiver._note(heard)
                if self.path.startswith("/held/"):
                    receiver.released.wait(WAIT_SECONDS)
                failing = _FAILS.match(self.path)
                status = 200 if failing is None or times > int(failing[1]) else int(failing[2])
                self.send_response(302 if self.path.startswith("/redirects/") else status)
                self.send_header("location", "/ok/redirected")
                self.send_header("set-cookie", "a=b")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Nothing to the terminal."""

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: Any) -> None:
                """A sender that was killed, or that does not trust us, is no error of ours."""

        self._server = Server(("127.0.0.1", 0), Handler)
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = int(self._server.server_address[1])

    def url(self, path: str) -> str:
        """Where to send."""
        return f"http://127.0.0.1:{self.port}{path}"

    def heard(self, path: str) -> list[Heard]:
        """What came to a path so far."""
        with self._news:
            return [one for one in self._heard if one.path == path]

    def until(self, path: str, times: int = 1) -> list[Heard]:
        """What came to a path, once that is so many."""
        with self._news:
            came = self._news.wait_for(lambda: sum(one.path == path for one in self._heard) >= times, WAIT_SECONDS)
            assert came, f"{path} came {sum(one.path == path for one in self._heard)} times, not {times}"
        return self.heard(path)

    def _note(self, heard: Heard) -> int:
        with self._news:
            self._heard.append(heard)
            self._news.notify_all()
            return sum(one.path == heard.path for one in self._heard)


@contextmanager
def receiving(context: ssl.SSLContext | None = None) -> Iterator[WebhookReceiver]:
    """A receiver, by https with a `context`."""
    receiver = WebhookReceiver(context)
    with serving(receiver._server):
        try:
            yield receiver
        finally:
            receiver.released.set()
