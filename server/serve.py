"""Serving processes: the HTTP server and the worker without HTTP. Failures to start become one line and exit code 1."""

import asyncio
import logging
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from functools import partial
from pathlib import Path
from types import FrameType

import structlog
import uvicorn
from fastapi import FastAPI
from uvicorn.loops.auto import auto_loop_factory

from server.app import create_app
from server.banner import print_banner
from server.db.ready import ready_database
from server.errors import StartupError
from server.garbage import spare_what_stays
from server.graph_loader import load_graphs
from server.langgraph_json import read_project
from server.logs import configure_logs
from server.own_app import load_own_app
from server.runtime import Runtime, running
from server.settings import Settings
from server.shutdown import ShutdownLimit
from server.system.worker_app import worker_app

CLOSE_STREAMS_SECONDS = 5
"""How long open streams may go on once the server is asked to stop; their runs go on elsewhere."""

_SILENT_PEER_MILLISECONDS = 90_000


KEEP_ALIVE_SECONDS = 75
"""How long an idle connection stays open: longer than load balancers keep theirs (60 s), or they use one that just closed."""


class _StartupFailures(logging.Filter):
    """Keeps the server library from printing a traceback for a failed start: the command prints the one line."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__()
        self._app = app

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to show the record."""
        return getattr(self._app.state, "startup_failure", None) is None


class _Server(uvicorn.Server):
    """Stops within a limit, and tells the application at once that it will, not only when its streams are closed."""

    def __init__(self, config: uvicorn.Config, app: FastAPI, drain_delay: float = 0) -> None:
        super().__init__(config)
        self._app = app
        self._limit = ShutdownLimit()
        self._drain_delay = drain_delay
        self._is_draining = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal asks to stop: at once, or after the delay in which load balancers see that this process is not ready."""
        health = getattr(self._app.state, "health", None)
        if health is not None:
            health.drain()
        if self._drain_delay and self.started and not self._is_draining:
            self._is_draining = True
            stop = threading.Timer(self._drain_delay, self._stop, (sig, None))
            stop.daemon = True
            stop.start()
            return
        self._stop(sig, frame)

    def _stop(self, sig: int, frame: FrameType | None) -> None:
        self._limit.begin()
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the streams, then the application."""
        for tell in self._app.state.on_stopping:
            tell()
        await super().shutdown(sockets)


def serve_http(settings: Settings, config: Path, *, debug: bool = False) -> None:
    """Serve until a signal asks to stop. Raises `StartupError`."""
    app = create_app(settings, config)
    listener = _bind(settings.host, settings.port)
    app.state.on_started.append(
        partial(print_banner, settings, listener.getsockname()[1], mount_prefix=app.state.mount_prefix)
    )
    app.state.on_started.append(lambda _: spare_what_stays())
    if not debug:
        logging.getLogger("uvicorn.error").addFilter(_StartupFailures(app))
    server = _Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="on",
            timeout_graceful_shutdown=CLOSE_STREAMS_SECONDS,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            server_header=False,
            ws_max_size=settings.max_body_bytes,
        ),
        app,
        settings.drain_delay,
    )
    # The library raises the signal that stopped it once more when it is done; by then all is done, and well.
    for stopping in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stopping, _end_well)
    with listener, suppress(SystemExit):  # it exits by itself when the lifespan fails; we tell why first
        server.run(sockets=[listener])
    if not server.started:
        failure: BaseException | None = getattr(app.state, "startup_failure", None)
        raise failure if isinstance(failure, StartupError) else StartupError(_one_line(failure))


def run_worker(settings: Settings, config: Path) -> None:
    """Execute runs until a signal asks to stop. Raises `StartupError`."""
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(_work(settings, config))


async def _work(settings: Settings, config: Path) -> None:
    project = read_project(config)
    project.apply_env()
    configure_logs(settings)
    stop = _stop_signal()
    async with AsyncExitStack() as stack:
        database_url = await stack.enter_async_context(ready_database(settings))
        settings.export(database_url)
        graphs = load_graphs(project)
        own = load_own_app(project)
        if own is not None:
            await stack.enter_async_context(own.router.lifespan_context(own))
        runtime = await stack.enter_async_context(running(settings, graphs, database_url, project))
        if settings.metrics_port is not None:
            await stack.enter_async_context(_observed(settings, settings.metrics_port, runtime))
        structlog.get_logger("planloom.worker").info("worker started", runs_at_once=settings.workers, graphs=graphs.ids)
        spare_what_stays()
        await stop.wait()
        runtime.health.drain()
        if runtime.worker is not None:  # before the port: who looks meanwhile is told that nothing new should come
            await runtime.worker.close()


class _Beside(uvicorn.Server):
    """Serves beside a worker, which hears the signals."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield


@asynccontextmanager
async def _observed(settings: Settings, port: int, runtime: Runtime) -> AsyncIterator[None]:
    """Answer whoever monitors this worker. Raises `StartupError` if the port is taken."""
    with _bind(settings.host, port) as listener:
        server = _Beside(uvicorn.Config(worker_app(runtime, settings), log_config=None, access_log=False))
        serving = asyncio.create_task(server.serve(sockets=[listener]), name="observation")
        structlog.get_logger("planloom.worker").info(
            "answering /ok, /metrics and /health", host=settings.host, port=listener.getsockname()[1]
        )
        try:
            yield
        finally:
            server.should_exit = True
            await serving


def _stop_signal() -> asyncio.Event:
    """Set when a signal asks to stop; from then on, the process has a limited time to do so."""
    stop, limit, loop = asyncio.Event(), ShutdownLimit(), asyncio.get_running_loop()

    def handle(_signum: int, _frame: FrameType | None) -> None:
        limit.begin()
        loop.call_soon_threadsafe(stop.set)

    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, handle)  # not the loop's own way: a graph may keep the loop from hearing of it
    return stop


def _end_well(_signum: int, _frame: FrameType | None) -> None:
    """Nothing is left to do, and the exit code is that of a process that ended as it should."""


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    if sys.platform != "win32":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise StartupError(
            f"cannot listen on {host}:{port}: {error.strerror}; stop what uses it, or choose another with --port"
        ) from error
    if hasattr(
        socket, "TCP_USER_TIMEOUT"
    ):  # a peer that is gone, or takes nothing, does not keep its connection for ever
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _SILENT_PEER_MILLISECONDS)
    listener.listen(2048)
    listener.set_inheritable(True)
    return listener


def _one_line(failure: BaseException | None) -> str:
    if failure is None:
        return "the server did not start"
    return f"{type(failure).__name__}: {' '.join(str(failure).split())} (--debug shows where)"
