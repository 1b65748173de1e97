"""What a kind of planning is: everything the graph needs to know about running, travel or any other domain, as data.

A new domain supplies one `Domain`; nodes never ask which one they serve.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

from langchain_core.tools import BaseTool
from langgraph.store.base import BaseStore
from pydantic import BaseModel

from agent import plan_text
from agent.context import Context
from agent.demo.phrases import Phrases
from agent.plan.document import PlanDocument
from agent.plan.replanning import Replanner, Tail
from agent.safety.finding import Gate
from agent.state import InputState, State
from tools.issues import Issue
from tools.knowledge.index import Hit


@dataclass(frozen=True)
class Draft:
    """A first plan as its builder made it: the document's JSON, and what was assumed on the way."""

    document: dict[str, Any]
    assumptions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Circumstances:
    """What rules may know besides the plan: the moment, where the person is, their complaints, the domain's facts.

    `facts` is what the domain's `load` hook found for this turn; empty when a person edits without a conversation.
    """

    now: datetime
    timezone: str = "UTC"
    injuries: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def today(self) -> date:
        """The calendar day where the person is."""
        return self.now.date()

    @classmethod
    def of(cls, context: Context, facts: Mapping[str, Any] | None = None) -> Circumstances:
        """Those of a run."""
        return cls(context.moment(), context.timezone, tuple(context.injuries), facts or {})


class Validator(Protocol):
    """The rules of a domain: every issue of a document. `base` is the document before the change, None for a new one."""

    def __call__(
        self, document: Mapping[str, Any], *, base: Mapping[str, Any] | None, circumstances: Circumstances
    ) -> list[Issue]: ...


@dataclass(frozen=True)
class Loading:
    """What a domain's `load` hook works with, once a turn, before anything is looked up or answered.

    `given` are the domain's own input fields that came with this turn (see `Domain.input_state`), `facts` what the hook
    returned in the turn before, `said` the person's words. `emit` puts an event on the `custom` stream.
    """

    given: Mapping[str, Any]
    facts: Mapping[str, Any]
    said: str
    context: Context
    user_id: str
    thread_id: str | None
    store: BaseStore | None
    emit: Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Looking:
    """What a domain's `search` hook looks for: the person's question, and whose documents may answer it."""

    query: str
    facts: Mapping[str, Any]
    context: Context
    user_id: str
    thread_id: str | None


Search = Callable[[Looking], Awaitable[Sequence[Hit]]]
"""Documents of the person's own, best first; raises KnowledgeUnavailableError."""

Loader = Callable[[Loading], Awaitable[Mapping[str, Any]]]
"""The facts of a turn: small, plain JSON. They replace those of the turn before."""

Lines = Callable[[PlanDocument, int | None], list[str]]
"""A plan in lines, or the group number `n` (from 1) of it; raises LookupError for a group that it doesn't have."""


def no_rules(
    document: Mapping[str, Any], *, base: Mapping[str, Any] | None, circumstances: Circumstances
) -> list[Issue]:
    """A validator for plans whose structure is all that is checked."""
    return []


@dataclass(frozen=True)
class Domain:
    """One kind of planning.

    `kinds` are the models of the items' data; without any there are no plans, and no tools for them. `build` makes a
    first plan of a `build_request`, whose fields named in `injected` come from the run's context and are hidden from the
    model; without a builder a plan begins with its first edit. `build` may raise ValueError (pydantic's included) with a
    sentence that says what to change.

    `replan`, where a domain has it, builds a plan anew from a day on, from constraints as `replan_request` says; it
    raises ValueError as `build` does.

    `safety` sees the person's words before any model does; every domain has the rule on self-harm besides. `load`
    gathers the domain's facts at the beginning of a turn. `input_state` and `state` add input fields: a field is
    declared in both, arrives in `Loading.given`, and is forgotten when the turn has been loaded.

    `knowledge_folder` holds the articles to retrieve from, if any: of up to `passages` found, those count whose cosine
    similarity to what was said is at least `least_score`. `search` finds what people brought themselves. `lines` shows a
    plan in the domain's own words; `group` is what a plan's top-level items are called.
    """

    name: str
    assistant: str
    role: str
    phrases: Phrases
    kinds: Mapping[str, type[BaseModel]] = field(default_factory=dict)
    build_request: type[BaseModel] | None = None
    build: Callable[[Mapping[str, Any], Context], Draft] | None = None
    validate: Validator = no_rules
    knowledge_folder: Path | None = None
    injected: frozenset[str] = frozenset({"today", "tz"})
    tools: Sequence[BaseTool] = field(default=())
    passages: int = 4
    least_score: float = 0.35
    replan: Callable[[PlanDocument, date, Mapping[str, Any], Context], Tail] | None = None
    replan_request: type[BaseModel] | None = None
    safety: Gate | None = None
    load: Loader | None = None
    search: Search | None = None
    input_state: type[InputState] = InputState
    state: type[State] = State
    group: str = "week"
    lines: Lines | None = None

    @property
    def plans(self) -> bool:
        """Whether there are plans at all."""
        return bool(self.kinds)

    def shown(self, document: PlanDocument, group: int | None = None) -> list[str]:
        """A plan, or one group of it, in lines for reading. Raises LookupError for a group that it doesn't have."""
        if self.lines is not None:
            return self.lines(document, group)
        return plan_text.lines(document, group, word=self.group)

    @property
    def own_inputs(self) -> frozenset[str]:
        """The input fields that this domain adds to the messages."""
        return frozenset(self.input_state.__annotations__) - frozenset(InputState.__annotations__)

    def replanner(self, context: Context) -> Replanner | None:
        """What the edit `replan` calls in a run with this context; None for a domain that cannot."""
        build = self.replan
        if build is None:
            return None
        return lambda document, from_date, constraints: build(document, from_date, constraints, context)
