"""Telemetry as a process has it: off unless OpenTelemetry is configured. Nothing here imports it."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime

from langchain_core.callbacks import BaseCallbackHandler
from starlette.middleware import Middleware

TRACEPARENT: ContextVar[str | None] = ContextVar("traceparent", default=None)
"""The request being served, as a W3C `traceparent`: what it starts hangs below it, in whichever process that is executed."""


@dataclass(frozen=True, slots=True)
class ObservedRun:
    """What a run's span says of it. `request` is the `traceparent` of what started it."""

    ids: Mapping[str, str]
    """`run_id`, `thread_id`, `assistant_id`."""
    graph: str
    attempt: int
    due: datetime
    request: str | None = None


class RunSpan:
    """The span of an attempt at a run; here, none."""

    def end(self, status: str) -> None:
        """The run was made final, with that status."""

    def failed(self, error: BaseException) -> None:
        """The graph raised that. Its text is not told."""

    def callbacks(self) -> list[BaseCallbackHandler]:
        """Who is told of the run's steps."""
        return []


NO_SPAN = RunSpan()


class Telemetry:
    """Telemetry that is off."""

    is_on = False

    def run(self, run: ObservedRun) -> AbstractContextManager[RunSpan]:
        """Observe an attempt at a run for as long as the context lasts."""
        return nullcontext(NO_SPAN)

    def middleware(self) -> list[Middleware]:
        """What observes requests."""
        return []


OFF = Telemetry()
