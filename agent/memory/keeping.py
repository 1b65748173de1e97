"""Keeping and forgetting facts: in the store, where they are listed, and as vectors, by which they are found."""

from __future__ import annotations

from collections.abc import Sequence

from agent.memory import vector_table
from agent.memory.facts import Fact, Facts, Kind, Source
from agent.memory.vector_table import Remembered, opened


async def keep(user_id: str, text: str, kind: Kind, source: Source) -> Fact | None:
    """Remember a fact, in the store and as a vector. Raises one of FAILURES."""
    fact = await Facts(user_id).remember(text, kind, source)
    if fact is not None:
        row = Remembered(user_id, fact.id, fact.text, "fact", graph=source.graph, said_at=source.said_at)
        await (await opened("facts")).keep([row])
    return fact


async def drop(user_id: str, facts: Sequence[Fact]) -> None:
    """Forget facts, in the store and as vectors. Raises one of FAILURES."""
    ids = [fact.id for fact in facts]
    await Facts(user_id).forget(ids)
    await vector_table.forget("facts", user_id, ids)


async def drop_everything(user_id: str, *, messages: bool = True) -> tuple[int, int]:
    """Forget all facts of a user, and what was said as well; returns how many of each. Raises one of FAILURES."""
    facts = await Facts(user_id).all()
    await drop(user_id, facts)
    return len(facts), await vector_table.forget("messages", user_id) if messages else 0
