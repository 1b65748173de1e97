"""Tracing as a process has it: off, or a client, a sender and the policies of the graphs."""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from typing import Any
from uuid import UUID

import langsmith
import structlog

from server.errors import Conflict
from server.tracing.client import TraceClient
from server.tracing.facts import TracedRun, hashed
from server.tracing.feedback import Feedback, FeedbackTokens, Score, TraceRef, TracingOffError
from server.tracing.foreign import ForeignSpans
from server.tracing.policy import GraphPolicy, unknown_graph
from server.tracing.run_spans import RootFacts
from server.tracing.run_trace import UNTRACED, LiveTrace, Outlets, RunTrace
from server.tracing.said import shown
from server.tracing.secrets import SecretMask
from server.tracing.sender import Sender, TraceCounts
from server.tracing.spans import Scope
from server.tracing.tracer import SpanTracer

FLUSH_SECONDS = 3.0
"""How long the end of the process waits for traces that are on their way."""

log = structlog.get_logger("planloom.tracing")


@dataclass(frozen=True)
class TracingOptions:
    """What traces are made of and where they go. `policies` and `projects` are by graph."""

    url: str
    api_key: str
    project: str
    sampling_rate: float = 1.0
    most_pending: int = 10_000
    user_salt: str = ""
    revision_id: str | None = None
    policies: Mapping[str, GraphPolicy] = field(default_factory=dict)
    projects: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()


class Tracing:
    """Tracing that is off. What is asked of it costs nothing and leaves no trace."""

    is_on = False

    def begin(self, run: TracedRun) -> RunTrace:
        """The trace of an attempt at a run."""
        return UNTRACED

    @property
    def is_failing(self) -> bool:
        """Whether LangSmith did not take what was sent last."""
        return False

    @property
    def counts(self) -> TraceCounts:
        """What became of the steps of traces so far: sent, dropped, on their way."""
        return TraceCounts(0, 0, 0)

    def project_of(self, run_id: UUID, graph_id: str, chosen: str | None, *, in_trace: bool) -> str | None:
        """The project that a run's trace goes to; None if it gets none. `in_trace`: it belongs to its caller's."""
        return None

    async def record(self, run: TracedRun, score: Score, said_by: str | None) -> UUID:
        """Record what somebody says of a run; the feedback's id. Raises `TracingOffError`, `Conflict`, `Unavailable`."""
        raise TracingOffError


class LiveTracing(Tracing):
    """Tracing that is on."""

    is_on = True

    def __init__(self, options: TracingOptions) -> None:
        self._options = options
        self._client = TraceClient(options.url, options.api_key)
        self._mask = SecretMask([options.api_key, *options.secrets])
        self._sender = Sender(self._client, self._mask, options.most_pending)
        self._foreign = ForeignSpans(self._sender.note, self._sender.drop)
        self._client.hand_to(self._foreign.take)
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="feedback")
        self._tokens = FeedbackTokens(self._client, self._sender, self._threads)
        self._feedback = Feedback(self._client, self._sender, self._threads)

    def start(self) -> None:
        """Start sending. Whatever asks LangChain or LangSmith for their client gets ours."""
        langsmith.configure(client=self._client)
        logging.getLogger("langsmith").setLevel(logging.CRITICAL)  # the sender says it once, without what was sent
        self._sender.start()
        log.info("tracing is on", project=self._options.project, url=self._options.url)

    async def close(self) -> None:
        """Send what is left, for `FLUSH_SECONDS` at most."""
        langsmith.configure(client=None)
        await asyncio.to_thread(self._sender.stop, FLUSH_SECONDS)
        self._threads.shutdown(wait=False, cancel_futures=True)

    @property
    def is_failing(self) -> bool:
        """Whether LangSmith did not take what was sent last."""
        return self._sender.is_failing

    @property
    def counts(self) -> TraceCounts:
        """What became of the steps of traces so far: sent, dropped, on their way."""
        return self._sender.counts

    def begin(self, run: TracedRun) -> RunTrace:
        """The trace of an attempt at a run; none if it is not sampled, or as many steps are on their way as may be."""
        if not self._is_sampled(run.run_id, in_trace=run.parent is not None):
            return UNTRACED
        if self._sender.is_full:
            self._sender.drop()
            return UNTRACED
        scope = self._scope(run)
        root = RootFacts(self._reserved(run, scope), run.example_id, run.parent)
        tracer = SpanTracer(scope, root, self._sender.note, self._client)
        return LiveTrace(run, scope, tracer, Outlets(self._sender, self._foreign, self._tokens))

    async def record(self, run: TracedRun, score: Score, said_by: str | None) -> UUID:
        """Record what somebody says of a run; the feedback's id. Raises `Conflict` or `Unavailable`."""
        if not self._is_sampled(run.run_id, in_trace=run.parent is not None):
            raise Conflict("This run was not traced (LANGSMITH_TRACING_SAMPLING_RATE), so there is nothing to rate.")
        trace_id = run.root_id if run.parent is None else run.parent.trace_id
        source = {"run_id": str(run.run_id), "graph_id": run.graph_id}
        if said_by is not None:
            source["user_hash"] = hashed(said_by, self._options.user_salt)
        trace = TraceRef(run.root_id, trace_id, self._project(run.graph_id, run.project))
        sent = await asyncio.to_thread(shown, score, self._policy(run.graph_id), self._mask)
        return await self._feedback.record(trace, sent, source)

    def project_of(self, run_id: UUID, graph_id: str, chosen: str | None, *, in_trace: bool) -> str | None:
        """The project that a run's trace goes to; None if it gets none. `in_trace`: it belongs to its caller's."""
        return self._project(graph_id, chosen) if self._is_sampled(run_id, in_trace=in_trace) else None

    def _is_sampled(self, run_id: UUID, *, in_trace: bool) -> bool:
        """The same answer for a run whoever asks. What belongs to somebody's trace is sampled as that is."""
        rate = self._options.sampling_rate
        if rate >= 1 or in_trace:
            return True
        digest = hashlib.blake2b(run_id.bytes, digest_size=8).digest()
        return int.from_bytes(digest, "big") / 2**64 < rate

    def _project(self, graph_id: str, chosen: str | None) -> str:
        return chosen or self._options.projects.get(graph_id) or self._options.project

    def _policy(self, graph_id: str) -> GraphPolicy:
        return self._options.policies.get(graph_id) or unknown_graph(graph_id)

    def _scope(self, run: TracedRun) -> Scope:
        hashes = {} if run.user is None else {run.user: hashed(run.user, self._options.user_salt)}
        return Scope(
            policy=self._policy(run.graph_id),
            project=self._project(run.graph_id, run.project),
            root_id=run.root_id,
            everywhere={
                "thread_id": str(run.thread_id),
                "session_id": str(run.thread_id),
                "run_id": str(run.run_id),
                "run_attempt": run.attempt,
                "assistant_id": str(run.assistant_id),
                "graph_id": run.graph_id,
            },
            hashes=hashes,
        )

    def _reserved(self, run: TracedRun, scope: Scope) -> dict[str, Any]:
        """The root's metadata that the server answers for."""
        rate = self._options.sampling_rate
        told = {
            **scope.everywhere,
            "assistant_version": run.assistant_version,
            "user_hash": next(iter(scope.hashes.values()), None),
            "request_id": run.request_id,
            "revision_id": self._options.revision_id,
            "ls_tracing_sample_rate": rate if rate < 1 else None,
            **_versions(),
        }
        return {key: value for key, value in told.items() if value is not None}


@cache
def _versions() -> dict[str, str]:
    return {"planloom_version": version("planloom"), "langgraph_version": version("langgraph")}


def _forget_environment() -> None:
    """What LangSmith's library read of the environment before the settings were in place does not count."""
    read: Any = langsmith.utils.get_env_var
    read.cache_clear()


@asynccontextmanager
async def opened_tracing(options: TracingOptions | None) -> AsyncIterator[Tracing]:
    """Tracing for as long as a process serves; off without options."""
    _forget_environment()
    if options is None:
        yield Tracing()
        return
    tracing = LiveTracing(options)
    tracing.start()
    try:
        yield tracing
    finally:
        await tracing.close()
