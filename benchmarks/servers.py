"""The servers that are measured: Planloom, the official dev server, and any other by its URL."""

import asyncio
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Protocol
from uuid import uuid4

import httpx

from benchmarks.http_client import HttpClient
from benchmarks.processes import CpuClock, ProcessTree
from benchmarks.streamed import Streamed, StreamReader

REPO = Path(__file__).parents[1]
PROJECT = [Path(__file__).with_name(name) for name in ("langgraph.json", "graphs.py")]
START_SECONDS = 90.0
STOP_SECONDS = 15.0

# what the caller's shell says must not change what is measured
_KEPT_OUT = re.compile(
    r"^(DATABASE_URL|DB_POOL_SIZE|PLANLOOM_.*|REDIS_URL|OPENAI_.*|MODEL|MODEL_NAME|LLM_MODEL|EMBEDDINGS|LANGSMITH_.*"
    r"|LANGCHAIN_.*|LANGGRAPH_.*|HOST|PORT|LOG_.*|WORKERS|STRICT_REQUESTS|MAX_BODY_BYTES|CORS_ORIGINS)$"
)


@dataclass(frozen=True)
class Layout:
    """How a server is started: how many runs it executes at once, and whether in a process of its own."""

    runs_at_once: int = 16
    split: bool = False


@dataclass(frozen=True)
class Server:
    """A server that is up. `processes` is None for one that runs elsewhere."""

    name: str
    spec: "ServerSpec"
    client: HttpClient
    cpu: CpuClock
    processes: Sequence[ProcessTree] | None
    start_seconds: float | None

    async def create_thread(self) -> str:
        """A new thread's id."""
        thread_id = str(uuid4())
        await self.client.post("/threads", {"thread_id": thread_id})
        return thread_id

    async def create_threads(self, count: int) -> list[str]:
        """New threads' ids."""
        return [await self.create_thread() for _ in range(count)]

    async def stream(self, thread_id: str, graph_id: str, given: Any, modes: list[str]) -> Streamed:
        """Start a run and read its events."""
        body = {"assistant_id": graph_id, "input": given, "stream_mode": modes}
        reader = StreamReader()
        await self.client.post(f"/threads/{thread_id}/runs/stream", body, reader)
        return reader.ended()

    async def wait(self, thread_id: str, graph_id: str, given: Any) -> float:
        """Start a run and wait for its outcome; the milliseconds that took."""
        started = time.perf_counter()
        answer = await self.client.post(f"/threads/{thread_id}/runs/wait", {"assistant_id": graph_id, "input": given})
        if b"__error__" in answer.body:
            raise ValueError(f"the run failed: {answer.body[:500].decode(errors='replace')}")
        return (time.perf_counter() - started) * 1000

    def rss_mb(self) -> float | None:
        """Resident memory of all its processes, in MiB."""
        return None if self.processes is None else sum(tree.rss_mb() for tree in self.processes)


class ServerSpec(Protocol):
    """A server that can be started."""

    @property
    def name(self) -> str:
        """What the tables call it."""

    def running(self, layout: Layout) -> AbstractAsyncContextManager[Server]:
        """A context with the `Server`, ready for requests."""


@dataclass(frozen=True)
class PlanloomSpec:
    """This project's server on a database of its own."""

    database_url: str
    postgres_cpu: Callable[[], float]
    name: str = "planloom"
    environment: Mapping[str, str] = field(default_factory=dict)

    @asynccontextmanager
    async def running(self, layout: Layout) -> AsyncIterator[Server]:
        """The server, up. A split one is a process that serves and one that executes."""
        port = free_port()
        command = [sys.executable, "-m", "server.cli"]
        workers = ["--config", "langgraph.json", "--workers", str(layout.runs_at_once)]
        serve = [*command, "serve", "--port", str(port), "--config", "langgraph.json"]
        commands = [[*serve, *workers[2:]]]
        if layout.split:
            commands = [[*serve, "--workers", "0"], [*command, "worker", *workers]]
        environment = {
            "DATABASE_URL": self.database_url,
            "PYTHONPATH": str(REPO),
            "MODEL": "demo",
            "LOG_LEVEL": "warning",
            **self.environment,
        }
        async with _running(self, commands, environment, f"http://127.0.0.1:{port}", self.postgres_cpu) as server:
            yield server


@dataclass(frozen=True)
class DevServerSpec:
    """The official dev server. It keeps everything in memory."""

    name: str = "langgraph dev"

    @asynccontextmanager
    async def running(self, layout: Layout) -> AsyncIterator[Server]:
        """The server, up; it is always one process."""
        port = free_port()
        command = [
            str(Path(sys.executable).with_name("langgraph")), "dev", "--no-browser", "--no-reload",
            "--n-jobs-per-worker", str(layout.runs_at_once), "--port", str(port), "--config", "langgraph.json",
        ]  # fmt: skip
        environment = {
            "LANGGRAPH_CLI_NO_ANALYTICS": "1",
            "LANGSMITH_TRACING": "false",
            "LANGGRAPH_NO_VERSION_CHECK": "true",
            "LOG_LEVEL": "warning",
        }
        async with _running(self, [command], environment, f"http://127.0.0.1:{port}", lambda: 0.0) as server:
            yield server


@dataclass(frozen=True)
class RemoteSpec:
    """A server that is up already and serves `benchmarks/langgraph.json`. Its CPU and memory are known with its `pid`."""

    name: str
    url: str
    pid: int | None = None
    postgres_cpu: Callable[[], float] = field(default=lambda: 0.0)

    @asynccontextmanager
    async def running(self, layout: Layout) -> AsyncIterator[Server]:
        """The server as it is; how many runs it executes at once is its own affair."""
        trees = None if self.pid is None else [ProcessTree(self.pid)]
        async with HttpClient(self.url) as client:
            yield Server(self.name, self, client, CpuClock(_cpu_of(trees), self.postgres_cpu), trees, None)


def remote(given: str) -> RemoteSpec:
    """The server that `name=url` names, or `name=url#pid`. Raises `ValueError`."""
    name, _, address = given.partition("=")
    url, _, pid = address.partition("#")
    if not name or not url.startswith("http://") or not (pid.isdecimal() or not pid):
        raise ValueError(f"{given!r} is not name=http://host:port, or name=http://host:port#pid")
    return RemoteSpec(name, url, int(pid) if pid else None)


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _cpu_of(trees: Sequence[ProcessTree] | None) -> Callable[[], float]:
    return lambda: sum(tree.cpu_seconds() for tree in trees or ())


@asynccontextmanager
async def _running(
    spec: ServerSpec,
    commands: Sequence[Sequence[str]],
    environment: dict[str, str],
    url: str,
    postgres_cpu: Callable[[], float],
) -> AsyncIterator[Server]:
    inherited = {name: value for name, value in os.environ.items() if not _KEPT_OUT.match(name)}
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "server.log"
        processes: list[subprocess.Popen[bytes]] = []
        for file in PROJECT:  # the dev server looks for graphs where it is started, and leaves files there
            shutil.copy(file, folder)
        try:
            with log.open("wb") as output:
                processes += [_started(command, folder, {**inherited, **environment}, output) for command in commands]
            await _until_ready(url, processes, log)
            seconds = time.perf_counter() - started
            trees = [ProcessTree(process.pid) for process in processes]
            async with HttpClient(url) as client:
                yield Server(spec.name, spec, client, CpuClock(_cpu_of(trees), postgres_cpu), trees, seconds)
        finally:
            await asyncio.to_thread(_stop, processes)


def _started(
    command: Sequence[str], folder: str, environment: dict[str, str], log: BinaryIO
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # what it starts stops with it
    )


async def _until_ready(url: str, processes: Sequence[subprocess.Popen[bytes]], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    async with httpx.AsyncClient() as http:
        while time.monotonic() < until and all(process.poll() is None for process in processes):
            try:
                if (await http.get(f"{url}/ok")).status_code == 200:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.02)
    said = await asyncio.to_thread(log.read_text, errors="replace")
    raise RuntimeError(f"{url} did not start:\n{said[-3000:]}")


def _stop(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for wanted in (signal.SIGTERM, signal.SIGKILL):
        for process in processes:
            try:
                os.killpg(process.pid, wanted)
            except ProcessLookupError:
                continue
        try:
            for process in processes:
                process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        return
