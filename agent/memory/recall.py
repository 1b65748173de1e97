"""What is remembered that bears on what a person says now: facts and earlier messages, never another person's."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from agent.memory.facts import content_words
from agent.memory.fusion import fused
from agent.memory.vector_table import Near, VectorTable, opened

MAX_RECALLED = 3
LEAST_SCORE = 0.35
_CANDIDATES = 20


@dataclass(frozen=True)
class Recollection:
    """A fact or an earlier message that was recalled; `score` is its cosine similarity to what was said."""

    id: str
    kind: Literal["fact", "message"]
    text: str
    score: float
    role: str
    thread_id: str
    said_at: str

    @property
    def title(self) -> str:
        """What it is, for people."""
        if self.kind == "fact":
            return "Remembered"
        return "You said earlier" if self.role == "user" else "Answered earlier"


async def recall(
    user_id: str, query: str, *, present: Sequence[str], has_facts: bool = True
) -> tuple[list[Recollection], list[Recollection]]:
    """The facts and the messages of a user that bear on a query, best first each.

    Messages with an id in `present` are in the conversation's prompt already and left out. By meaning and by words,
    fused. Without facts of theirs (`has_facts`) none are searched. Raises one of `agent.memory.failures.FAILURES`.
    """
    messages = await opened("messages")
    vector = await messages.model.embeddings.aembed_query(query)
    if not has_facts:
        return [], await _near(messages, user_id, vector, query, present)
    facts = await opened("facts")
    near_messages, near_facts = await asyncio.gather(
        _near(messages, user_id, vector, query, present), _near(facts, user_id, vector, query, ())
    )
    return near_facts, near_messages


async def _near(
    table: VectorTable, user_id: str, vector: Sequence[float], query: str, without: Sequence[str]
) -> list[Recollection]:
    near = await table.nearest(user_id, vector, _CANDIDATES, without=without)
    wanted = content_words(query)
    shared = {one: len(wanted & content_words(one.remembered.text)) for one in near}
    by_words = sorted((one for one in near if shared[one]), key=lambda one: -shared[one])
    by_meaning = [one for one in near if one.score >= LEAST_SCORE]
    # Words alone don't make a memory bear on the matter; they order what does.
    fitting = [one for one in fused(by_meaning, by_words) if one.score >= LEAST_SCORE]
    return [_recollection(one) for one in _distinct(fitting)[:MAX_RECALLED]]


def _distinct(found: Sequence[Near]) -> list[Near]:
    """Without the same words twice: people repeat themselves."""
    return list({one.remembered.text.casefold(): one for one in reversed(found)}.values())[::-1]


def _recollection(one: Near) -> Recollection:
    told = one.remembered
    return Recollection(
        id=told.message_id,
        kind="fact" if told.role == "fact" else "message",
        text=told.text,
        score=round(one.score, 4),
        role=told.role,
        thread_id=told.thread_id,
        said_at=told.said_at,
    )
