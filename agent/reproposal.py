"""A proposal made anew: because the plan moved on before it could be committed, or because a person chose among it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid5

from agent.domain import Circumstances, Domain
from agent.nodes.validate import new_issues
from agent.plan.diff import Diff, apply, diff
from agent.plan.document import PlanDocument
from agent.plan.problems import ChoiceError
from agent.plan.records import Conflicted, PlanVersion
from agent.plan.resolve import resolve
from agent.plan.selection import select
from agent.proposed_change import conflicts_json, described, origin_of
from agent.state import Json

MOVED_ON = "The plan changed while this waited, and with that this change would do something else than was shown."


def onto_head(told: Json, base: PlanVersion, head: PlanVersion, outcome: Conflicted) -> Json:
    """The proposal for the version that the plan is at by now, to be shown and decided anew.

    `told` was made of `base`, and `outcome` is what committing it came to. Its id depends on the old one and the
    version only, so that a replay proposes the same again.
    """
    change = diff(head.document, outcome.merged)
    return {
        **told,
        **described(change, head.document, outcome.merged),
        "id": str(uuid5(UUID(told["id"]), f"onto/{head.version}")),
        "plan_id": str(head.plan_id),
        "base_version": head.version,
        "conflicts": conflicts_json(outcome.conflicts),
        "issues": [dict(issue) for issue in outcome.issues],
        "origin": origin_of(base.version, Diff.from_json(told["diff"])),
        "merged_from": base.version,
        "approval": True,
        "approved": False,
        "problem": MOVED_ON,
    }


def chosen(
    told: Json,
    before: PlanDocument,
    origin: PlanDocument | None,
    domain: Domain,
    circumstances: Circumstances,
    *,
    is_first: bool,
) -> Json:
    """The proposal with what a person chose of it, approved; or as it was, with the problem that their choice has.

    `before` is the document that it is for, `origin` the one that it was first made of, if it has conflicts.
    """
    choice = told["chosen"]
    asked = {key: value for key, value in told.items() if key != "chosen"}
    try:
        after, kept = _settled(told, before, origin, choice["resolutions"])
        whole = diff(before, after)
        names = {one["change_id"]: one["text"] for one in described(whole, before, after)["changes"]}
        out = [name for name in choice["left_out"] if name in names]
        change = select(whole, before, after, frozenset(names) - frozenset(out))
    except ChoiceError as error:
        return asked | {"problem": f"{_sentences([problem.message for problem in error.problems])}"}
    made = apply(before, change)
    issues = new_issues(domain, circumstances, None if is_first else before, made)
    errors = [issue.message for issue in issues if issue.severity == "error"]
    if errors:
        return asked | {"problem": f"With this choice the plan's rules forbid the change: {_sentences(errors)}"}
    return {
        **asked,
        **described(change, before, made, first=is_first),
        "id": str(uuid5(UUID(told["id"]), f"chosen/{choice['left_out']}/{sorted(choice['resolutions'].items())}")),
        "conflicts": kept,
        "issues": [issue.model_dump(mode="json") for issue in issues],
        "left_out": [names[name] for name in out],
        "approved": True,
        "problem": None,
    }


def _settled(
    told: Json, before: PlanDocument, origin: PlanDocument | None, choices: Any
) -> tuple[PlanDocument, list[Json]]:
    """The document with the chosen sides in it, and the conflicts with the side that was kept. Raises `ChoiceError`."""
    if origin is None or not choices:
        return apply(before, Diff.from_json(told["diff"])), list(told["conflicts"])
    ours = apply(origin, Diff.from_json(told["origin"]["diff"]))
    merged = resolve(origin, ours, before, choices)
    return merged.document, conflicts_json(merged.conflicts)


def _sentences(texts: Sequence[str]) -> str:
    return "; ".join(text.rstrip(".") for text in texts) + "."
