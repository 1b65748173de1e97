"""Structural rules of plans made of weeks: known kinds, readable data, and everything in its week. All are errors."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from pydantic import BaseModel, ValidationError

from tools.dates import day_text
from tools.issues import Issue
from tools.week_view import PlanDay, PlanWeek

MAX_ITEMS = 5000
_SOURCE = "plan structure"


def week_structure_issues(
    document: Mapping[str, Any],
    kinds: Mapping[str, type[BaseModel]],
    weeks: Sequence[PlanWeek],
    days: Sequence[PlanDay],
    shown: Callable[[datetime.date], str] = day_text,
) -> Iterator[Issue]:
    """Yield what makes a document no valid plan of weeks.

    `weeks` and `days` are its readable weeks and items, weeks in order of date; `shown` is how messages write a day.
    """
    items = document.get("items")
    if not isinstance(items, Mapping):
        yield structure_error("items_missing", (), "The plan has no items.")
        return
    if len(items) > MAX_ITEMS:
        message = f"A plan holds at most {MAX_ITEMS} items."
        yield structure_error("too_many_items", (), message, value=len(items), limit=MAX_ITEMS)
    for item_id, item in items.items():
        yield from _item_issues(str(item_id), item, items, kinds)
    yield from _not_finite(document.get("meta"), "meta")
    yield from _outside_week(weeks, days, shown)
    for earlier, later in pairwise(weeks):
        if later.start <= earlier.end:
            message = f"{earlier.title} and {later.title} share days."
            yield structure_error("weeks_overlap", (earlier.id, later.id), message)


def structure_error(
    code: str,
    ids: tuple[str, ...],
    message: str,
    *,
    value: float | None = None,
    limit: float | None = None,
    fix: str | None = None,
) -> Issue:
    """An issue that makes the document no valid plan."""
    return Issue(
        code=code, severity="error", ids=ids, message=message, value=value, limit=limit, source=_SOURCE, fix=fix
    )


def _item_issues(
    item_id: str, item: Any, items: Mapping[str, Any], kinds: Mapping[str, type[BaseModel]]
) -> Iterator[Issue]:
    if not isinstance(item, Mapping):
        yield structure_error("item_malformed", (item_id,), f"{item_id} is not an item.")
        return
    kind = item.get("kind")
    if kind not in kinds:
        message = f"{item_id} has the unknown kind {kind!r}; there are {', '.join(kinds)}."
        yield structure_error("unknown_kind", (item_id,), message)
    else:
        try:
            kinds[str(kind)].model_validate(item.get("data"), strict=True)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "data"
            yield structure_error("data_invalid", (item_id,), f"{item_id}: {where}: {first['msg']}.")
    yield from _parent_issues(item_id, item, items)


def _parent_issues(item_id: str, item: Mapping[str, Any], items: Mapping[str, Any]) -> Iterator[Issue]:
    parent = item.get("parent")
    if item.get("kind") == "week":
        if parent is not None:
            yield structure_error("week_with_parent", (item_id,), f"{item_id} is a week and belongs to nothing.")
        return
    above = items.get(parent) if isinstance(parent, str) else None
    if not isinstance(above, Mapping) or above.get("kind") != "week":
        message = f"{item_id} must belong to a week, and {parent!r} is none."
        yield structure_error("parent_not_a_week", (item_id,), message, fix="Move it into a week of the plan.")


def _not_finite(value: Any, path: str) -> Iterator[Issue]:
    if isinstance(value, float) and not math.isfinite(value):
        yield structure_error("number_not_finite", (), f"{path} is not a finite number.")
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _not_finite(inner, f"{path}.{key}")


def _outside_week(
    weeks: Sequence[PlanWeek], days: Sequence[PlanDay], shown: Callable[[datetime.date], str]
) -> Iterator[Issue]:
    by_id = {week.id: week for week in weeks}
    for item in days:
        week = by_id.get(item.parent or "")
        if week is not None and not week.start <= item.date <= week.end:
            yield structure_error(
                "outside_week",
                (item.id,),
                f"{item.title} ({item.id}) is on {shown(item.date)}, outside {week.title}, which runs from "
                f"{shown(week.start)} to {shown(week.end)}.",
                fix="Give it a date in its week, or move it to the week of that date.",
            )
