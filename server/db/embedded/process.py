"""A Postgres program as a direct child process that ends when we do."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from server.db.embedded.account import Account

_LAUNCHER = Path(__file__).with_name("launch.py")

_OUTPUT_BYTES = 1_000_000
_SIGNS_OF_TROUBLE = ("error:", "FATAL:", "PANIC:")
# What a client is told that connects before the server is ready: it says nothing about the server.
_TOO_EARLY = ("the database system is starting up", "the database system is not yet accepting connections")

_FAST_SECONDS = 20.0
_IMMEDIATE_SECONDS = 5.0


class ChildProcess:
    """One Postgres program.

    On Linux the kernel sends it `signal_at_death` when the thread that created it ends, so create it in a
    thread that lives as long as the program should.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        account: Account,
        folder: Path,
        log: Path,
        lock: int,
        signal_at_death: signal.Signals,
    ) -> None:
        """Start `command` in `folder` as `account`, its output appended to `log`, with the open file `lock`."""
        launch = [os.getpid(), account.uid, account.gid, int(signal_at_death)]
        self._log = log
        with open(log, "ab", opener=_private) as output:
            self._log_start = output.tell()
            self._process = subprocess.Popen(  # noqa: S603  (our own binaries, no shell)
                [sys.executable, "-I", "-S", str(_LAUNCHER), *map(str, launch), *command],
                cwd=folder,
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(lock,),
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def wait(self) -> int:
        """Wait for the end; give the exit code, negative for a signal."""
        return self._process.wait()

    def last_words(self) -> str:
        """The line of its output that best says why it failed, for a message."""
        with self._log.open("rb") as log:
            log.seek(self._log_start)
            lines = log.read(_OUTPUT_BYTES).decode(errors="replace").splitlines()
        telling = [
            line
            for line in lines
            if any(sign in line for sign in _SIGNS_OF_TROUBLE) and not any(sign in line for sign in _TOO_EARLY)
        ]
        return (telling or lines or ["it said nothing"])[-1].strip()

    def stop(self) -> None:
        """Shut a server down: in order if it can be done in time (SIGINT), at once otherwise.

        Does nothing if it has ended.
        """
        for how, seconds in ((signal.SIGINT, _FAST_SECONDS), (signal.SIGQUIT, _IMMEDIATE_SECONDS)):
            self._process.send_signal(how)
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                continue
            return
        self._process.kill()
        self._process.wait()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)


def runs_in(pid: int, folder: Path) -> bool:
    """Whether that process is a Postgres server of that folder, as far as the system lets us see."""
    if sys.platform == "linux":
        try:
            return Path(f"/proc/{pid}/cwd").readlink() == folder
        except OSError:
            return False
    listed = subprocess.run(  # noqa: S603  (a number, no shell)
        ["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return str(folder) in listed.stdout
