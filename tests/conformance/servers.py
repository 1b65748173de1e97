"""The two servers, started for this session on a copy of a fixture project, and stopped whatever happens.

A copy carries a mark that only this session knows, as the description of a graph. `verify` refuses a server that does not
show it: cases cancel runs and delete threads, which no server but our own may suffer.
"""

import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.serving import free_port

REPO = Path(__file__).parents[2]
PROJECTS = Path(__file__).parent / "projects"
LEASH = Path(__file__).with_name("leash.py")
START_SECONDS = 150
STOP_SECONDS = 30
_MARKED_GRAPH = "chat"
_ANN = {"authorization": "Bearer ann"}  # a user of the project that asks who calls; the others do not look
_KEPT_OUT = re.compile(
    r"^(DATABASE_URL|DB_POOL_SIZE|PLANLOOM_.*|REDIS_URL|OPENAI_.*|MCP_SERVERS|MODEL|MODEL_NAME|LLM_MODEL|EMBEDDINGS|LANGSMITH_.*"
    r"|LANGCHAIN_.*|LANGGRAPH_.*|HOST|PORT|LOG_.*|WORKERS|STRICT_REQUESTS|MAX_BODY_BYTES|CORS_ORIGINS)$"
)


class NotOurServerError(AssertionError):
    """The server at that address was not started by this session."""


def new_mark() -> str:
    """A mark that no other session has."""
    return f"compared in session {secrets.token_hex(8)}"


@dataclass(frozen=True)
class Server:
    """A server that this session started."""

    url: str
    mark: str
    process: subprocess.Popen[bytes]
    log: Path

    def until_ready(self) -> None:
        """Return once it serves this session's project. Raises `AssertionError` with what it said if it does not."""
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            try:
                if httpx.get(f"{self.url}/ok", timeout=30).status_code == 200:
                    verify(self.url, self.mark)
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        said = self.log.read_text(errors="replace")[-4000:]
        raise AssertionError(f"{self.url} did not start (exit code {self.process.poll()}):\n{said}")


@contextmanager
def official_server(project: str, folder: Path, mark: str) -> Iterator[Server]:
    """The official dev server on a copy of that project in `folder`, starting."""
    config = _copied(project, folder, mark)
    port = free_port()
    command = [
        str(Path(sys.executable).with_name("langgraph")), "dev", "--no-browser", "--no-reload",
        "--n-jobs-per-worker", "20", "--host", "127.0.0.1", "--port", str(port), "--config", str(config),
    ]  # fmt: skip
    quiet = {"LANGGRAPH_CLI_NO_ANALYTICS": "1", "LANGSMITH_TRACING": "false", "LANGGRAPH_NO_VERSION_CHECK": "true"}
    with _serving(command, folder, quiet, f"http://127.0.0.1:{port}", mark) as server:
        yield server


@contextmanager
def our_server(project: str, folder: Path, mark: str, database_url: str) -> Iterator[Server]:
    """Planloom on a copy of that project in `folder`, starting."""
    config = _copied(project, folder, mark)
    port = free_port()
    command = [
        sys.executable, "-m", "server.cli", "serve", "--port", str(port), "--config", str(config), "--workers", "20",
    ]  # fmt: skip
    environment = {"DATABASE_URL": database_url, "PYTHONPATH": str(REPO)}
    with _serving(command, folder, environment, f"http://127.0.0.1:{port}", mark) as server:
        yield server


def verify(url: str, mark: str) -> None:
    """Raise `NotOurServerError` unless the server at `url` serves this session's copy of the project."""
    try:
        asked = {"graph_id": _MARKED_GRAPH, "metadata": {"created_by": "system"}}
        found = httpx.post(f"{url}/assistants/search", json=asked, headers=_ANN, timeout=60)
        descriptions = [assistant.get("description") for assistant in found.json()]
    except (httpx.HTTPError, ValueError, AttributeError) as error:
        raise NotOurServerError(f"{url} is no LangGraph server of this session: {error}") from error
    if mark not in descriptions:
        raise NotOurServerError(f"{url} was not started by this session; cases delete and cancel, so it is left alone")


@contextmanager
def _serving(
    command: Sequence[str], folder: Path, environment: dict[str, str], url: str, mark: str
) -> Iterator[Server]:
    inherited = {name: value for name, value in os.environ.items() if not _KEPT_OUT.match(name)}
    log = folder / "server.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [sys.executable, str(LEASH), *command],
            cwd=folder,
            env={**inherited, **environment},
            stdin=subprocess.PIPE,  # closes with this process, however it ends
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # what it starts stops with it
        ) as process,
    ):
        try:
            yield Server(url, mark, process, log)
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    for wanted in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, wanted)
        except ProcessLookupError:
            break
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            continue


def _copied(project: str, folder: Path, mark: str) -> Path:
    shutil.copytree(PROJECTS / project, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    config = folder / "langgraph.json"
    content = json.loads(config.read_text())
    content["graphs"][_MARKED_GRAPH]["description"] = mark
    config.write_text(json.dumps(content))
    return config
