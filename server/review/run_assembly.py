"""From what a server keeps of a run to its review: checkpoints say what was done, events refine when."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from server.chat.plan_events import PlanDiff, RetrievalHits, read_plan_event
from server.chat.run_events import message_text
from server.review.checkpoints import Checkpoint, Superstep, Task, supersteps
from server.review.events import RunEvents, TaskTimes
from server.review.model import Happening, ModelCall, Question, RunReview, Span, SpanStatus, ToolCall
from server.review.run_facts import NO_RECORD, RunFacts
from server.review.written import Message, messages_in, passages_in, plan_diffs_in, usage_of

_INTERRUPT_ID = re.compile(r"[0-9a-f]{32}")
_LISTED = ("retrieval.hits", "plan.diff")  # shown in sections of their own


@dataclass(frozen=True, slots=True)
class Answered:
    """A later run of the thread that brought answers."""

    run_id: str
    resume: Any


@dataclass(frozen=True, slots=True)
class Kept:
    """All that was read of a run. `history` are checkpoints by namespace ("" for the graph itself), `before` the messages
    that were on the thread when it began, `answered` the runs after it that resumed, in order."""

    facts: RunFacts
    events: RunEvents
    history: Mapping[str, Sequence[Checkpoint]]
    before: Sequence[Message] = ()
    answered: Sequence[Answered] = ()
    link: str | None = None


def assemble(kept: Kept) -> RunReview:
    """The review of one run."""
    return _Assembly(kept).review()


@dataclass
class _Assembly:
    kept: Kept
    models: list[ModelCall] = field(default_factory=list)
    tools: list[ToolCall] = field(default_factory=list)
    questions: dict[str, Question] = field(default_factory=dict)
    retrievals: list[RetrievalHits] = field(default_factory=list)
    diffs: list[PlanDiff] = field(default_factory=list)
    said: str = ""
    _seen: set[str] = field(default_factory=set)
    _asked: dict[str, Mapping[str, Any]] = field(default_factory=dict)  # tool calls by id, until their results come

    def review(self) -> RunReview:
        facts, events = self.kept.facts, self.kept.events
        for message in self.kept.before:
            self._seen.add(_identity(message))
            self._asked.update((str(call.get("id")), call) for call in message.get("tool_calls") or ())
        spans = tuple(self._spans("")) or tuple(self._spans_of_events())
        self._leave_unanswered()
        self._read_custom()
        return RunReview(
            run_id=facts.run_id,
            thread_id=facts.thread_id,
            graph=facts.graph,
            assistant_id=facts.assistant_id,
            status=facts.status,
            created_at=facts.created_at,
            queued_at=facts.queued_at,
            started_at=facts.started_at,
            ended_at=facts.ended_at,
            attempts=facts.attempts,
            asked=facts.asked,
            said=self.said,
            error=events.error or next((span.error for span in _errors(spans)), None),
            spans=spans,
            models=tuple(self.models),
            tools=tuple(self.tools),
            retrievals=tuple(self.retrievals),
            diffs=tuple(self.diffs),
            questions=tuple(self.questions.values()),
            happenings=tuple(self._happenings()),
            missing=tuple(self._missing(spans)),
            link=self.kept.link,
        )

    # --- spans

    def _spans(self, namespace: str) -> Iterator[Span]:
        for step in supersteps(self.kept.history.get(namespace, ()), self.kept.facts.run_id):
            for task in step.tasks:
                yield self._span(step, task, namespace)

    def _span(self, step: Superstep, task: Task, namespace: str) -> Span:
        status = self._status(step, task)
        times = self.kept.events.tasks.get(task.task_id)
        start, end = self._times(step, task, namespace, status, times)
        children = list(self._spans(task.namespace)) if task.namespace else []
        result = task.result if step.end is not None or status == "ok" else None
        children += self._read_result(task.name, result)
        for interrupt in task.interrupts if status == "interrupted" else ():
            self.questions.setdefault(
                interrupt.interrupt_id, self._question(task.name, interrupt.interrupt_id, interrupt.value)
            )
        return Span(
            kind="node",
            name=task.name,
            start=None if status == "paused" else start,
            end=None if status == "paused" else end,
            status=status,
            step=None if step.after.step is None else step.after.step + 1,
            wrote=tuple(result) if isinstance(result, dict) else (),
            error=task.error if status == "error" else None,
            children=tuple(children),
        )

    def _status(self, step: Superstep, task: Task) -> SpanStatus:
        if step.end is not None:
            return "ok"
        if task.interrupts:
            return "interrupted"
        return "error" if task.error is not None else self._status_of_unfinished(step, task)

    def _status_of_unfinished(self, step: Superstep, task: Task) -> SpanStatus:
        """What became of a task that says nothing itself, from how its run ended and what was beside it."""
        facts = self.kept.facts
        if not facts.is_over:
            return "running"
        beside = any(other.interrupts or other.error for other in step.tasks)
        if beside and task.result is not None:
            return "ok"
        if facts.status == "error":
            return "cancelled" if beside else "error"
        if facts.status in ("interrupted", "timeout"):
            return "cancelled"
        return "paused"

    def _times(
        self, step: Superstep, task: Task, namespace: str, status: SpanStatus, told: TaskTimes | None
    ) -> tuple[datetime | None, datetime | None]:
        """From the task's own events where they were streamed, else from the checkpoints around it."""
        facts = self.kept.facts
        began = self.kept.events.attempts[0][0] if self.kept.events.attempts else facts.started_at
        start = began if step.is_resumed else step.after.at
        end = step.end or facts.ended_at
        if len(step.tasks) > 1 and status == "ok":  # beside others: its update tells when it was done
            end = next(
                (
                    at
                    for at, ns, node in self.kept.events.updates
                    if (ns, node) == (namespace, task.name) and start and end and start <= at <= end
                ),
                end,
            )
        # the attempt that finished it began later than the checkpoint if a worker died in between
        attempts = [at for at, _ in self.kept.events.attempts[1:] if start and end and start < at < end]
        start = attempts[-1] if attempts else start
        if told is not None:
            start, end = told.start or start, told.end or end
        return start, end

    def _spans_of_events(self) -> Iterator[Span]:
        """Where no checkpoints are kept: what the streamed tasks tell."""
        for task in self.kept.events.tasks.values():
            if task.namespace:
                continue
            status: SpanStatus = "interrupted" if task.interrupts else "error" if task.error else "ok"
            for interrupt in task.interrupts:
                question = self._question(task.name, interrupt.interrupt_id, interrupt.value)
                self.questions.setdefault(interrupt.interrupt_id, question)
            yield Span(
                kind="node",
                name=task.name,
                start=task.start,
                end=task.end,
                status=status if task.end or not self.kept.facts.is_over else "cancelled",
                wrote=tuple(task.result) if isinstance(task.result, dict) else (),
                error=task.error,
                children=tuple(self._read_result(task.name, task.result)),
            )

    # --- what was written

    def _read_result(self, node: str, result: Any) -> list[Span]:
        """Take what a node wrote into the lists, and return the calls that it made as spans."""
        calls: list[Span] = []
        for message in messages_in(result):
            if _identity(message) in self._seen:
                continue
            self._seen.add(_identity(message))
            if message["type"] == "ai":
                calls.append(self._model_call(node, message))
            elif message["type"] == "tool":
                calls.append(self._tool_call(node, message))
        for found in passages_in(result):
            if _hits_key(found) not in map(_hits_key, self.retrievals):
                self.retrievals.append(found)
        for diff in plan_diffs_in(result):
            if diff.changes not in [one.changes for one in self.diffs]:
                self.diffs.append(diff)
        return calls

    def _model_call(self, node: str, message: Message) -> Span:
        times = self.kept.events.messages.get(str(message.get("id")))
        named = (message.get("response_metadata") or {}).get("model_name") or (times.model if times else "")
        call = ModelCall(
            model=str(named or "model"),
            node=node,
            text=message_text(message),
            calls=tuple(str(one.get("name")) for one in message.get("tool_calls") or ()),
            usage=usage_of(message),
            start=times.start if times else None,
            first_token_at=times.first if times else None,
            end=times.end if times else None,
        )
        self.models.append(call)
        self._asked.update((str(one.get("id")), {**one, "node": node}) for one in message.get("tool_calls") or ())
        self.said = call.text or self.said
        return Span("model", call.model, call.start or call.first_token_at, call.end, is_whole=call.start is not None)

    def _tool_call(self, node: str, message: Message) -> Span:
        call_id = str(message.get("tool_call_id"))
        call = self._asked.pop(call_id, {})
        times = self.kept.events.tool_calls.get(call_id)
        name = str(message.get("name") or call.get("name") or "tool")
        failed = message.get("status") == "error"
        start, end = (times.start, times.end) if times else (None, None)
        seconds = (end - start).total_seconds() if start and end else None
        self.tools.append(ToolCall(name, node, call.get("args"), message_text(message), failed, seconds))
        return Span("tool", name, start, end, "error" if failed else "ok")

    def _leave_unanswered(self) -> None:
        """Calls of this run that have no result: turned down, not come to, or still to be approved."""
        for call in self._asked.values():
            if "node" in call:
                self.tools.append(ToolCall(str(call.get("name")), str(call["node"]), call.get("args"), None, False))

    def _question(self, node: str, interrupt_id: str, value: Any) -> Question:
        for later in self.kept.answered:
            if not _names_interrupts(later.resume):
                return Question(node, value, True, later.resume, later.run_id)
            if interrupt_id in later.resume:
                return Question(node, value, True, later.resume[interrupt_id], later.run_id)
        return Question(node, value, False)

    # --- events

    def _read_custom(self) -> None:
        """The graph's own events take the place of what was read from its state: they have the query and the words."""
        told = [read_plan_event(one.data) for one in self.kept.events.custom]
        self.retrievals = _told_first(
            [one for one in told if isinstance(one, RetrievalHits)], self.retrievals, _hits_key
        )
        self.diffs = _told_first([one for one in told if isinstance(one, PlanDiff)], self.diffs, _diff_key)

    def _happenings(self) -> Iterator[Happening]:
        facts, events = self.kept.facts, self.kept.events
        happened = [Happening(at, "attempt", f"attempt {number} began") for at, number in events.attempts if number > 1]
        for one in events.custom:
            kind = one.data.get("type") if isinstance(one.data, dict) else None
            if kind not in _LISTED:
                data = {key: value for key, value in one.data.items() if key != "type"} if kind else one.data
                happened.append(Happening(one.at, str(kind or "custom"), _summary(data), data))
        if facts.cancel_action and facts.ended_at:
            happened.append(Happening(facts.ended_at, "cancelled", f"stopped by a cancel ({facts.cancel_action})"))
        yield from sorted(happened, key=lambda one: one.at)

    def _missing(self, spans: Sequence[Span]) -> Iterator[str]:
        facts, events = self.kept.facts, self.kept.events
        modes = facts.kwargs.get("stream_mode") or ()
        if not facts.has_record:
            yield NO_RECORD
        if facts.swept is not None:
            yield f"Its {facts.swept} events are past retention: what is shown is from checkpoints."
        elif facts.has_record and self.models and not events.has_model_times():
            yield f"First-token times are unknown: nobody streamed `messages` of this run (it streamed {', '.join(modes)})."
        if not spans and facts.started_at is not None:
            yield f"Nodes and their times are unknown: {self._why_no_nodes()}, and nobody streamed `tasks` or `debug`."
        if self.models and not any(call.usage for call in self.models):
            yield "Tokens are unknown: the model did not count them."
        if self.tools and all(call.seconds is None for call in self.tools):
            yield "Tools have no times of their own, only their nodes have: that takes stream mode `tools` or `events`."

    def _why_no_nodes(self) -> str:
        if self.kept.facts.kwargs.get("durability") == "exit":
            return "durability is `exit`, which keeps the end alone"
        if self.kept.history.get(""):
            return "its checkpoints are read with the graph that the thread has now, which is another, or was changed"
        return "it has no checkpoints"


def _names_interrupts(resume: Any) -> bool:
    """Whether it is answers by the ids of interrupts, which are 32 hex digits, as LangGraph tells them from an answer."""
    return isinstance(resume, dict) and bool(resume) and all(_INTERRUPT_ID.fullmatch(str(key)) for key in resume)


def _identity(message: Message) -> str:
    return str(message.get("id") or (message["type"], message.get("tool_call_id"), message_text(message)))


def _hits_key(found: RetrievalHits) -> tuple[tuple[str, str], ...]:
    return tuple((hit.title, hit.text[:200]) for hit in found.hits)


def _diff_key(diff: PlanDiff) -> tuple[str, ...]:
    return tuple(change.text for change in diff.changes)


def _told_first(told: list[Any], stored: list[Any], key: Any) -> list[Any]:
    known = [key(one) for one in told]
    return [*told, *(one for one in stored if key(one) not in known)]


def _errors(spans: Sequence[Span]) -> Iterator[Span]:
    for span in spans:
        if span.error:
            yield span
        yield from _errors(span.children)


def _summary(data: Any) -> str:
    """The first words in an event that are there for reading."""
    if isinstance(data, dict):
        for key in ("summary", "message", "text", "title", "reason"):
            value = data.get(key)
            if isinstance(value, str) and value:
                return value
        if isinstance(data.get("issues"), list):
            return (
                "; ".join(str(one.get("message", one)) for one in data["issues"] if isinstance(one, dict))
                or "no issues"
            )
    return ""
