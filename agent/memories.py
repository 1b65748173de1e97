"""Facts that a person asked to remember, kept in the graph's store under their user id, with where they came from."""

from __future__ import annotations

import re
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from langgraph.store.base import BaseStore

MAX_FACTS = 50
MAX_LENGTH = 300
_STATED = re.compile(
    r"^(?:(?:please |and |also )*(?:remember|note|don'?t forget|keep in mind)(?: that)?:? (?P<told>.+)"
    r"|(?P<own>(?:i prefer|i'?d rather|my name is|i always|i never|i like to|i usually) .+))$",
    re.IGNORECASE | re.DOTALL,
)


def stated_fact(text: str) -> str | None:
    """The fact or preference that a message asks to remember, None when it asks for nothing of the kind."""
    found = _STATED.match(text.replace("\u2019", "'").strip())
    if not found:
        return None
    fact = " ".join((found["told"] or found["own"]).split()).rstrip(" .!")
    return fact[:MAX_LENGTH] or None


async def remember(store: BaseStore, user_id: str, fact: str, source: dict[str, Any]) -> str:
    """Keep a fact; the same words twice are one fact. Returns its key."""
    key = uuid5(NAMESPACE_URL, f"planloom:fact:{fact.casefold()}").hex
    await store.aput(_namespace(user_id), key, {"text": fact, **source}, index=False)
    return key


async def recall(store: BaseStore | None, user_id: str) -> list[str] | None:
    """What is remembered about a person, oldest first; None where there is no store."""
    if store is None:
        return None
    found = await store.asearch(_namespace(user_id), limit=MAX_FACTS)
    return [str(item.value["text"]) for item in sorted(found, key=lambda item: item.created_at) if "text" in item.value]


def _namespace(user_id: str) -> tuple[str, str]:
    # Periods are not allowed in a namespace's labels.
    return user_id.replace(".", "_") or "local", "profile"
