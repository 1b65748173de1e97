"""What nodes say while they work: objects with a `type` on the `custom` stream, plain JSON.

The `.json` files beside this one are their schemas.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from agent.memory.facts import Fact
from agent.plan.changes import change_list
from agent.plan.diff import Diff, diff_hash, invert
from agent.plan.document import PlanDocument
from agent.plan.json_patch import to_json_patch
from agent.plan.records import PlanVersion
from agent.plan.render import render
from agent.safety.finding import SafetyFinding

SafetyOutcome = Literal["clear", "advised", "asked", "escalated", "held", "released"]
Event = dict[str, Any]


def retrieval_hits(query: str, hits: Sequence[dict[str, Any]]) -> Event:
    """The passages that were found for a question, best first."""
    return {"type": "retrieval.hits", "query": query, "hits": list(hits)}


def retrieval_failed(reason: str) -> Event:
    """Nothing could be looked up; the turn goes on without passages."""
    return {"type": "retrieval.failed", "reason": reason}


def tools_unavailable(reasons: Mapping[str, str]) -> Event:
    """MCP servers that could not be asked for their tools; the turn goes on without them."""
    return {"type": "tools.unavailable", "servers": [{"name": name, "reason": why} for name, why in reasons.items()]}


def plan_draft(plan_id: str, *, title: str, summary: str, lines: Sequence[str], assumptions: Sequence[str]) -> Event:
    """A new plan before it is checked and saved."""
    return {
        "type": "plan.draft",
        "plan_id": plan_id,
        "title": title,
        "summary": summary,
        "assumptions": list(assumptions),
        "text": {"plain": summary, "markdown": "\n".join([summary, "", *(f"- {line}" for line in lines)])},
    }


def plan_diff(
    *, plan_id: str, base_version: int, proposal_id: str, change: Diff, before: PlanDocument, after: PlanDocument
) -> Event:
    """What a proposal would change, in words and as patches both ways."""
    plain = render(change, before, after)
    return {
        "type": "plan.diff",
        "plan_id": plan_id,
        "base_version": base_version,
        "proposal_id": proposal_id,
        "diff_hash": diff_hash(change),
        "summary": plain,
        "stats": change.stats,
        "changes": change_list(change, before, after),
        "patch": to_json_patch(change),
        "inverse": to_json_patch(invert(change)),
        "text": {"plain": plain, "markdown": render(change, before, after, style="markdown")},
    }


def plan_issues(plan_id: str, proposal_id: str, issues: Sequence[dict[str, Any]], *, approval: bool) -> Event:
    """What the rules say about a proposal: the issues that it brings or makes worse."""
    return {
        "type": "plan.issues",
        "plan_id": plan_id,
        "proposal_id": proposal_id,
        "issues": list(issues),
        "blocked": any(issue["severity"] == "error" for issue in issues),
        "approval": approval,
    }


def plan_version(version: PlanVersion) -> Event:
    """A version that was saved and is now the plan."""
    return {
        "type": "plan.version",
        "plan_id": str(version.plan_id),
        "version": version.version,
        "is_current": version.is_current,
        "kind": version.kind,
        "parent": version.parent,
        "author": version.author_kind,
        "hash": version.hash,
        "summary": version.summary,
        "created_at": version.created_at.isoformat(),
    }


def plan_conflict(plan_id: str, proposal_id: str, head: int, conflicts: Sequence[dict[str, Any]]) -> Event:
    """Others changed the same things meanwhile; theirs were kept."""
    return {
        "type": "plan.conflict",
        "plan_id": plan_id,
        "proposal_id": proposal_id,
        "head": head,
        "conflicts": list(conflicts),
    }


def summary(text: str, removed: int, tokens_before: int, tokens_after: int) -> Event:
    """Old turns were summarised; token counts are estimates."""
    return {
        "type": "summary",
        "text": text,
        "removed": removed,
        "tokens_before": tokens_before,
        "tokens_after": tokens_after,
    }


def memory_saved(fact: Fact) -> Event:
    """A fact that will be known in later conversations."""
    return {"type": "memory.saved", "key": fact.id, "kind": fact.kind, "text": fact.text, "source": vars(fact.source)}


def memory_forgotten(fact: Fact) -> Event:
    """A fact that is no longer known."""
    return {"type": "memory.forgotten", "key": fact.id, "text": fact.text}


def memory_failed(reason: str) -> Event:
    """Nothing of this turn could be remembered."""
    return {"type": "memory.failed", "reason": reason}


def safety_checked(finding: SafetyFinding, outcome: SafetyOutcome) -> Event:
    """A rule found something in the person's words, or something found earlier still counts."""
    return {
        "type": "safety.checked",
        "code": finding.code,
        "level": finding.level,
        "outcome": outcome,
        "reasons": list(finding.reasons),
        "source": finding.source,
    }


def safety_escalated(finding: SafetyFinding, text: str, resources: Sequence[dict[str, str]], language: str) -> Event:
    """A red flag was answered with fixed words, and no model was asked."""
    return {
        "type": "safety.escalated",
        "code": finding.code,
        "level": finding.level,
        "text": text,
        "language": language,
        "resources": list(resources),
        "reasons": list(finding.reasons),
        "source": finding.source,
    }
