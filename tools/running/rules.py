"""The rules a running plan is held to: structure, training load, injuries, and the past."""

import datetime
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tools.issues import Issue, by_severity
from tools.past_days import changes_to_the_past
from tools.running.injuries import excluded_types
from tools.running.load_rules import load_issues
from tools.running.plan_view import PlanView, read_plan
from tools.running.structure_rules import structure_issues


def check(
    document: Mapping[str, Any],
    *,
    base: Mapping[str, Any] | None,
    today: datetime.date,
    injuries: Iterable[str] = (),
) -> list[Issue]:
    """Return every issue of a plan document, errors first.

    The list is about the whole document; `tools.issues.introduced` tells what a change is to blame for.
    `base` is the document before the change, None for a new plan: changes to days before `today` are warned of.
    `injuries` are the runner's, in free text. Never raises for a malformed document: that is what it reports.
    """
    view = read_plan(document)
    issues = [
        *structure_issues(document, view),
        *load_issues(view),
        *_ruled_out_by_injuries(view, injuries),
        *changes_to_the_past(document, base, today),
    ]
    return by_severity(issues)


def _ruled_out_by_injuries(view: PlanView, injuries: Iterable[str]) -> Iterator[Issue]:
    excluded = excluded_types(injuries)
    for session in view.sessions:
        if session.type is not None and session.type in excluded:
            yield Issue(
                code="ruled_out_by_injury",
                severity="error",
                ids=(session.id,),
                message=f"{session.title} ({session.id}) is a kind of workout to leave out with: "
                f"{excluded[session.type]}.",
                source="our own cautious reading of return-to-running guidance; not medical advice",
                fix="Make it an easy run.",
            )
