"""A diff for reading: a sentence, a Markdown table, or lines for a terminal. Deterministic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from agent.plan.changes import Change, change_list
from agent.plan.dates import SPAN_FIELDS, day_of, parse_day
from agent.plan.diff import ABSENT, Diff
from agent.plan.document import PlanDocument
from agent.plan.json_values import Json
from agent.plan.wording import HEADLINE_FIELDS, counted, day_text, unit_of, value_text

__all__ = ["Style", "change_list", "render"]

Style = Literal["plain", "markdown", "terminal"]
Sort = tuple[str, str | None]
NO_CHANGES = "No changes"
_SINGLY = 6
"""Changes of one sort up to this number are told one by one; more become one clause."""
_ROWS = 60


def render(change: Diff, before: PlanDocument, after: PlanDocument, style: Style = "plain") -> str:
    """The diff in words: `plain` is one line, `markdown` a table, `terminal` lines that start with -, + or ~."""
    changes = change_list(change, before, after)
    if not changes:
        return NO_CHANGES
    if style == "markdown":
        return _table(changes, before, after)
    if style == "terminal":
        return "\n".join(line for one in changes for line in _lines(one, before, after))
    return _sentence(changes)


def _sentence(changes: Sequence[Change]) -> str:
    sorts: dict[Sort, list[Change]] = {}
    for one in changes:
        sorts.setdefault(_sort(one), []).append(one)
    told: set[Sort] = set()
    clauses: list[str] = []
    for one in changes:
        sort = _sort(one)
        if len(sorts[sort]) <= _SINGLY:
            clauses.append(one["text"])
        elif sort not in told:
            told.add(sort)
            clauses.append(_summary(sorts[sort]))
    return "; ".join(clauses)


def _sort(change: Change) -> Sort:
    field = change.get("field")
    return change["kind"], "day" if change["kind"] == "moved" and field in SPAN_FIELDS else field


def _summary(alike: Sequence[Change]) -> str:
    """Many changes of one sort as one clause."""
    kind, field, count = alike[0]["kind"], alike[0].get("field"), len(alike)
    if kind in ("added", "removed"):
        return f"{kind.capitalize()} {count} items ({counted(one['item_kind'] for one in alike)})"
    if kind == "moved":
        days = {_days_between(one) for one in alike}
        by = days.pop() if len(days) == 1 else None
        return f"Moved {count} items" + (f" by {by:+d} day{'' if abs(by) == 1 else 's'}" if by else "")
    sums = [_total(alike, side) for side in ("before", "after")]
    if field in HEADLINE_FIELDS and None not in sums:
        total = " → ".join(value_text(one) for one in sums)
        return f"Changed {field} of {count} items ({total}{unit_of(str(field))} in all)"
    return f"Changed {str(field).replace('_', ' ')} of {count} items"


def _days_between(change: Change) -> int | None:
    was, now = parse_day(change.get("before")), parse_day(change.get("after"))
    return None if was is None or now is None else (now - was).days


def _total(alike: Sequence[Change], side: str) -> float | None:
    values = [one.get(side) for one in alike]
    numbers = [one for one in values if isinstance(one, int | float)]
    total = round(sum(numbers), 6)
    return None if len(numbers) < len(values) else int(total) if total == int(total) else total


def _table(changes: Sequence[Change], before: PlanDocument, after: PlanDocument) -> str:
    rows = ["| Item | Change | Before | After |", "|---|---|---|---|"]
    for one in changes[:_ROWS]:
        field = one.get("field")
        what = one["kind"] if field is None else f"{one['kind']}: {field}"
        cells = (one["label"], what, _cell(one, "before", before), _cell(one, "after", after))
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    if len(changes) > _ROWS:
        rows.append(f"| … | {len(changes) - _ROWS} more | | |")
    return "\n".join(rows)


def _cell(change: Change, side: str, document: PlanDocument) -> str:
    if side in change:
        return _shown(change.get("field"), change[side])
    whole = (change["kind"], side) in (("removed", "before"), ("added", "after"))
    return _row(document, change["id"]) if whole else ""


def _shown(field: str | None, value: Json) -> str:
    day = parse_day(value)
    if day is not None:
        return f"{day_text(day)} {value[11:16]}".strip()
    return value_text(value) + unit_of(field or "")


def _lines(change: Change, before: PlanDocument, after: PlanDocument) -> list[str]:
    kind, field = change["kind"], change.get("field")
    if kind in ("added", "removed"):
        sign, document = ("+", after) if kind == "added" else ("-", before)
        return [f"{sign} {_row(document, change['id'])}"]
    if kind == "moved" and field not in ("rank", "parent"):
        return [f"- {_row(before, change['id'])}", f"+ {_row(after, change['id'])}"]
    if kind == "moved":
        return [f"~ {change['text']}"]
    return [
        f"{sign} {change['label']}  {field}: {_shown(field, change.get(side, ABSENT))}"
        for sign, side in (("-", "before"), ("+", "after"))
    ]


def _row(document: PlanDocument, item_id: str) -> str:
    item = document.items[item_id]
    day = day_of(item)
    amounts = (value_text(item.data[name]) + unit_of(name) for name in HEADLINE_FIELDS if name in item.data)
    return "  ".join([*([day_text(day)] if day else []), item.title, *amounts])
