"""Runs a command for as long as this program's standard input is open: `python leash.py COMMAND ARGUMENT…`.

A session holds the other end, so that no server outlives it, not even one that was killed.
"""

import os
import signal
import subprocess
import sys
import time
from threading import Thread

STOP_SECONDS = 10


def main(command: list[str]) -> int:
    """Run `command` to its end, or to that of the input; its exit code."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as process:
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        Thread(target=_end_with_input, daemon=True).start()
        return process.wait()


def _end_with_input() -> None:
    os.read(sys.stdin.fileno(), 1)  # nothing is ever written there
    os.killpg(os.getpgrp(), signal.SIGTERM)
    time.sleep(STOP_SECONDS)
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
