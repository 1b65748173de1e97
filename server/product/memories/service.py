"""What a person may do with what is remembered of them."""

from __future__ import annotations

from dataclasses import dataclass

from agent.memory import keeping
from agent.memory.facts import Fact, Facts, Kind
from agent.memory.failures import FAILURES, reason
from agent.memory.recall import Recollection, recall
from server.errors import NotFound, Unavailable


@dataclass(frozen=True)
class MemoryService:
    """The memories of one person: of the caller where one is authenticated, else of whom the request names."""

    user_id: str

    async def all(self, kind: Kind | None) -> list[Fact]:
        """Facts and preferences, oldest first."""
        return [fact for fact in await Facts(self.user_id).all() if kind in (None, fact.kind)]

    async def one(self, memory_id: str) -> Fact:
        """One of them. Raises NotFound."""
        fact = await Facts(self.user_id).get(memory_id)
        if fact is None:
            raise NotFound(f"there is no memory {memory_id}")
        return fact

    async def search(self, query: str) -> list[Recollection]:
        """Facts and messages that bear on a query, best first. Raises Unavailable where nothing can be embedded."""
        try:
            facts, messages = await recall(self.user_id, query, present=())
        except FAILURES as error:
            raise Unavailable(f"memories cannot be searched now: {reason(error)}") from error
        return sorted([*facts, *messages], key=lambda found: -found.score)

    async def forget(self, memory_id: str) -> None:
        """Delete a fact. Raises NotFound."""
        await keeping.drop(self.user_id, [await self.one(memory_id)])

    async def forget_all(self, *, messages: bool) -> tuple[int, int]:
        """Delete all facts, and what was said as well; returns how many of each."""
        return await keeping.drop_everything(self.user_id, messages=messages)
