"""Which messages ask to remember something: rules, for models that don't call a tool for it."""

from __future__ import annotations

import re

from agent.memory.facts import MAX_LENGTH, Kind

_STATED = re.compile(
    r"^(?:(?:please |and |also )*(?:remember|note|don'?t forget|keep in mind)(?: that)?:? (?P<told>.+)"
    r"|(?P<own>(?:i prefer|i'?d rather|my name is|i always|i never|i like to|i usually) .+))$",
    re.IGNORECASE | re.DOTALL,
)
_PREFERENCE = re.compile(
    r"\b(?:prefer|rather|like|love|hate|dislike|favou?rite|enjoy|can'?t stand|don'?t like|always|never|usually)\b",
    re.IGNORECASE,
)


def stated_fact(text: str) -> str | None:
    """The fact or preference that a message asks to remember, None when it asks for nothing of the kind."""
    found = _STATED.match(text.replace("\u2019", "'").strip())
    if not found:
        return None
    fact = " ".join((found["told"] or found["own"]).split()).rstrip(" .!")
    return fact[:MAX_LENGTH] or None


def kind_of(fact: str) -> Kind:
    """Whether it tells what the person likes, or how things are."""
    return "preference" if _PREFERENCE.search(fact) else "fact"
