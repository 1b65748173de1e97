"""The rules a running plan is held to: structure, training load, injuries, and the past."""

import datetime
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tools.issues import Issue, by_severity
from tools.running.injuries import excluded_types
from tools.running.load_rules import load_issues
from tools.running.plan_view import PlanView, as_date, read_plan
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
        *_changes_to_the_past(document, base, today),
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


def _changes_to_the_past(
    document: Mapping[str, Any], base: Mapping[str, Any] | None, today: datetime.date
) -> Iterator[Issue]:
    if base is None:
        return
    old, new = base.get("items"), document.get("items")
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return
    for item_id in sorted(set(old) | set(new), key=str):
        before, after = old.get(item_id), new.get(item_id)
        if before != after and any(_is_past(item, today) for item in (before, after)):
            yield Issue(
                code="past_day_changed",
                severity="warning",
                ids=(str(item_id),),
                message=f"{item_id} concerns a day that is over.",
                source="plans record what happened",
                fix="Change days from today on.",
            )


def _is_past(item: Any, today: datetime.date) -> bool:
    data = item.get("data") if isinstance(item, Mapping) else None
    date = as_date(data.get("date")) if isinstance(data, Mapping) else None
    return date is not None and date < today
