"""Structural rules of a self-care plan: what must hold for it to be one. All of them are errors."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from tools.issues import Issue
from tools.pain.plan_items import KINDS
from tools.pain.plan_view import PlanView

MAX_ITEMS = 5_000
_SOURCE = "plan structure"


def structure_issues(document: Mapping[str, Any], view: PlanView) -> Iterator[Issue]:
    """What makes a document no valid plan."""
    items = document.get("items")
    if not isinstance(items, Mapping):
        yield _error("items_missing", (), "The plan has no items.")
        return
    if len(items) > MAX_ITEMS:
        yield _error("too_many_items", (), f"A plan holds at most {MAX_ITEMS} items.", len(items), MAX_ITEMS)
    for item_id, item in items.items():
        yield from _item_issues(str(item_id), item, items)
    yield from _not_finite(document.get("meta"), "meta")
    yield from _outside_week(view)
    for earlier, later in zip(view.weeks, view.weeks[1:], strict=False):
        if later.start <= earlier.end:
            yield _error("weeks_overlap", (earlier.id, later.id), f"{earlier.title} and {later.title} share days.")


def _item_issues(item_id: str, item: Any, items: Mapping[str, Any]) -> Iterator[Issue]:
    if not isinstance(item, Mapping):
        yield _error("item_malformed", (item_id,), f"{item_id} is not an item.")
        return
    kind = item.get("kind")
    if kind not in KINDS:
        yield _error(
            "unknown_kind", (item_id,), f"{item_id} has the unknown kind {kind!r}; there are {', '.join(KINDS)}."
        )
    else:
        try:
            KINDS[str(kind)].model_validate(item.get("data"), strict=True)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "data"
            yield _error("data_invalid", (item_id,), f"{item_id}: {where}: {first['msg']}.")
    parent = item.get("parent")
    if kind == "week":
        if parent is not None:
            yield _error("week_with_parent", (item_id,), f"{item_id} is a week and belongs to nothing.")
        return
    above = items.get(parent) if isinstance(parent, str) else None
    if not isinstance(above, Mapping) or above.get("kind") != "week":
        message = f"{item_id} must belong to a week, and {parent!r} is none."
        yield _error("parent_not_a_week", (item_id,), message, fix="Move it into a week of the plan.")


def _not_finite(value: Any, path: str) -> Iterator[Issue]:
    if isinstance(value, float) and not math.isfinite(value):
        yield _error("number_not_finite", (), f"{path} is not a finite number.")
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _not_finite(inner, f"{path}.{key}")


def _outside_week(view: PlanView) -> Iterator[Issue]:
    weeks = {week.id: week for week in view.weeks}
    for item in view.items:
        week = weeks.get(item.parent or "")
        if week is not None and not week.start <= item.date <= week.end:
            yield _error(
                "outside_week",
                (item.id,),
                f"{item.title} ({item.id}) is on {item.date}, outside {week.title}, which runs from {week.start} to "
                f"{week.end}.",
                fix="Give it a date in its week, or move it to the week of that date.",
            )


def _error(
    code: str,
    ids: tuple[str, ...],
    message: str,
    value: float | None = None,
    limit: float | None = None,
    fix: str | None = None,
) -> Issue:
    return Issue(
        code=code, severity="error", ids=ids, message=message, value=value, limit=limit, source=_SOURCE, fix=fix
    )
