"""Planloom as it is served: real processes of the `planloom` command, and databases of their own."""

import os
import re
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

REPO = Path(__file__).parents[3]
PROJECT = REPO / "tests" / "project" / "langgraph.json"
START_SECONDS = 120
_OURS = re.compile(
    r"^(DATABASE_URL|DATABASE_DIRECT_URL|DB_POOL_SIZE|PLANLOOM_.*|REDIS_URL|OPENAI_.*|MCP_SERVERS|MODEL|MODEL_NAME|LLM_MODEL|EMBEDDINGS|LANGSMITH_.*"
    r"|LANGCHAIN_.*|HOST|PORT|LOG_.*|WORKERS|METRICS_PORT|DRAIN_DELAY|STRICT_REQUESTS|MAX_BODY_BYTES|CORS_ORIGINS|WEBHOOK_.*|SENTRY_.*|OTEL_.*)$"
)


class Planloom:
    """One process of the `planloom` command; its stderr is read as it comes."""

    def __init__(self, arguments: Sequence[str], folder: Path, environment: dict[str, str]) -> None:
        inherited = {name: value for name, value in os.environ.items() if not _OURS.match(name)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "server.cli", *arguments],
            cwd=folder,
            env={**inherited, "PYTHONPATH": str(REPO), **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._lines: list[str] = []
        self._ended = False
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def stderr(self) -> str:
        """All it has said so far."""
        with self._news:
            return "\n".join(self._lines)

    @property
    def url(self) -> str:
        """Where it serves, once it says so."""
        return self.until(r"""^(?:API +|.*"api": ")([^"\s]+)""").group(1)

    def until(self, pattern: str, *, times: int = 1) -> re.Match[str]:
        """Wait for the line of stderr that matches, the `times`-th such line."""

        def found() -> list[re.Match[str]]:
            return [match for line in self._lines if (match := re.search(pattern, line))]

        with self._news:
            self._news.wait_for(lambda: len(found()) >= times or self._ended, START_SECONDS)
            if len(found()) < times:
                said = "\n".join(self._lines)
                raise AssertionError(f"no line matches {pattern!r} (exit code {self.process.poll()}):\n{said}")
            return found()[times - 1]

    def wait(self) -> int:
        """Its exit code, once it has ended and everything it said is read."""
        code = self.process.wait(START_SECONDS)
        self._reader.join()
        return code

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.send_signal(signal.SIGKILL)
        self.wait()

    def stop(self) -> int:
        """Ask it to stop; its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        code = self.wait()
        if self.process.stderr is not None:
            self.process.stderr.close()
        return code

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._news:
                self._lines.append(line.rstrip("\n"))
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()


def serve(
    database_url: str,
    folder: Path,
    *arguments: str,
    config: Path = PROJECT,
    environment: dict[str, str] | None = None,
) -> Planloom:
    """`planloom serve` on a free port."""
    given = ["serve", "--port", "0", "--config", str(config), *arguments]
    return Planloom(given, folder, {"DATABASE_URL": database_url, **(environment or {})})


def work(database_url: str, folder: Path, *arguments: str, environment: dict[str, str] | None = None) -> Planloom:
    """`planloom worker`."""
    given = ["worker", "--config", str(PROJECT), *arguments]
    return Planloom(given, folder, {"DATABASE_URL": database_url, **(environment or {})})


@contextmanager
def fresh_database(postgres_url: str, template: str) -> Iterator[str]:
    """The libpq URL of a database like `template`, for as long as the context lasts."""
    name = f"planloom_live_{secrets.token_hex(6)}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(template))
        )
    try:
        yield urlunsplit(urlsplit(postgres_url)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
