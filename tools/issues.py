"""What a validator has to say about a plan document, and which of it a change brought about."""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

Severity = Literal["error", "warning", "info"]

SEVERITY_ORDER: dict[Severity, int] = {"error": 0, "warning": 1, "info": 2}


class Issue(BaseModel):
    """One finding of a rule.

    `code` names the rule and `ids` the items concerned: together they identify the finding when two versions
    of a document are compared. `value` is what was measured and `limit` what the rule allows, in one unit.
    `source` names where the rule comes from; `fix` says what would settle the matter.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str
    severity: Severity
    ids: tuple[str, ...]
    message: str
    value: float | None = None
    limit: float | None = None
    source: str
    fix: str | None = None

    @property
    def excess(self) -> float:
        """How far the value lies beyond the limit; 0 where the rule measures nothing."""
        if self.value is None or self.limit is None:
            return 0.0
        return abs(self.value - self.limit)


def introduced(before: Sequence[Issue], after: Sequence[Issue]) -> list[Issue]:
    """Return the issues of `after` that `before` did not have, or had less badly, in the order of `after`.

    Only these may hold up an edit: otherwise one old warning would freeze every later change of a plan. An
    issue about fewer of the items that it was about before is the same issue, not a new one.
    """
    known: dict[tuple[str, str], list[Issue]] = {}
    for issue in before:
        for item_id in issue.ids or ("",):
            known.setdefault((issue.code, item_id), []).append(issue)

    def has_precedent(issue: Issue) -> bool:
        first = issue.ids[0] if issue.ids else ""
        precedents = known.get((issue.code, first), ())
        return any(set(issue.ids) <= set(old.ids) and not _worse(issue, old) for old in precedents)

    return [issue for issue in after if not has_precedent(issue)]


def by_severity(issues: Sequence[Issue]) -> list[Issue]:
    """Return the issues with errors first, otherwise in the order in which they were found."""
    return sorted(issues, key=lambda issue: SEVERITY_ORDER[issue.severity])


def _worse(new: Issue, old: Issue) -> bool:
    if new.severity != old.severity:
        return SEVERITY_ORDER[new.severity] < SEVERITY_ORDER[old.severity]
    return new.excess > old.excess + 1e-9
