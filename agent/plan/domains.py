"""What each kind of planning says of its plans, for those that change plans without running its graph.

A graph's module registers its domain when it is imported, which every LangGraph server does at its start; so whoever
serves plans over HTTP needs to know no graph. A plan of a domain that nobody registered can be changed too; then only
its structure is checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from agent.plan.document import PlanDocument
from agent.plan.json_values import Json
from agent.plan.kind_data import Kinds
from agent.plan.replanning import Replanner

Check = Callable[[PlanDocument, PlanDocument, datetime], Sequence[Mapping[str, Json]]]
"""(before, after, now) → the issues, as JSON, that `after` has and `before` had not or less badly."""


@dataclass(frozen=True)
class DomainRules:
    """The models of a domain's kinds of items, and its rules. An issue of severity "error" forbids the change."""

    domain: str
    kinds: Kinds
    check: Check
    registered: bool = True
    replanner: Callable[[PlanDocument, datetime], Replanner | None] = lambda document, now: None
    """The domain's builder of the rest of this plan, at this moment."""


_registered: dict[str, DomainRules] = {}


def register(rules: DomainRules) -> None:
    """Make a domain's rules known in this process; registering again replaces them."""
    _registered[rules.domain] = rules


def rules_for(document: PlanDocument) -> DomainRules:
    """The rules of the document's domain; of one that is not registered, rules that only ask for a proper plan."""
    known = _registered.get(document.domain)
    if known is not None:
        return known
    return DomainRules(document.domain, _AnyKind(), lambda before, after, now: (), registered=False)


class _AnyData(BaseModel):
    model_config = ConfigDict(extra="allow")


class _AnyKind(Mapping[str, type[BaseModel]]):
    """Every kind that somebody names, with any data."""

    def __getitem__(self, kind: str) -> type[BaseModel]:
        return _AnyData

    def __contains__(self, kind: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0
