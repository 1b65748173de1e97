"""What a domain says of changes that people make outside a conversation: the same kinds and rules as in one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from agent.context import Context
from agent.domain import Circumstances, Domain
from agent.nodes.validate import new_issues
from agent.plan import domains
from agent.plan.document import PlanDocument
from agent.plan.replanning import Replanner


def register(domain: Domain) -> None:
    """Make a domain known to whoever changes its plans without its graph; called where the graph is made."""

    def check(before: PlanDocument, after: PlanDocument, now: datetime) -> Sequence[dict[str, Any]]:
        issues = new_issues(domain, Circumstances.of(_context(after, now)), before, after)
        return [issue.model_dump(mode="json") for issue in issues]

    def replanner(document: PlanDocument, now: datetime) -> Replanner | None:
        return domain.replanner(_context(document, now))

    domains.register(domains.DomainRules(domain.name, domain.kinds, check, replanner=replanner))


def _context(document: PlanDocument, now: datetime) -> Context:
    """Nobody's run: what counts is where the plan takes place, and now."""
    try:
        return Context(timezone=str(document.meta.get("tz", "UTC")), now=now)
    except ValidationError:  # the plan names no known time zone
        return Context(now=now)
