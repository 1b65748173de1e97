"""How a process and what it depends on are doing: for load balancers (ready or not) and for people (the details)."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import structlog

CHECK_SECONDS = 2.0
"""How long a dependency may take to answer before it counts as down."""

State = Literal["ok", "degraded", "down"]
Facts = Mapping[str, Any]
Check = Callable[[], Awaitable[Facts]]
"""Asks one dependency; what it says of itself, if anything. Raises what keeps it from answering."""

log = structlog.get_logger("planloom.health")


class DegradedError(Exception):
    """A dependency answers, but not as it should; its text is shown."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """What this process leans on. Without one that is `needed` it serves nothing; without another it serves less well."""

    name: str
    check: Check
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of asking one dependency; `latency` in seconds."""

    dependency: Dependency
    state: State
    latency: float
    facts: Facts
    error: str | None = None

    def shown(self) -> dict[str, Any]:
        """As JSON, its latency in milliseconds."""
        told = {"status": self.state, "latency_ms": round(self.latency * 1000, 2), **self.facts}
        return told if self.error is None else {**told, "error": self.error}


class Health:
    """Asks all dependencies at once. Once `drain` was called the process is ready for nothing new."""

    def __init__(self, dependencies: list[Dependency]) -> None:
        self._dependencies = dependencies
        self._since = time.monotonic()
        self.draining = False

    def drain(self) -> None:
        """From now on, no new work should come here."""
        self.draining = True

    async def is_ready(self) -> bool:
        """Whether new requests may be sent here."""
        if self.draining:
            return False
        answers = await asyncio.gather(*(_asked(one) for one in self._dependencies if one.needed))
        return all(answer.state != "down" for answer in answers)

    async def details(self) -> tuple[State, dict[str, Any]]:
        """How all is, and each dependency's state and latency in milliseconds."""
        answers = await asyncio.gather(*(_asked(one) for one in self._dependencies))
        state: State = "ok"
        if any(answer.state != "ok" for answer in answers):
            state = "down" if any(one.state == "down" and one.dependency.needed for one in answers) else "degraded"
        return state, {
            "status": state,
            "draining": self.draining,
            "uptime_seconds": round(time.monotonic() - self._since, 1),
            "dependencies": {answer.dependency.name: answer.shown() for answer in answers},
        }


async def _asked(dependency: Dependency) -> Answer:
    started = time.perf_counter()
    state: State = "ok"
    facts: Facts = {}
    error = None
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            facts = await dependency.check()
    except DegradedError as problem:
        state, error = "degraded", str(problem)
    except TimeoutError:
        state, error = "down", f"no answer within {CHECK_SECONDS:g} seconds"
    except Exception as problem:  # a check's failure is its answer, whatever it is; its text may name hosts and users
        log.warning("a dependency is down", dependency=dependency.name, exc_info=problem)
        state, error = "down", f"{type(problem).__name__}; the log has the rest"
    return Answer(dependency, state, time.perf_counter() - started, facts, error)
