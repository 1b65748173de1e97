"""Feedback on runs: URLs to send it to, which need no key, and scores that are sent from here."""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from langsmith.utils import LangSmithError

from server.errors import Conflict, Unavailable
from server.ids import new_id
from server.tracing.client import TraceClient
from server.tracing.sender import Sender

_MOST_PROJECTS = 1000  # whose ids are kept

RECORD_SECONDS = 10.0
"""How long a score may take."""

URL_SECONDS = 2.0
"""How long the end of a run waits for the feedback URLs that its caller asked for. They are asked for when it starts."""

_IMPATIENT_SECONDS = 30.0  # after URLs that did not come in time, how long no run waits for them

log = structlog.get_logger("planloom.tracing")


@dataclass(frozen=True, slots=True)
class Score:
    """What somebody says of a run under a key: a number or a truth, or a category, and why."""

    key: str
    score: float | bool | None = None
    value: float | bool | str | None = None
    comment: str | None = None
    correction: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class TraceRef:
    """Where a run is in LangSmith: its own id there, that of its trace, and the project's name."""

    run_id: UUID
    trace_id: UUID
    project: str


class TracingOffError(Conflict):
    """Feedback has nowhere to go."""

    def __init__(self) -> None:
        super().__init__(
            "Feedback is recorded in LangSmith, and this server does not trace: set LANGSMITH_TRACING=true and "
            "LANGSMITH_API_KEY, and start it again."
        )


class FeedbackTokens:
    """Asks LangSmith for feedback URLs; gives up quietly."""

    def __init__(self, client: TraceClient, sender: Sender, threads: ThreadPoolExecutor) -> None:
        self._client = client
        self._sender = sender
        self._threads = threads
        self._impatient_until = 0.0

    async def in_time(self, asking: asyncio.Task[dict[str, str]]) -> dict[str, str]:
        """What `of` finds, if it finds it soon. One run waits for a LangSmith that does not answer, those after it don't."""
        patient = time.monotonic() >= self._impatient_until
        done, _ = await asyncio.wait({asking}, timeout=URL_SECONDS if patient else 0)
        if not done:
            self._impatient_until = time.monotonic() + _IMPATIENT_SECONDS
        return asking.result() if done else {}

    async def of(self, root_id: UUID, keys: Sequence[str]) -> dict[str, str]:
        """A URL for each key, once the trace's beginning was taken; empty if LangSmith does not give them."""
        if self._sender.is_failing or not await asyncio.wrap_future(self._sender.flushed()):
            return {}
        ask = self._client.create_presigned_feedback_tokens
        try:
            tokens = await asyncio.get_running_loop().run_in_executor(self._threads, ask, root_id, keys)
        except Exception as error:  # noqa: BLE001 - it may answer anything, which the run that asked must not fail of
            log.warning("LangSmith gives no feedback URLs", error=type(error).__name__)
            return {}
        return {key: token.url for key, token in zip(keys, tokens, strict=False)}


class Feedback:
    """Sends scores."""

    def __init__(self, client: TraceClient, sender: Sender, threads: ThreadPoolExecutor) -> None:
        self._client = client
        self._sender = sender
        self._threads = threads
        self._project_ids: dict[str, UUID | None] = {}

    async def record(self, trace: TraceRef, score: Score, source: dict[str, Any]) -> UUID:
        """Record a score against a trace; the feedback's id. Raises `Unavailable` if LangSmith does not take it."""
        feedback_id = new_id()
        try:
            async with asyncio.timeout(RECORD_SECONDS):
                await asyncio.wrap_future(self._sender.flushed())  # a trace that is on its way gets there first
                await asyncio.get_running_loop().run_in_executor(
                    self._threads, self._send, feedback_id, trace, score, source
                )
        except (LangSmithError, OSError, ValueError) as error:  # a TimeoutError is an OSError
            log.warning("LangSmith does not take feedback", error=type(error).__name__)
            raise Unavailable(
                "LangSmith did not take the feedback; it is not recorded. Try again later, and see the server's log."
            ) from error
        return feedback_id

    def _send(self, feedback_id: UUID, trace: TraceRef, score: Score, source: dict[str, Any]) -> None:
        self._client.create_feedback(
            run_id=trace.run_id,
            trace_id=trace.trace_id,
            key=score.key,
            score=score.score,
            value=score.value,
            comment=score.comment,
            correction=score.correction,
            source_info=source,
            feedback_id=feedback_id,
            session_id=self._project_id(trace.project),
            stop_after_attempt=1,
        )

    def _project_id(self, name: str) -> UUID | None:
        """A project's id, looked up once; None where the server does not tell: then it looks for the trace itself."""
        if len(self._project_ids) >= _MOST_PROJECTS:
            self._project_ids.clear()
        if name not in self._project_ids:
            try:
                self._project_ids[name] = self._client.project_id(name)
            except (LangSmithError, OSError, ValueError):
                return None
        return self._project_ids[name]
