"""Tasks that go on for as long as the process does. One that dies is told of: in the log, and in the health details."""

import asyncio
from collections.abc import Sequence

import structlog

log = structlog.get_logger("planloom.background")

_dead: dict[str, str] = {}


def watch_over(task: asyncio.Task[None], lost: str) -> None:
    """Say aloud when the task dies of an error, and what is `lost` with it: in silence, that looks like slowness."""

    def ended(task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            _dead[task.get_name()] = lost
            log.critical(f"{lost}; restart the process", task=task.get_name(), exc_info=error)

    task.add_done_callback(ended)


def losses() -> Sequence[str]:
    """What is lost by the tasks of this process that died."""
    return sorted(set(_dead.values()))
