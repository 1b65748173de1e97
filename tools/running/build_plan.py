"""Build a periodised plan: the first draft that a runner then edits."""

from dataclasses import dataclass
from typing import Any

from tools.running.build_request import BuildRequest, PlanNotPossible, RaceResult

__all__ = ["BuildRequest", "BuiltPlan", "PlanNotPossible", "RaceResult", "build_plan"]


@dataclass(frozen=True)
class BuiltPlan:
    """A plan document (JSON-plain: schema, domain, meta, items) and the assumptions made on the way."""

    document: dict[str, Any]
    assumptions: list[str]


def build_plan(request: BuildRequest) -> BuiltPlan:
    """Return a plan of 4 to 24 weeks for the request; the same request gives the same plan.

    Raises PlanNotPossible, with a sentence that says what would be possible, for a goal out of reach.
    """
    raise PlanNotPossible(f"A plan for a {request.race} cannot be built yet.")
