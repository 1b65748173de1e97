"""Which of a conversation's messages a model is shown, and which are summarised when they get too many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage
from langchain_core.messages.utils import count_tokens_approximately

from agent.attachments import readable
from agent.turn import answerable

MAX_SENTENCES = 40
"""Of an extractive summary; the oldest go first."""
_MAX_LINE = 200


@dataclass(frozen=True)
class Cut:
    """Where a history is cut: the turns to summarise, and those that stay."""

    old: list[AnyMessage]
    kept: list[AnyMessage]


def relevant_messages(messages: Sequence[AnyMessage]) -> list[AnyMessage]:
    """The history as a model is shown it: every call answered, and what failed in earlier turns left out, pairs whole.

    Failures are told by the results' status, not by words such as "sorry", which people use too.
    """
    whole = [readable(message) for message in answerable(messages)]
    start = max((index for index, one in enumerate(whole) if isinstance(one, HumanMessage)), default=0)
    # Those that the conversation holds: a call that was never answered has not failed.
    failed = {one.tool_call_id for one in messages if isinstance(one, ToolMessage) and one.status == "error"}
    return [*_without(whole[:start], failed), *whole[start:]]


def _without(messages: Sequence[AnyMessage], failed: set[str]) -> list[AnyMessage]:
    """Without calling messages whose every call failed, and without those calls' results."""
    dropped: set[str] = set()
    kept: list[AnyMessage] = []
    for message in messages:
        if isinstance(message, AIMessage):
            ids = {str(call["id"]) for call in (*message.tool_calls, *message.invalid_tool_calls)}
            if ids and ids <= failed and not message.text.strip():
                dropped |= ids
                continue
        elif isinstance(message, ToolMessage) and message.tool_call_id in dropped:
            continue
        kept.append(message)
    return kept


def tokens_of(messages: Sequence[AnyMessage]) -> int:
    """Roughly how many tokens messages are: four characters each, and a few for every message."""
    return count_tokens_approximately(messages)


def cut(messages: Sequence[AnyMessage], budget: int) -> Cut | None:
    """Where to cut a history that is longer than `budget` tokens, so that half of the budget is free again.

    It is cut between turns, so a call and its result stay together, and the current turn always stays. None if the
    history is short enough, or is one turn.
    """
    if tokens_of(messages) <= budget:
        return None
    starts = [index for index, one in enumerate(messages) if isinstance(one, HumanMessage)]
    fitting = (start for start in starts[1:] if tokens_of(messages[start:]) <= budget // 2)
    at = next(fitting, starts[-1] if len(starts) > 1 else 0)
    return Cut(list(messages[:at]), list(messages[at:])) if at else None


def extract(summary: str | None, messages: Sequence[AnyMessage]) -> str:
    """A summary of messages without a model: what was said in them, a line each, after what `summary` says already."""
    lines = (summary or "").splitlines()
    for message in messages:
        who = "They" if isinstance(message, HumanMessage) else "You" if isinstance(message, AIMessage) else None
        said = " ".join(message.text.split())
        if who is not None and said:
            lines.append(f"{who}: {said if len(said) <= _MAX_LINE else said[: _MAX_LINE - 1] + '…'}")
    return "\n".join(lines[-MAX_SENTENCES:])


def transcript(messages: Sequence[AnyMessage]) -> str:
    """Messages as text for a model to summarise: who said what, and what tools answered."""
    names = {"human": "person", "ai": "assistant", "tool": "tool"}
    return "\n".join(f"{names.get(one.type, one.type)}: {one.text.strip()}" for one in messages if one.text.strip())
