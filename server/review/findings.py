"""What a run's nodes wrote, collected: calls of models and tools, passages, plan changes, questions."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from server.chat.plan_events import PlanDiff, RetrievalHits, read_plan_event
from server.chat.run_events import Interrupted, message_text
from server.review.events import RunEvents
from server.review.kept import Answered, Kept
from server.review.model import ModelCall, Question, Span, ToolCall
from server.review.written import Message, messages_in, passages_in, plan_diffs_in, usage_of

_INTERRUPT_ID = re.compile(r"[0-9a-f]{32}")


@dataclass
class Findings:
    """What was found so far. Messages that were there before the run are none of its own."""

    _events: RunEvents
    _answered: Sequence[Answered]
    models: list[ModelCall] = field(default_factory=list)
    tools: list[ToolCall] = field(default_factory=list)
    questions: dict[str, Question] = field(default_factory=dict)
    retrievals: list[RetrievalHits] = field(default_factory=list)
    diffs: list[PlanDiff] = field(default_factory=list)
    said: str = ""
    _seen: set[str] = field(default_factory=set)
    _asked: dict[str, Mapping[str, Any]] = field(default_factory=dict)  # tool calls by id, until their results come

    @classmethod
    def of(cls, kept: Kept) -> "Findings":
        """Nothing yet, of a run."""
        found = cls(kept.events, kept.answered)
        for message in kept.before:
            found._seen.add(_identity(message))
            found._asked.update((str(call.get("id")), call) for call in message.get("tool_calls") or ())
        return found

    def read_result(self, node: str, result: Any) -> list[Span]:
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
        times = self._events.messages.get(str(message.get("id")))
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
        times = self._events.tool_calls.get(call_id)
        name = str(message.get("name") or call.get("name") or "tool")
        failed = message.get("status") == "error"
        start, end = (times.start, times.end) if times else (None, None)
        seconds = (end - start).total_seconds() if start and end else None
        self.tools.append(ToolCall(name, node, call.get("args"), message_text(message), failed, seconds))
        return Span("tool", name, start, end, "error" if failed else "ok")

    def leave_unanswered(self) -> None:
        """Calls of this run that have no result: turned down, not come to, or still to be approved."""
        for call in self._asked.values():
            if "node" in call:
                self.tools.append(ToolCall(str(call.get("name")), str(call["node"]), call.get("args"), None, False))

    def ask(self, node: str, interrupt: Interrupted) -> None:
        """Take a question that a node asked; a graph around that node tells of it again."""
        asked = self._question(node, interrupt.interrupt_id, interrupt.value)
        self.questions.setdefault(interrupt.interrupt_id, asked)

    def _question(self, node: str, interrupt_id: str, value: Any) -> Question:
        for later in self._answered:
            if not _names_interrupts(later.resume):
                return Question(node, value, True, later.resume, later.run_id)
            if interrupt_id in later.resume:
                return Question(node, value, True, later.resume[interrupt_id], later.run_id)
        return Question(node, value, False)

    def read_custom(self) -> None:
        """The graph's own events take the place of what was read from its state: they have the query and the words."""
        told = [read_plan_event(one.data) for one in self._events.custom]
        self.retrievals = _told_first(
            [one for one in told if isinstance(one, RetrievalHits)], self.retrievals, _hits_key
        )
        self.diffs = _told_first([one for one in told if isinstance(one, PlanDiff)], self.diffs, _diff_key)


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
