"""What the demo model says: templates over what tools computed and what passages say; it makes up nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from langchain_core.messages import ToolMessage

from agent.demo.perceive import Passage
from agent.demo.phrases import Phrases
from agent.demo.turns import spoken_text

LABEL = "the keyless demo: fixed rules, not a language model"
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9“\"])")
_COMMON = frozenset(
    re.findall(
        r"\S+",
        "the a an and or of to in on for is are was do does did i my me it this that what why how when should can you your "
        "be with at have has about there before after so much many",
    )
)
MAX_SENTENCES = 3
AS_TOLD = frozenset({"plan_rejected", "plan_held"})
"""A person's no, and a plan that waits for a doctor, are answers, not failures."""


def introduction(phrases: Phrases) -> str:
    """Who is speaking and what can be asked."""
    return f"I'm {phrases.assistant}, answered here by {LABEL}. You can say, for example:\n{_bullets(phrases.examples)}"


def not_understood(phrases: Phrases, text: str) -> str:
    """An honest answer to what is outside the grammar, with the examples nearest to it."""
    words = _content_words(text)
    ranked = sorted(phrases.examples, key=lambda example: -len(words & _content_words(example)))
    return (
        f"I didn't understand that. This is {LABEL}, and it knows a fixed set of requests in English. Nearest:\n"
        f"{_bullets(ranked[:3])}\n\nSay “help” for more, or set OPENAI_API_KEY for a language model."
    )


def too_long(phrases: Phrases, most: int) -> str:
    """An honest answer to a text that no rule can be meant for."""
    return (
        f"That is more than I can take in at once. This is {LABEL}: ask for one thing at a time, in at most {most:,} "
        f"characters, for example “{phrases.examples[0]}”."
    )


def no_plan_yet(phrases: Phrases) -> str:
    """What to say when something is asked of a plan that isn't there."""
    return f"There is no plan in this conversation yet. Say, for example, “{phrases.examples[0]}”."


def changed_meanwhile(what: str) -> str:
    """What somebody else did to the plan since the last turn."""
    return f"Meanwhile the plan was changed outside this conversation: {what}."


def results_spoken(results: Sequence[ToolMessage]) -> str:
    """The results of tools in their own words, in order; failures are said as failures."""
    return "\n\n".join(_one_result(result) for result in results)


def answer_from(passages: Sequence[Passage], question: str) -> str:
    """The sentences of the best passage that come nearest to the question, quoted, with their source."""
    words = _content_words(question)
    best = max(passages[:3], key=lambda passage: len(words & _content_words(f"{passage.title} {passage.text}")))
    prose = " ".join(line for line in best.text.splitlines() if line.strip() and not line.startswith("#"))
    sentences = [sentence.strip() for sentence in _SENTENCE.split(prose) if sentence.strip()]
    scores = [len(words & _content_words(sentence)) for sentence in sentences]
    start = max(range(len(sentences)), key=lambda index: sum(scores[index : index + MAX_SENTENCES]), default=0)
    quoted = " ".join(sentences[start : start + MAX_SENTENCES])
    source = f" ({best.source})" if best.source else ""
    return f"From “{best.title}”{source}: “{quoted}”"


def proposed_ops(result: ToolMessage) -> list[dict[str, Any]]:
    """The plan operations that a tool's result proposes."""
    try:
        told = json.loads(spoken_text(result))
        ops = told["data"]["proposed_ops"]
    except (json.JSONDecodeError, KeyError, TypeError):
        return []
    return [op for op in ops if isinstance(op, dict)] if isinstance(ops, list) else []


def _one_result(result: ToolMessage) -> str:
    text = spoken_text(result)
    try:
        told = json.loads(text)
    except json.JSONDecodeError:
        told = None
    if isinstance(told, dict) and isinstance(told.get("text"), str):
        text = told["text"]
        text += "".join(f"\nNote: {warning}" for warning in told.get("warnings") or [])
    if isinstance(told, dict) and told.get("result_type") in AS_TOLD:
        return text
    if result.status == "error":
        return f"That didn't work, and nothing was changed: {text}"
    return text


def _content_words(text: str) -> set[str]:
    return {word.rstrip("s") for word in re.findall(r"[a-z]{2,}", text.lower())} - _COMMON


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
