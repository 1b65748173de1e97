"""A program that starts an embedded Postgres, both sides of it: what the tests hold and what runs.

    embedded_program.py FOLDER durable|loose

It prints a line of JSON about the server it has, another for each line of its input, and stops at the end of
its input. If it can't start the server, it prints the error.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg

from server.db.embedded import EmbeddedPostgres, EmbeddedPostgresError

REPOSITORY = Path(__file__).parents[3]
SITE_PACKAGES = Path(psycopg.__file__).parents[1]


class Program:
    """The program in a process of its own; leaving the context kills it if it still runs."""

    def __init__(
        self,
        folder: Path,
        *,
        python: str = sys.executable,
        uid: int | None = None,
        packages: Path | None = None,
        durable: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        paths = [*([packages] if packages else []), REPOSITORY, SITE_PACKAGES]
        self._process = subprocess.Popen(
            [python, "-B", __file__, str(folder), "durable" if durable else "loose"],
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("PG")},
                "PYTHONPATH": os.pathsep.join(map(str, paths)),
                **(environment or {}),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd="/",
            user=uid,
            group=uid,
            extra_groups=None if uid is None else [],
        )

    def answer(self) -> dict[str, Any]:
        """The next line it prints."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        return json.loads(line) if line else {"ended": self._process.wait()}

    def ask(self) -> dict[str, Any]:
        """How it stands now."""
        assert self._process.stdin is not None
        self._process.stdin.write("?\n")
        self._process.stdin.flush()
        return self.answer()

    def end(self) -> int:
        """Let it come to its end."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self._process.wait()

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """Kill it; it is gone when this returns."""
        self._process.send_signal(how)
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None and not pipe.closed:
                pipe.close()


def server_pid(folder: Path) -> int:
    """The pid of the server that runs in a data folder."""
    return int((folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])


def is_alive(pid: int) -> bool:
    """Whether a process has that pid; one that only waits to be buried doesn't count."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    if not status.exists():
        return sys.platform != "linux"
    return status.read_text().rpartition(")")[2].split()[0] != "Z"


def eventually(condition: Callable[[], bool]) -> None:
    """Wait until it holds; the limit only ends a test that has failed."""
    give_up = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < give_up, "it never happened"
        time.sleep(0.02)


def answers(dsn: str) -> bool:
    """Whether a new connection works now."""
    try:
        with psycopg.connect(dsn) as connection:
            return connection.execute("select 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def _main(folder: Path, durable: bool) -> None:
    def say(**facts: Any) -> None:
        print(json.dumps(facts), flush=True)

    try:
        with EmbeddedPostgres(folder, durable=durable) as postgres:
            say(dsn=postgres.dsn(), owner=postgres.owner)
            for _ in sys.stdin:
                say(dsn=postgres.dsn(), owner=postgres.owner)
    except EmbeddedPostgresError as error:
        say(error=str(error))


if __name__ == "__main__":
    _main(Path(sys.argv[1]), sys.argv[2] == "durable")
