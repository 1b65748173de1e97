"""Why a plan is not read or changed; `server.product.plans.route` turns these into HTTP."""

from __future__ import annotations

from collections.abc import Sequence

from agent.plan.json_values import Json
from agent.plan.records import Conflicted
from server.errors import Conflict, RequestError


class PreconditionRequired(RequestError):
    """A change without If-Match: it would not say which plan it was made for."""


class NotAcceptable(RequestError):
    """None of the forms that a plan is served in is acceptable."""


class PreconditionFailed(RequestError):
    """The plan is another one than the change was made for."""

    def __init__(self, head: int, content: str | None = None) -> None:
        super().__init__(
            f"the plan is at version {head} by now; read it again and repeat the change (PATCH with ?merge=1 carries it over)"
        )
        self.head = head
        self.content = content


class ForbiddenByRules(RequestError):
    """The domain's rules forbid what the plan would become."""

    def __init__(self, issues: Sequence[dict[str, Json]]) -> None:
        super().__init__(f"the plan's rules forbid this: {_errors(issues)}")
        self.issues = list(issues)


class PlanConflict(Conflict):
    """Others changed the same things meanwhile, or what both changes come to is forbidden."""

    def __init__(self, outcome: Conflicted) -> None:
        if outcome.conflicts:
            names = ", ".join(dict.fromkeys(one.pointer for one in outcome.conflicts))
            told = f"changed meanwhile, too: {names}; repeat the request with resolutions, ours or theirs for each"
        else:
            told = f"merged with what changed meanwhile, the plan's rules forbid this: {_errors(outcome.issues)}"
        super().__init__(told)
        self.outcome = outcome


def _errors(issues: Sequence[dict[str, Json]]) -> str:
    """What the errors among the issues say, as one line."""
    return "; ".join(str(one.get("message")).rstrip(".") for one in issues if one.get("severity") == "error")
