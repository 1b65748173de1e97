"""The rules a team's plan is held to: structure, dependencies, due days, statuses with their log, owners."""

import datetime
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from tools.issues import Issue, Severity, by_severity
from tools.process.critical_path import CircularSteps, in_order
from tools.process.plan_items import KINDS
from tools.process.status import CLOSED_STEPS, may_become, next_statuses
from tools.process.view import EventItem, StepItem, TeamPlan, read_plan

_SOURCE = "Planloom's rules for team processes"
_PARENTS: Mapping[str, frozenset[str | None]] = {
    "process": frozenset({None}),
    "event": frozenset({None}),
    "reminder": frozenset({None, "event"}),
    "step": frozenset({"event", "process"}),
    "substep": frozenset({"step"}),
    "status_change": frozenset({"event", "step"}),
}
_MOST_AT_ONCE = 3
"""Steps one person should have in progress; our own number, in the spirit of kanban's limits on work in progress."""


def check(document: Mapping[str, Any], *, base: Mapping[str, Any] | None, now: datetime.datetime) -> list[Issue]:
    """Return every issue of a plan document, errors first; never raises for a malformed one.

    `base` is the document before the change, None for a new plan: against it the log may only grow, and a status may
    only change with an entry in the log.
    """
    plan = read_plan(document)
    issues = [
        *_places(document),
        *_dependencies(plan),
        *_due_days(plan, now.date()),
        *_owners(plan),
        *_statuses(document, base),
    ]
    return by_severity(issues)


def _issue(code: str, severity: Severity, ids: tuple[str, ...], message: str, fix: str | None = None) -> Issue:
    return Issue(code=code, severity=severity, ids=ids, message=message, source=_SOURCE, fix=fix)


def _places(document: Mapping[str, Any]) -> Iterator[Issue]:
    items = document.get("items")
    kinds = {key: item.get("kind") for key, item in items.items()} if isinstance(items, Mapping) else {}
    for item_id, item in items.items() if isinstance(items, Mapping) else ():
        kind, parent = item.get("kind"), item.get("parent")
        if kind not in KINDS:
            yield _issue("unknown_kind", "error", (item_id,), f"{item_id} is of an unknown kind: {kind}.")
        elif (kinds.get(parent) if parent is not None else None) not in _PARENTS[kind]:
            allowed = " or ".join(sorted(str(place or "the top level") for place in _PARENTS[kind]))
            yield _issue("wrong_place", "error", (item_id,), f"{item_id}, a {kind}, belongs under: {allowed}.")


def _dependencies(plan: TeamPlan) -> Iterator[Issue]:
    for step in plan.steps.values():
        for needed in step.data.depends_on:
            if needed not in plan.steps:
                yield _issue(
                    "unknown_blocker", "error", (step.id,), f"{step.id} depends on {needed}, which is no step."
                )
            elif plan.steps[needed].parent != step.parent:
                yield _issue(
                    "foreign_blocker", "error", (step.id, needed), f"{step.id} depends on {needed} of another event."
                )
            elif step.data.status == "done" and plan.steps[needed].data.status not in CLOSED_STEPS:
                yield _issue(
                    "done_before_blocker",
                    "error",
                    (step.id, needed),
                    f"{step.title} can't be done before {plan.steps[needed].title}.",
                    f"Finish or skip {needed} first.",
                )
    for steps in plan.steps_of.values():
        try:
            in_order(steps)
        except CircularSteps as circle:
            yield _issue("circular_steps", "error", tuple(sorted(set(circle.ids))), f"{circle}.".capitalize())


def _due_days(plan: TeamPlan, today: datetime.date) -> Iterator[Issue]:
    for step in plan.steps.values():
        event = plan.event_of(step)
        if event is None:
            if step.data.due is not None:
                yield _issue(
                    "due_in_template", "error", (step.id,), f"{step.id} is a template's step: say an offset, not a day."
                )
            continue
        if step.due is None:
            continue
        for needed in step.data.depends_on:
            blocker = plan.steps.get(needed)
            if blocker is not None and blocker.due is not None and blocker.due > step.due:
                yield _issue(
                    "due_before_blocker",
                    "error",
                    (step.id, needed),
                    f"{step.title} is due on {step.due}, before {blocker.title} ({blocker.due}) that it waits for.",
                    f"Make {step.id} due on {blocker.due} or later, or {needed} earlier.",
                )
        if step.is_open and event.is_open and step.due < today:
            yield _issue("overdue", "info", (step.id,), f"{step.title} was due on {step.due}.")


def _owners(plan: TeamPlan) -> Iterator[Issue]:
    working: Counter[str] = Counter()
    for step in plan.steps.values():
        owner = step.data.owner
        if owner is None:
            continue
        if plan.participants and owner not in plan.participants and plan.event_of(step) is not None:
            known = ", ".join(sorted(plan.participants))
            yield _issue(
                "unknown_owner", "warning", (step.id,), f"{owner}, who has {step.title}, is no participant ({known})."
            )
        working[owner] += step.data.status == "in_progress"
    for owner, count in sorted(working.items()):
        if count > _MOST_AT_ONCE:
            ids = tuple(s.id for s in plan.steps.values() if s.data.owner == owner and s.data.status == "in_progress")
            yield _issue("too_much_at_once", "info", ids, f"{owner} has {count} steps in progress.")


def _statuses(document: Mapping[str, Any], base: Mapping[str, Any] | None) -> Iterator[Issue]:
    if base is None:
        return
    before, after = read_plan(base), read_plan(document)
    for entry_id, entry in before.changes.items():
        now = after.changes.get(entry_id)
        gone_with = entry.parent is not None and entry.parent not in after.steps and entry.parent not in after.events
        if (now is None and not gone_with) or (
            now is not None and (now.data, now.parent) != (entry.data, entry.parent)
        ):
            yield _issue(
                "log_rewritten", "error", (entry_id,), "The log of statuses can only grow.", "Leave the entry as it is."
            )
    added: dict[str, list[tuple[str, str]]] = {}
    for entry_id, entry in after.changes.items():
        if entry_id not in before.changes and entry.parent is not None:
            added.setdefault(entry.parent, []).append((entry.data.before, entry.data.after))
            if entry.at is None:
                yield _issue("no_moment", "error", (entry_id,), f"{entry_id} has no moment with an offset.")
    yield from _moves(before, after, added)


def _moves(before: TeamPlan, after: TeamPlan, added: dict[str, list[tuple[str, str]]]) -> Iterator[Issue]:
    items: dict[str, tuple[str, EventItem | StepItem, EventItem | StepItem]] = {
        **{key: ("event", before.events[key], item) for key, item in after.events.items() if key in before.events},
        **{key: ("step", before.steps[key], item) for key, item in after.steps.items() if key in before.steps},
    }
    for item_id, (kind, old, new) in items.items():
        if after.steps.get(item_id) and after.event_of(after.steps[item_id]) is None:
            continue
        moves = added.get(item_id, [])
        if old.data.status == new.data.status and not moves:
            continue
        if _path(old.data.status, new.data.status, moves) is None:
            yield _issue(
                "status_without_log",
                "error",
                (item_id,),
                f"{new.title} goes from {old.data.status} to {new.data.status} without an entry in the log.",
                "Use set_status, which writes both.",
            )
        for was, becomes in moves:
            if not may_become(kind, was, becomes):
                allowed = ", ".join(next_statuses(kind, was)) or "nothing"
                yield _issue(
                    "illegal_status",
                    "error",
                    (item_id,),
                    f"{new.title} can't go from {was} to {becomes}; from {was} it can go to: {allowed}.",
                )


def _path(old: str, new: str, moves: list[tuple[str, str]]) -> list[tuple[str, str]] | None:
    """Return the entries in an order that leads from the old status to the new one; None if there is none."""
    waiting = list(moves)
    path: list[tuple[str, str]] = []
    while waiting:
        following = next((move for move in waiting if move[0] == old), None)
        if following is None:
            return None
        waiting.remove(following)
        path.append(following)
        old = following[1]
    return path if old == new else None
