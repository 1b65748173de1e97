"""The bodies of the memories' routes."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from agent.memory.facts import Fact
from agent.memory.recall import Recollection


class SourceOut(BaseModel):
    """Where a fact came from."""

    graph: str = Field(description="The assistant that it was told to.")
    by: Literal["tool", "rule"] = Field(description="tool: a model kept it; rule: the person's words asked for it.")
    said_at: str
    thread_id: str | None
    message_id: str | None
    run_id: str | None


class MemoryOut(BaseModel):
    """A remembered fact or preference."""

    id: str
    kind: Literal["fact", "preference"]
    text: str
    source: SourceOut
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, fact: Fact) -> MemoryOut:
        """A fact as it is shown."""
        source = SourceOut(**vars(fact.source))
        return cls(**{**vars(fact), "source": source})


class FoundOut(BaseModel):
    """Something remembered that a search found."""

    id: str
    kind: Literal["fact", "message"]
    text: str
    role: str = Field(description="user, assistant or fact.")
    thread_id: str = Field(description="Where it was said; empty for a fact.")
    said_at: str
    score: float = Field(description="Cosine similarity to the query, 0 to 1.")

    @classmethod
    def of(cls, found: Recollection) -> FoundOut:
        """A recollection as it is shown."""
        return cls(**vars(found))


class MemoriesOut(BaseModel):
    """What is remembered of a person, oldest first; with a query, what bears on it, best first."""

    memories: list[MemoryOut]
    found: list[FoundOut] = Field(default=[], description="With `query`: facts and messages that bear on it.")


class ForgottenOut(BaseModel):
    """How much was forgotten."""

    facts: int
    messages: int = Field(description="Messages that can no longer be recalled; the threads themselves stay.")


class Refusal(BaseModel):
    """Why a request was not served."""

    detail: str
