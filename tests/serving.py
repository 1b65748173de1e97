"""Servers of a test's own, each on a port of its own and in a thread of the test's process."""

import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import HTTPServer
from types import TracebackType
from typing import Any, Self

import uvicorn

WAIT_SECONDS = 60.0
POLL_SECONDS = 0.01


def free_port() -> int:
    """A port for a program that cannot choose one itself, or one where nobody is.

    It is below those that systems give out: nobody who asks for any port, and no connection, gets it before the program does.
    """
    chance = random.SystemRandom()
    while True:
        port = chance.randrange(20_000, 30_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


class AppServer:
    """Serves an ASGI app while it is used as a context manager. `options` are uvicorn's."""

    def __init__(self, app: Any, **options: Any) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(
            app, log_level="critical", lifespan="off", ws="none", timeout_graceful_shutdown=1, **options
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        for _ in range(int(WAIT_SECONDS / POLL_SECONDS)):
            if self._server.started:
                return self
            time.sleep(POLL_SECONDS)
        raise TimeoutError(f"{type(self).__name__} did not start")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()


@contextmanager
def serving(server: HTTPServer) -> Iterator[str]:
    """Where the server is, which answers meanwhile."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
