"""A proposal's change as the state keeps it: the diff, its hash, and its parts in words."""

from __future__ import annotations

from collections.abc import Sequence

from agent.domain import Domain
from agent.plan.diff import Diff, apply, diff_hash
from agent.plan.document import PlanDocument
from agent.plan.json_patch import to_json_patch
from agent.plan.merge import Conflict
from agent.plan.render import render
from agent.plan.selection import selectable
from agent.plan_store import Base
from agent.plan_text import summary
from agent.state import Json

NOTHING_LEFT = "Nothing of this change is left: others changed the same things meanwhile, and theirs are kept"


def described(change: Diff, before: PlanDocument, after: PlanDocument, *, first: bool = False) -> Json:
    """`{diff, diff_hash, changes, patch, summary, markdown}`; a `first` plan is summed up instead of compared."""
    changes = selectable(change, before, after)
    text = summary(after) if first else render(change, before, after)
    page = text if first else render(change, before, after, style="markdown")
    if not changes:
        text = page = NOTHING_LEFT
    return {
        "diff": change.to_json(),
        "diff_hash": diff_hash(change),
        "changes": changes,
        "patch": [] if first else to_json_patch(change),
        "summary": text,
        "markdown": page,
    }


def origin_of(version: int, change: Diff) -> Json:
    """Where a proposal with conflicts comes from: the change, and the version that it was made of.

    With it a person's choices can be carried out: a three-way merge of that version, the change, and the version that
    the proposal is for now.
    """
    return {"base_version": version, "diff": change.to_json()}


def conflicts_json(conflicts: Sequence[Conflict]) -> list[Json]:
    """Conflicts as the state keeps them and people are asked about them."""
    return [conflict.to_json() for conflict in conflicts]


def proposed(proposal: Json, base: Base, domain: Domain) -> PlanDocument:
    """The document that a proposal would make of its base."""
    return apply(base.document(domain.name), Diff.from_json(proposal["diff"]))
