"""The trace of one attempt at a run, for the executor: put into its config, told how it ended, asked for feedback URLs."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler

from server.tracing.endings import CANCELLED, INTERRUPTED, end, mark, told
from server.tracing.facts import TracedRun
from server.tracing.feedback import FeedbackTokens
from server.tracing.foreign import ForeignSpans
from server.tracing.sender import Sender
from server.tracing.spans import Scope, Span
from server.tracing.tracer import SpanTracer

Outcome = Literal["success", "interrupted", "cancelled", "error", "handed_back", "lost"]
"""How an attempt ended; `handed_back` and `lost` are followed by another one."""


class RunTrace:
    """No trace: tracing is off, or this run is not sampled. All it is told is forgotten."""

    is_traced = False

    def callbacks(self) -> list[BaseCallbackHandler]:
        """Who notes the graph's steps."""
        return []

    def follows(self, previous: UUID | None) -> None:
        """Which run this one goes on from."""

    def failed(self, error: BaseException) -> None:
        """The run failed; its graph may not even have started."""

    async def feedback_urls(self) -> dict[str, str]:
        """Where to send feedback, by key; empty if none was asked for, or LangSmith does not say in time."""
        return {}

    def close(self, outcome: Outcome) -> None:
        """The attempt is over. Only the first word counts."""


UNTRACED = RunTrace()


@dataclass(frozen=True, slots=True)
class Outlets:
    """Where a trace's steps go, where those of others come from, and who has its feedback URLs."""

    sender: Sender
    foreign: ForeignSpans
    tokens: FeedbackTokens


class LiveTrace(RunTrace):
    """A trace that is being made."""

    is_traced = True

    def __init__(self, run: TracedRun, scope: Scope, tracer: SpanTracer, outlets: Outlets) -> None:
        self._run = run
        self._scope = scope
        self._tracer = tracer
        self._outlets = outlets
        self._asking: asyncio.Task[dict[str, str]] | None = None
        self._error: BaseException | None = None
        self._closed = False

    def callbacks(self) -> list[BaseCallbackHandler]:
        """Who notes the graph's steps."""
        if self._run.feedback_keys:
            self._asking = asyncio.create_task(self._ask(), name=f"feedback URLs of {self._run.run_id}")
        self._outlets.foreign.follow(self._scope)
        return [self._tracer]

    def follows(self, previous: UUID | None) -> None:
        """Which run this one goes on from."""
        if previous is not None:
            self._tracer.spans.reserve({"previous_run_id": str(previous)})

    def failed(self, error: BaseException) -> None:
        """The run failed; its graph may not even have started."""
        self._error = error

    async def _ask(self) -> dict[str, str]:
        await self._tracer.spans.started.wait()  # LangSmith gives tokens for runs that it knows
        return await self._outlets.tokens.of(self._run.root_id, self._run.feedback_keys)

    async def feedback_urls(self) -> dict[str, str]:
        """Where to send feedback, by key; empty if none was asked for, or LangSmith does not say in time."""
        if self._asking is None:
            return {}
        return await self._outlets.tokens.in_time(self._asking)

    def close(self, outcome: Outcome) -> None:
        """The attempt is over. Only the first word counts."""
        if self._closed:
            return
        self._closed = True
        if self._asking is not None:
            self._asking.cancel()
        for span in self._outlets.foreign.forget(self._scope):
            end(span, CANCELLED)
            self._outlets.sender.note(span)
        root = self._tracer.spans.close() or self._unstarted()
        root.reserved = {**root.reserved, "run_status": outcome}
        _settle(root, outcome, self._error)
        end(root)
        self._outlets.sender.note(root)

    def _unstarted(self) -> Span:
        run, spans = self._run, self._tracer.spans
        return spans.root_of(run.graph_id, spans.snapshots.take(run.given), run.metadata, run.tags)


def _settle(root: Span, outcome: Outcome, error: BaseException | None) -> None:
    """What the root shows of how the run ended: interrupted and cancelled runs have no error."""
    if outcome == "interrupted":
        root.error = root.error_kind = None
        mark(root, INTERRUPTED)
    elif outcome in ("cancelled", "handed_back", "lost"):
        root.error = root.error_kind = None
        mark(root, CANCELLED)
    elif error is not None and root.error is None:
        root.error, root.error_kind = told(error), type(error).__name__
        root.events.append({"name": "error", "time": datetime.now(UTC)})
