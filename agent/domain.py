"""What a kind of planning is: everything the graph needs to know about running, travel or any other domain, as data.

A new domain supplies one `Domain`; nodes never ask which one they serve.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from langchain_core.tools import BaseTool
from pydantic import BaseModel

from agent.context import Context
from agent.demo.phrases import Phrases
from agent.plan.document import PlanDocument
from agent.plan.replanning import Replanner, Tail
from tools.issues import Issue


@dataclass(frozen=True)
class Draft:
    """A first plan as its builder made it: the document's JSON, and what was assumed on the way."""

    document: dict[str, Any]
    assumptions: tuple[str, ...] = ()


class Validator(Protocol):
    """The rules of a domain: every issue of a document, as `tools.running.rules.check` does."""

    def __call__(
        self, document: Mapping[str, Any], *, base: Mapping[str, Any] | None, today: date, injuries: Sequence[str]
    ) -> list[Issue]: ...


class Searcher(Protocol):
    """The articles of a domain, searchable by meaning."""

    async def search(self, query: str, k: int = 5) -> Sequence[BaseModel]: ...


@dataclass(frozen=True)
class Domain:
    """One kind of planning.

    `kinds` are the models of the items' data. `build_request` is what a plan is built from; its fields named in
    `injected` come from the run's context and are hidden from the model. Of up to `passages` articles found, those count
    whose cosine similarity to what was said is at least `least_score`. `build` may raise ValueError (pydantic's
    included) with a sentence that says what to change. `knowledge_folder` holds the articles to retrieve from.
    `replan`, where a domain has it, builds a plan anew from a day on, from constraints as `replan_request` says; it
    raises ValueError as `build` does.
    """

    name: str
    assistant: str
    kinds: Mapping[str, type[BaseModel]]
    build_request: type[BaseModel]
    build: Callable[[Mapping[str, Any], Context], Draft]
    validate: Validator
    role: str
    phrases: Phrases
    knowledge_folder: Path
    injected: frozenset[str] = frozenset({"today", "tz"})
    tools: Sequence[BaseTool] = field(default=())
    passages: int = 4
    least_score: float = 0.35
    replan: Callable[[PlanDocument, date, Mapping[str, Any], Context], Tail] | None = None
    replan_request: type[BaseModel] | None = None

    def replanner(self, context: Context) -> Replanner | None:
        """What the edit `replan` calls in a run with this context; None for a domain that cannot."""
        build = self.replan
        if build is None:
            return None
        return lambda document, from_date, constraints: build(document, from_date, constraints, context)
