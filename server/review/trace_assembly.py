"""From the steps of a LangSmith trace to the review of its run."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from server.chat.plan_events import PlanDiff, RetrievalHits
from server.chat.run_events import message_text
from server.review.figures import compact
from server.review.model import Happening, ModelCall, Question, RunReview, Span, SpanKind, SpanStatus, ToolCall
from server.review.run_facts import said_by_a_person
from server.review.traced import Traced
from server.review.written import messages_in, passages_in, plain, plan_diffs_in, usage_of

_KINDS: dict[str, SpanKind] = {"llm": "model", "tool": "tool", "retriever": "retriever"}
_WRAPPERS = ("LangGraph", "RunnableSequence", "RunnableLambda", "RunnableCallable")
_TRACEBACK = "Traceback (most recent call last)"  # LangChain appends it to the exception, without a line break
_INTERRUPT = "GraphInterrupt("
_INTERRUPT_VALUE = re.compile(r"Interrupt\(value=(?P<value>.*?), id='(?P<id>\w+)'", re.DOTALL)
_CANCELS = ("CancelledError", "Cancelled(")


def assemble_trace(steps: Sequence[Traced], resumed_by: Sequence[Traced] = ()) -> RunReview:
    """The review of a trace's run; `steps` has its root first. `resumed_by` are the thread's later roots, in order."""
    return _Trace(steps[0], steps[1:], resumed_by).review()


@dataclass
class _Trace:
    root: Traced
    steps: Sequence[Traced]
    later: Sequence[Traced]
    models: list[ModelCall] = field(default_factory=list)
    tools: list[ToolCall] = field(default_factory=list)
    questions: dict[str, Question] = field(default_factory=dict)
    retrievals: list[RetrievalHits] = field(default_factory=list)
    diffs: list[PlanDiff] = field(default_factory=list)
    _asked: dict[str, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)  # calls by id, with their node
    _below: dict[str, list[Traced]] = field(default_factory=lambda: defaultdict(list))

    def review(self) -> RunReview:
        root, about = self.root, self.root.metadata
        known = {root.id, *(one.id for one in self.steps)}
        for one in self.steps:
            self._below[one.parent_id if one.parent_id in known else root.id].append(one)
        spans = tuple(self._spans(root.id))
        self._read_questions(root)
        for node, call in self._asked.values():  # turned down, not come to, or still to be approved
            self.tools.append(ToolCall(str(call.get("name")), node, call.get("args"), None, False))
        status = self._run_status()
        return RunReview(
            run_id=str(about.get("run_id") or root.id),
            thread_id=_text(about.get("thread_id") or about.get("session_id")),
            graph=str(about.get("graph_id") or root.name),
            assistant_id=_text(about.get("assistant_id")),
            status=status,
            created_at=root.start,
            queued_at=None,
            started_at=root.start,
            ended_at=root.end,
            attempts=_number(about.get("run_attempt")),
            asked=_asked(root),
            said=self._said(),
            error=_first_line(root.error) if status == "error" else None,
            spans=spans,
            models=tuple(self.models),
            tools=tuple(self.tools),
            retrievals=tuple(self.retrievals),
            diffs=tuple(self.diffs),
            questions=tuple(self.questions.values()),
            happenings=tuple(self._happenings()),
            missing=tuple(self._missing()),
            link=root.link,
        )

    def _spans(self, parent_id: str) -> Iterator[Span]:
        for one in self._below[parent_id]:
            if self._is_wrapper(one):
                yield from self._spans(one.id)
                continue
            yield self._span(one)

    @staticmethod
    def _is_wrapper(one: Traced) -> bool:
        """What only holds others: a graph inside a node, a branch's condition, what LangChain hides."""
        if one.kind != "chain" or one.is_node or one.error:
            return False
        return one.name in _WRAPPERS or any(tag == "langsmith:hidden" or tag.startswith("seq:step") for tag in one.tags)

    def _span(self, one: Traced) -> Span:
        kind: SpanKind = "node" if one.is_node else _KINDS.get(one.kind, "step")
        status = _status(one)
        if kind == "model":
            self._take_model_call(one)
        elif kind == "tool":
            self.tools.append(_tool_call(one))
            self._asked.pop(str(_tool_message(one).get("tool_call_id")), None)
        children = tuple(self._spans(one.id))
        if kind == "retriever":
            self._take_passages({"found": one.outputs.get("documents")}, str(one.inputs.get("query") or ""))
        elif kind == "node":
            self._take_passages(plain(one.outputs), "")
            self.diffs += [
                diff for diff in plan_diffs_in(one.outputs) if diff.changes not in [d.changes for d in self.diffs]
            ]
            self._read_questions(one)
            self._take_answers(one)
        return Span(
            kind=kind,
            name=one.name,
            start=one.start,
            end=one.end,
            status=status,
            step=one.step,
            wrote=()
            if kind != "node" or one.is_hidden
            else tuple(key for key in one.outputs if not key.startswith("__")),
            error=_first_line(one.error) if status == "error" else None,
            children=children,
        )

    def _take_model_call(self, one: Traced) -> None:
        message = _answer(one.outputs)
        self.models.append(_model_call(one, message))
        for call in message.get("tool_calls") or ():
            self._asked[str(call.get("id"))] = (one.node, call)

    def _take_answers(self, one: Traced) -> None:
        """Calls that a node answered by itself, without a tool that LangChain could trace."""
        for message in messages_in(plain(one.outputs)):
            if message["type"] == "tool" and str(message.get("tool_call_id")) in self._asked:
                _, call = self._asked.pop(str(message["tool_call_id"]))
                name = str(message.get("name") or call.get("name"))
                failed = message.get("status") == "error"
                self.tools.append(ToolCall(name, one.node, call.get("args"), message_text(message), failed))

    def _take_passages(self, value: Any, query: str) -> None:
        known = [one.hits for one in self.retrievals]
        for found in passages_in(value):
            if found.hits not in known:
                self.retrievals.append(found.model_copy(update={"query": query}))

    def _read_questions(self, one: Traced) -> None:
        asked = plain(one.outputs.get("__interrupt__"))
        for interrupt in asked if isinstance(asked, list) else ():
            if isinstance(interrupt, dict):
                interrupt_id = str(interrupt.get("id") or compact(interrupt))
                self.questions.setdefault(interrupt_id, self._question(one, interrupt_id, interrupt.get("value")))
        if not asked and one.is_node and _INTERRUPT in (one.error or ""):
            interrupt_id, value = _told_interrupt(one.error or "")
            self.questions.setdefault(interrupt_id, self._question(one, interrupt_id, value))

    def _question(self, one: Traced, interrupt_id: str, value: Any) -> Question:
        for later in self.later:
            resume = _resume(later)
            if resume is None:
                break
            answer = resume.get(interrupt_id, resume) if isinstance(resume, dict) else resume
            return Question(one.node, value, True, answer, str(later.metadata.get("run_id") or later.id))
        return Question(one.node, value, False)

    def _run_status(self) -> str:
        told = self.root.metadata.get("run_status")
        if told in ("success", "interrupted", "cancelled", "error"):
            # the API calls a run that asked a success, and one that was stopped interrupted
            return {"interrupted": "success", "cancelled": "interrupted"}.get(str(told), str(told))
        status = _status(self.root)
        if status == "running":
            return "running"
        return {"cancelled": "interrupted", "error": "error"}.get(status, "success")

    def _said(self) -> str:
        """The last words of a model in this trace, else of a message that a node of it wrote."""
        written = [message for one in self.steps if one.is_node for message in messages_in(plain(one.outputs))]
        told = [call.text for call in self.models] or [message_text(one) for one in written if one["type"] == "ai"]
        return next((text for text in reversed(told) if text), "")

    def _happenings(self) -> Iterator[Happening]:
        about = self.root.metadata
        if _number(about.get("run_attempt")) > 1:
            yield Happening(self.root.start, "attempt", f"this trace is of attempt {about['run_attempt']}")
        if about.get("previous_run_id"):
            yield Happening(self.root.start, "goes on", f"from run {about['previous_run_id']}")
        for key, count, mean in self.root.feedback:
            said = f"{count} times" if mean is None else f"{mean:g} in {count}" if count > 1 else f"{mean:g}"
            yield Happening(self.root.end or self.root.start, "feedback", f"{key}: {said}")
        if self._run_status() == "interrupted" and self.root.end:
            yield Happening(self.root.end, "cancelled", "stopped by a cancel")

    def _missing(self) -> Iterator[str]:
        if self.models and not any(call.usage for call in self.models):
            yield "Tokens are unknown: the model did not count them."
        if self.root.is_hidden or not (self.root.inputs or self.root.outputs):
            yield "Inputs and outputs are not in the trace: they were hidden before it was sent."
        if self.root.end is None:
            yield "The trace has no end (yet)."


def _status(one: Traced) -> SpanStatus:
    told = one.metadata.get("status")
    error = one.error or ""
    if told == "interrupted" or _INTERRUPT in error[:200]:
        return "interrupted"
    if told == "cancelled" or error.startswith(_CANCELS):
        return "cancelled"
    return "error" if error else "ok" if one.end else "running"


def _model_call(one: Traced, message: dict[str, Any]) -> ModelCall:
    named = one.metadata.get("ls_model_name") or (message.get("response_metadata") or {}).get("model_name")
    return ModelCall(
        model=str(named or one.name),
        node=one.node,
        text=message_text(message),
        calls=tuple(str(call.get("name")) for call in message.get("tool_calls") or ()),
        usage=one.usage or usage_of(message),
        start=one.start,
        first_token_at=one.first_token_at,
        end=one.end,
    )


def _answer(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """The message in what a model gave: LangChain keeps it in `generations`."""
    for batch in plain(outputs.get("generations")) or ():
        for generation in batch if isinstance(batch, list) else [batch]:
            if isinstance(generation, dict):
                message = generation.get("message")
                return message if isinstance(message, dict) else {"content": generation.get("text", "")}
    return next((one for one in messages_in(plain(outputs)) if one["type"] == "ai"), {})


def _tool_message(one: Traced) -> dict[str, Any]:
    """The message that a tool's answer is, if it is one."""
    output = plain(one.outputs.get("output"))
    return output if isinstance(output, dict) and "content" in output else {}


def _tool_call(one: Traced) -> ToolCall:
    output, message = plain(one.outputs.get("output", one.outputs or None)), _tool_message(one)
    failed = one.error is not None or message.get("status") == "error"
    result = message_text(message) if message else None if output is None else compact(output)
    arguments = one.inputs.get("input") if set(one.inputs) == {"input"} else dict(one.inputs)
    seconds = (one.end - one.start).total_seconds() if one.end else None
    return ToolCall(one.name, one.node, arguments, _first_line(one.error) or result, failed, seconds)


def _asked(root: Traced) -> str:
    resume = _resume(root)
    if resume is not None:
        return f"answered: {compact(resume)}"
    given = {} if root.is_hidden else plain(dict(root.inputs))
    said = said_by_a_person(given) or next(
        (message_text(one) for one in reversed(list(messages_in(given))) if one["type"] == "human"), ""
    )
    return said or (compact(given) if given else "(its input is not in the trace)")


def _resume(root: Traced) -> Any:
    """What a run brought as the answer to a question, or None: the input of such a run is a command."""
    for value in (root.inputs, root.inputs.get("input")):
        given = plain(value)
        if isinstance(given, dict) and given.get("resume") is not None:
            return given["resume"]
    return None


def _told_interrupt(error: str) -> tuple[str, Any]:
    """The interrupt in what LangChain's own tracer keeps of one: its exception as text, with a traceback."""
    text = error.split("Traceback (most recent", maxsplit=1)[0]
    told = _INTERRUPT_VALUE.search(text)
    if told is None:
        return text, text
    try:
        return told["id"], ast.literal_eval(told["value"])
    except (ValueError, SyntaxError):  # a value that has no literal
        return told["id"], told["value"]


def _first_line(text: str | None) -> str | None:
    return text.split(_TRACEBACK)[0].splitlines()[0] if text else None


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _number(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 1
