"""`planloom dev`: the server with auto-reload, on a database that outlives the reloads."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from rich.console import Console
from watchfiles import Change, DefaultFilter, watch

from server.db.migrate import migrate
from server.db.ready import opened_database
from server.langgraph_json import read_project
from server.settings import Settings

_PARENT_VARIABLE = "PLANLOOM_DEV_PARENT"
_STOP_SECONDS = 20
_PR_SET_PDEATHSIG = 1


class _Sources(DefaultFilter):
    """What a reload is for: the project's code and configuration, not its data."""

    ignore_dirs = (*DefaultFilter.ignore_dirs, ".planloom", ".ruff_cache")

    def __call__(self, change: Change, path: str) -> bool:
        if "pytest-cache-files-" in path:  # what a test run writes for a moment
            return False
        wanted = path.endswith((".py", ".json", ".md", ".toml", ".yaml")) or Path(path).name == ".env"
        return wanted and super().__call__(change, path)


def run_dev(settings: Settings, config: Path, *, debug: bool) -> int:
    """Serve until interrupted, anew after each change of the project's files; the exit code.

    A server that does not start ends it; after a reload, it waits for the next change instead.
    """
    project = read_project(config)
    project.apply_env()
    with opened_database(settings) as database_url:
        migrate(settings.direct_url(database_url))
        environment = {**os.environ, "DATABASE_URL": database_url, _PARENT_VARIABLE: str(os.getpid())}
        command = [sys.executable, "-m", "server.cli", "serve", "--config", str(config), "--host", settings.host]
        command += ["--port", str(settings.port), "--workers", str(settings.workers), *(["--debug"] if debug else [])]
        return _supervise(command, environment, project.folder)


def end_with_parent() -> None:
    """In the server that `planloom dev` started: end when it does, however it ends, so that no port stays taken."""
    parent = os.environ.get(_PARENT_VARIABLE)
    if parent is None:
        return
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    threading.Thread(target=_watch_parent, args=(int(parent),), name="parent-watch", daemon=True).start()


def _watch_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


def _supervise(command: list[str], environment: dict[str, str], folder: Path) -> int:
    console = Console(stderr=True)
    child = subprocess.Popen(command, env=environment)  # noqa: S603 - our own command
    reloaded, reported = False, False
    try:
        with _terminated_as_interrupt():
            for changes in watch(folder, watch_filter=_Sources(), rust_timeout=300, yield_on_timeout=True):
                code = child.poll()
                if changes:
                    names = ", ".join(sorted({Path(path).name for _, path in changes})[:3])
                    console.print(f"[dim]changed: {names}; reloading[/dim]")
                    _stop(child)
                    child = subprocess.Popen(command, env=environment)  # noqa: S603 - our own command
                    reloaded, reported = True, False
                elif code is not None and not reloaded:
                    return code
                elif code is not None and not reported:
                    console.print("[yellow]the server stopped; waiting for a change[/yellow]")
                    reported = True
    except KeyboardInterrupt:
        return 0
    finally:
        _stop(child)
    return 0


def _stop(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is not None:
        return
    child.terminate()
    try:
        child.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


@contextmanager
def _terminated_as_interrupt() -> Iterator[None]:
    """Treat SIGTERM like Ctrl-C, so that the server and its database are stopped in order."""

    def interrupt(_signum: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
