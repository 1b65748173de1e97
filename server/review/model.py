"""What a review shows of runs, wherever it was read: a tree of timed spans, and what was called, found, changed and asked.

Readers (`server_reader`, `langsmith_reader`) make these, writers (`terminal_report`, `html_report`) show them. What a source
does not have is None and is named in `missing`, never made up. Instants are aware datetimes, durations are seconds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from server.chat.plan_events import PlanDiff, RetrievalHits

SpanKind = Literal["node", "model", "tool", "retriever", "step"]
"""`step` is what a graph's own code did inside a node, such as a chain."""

SpanStatus = Literal["ok", "error", "interrupted", "cancelled", "paused", "running"]
"""`interrupted` waits for an answer; `paused` is a node that was to run next when the run stopped before it."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of model calls. `cached` are of the input, `reasoning` of the output."""

    input: int
    output: int
    cached: int = 0
    reasoning: int = 0

    @property
    def total(self) -> int:
        """Read and written."""
        return self.input + self.output

    def __add__(self, other: "Usage") -> "Usage":
        """Both together."""
        return Usage(
            self.input + other.input,
            self.output + other.output,
            self.cached + other.cached,
            self.reasoning + other.reasoning,
        )


@dataclass(frozen=True, slots=True)
class Span:
    """Something that took time. `start` and `end` are None where the source does not have them; `children` are in order.

    Not `is_whole`: a model's call of which only the pieces of its answer were timed, from the first one on.
    """

    kind: SpanKind
    name: str
    start: datetime | None
    end: datetime | None
    status: SpanStatus = "ok"
    step: int | None = None
    wrote: tuple[str, ...] = ()
    error: str | None = None
    children: tuple["Span", ...] = ()
    is_whole: bool = True

    @property
    def seconds(self) -> float | None:
        """How long it took, if both ends are known."""
        return None if self.start is None or self.end is None else (self.end - self.start).total_seconds()


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One answer of a model. `first_token_at` is when the first piece of it came, of whatever kind."""

    model: str
    node: str
    text: str
    calls: tuple[str, ...]
    usage: Usage | None
    start: datetime | None = None
    first_token_at: datetime | None = None
    end: datetime | None = None

    @property
    def seconds(self) -> float | None:
        """How long it took, if both ends are known."""
        return None if self.start is None or self.end is None else (self.end - self.start).total_seconds()


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool that was called. `result` is None where there is none (yet); `seconds` None where only its node was timed."""

    name: str
    node: str
    arguments: Any
    result: str | None
    failed: bool
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What a run asked before it went on, and the answer that a later run brought."""

    node: str
    value: Any
    is_answered: bool
    answer: Any = None
    answered_by: str | None = None


@dataclass(frozen=True, slots=True)
class Happening:
    """An instant of a run worth a line: an attempt, a cancel, what the graph told on its `custom` stream."""

    at: datetime
    name: str
    text: str
    data: Any = None


@dataclass(frozen=True, slots=True)
class RunReview:
    """All that is known of one run. `queued_at` is when it might have started, `asked` and `said` its input and answer in words."""

    run_id: str
    thread_id: str | None
    graph: str
    assistant_id: str | None
    status: str
    created_at: datetime | None
    queued_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    attempts: int
    asked: str
    said: str
    error: str | None
    spans: tuple[Span, ...]
    models: tuple[ModelCall, ...]
    tools: tuple[ToolCall, ...]
    retrievals: tuple[RetrievalHits, ...]
    diffs: tuple[PlanDiff, ...]
    questions: tuple[Question, ...]
    happenings: tuple[Happening, ...]
    missing: tuple[str, ...] = ()
    link: str | None = None

    @property
    def seconds(self) -> float | None:
        """From the start of its first attempt to its end."""
        return _between(self.started_at, self.ended_at)

    @property
    def outcome(self) -> str:
        """Its status, where a run that ended with a question is `interrupted`, and one that was stopped `cancelled`.

        The API calls the first a success, and the second interrupted.
        """
        if self.status == "interrupted":
            return "cancelled"
        return "interrupted" if self.status == "success" and self.questions else self.status

    @property
    def waited_seconds(self) -> float | None:
        """From when it was to run to its start."""
        return _between(self.queued_at, self.started_at)

    @property
    def first_token_at(self) -> datetime | None:
        """When the first piece of a model's answer came."""
        return min((call.first_token_at for call in self.models if call.first_token_at), default=None)

    @property
    def first_token_seconds(self) -> float | None:
        """From the run's start to the first piece of a model's answer."""
        return _between(self.started_at, self.first_token_at)

    @property
    def usage(self) -> Usage | None:
        """The tokens of all model calls that counted them."""
        counted = [call.usage for call in self.models if call.usage is not None]
        return sum(counted[1:], counted[0]) if counted else None

    def flat(self) -> Iterator[tuple[int, Span]]:
        """The spans in order, each with how deep it is."""
        yield from _flat(self.spans, 0)


@dataclass(frozen=True, slots=True)
class Review:
    """Runs, oldest first; `source` says where they were read."""

    title: str
    source: str
    runs: tuple[RunReview, ...]
    notes: tuple[str, ...] = ()

    @property
    def missing_everywhere(self) -> tuple[str, ...]:
        """What none of several runs knows; to be said once."""
        if len(self.runs) < 2:
            return ()
        return tuple(line for line in self.runs[0].missing if all(line in run.missing for run in self.runs[1:]))


def _flat(spans: tuple[Span, ...], depth: int) -> Iterator[tuple[int, Span]]:
    for span in spans:
        yield depth, span
        yield from _flat(span.children, depth + 1)


def _between(start: datetime | None, end: datetime | None) -> float | None:
    return None if start is None or end is None else (end - start).total_seconds()
