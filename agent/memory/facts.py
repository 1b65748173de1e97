"""Facts and preferences in LangGraph's store, under their user's namespace, each with where it came from.

The store is that of DATABASE_URL, so facts outlive the process and are the same whichever LangGraph server runs a graph.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import NAMESPACE_URL, uuid5
from weakref import WeakKeyDictionary

from langgraph.store.base import GetOp, Item, PutOp, SearchOp
from langgraph.store.postgres.aio import AsyncPostgresStore

from agent.plan import connections

Kind = Literal["fact", "preference"]
PROFILE = "profile"
MAX_FACTS = 200
"""Of one person; the oldest are forgotten for new ones."""
MAX_LENGTH = 300
_PLAIN_LABEL = re.compile(r"[A-Za-z0-9-]")
_ESCAPED = re.compile(r"~([0-9a-f]+)~")
_WORD = re.compile(r"\w{2,}")
_COMMON = frozenset({"that", "the", "my", "is", "am", "are", "to", "in", "on", "at", "of", "and", "an", "about", "me"})
_stores: WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[connections.Pool, AsyncPostgresStore]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Source:
    """Where a fact came from: who said it, when, in which message of which thread, and what wrote it down.

    `by` is "tool" (a model called a tool for it) or "rule" (the person's words asked for it in a known form).
    """

    graph: str
    by: Literal["tool", "rule"]
    said_at: str
    thread_id: str | None = None
    message_id: str | None = None
    run_id: str | None = None


@dataclass(frozen=True)
class Fact:
    """One thing that is known of a person; `id` is its key in the store."""

    id: str
    kind: Kind
    text: str
    source: Source
    created_at: datetime
    updated_at: datetime


class Facts:
    """The facts of one person. Raises `agent.plan.connections.NoDatabaseError` where there is no database."""

    def __init__(self, user_id: str) -> None:
        self.namespace = namespace(user_id)

    async def all(self) -> list[Fact]:
        """What is remembered, oldest first."""
        [found] = await (await _store()).abatch([SearchOp(self.namespace, None, MAX_FACTS + 1, 0, None, False)])
        items = [item for item in found if isinstance(item, Item)] if isinstance(found, list) else []
        facts = [_fact(item) for item in items if item.namespace == self.namespace and "text" in item.value]
        return sorted(facts, key=lambda fact: (fact.created_at, fact.id))

    async def get(self, fact_id: str) -> Fact | None:
        """One of them."""
        [item] = await (await _store()).abatch([GetOp(self.namespace, fact_id, False)])
        return _fact(item) if isinstance(item, Item) and "text" in item.value else None

    async def remember(self, text: str, kind: Kind, source: Source) -> Fact | None:
        """Keep a fact; the same words twice are one fact, and the newer source counts. None for an empty text."""
        text = " ".join(text.split()).rstrip(" .!")[:MAX_LENGTH]
        if not text:
            return None
        fact_id = uuid5(NAMESPACE_URL, f"planloom:fact:{text.casefold()}").hex
        value = {"text": text, "kind": kind, "source": vars(source)}
        await (await _store()).abatch([PutOp(self.namespace, fact_id, value, False)])
        known = await self.all()
        await self.forget([fact.id for fact in known[: max(0, len(known) - MAX_FACTS)] if fact.id != fact_id])
        return next((fact for fact in known if fact.id == fact_id), None)

    async def forget(self, fact_ids: Sequence[str]) -> None:
        """Delete facts; one that is not there is no error."""
        if fact_ids:
            await (await _store()).abatch([PutOp(self.namespace, fact_id, None) for fact_id in fact_ids])

    async def matching(self, text: str) -> list[Fact]:
        """The facts that words mean: the one that says the same, else those that share most of the words."""
        known, wanted = await self.all(), text.strip().rstrip(" .!").casefold()
        same = [fact for fact in known if fact.text.casefold() == wanted or fact.id == text.strip()]
        if same:
            return same
        words = content_words(wanted)
        shared = {fact.id: len(words & content_words(fact.text)) for fact in known}
        most = max(shared.values(), default=0)
        return [fact for fact in known if most and shared[fact.id] == most and 2 * most >= len(words)]


def namespace(user_id: str) -> tuple[str, str]:
    """A user's namespace: one label for each id and never one for two, of characters that no search takes for a pattern."""
    label = "".join(one if _PLAIN_LABEL.match(one) else f"~{ord(one):x}~" for one in user_id)
    return label or "~", PROFILE


def user_of_label(label: str) -> str:
    """The user whose namespace begins with a label: the inverse of `namespace`."""
    return "" if label == "~" else _ESCAPED.sub(lambda found: chr(int(found[1], 16)), label)


def content_words(text: str) -> set[str]:
    """The words of a text that say what it is about."""
    return {word.rstrip("s") for word in _WORD.findall(text.casefold())} - _COMMON


async def _store() -> AsyncPostgresStore:
    pool, loop = await connections.pool(), asyncio.get_running_loop()
    known = _stores.get(loop)
    if known is None or known[0] is not pool:
        known = _stores[loop] = (pool, AsyncPostgresStore(conn=pool))
    return known[1]


def _fact(item: Item) -> Fact:
    told: dict[str, Any] = dict(item.value)
    source = told.get("source") or {}
    known = {name: source.get(name) for name in ("thread_id", "message_id", "run_id")}
    return Fact(
        id=item.key,
        kind="preference" if told.get("kind") == "preference" else "fact",
        text=str(told["text"]),
        source=Source(str(source.get("graph", "")), source.get("by", "rule"), str(source.get("said_at", "")), **known),
        created_at=item.created_at,
        updated_at=item.updated_at,
    )
