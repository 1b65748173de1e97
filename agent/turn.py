"""Reading a turn of the conversation: what was said last, which calls are open, how often a change has failed."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage

from agent.schemas.plan_tools import CHANGING, read_arguments

MAX_REPAIRS = 3
MAX_MODEL_CALLS = 12
PLAN_ERROR = "plan_error"
NOTICE = {"model_name": "fixed-notice", "model_provider": "planloom-notice"}
"""Marks what a turn says of itself, in no model's words: a person reads it, a model is not shown it."""
DECISIONS = frozenset({"plan_rejected", "plan_response"})
"""Results that carry a person's own words."""
MAX_FOLLOW_UP_WORDS = 6
_FOLLOW_UP = re.compile(r"(?:and|or|but|so|then)\b|(?:what|how) about\b|why\b|really\b|how so\b", re.IGNORECASE)


@dataclass(frozen=True)
class PlanCall:
    """One tool call of the model."""

    id: str
    name: str
    args: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        return {"id": self.id, "name": self.name, "args": self.args}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> PlanCall:
        return cls(value["id"], value["name"], value["args"])


def since_last_human(messages: Sequence[AnyMessage]) -> list[AnyMessage]:
    """What has happened since the person spoke."""
    start = max((i for i, message in enumerate(messages) if isinstance(message, HumanMessage)), default=-1)
    return list(messages[start + 1 :])


def last_said(messages: Sequence[AnyMessage]) -> str:
    """The person's last words."""
    human = next((message for message in reversed(messages) if isinstance(message, HumanMessage)), None)
    return human.text.strip() if human is not None else ""


def question(messages: Sequence[AnyMessage]) -> str:
    """What to search for: the person's last words, and what they followed up on if they make no sense alone."""
    said = [message.text.strip() for message in messages if isinstance(message, HumanMessage)]
    if not said:
        return ""
    follows = _FOLLOW_UP.match(said[-1]) and len(said[-1].split()) <= MAX_FOLLOW_UP_WORDS
    return f"{said[-2]} {said[-1]}" if follows and len(said) > 1 else said[-1]


def decided_in_words(messages: Sequence[AnyMessage]) -> str:
    """What the person wrote beside a decision just made: the reason of a no, or an answer in words; "" if nothing."""
    return str((_decision(messages).get("data") or {}).get("message") or "").strip()


def just_decided(messages: Sequence[AnyMessage]) -> bool:
    """Whether the last that happened is a person's no to a change, or their answer in words."""
    return bool(_decision(messages))


def _decision(messages: Sequence[AnyMessage]) -> dict[str, Any]:
    """The envelope of a decision just made; empty if the last message carries none."""
    last = messages[-1] if messages else None
    told = envelope(last) if isinstance(last, ToolMessage) else {}
    return told if told.get("result_type") in DECISIONS else {}


def open_calls(messages: Sequence[AnyMessage]) -> list[PlanCall]:
    """The calls of the last AI message that have no answer yet, in its order."""
    calling = next((message for message in reversed(messages) if isinstance(message, AIMessage)), None)
    if calling is None:
        return []
    answered = {message.tool_call_id for message in messages if isinstance(message, ToolMessage)}
    return [
        PlanCall(str(call["id"]), call["name"], read_arguments(call["name"], call["args"]))
        for call in calling.tool_calls
        if call["id"] not in answered
    ]


def unreadable_calls(messages: Sequence[AnyMessage]) -> list[tuple[str, str, str]]:
    """Calls of the last AI message whose arguments are no JSON, unanswered: id, name, and what is wrong."""
    calling = next((message for message in reversed(messages) if isinstance(message, AIMessage)), None)
    if calling is None:
        return []
    answered = {message.tool_call_id for message in messages if isinstance(message, ToolMessage)}
    return [
        (str(call["id"]), call["name"] or "unknown", call["error"] or "the arguments are not valid JSON")
        for call in calling.invalid_tool_calls
        if call["id"] not in answered
    ]


def changing_calls(messages: Sequence[AnyMessage]) -> list[PlanCall]:
    """The open calls that would change the plan."""
    return [call for call in open_calls(messages) if call.name in CHANGING]


def repairs_exhausted(messages: Sequence[AnyMessage]) -> bool:
    """Whether changing the plan has failed as often in this turn as it may."""
    failed, counted = 0, False
    for message in since_last_human(messages):
        if isinstance(message, AIMessage):
            counted = False
        elif isinstance(message, ToolMessage) and is_plan_error(message) and not counted:
            failed, counted = failed + 1, True
    return failed > MAX_REPAIRS


def calls_exhausted(messages: Sequence[AnyMessage]) -> bool:
    """Whether the model has been asked as often in this turn as it may."""
    return sum(isinstance(message, AIMessage) for message in since_last_human(messages)) >= MAX_MODEL_CALLS


def is_plan_error(message: ToolMessage) -> bool:
    """Whether a tool message tells of a change that could not be made."""
    return message.status == "error" and envelope(message).get("result_type") == PLAN_ERROR


def envelope(message: ToolMessage) -> dict[str, Any]:
    """The result envelope that a tool message carries; empty when it carries none."""
    try:
        told = json.loads(message.text)
    except json.JSONDecodeError:
        return {}
    return told if isinstance(told, dict) else {}


def answerable(messages: Sequence[AnyMessage]) -> list[AnyMessage]:
    """The conversation with every call answered, as providers insist: a run may have been cancelled in mid-call.

    Chat pages answer a change that waits for approval themselves when the person writes on ("Successfully handled tool
    call."). Nothing was changed then, so a model is not told so. Nor is it shown the notices of a turn.
    """
    changes = {
        call["id"]
        for one in messages
        if isinstance(one, AIMessage)
        for call in one.tool_calls
        if call["name"] in CHANGING
    }
    told = [one for one in messages if not _is_made_up(one, changes) and not is_notice(one)]
    answered = {message.tool_call_id for message in told if isinstance(message, ToolMessage)}
    whole: list[AnyMessage] = []
    for message in told:
        whole.append(message)
        if isinstance(message, AIMessage):
            ids = [call["id"] for call in (*message.tool_calls, *message.invalid_tool_calls)]
            whole += [
                ToolMessage(
                    "The run ended before this call was carried out.", tool_call_id=str(call_id), status="error"
                )
                for call_id in ids
                if call_id not in answered
            ]
    return whole


def is_notice(message: AnyMessage) -> bool:
    """Whether a message is what a turn says of itself."""
    return isinstance(message, AIMessage) and message.response_metadata.get("model_name") == NOTICE["model_name"]


def _is_made_up(message: AnyMessage, changes: set[str | None]) -> bool:
    """Whether a message answers a change of the plan without being its result."""
    return (
        isinstance(message, ToolMessage) and message.tool_call_id in changes and "result_type" not in envelope(message)
    )
