"""What processes have used so far: CPU time and memory."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil


class ProcessTree:
    """A process with all its children, the ones that ended included in its CPU time."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)

    def cpu_seconds(self) -> float:
        """User and system time used so far, in steps of 10 ms."""
        total = 0.0
        for process in self._alive():
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system + times.children_user + times.children_system
        return total

    def rss_mb(self) -> float:
        """Resident memory now, in MiB. What processes share is counted for each."""
        total = 0
        for process in self._alive():
            try:
                total += process.memory_info().rss
            except psutil.NoSuchProcess:
                continue
        return total / 2**20

    def _alive(self) -> list[psutil.Process]:
        try:
            return [self._root, *self._root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []


@dataclass(frozen=True, slots=True)
class CpuTimes:
    """Seconds of CPU time: of what is measured, of Postgres, and of this process."""

    subject: float
    postgres: float
    client: float

    def since(self, before: Self) -> "CpuTimes":
        """What was used since then."""
        return CpuTimes(self.subject - before.subject, self.postgres - before.postgres, self.client - before.client)


class CpuClock:
    """Reads all the clocks that matter for one subject at once."""

    def __init__(self, subject: Callable[[], float], postgres: Callable[[], float]) -> None:
        self._subject = subject
        self._postgres = postgres

    def read(self) -> CpuTimes:
        """The times so far."""
        return CpuTimes(self._subject(), self._postgres(), time.process_time())


def postgres_tree(data_dir: Path) -> ProcessTree:
    """The processes of the Postgres whose cluster is in that folder."""
    return ProcessTree(int((data_dir / "postmaster.pid").read_text().splitlines()[0]))
