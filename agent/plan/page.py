"""A whole plan as a Markdown page: a table for each group of items, in the order of their days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from agent.plan.document import PlanDocument
from agent.plan.json_values import Json
from agent.plan.outline import outline
from agent.plan.wording import HEADLINE_FIELDS, day_text, unit_of, value_text

Row = Mapping[str, Json]
_TOLD = frozenset({"id", "kind", "parent", "title", "date", "weekday"})
_HEAD = ("| Day | What | Details |", "|---|---|---|")


def as_markdown(document: PlanDocument) -> str:
    """The plan for reading: its title, then each top item with a table of what is below it, at any depth."""
    rows = outline(document)
    parents = {row["id"]: row["parent"] for row in rows}
    groups: dict[str, list[Row]] = {row["id"]: [] for row in rows if row["parent"] is None}
    for row in rows:
        if row["parent"] is not None:
            groups[_top(row["id"], parents)].append(row)
    title = document.meta.get("title")
    page = [f"# {_plain(title) if isinstance(title, str) and title else f'{document.domain} plan'}"]
    loose = [row for row in rows if row["parent"] is None and not groups[row["id"]]]
    for row in rows:
        if row["parent"] is None and groups[row["id"]]:
            page += ["", f"## {_heading(row)}", "", *_table(groups[row["id"]])]
    if loose:
        page += ["", *([] if len(loose) == len(rows) else ["## Also", ""]), *_table(loose)]
    return "\n".join(page) + "\n"


def _top(item_id: str, parents: Mapping[str, str | None]) -> str:
    while (parent := parents[item_id]) is not None:
        item_id = parent
    return item_id


def _heading(row: Row) -> str:
    facts = [text for text in (_day(row), details(row)) if text]
    return _plain(row["title"]) + (f" ({', '.join(facts)})" if facts else "")


def _table(rows: Sequence[Row]) -> list[str]:
    return [*_HEAD, *(f"| {_day(row)} | {_plain(row['title'])} | {details(row)} |" for row in rows)]


def _day(row: Row) -> str:
    return day_text(date.fromisoformat(row["date"])) if "date" in row else ""


def details(row: Row) -> str:
    """The item's values in a few words: '8 km, tempo, quality 3 km'. Numbers that are not headlines say what they are."""
    own = [(name, value) for name, value in row.items() if name not in _TOLD and value != row.get("date")]
    return ", ".join(_plain(_named(name, value) + unit_of(name)) for name, value in own)


def _named(name: str, value: Json) -> str:
    if isinstance(value, str | dict) or name in HEADLINE_FIELDS:
        return value_text(value)
    unit = unit_of(name).strip()
    words = (name.removesuffix(f"_{unit}") if unit else name).replace("_", " ")
    return f"{words} {value_text(value)}"


def _plain(text: str) -> str:
    """Text that does not end a table's cell or line."""
    return " ".join(text.split()).replace("|", "\\|")
