"""What a person's last message asks for, given what was said before: an answer to a question, a choice from a list."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage


@dataclass(frozen=True)
class Turn:
    """What a person said, what the assistant had just asked, and the numbers they picked from its questions."""

    text: str
    picks: tuple[int, ...] = ()


def spoken_text(message: BaseMessage) -> str:
    """A message's words, whether its content is a string or a list of blocks."""
    if isinstance(message.content, str):
        return message.content
    parts = [block if isinstance(block, str) else block.get("text", "") for block in message.content]
    return " ".join(str(part) for part in parts if part)


def touched_before(before: Sequence[BaseMessage]) -> frozenset[str]:
    """What the last turn's edits were about, item by item; empty if some were about more."""
    start = max((i for i, m in enumerate(before) if isinstance(m, HumanMessage)), default=0)
    calls = [one for m in before[start:] if isinstance(m, AIMessage) for one in m.tool_calls]
    ops = [op for one in calls if one["name"] == "edit_plan" for op in one["args"].get("ops") or []]
    turned_down = any(isinstance(m, ToolMessage) and '"plan_rejected"' in spoken_text(m) for m in before[start:])
    ids = [op.get("id") if isinstance(op, dict) else None for op in ops]
    return frozenset() if turned_down or None in ids else frozenset(map(str, ids))


def searched_before(before: Sequence[BaseMessage], listed_by: Mapping[str, str]) -> dict[str, Mapping[str, Any]]:
    """By the name of each tool that lists things to choose from: what it was asked for the last time."""
    calls = [call for m in before if isinstance(m, AIMessage) for call in m.tool_calls]
    return {call["name"]: call["args"] for call in calls if call["name"] in listed_by}


def turn_at(
    messages: Sequence[BaseMessage],
    last_human: int,
    questions: frozenset[str],
    stands_alone: Callable[[str], bool],
) -> Turn:
    """The request to answer: when the person answered a question of ours, the request that we asked it about."""
    picks: list[int] = []
    added: list[str] = []
    index: int | None = last_human if last_human >= 0 else None
    text = ""
    while index is not None:
        text = spoken_text(messages[index]).strip()
        asked = _previous(messages, index, AIMessage)
        question = spoken_text(messages[asked]) if asked is not None else ""
        picked = _picked(text)
        if question in questions and picked is None and stands_alone(text):
            break
        if question in questions:
            added.append(_option(question, picked) or text)
        elif picked is not None and "\n1. " in question:
            picks.append(picked)
        else:
            break
        index = _previous(messages, asked or 0, HumanMessage)
    return Turn(", ".join([text, *reversed(added)]), tuple(reversed(picks)))


_PICK = re.compile(
    r"(?:(?:number|option|no\.?|the) )?#?(\d{1,2}|first|second|third|fourth|fifth|sixth)(?: one)?[.)!]?",
    re.IGNORECASE,
)
_PICK_WORDS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6}
_CHOICE = re.compile(
    r"(?:(?:please|ok(?:ay)?),? )?(?:(?:i'?ll|let'?s|we'?ll|i'?d like to|can we|could we) )?(?:use|take|choose|pick|select"
    r"|go (?:with|for)|have) (?:the )?(?:(?:number|option|no\.?) )?(?P<which>\d{1,2}|cheapest|first|second|third|fourth|fifth)"
    r"(?: (?:one|option|offer))?(?:,? please)?[.!]?",
    re.IGNORECASE,
)


def chosen(turn: Turn, before: Sequence[BaseMessage], listed_by: Mapping[str, str]) -> Turn:
    """ "take the second one" as what the turn before listed: "use the second flight"."""
    found = _CHOICE.fullmatch(turn.text)
    start = max((i for i, m in enumerate(before) if isinstance(m, HumanMessage)), default=0)
    calls = [call for m in before[start:] if isinstance(m, AIMessage) for call in m.tool_calls]
    if found is None or not calls or calls[-1]["name"] not in listed_by:
        return turn
    what, which = listed_by[calls[-1]["name"]], found["which"]
    return replace(turn, text=f"use {what} {which}" if which.isdigit() else f"use the {which} {what}")


def _picked(text: str) -> int | None:
    found = _PICK.fullmatch(text)
    if not found:
        return None
    said = found[1].lower()
    return _PICK_WORDS[said] if said in _PICK_WORDS else int(said)


def _option(question: str, picked: int | None) -> str | None:
    found = re.search(rf"^{picked}\. (.+)$", question, re.MULTILINE) if picked is not None else None
    return found[1] if found else None


def _previous(messages: Sequence[BaseMessage], index: int, kind: type[BaseMessage]) -> int | None:
    return next((i for i in range(index - 1, -1, -1) if isinstance(messages[i], kind)), None)
