"""A plan, or a week of one, in lines for reading: deterministic, the same for people, models and tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from agent.plan.document import PlanDocument
from agent.plan.outline import outline
from agent.plan.wording import HEADLINE_FIELDS, counted, day_text, unit_of, value_text

Row = Mapping[str, Any]


def summary(document: PlanDocument) -> str:
    """'8-week half marathon plan: 8 weeks, 31 runs, 1 race, Mon 6 Apr to Sun 31 May 2026'."""
    rows = outline(document)
    days = sorted(date.fromisoformat(row["date"]) for row in rows if "date" in row)
    span = f", {day_text(days[0])} to {day_text(days[-1], with_year=True)}" if days else ""
    return f"{title(document)}: {counted(row['kind'] for row in rows)}{span}"


def title(document: PlanDocument) -> str:
    told = document.meta.get("title")
    return told if isinstance(told, str) and told else f"{document.domain} plan"


def lines(document: PlanDocument, group: int | None = None, *, word: str = "week") -> list[str]:
    """A line for every group of items, or one for every item of group number `group` (from 1).

    Raises LookupError for a group that the plan doesn't have; `word` is what groups are called.
    """
    rows = outline(document)
    groups = _groups(rows)
    if group is None:
        return [_group_line(row, inside) for row, inside in groups]
    if not 1 <= group <= len(groups):
        raise LookupError(f"the plan has no {word} {group}; it has {len(groups)}")
    row, inside = groups[group - 1]
    return [_heading(row, inside) + ":", *(f"- {_item(one)}" for one in inside)]


def _groups(rows: Sequence[Row]) -> list[tuple[Row, list[Row]]]:
    tops = [row for row in rows if row["parent"] is None]
    return [(row, [one for one in rows if one["parent"] == row["id"]]) for row in tops]


def _group_line(row: Row, inside: Sequence[Row]) -> str:
    if not inside:
        return _item(row)
    return f"{_heading(row, inside)}: " + ", ".join(_item(one, with_month=False) for one in inside)


def _heading(row: Row, inside: Sequence[Row]) -> str:
    facts = [str(row[name]) for name in ("phase",) if name in row]
    if "date" in row:
        facts.append(f"from {day_text(date.fromisoformat(row['date']))}")
    field = HEADLINE_FIELDS[0]
    amounts = [one[field] for one in inside if isinstance(one.get(field), int | float)]
    if amounts:
        total = round(sum(amounts), 1)
        facts.append(f"{total:g}{unit_of(field)}")
    return str(row["title"]) + (f" ({', '.join(facts)})" if facts else "")


def _item(row: Row, *, with_month: bool = True) -> str:
    amounts = [f"{value_text(row[name])}{unit_of(name)}" for name in HEADLINE_FIELDS if name in row]
    day = date.fromisoformat(row["date"]) if "date" in row else None
    when = [day_text(day) if with_month else str(row["weekday"])] if day is not None else []
    return " ".join([*when, row["title"], *amounts])


def bulleted(shown: Iterable[str]) -> str:
    """Lines as a Markdown list, for pages and terminals alike; lines that are items of a list stay where they are."""
    return "\n".join(line if line.lstrip().startswith("- ") else f"- {line}" for line in shown)
