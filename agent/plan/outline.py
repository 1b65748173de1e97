"""A plan in short rows, as a prompt or a table needs it: what is when, with its id and key numbers."""

from __future__ import annotations

from datetime import date

from agent.plan.dates import day_of
from agent.plan.document import PlanDocument, children_of
from agent.plan.json_values import Json, copy_json
from agent.plan.wording import weekday

_LONGEST_TEXT = 40
_MOST_KEYS = 4
_OWN_KEYS = frozenset({"id", "kind", "parent", "title", "date", "weekday"})


def outline(document: PlanDocument) -> list[dict[str, Json]]:
    """One row per item, parents before their children, siblings by day and then rank.

    Each is `{id, kind, parent, title, date?, weekday?}` and the item's short values: numbers, words, small objects.
    Long text is left out.
    """
    rows: list[dict[str, Json]] = []
    children = children_of(document.items)
    waiting = list(reversed(_by_day(document, children.get(None, []))))
    while waiting:
        item_id = waiting.pop()
        rows.append(_row(document, item_id))
        waiting += reversed(_by_day(document, children.get(item_id, [])))
    return rows


def _by_day(document: PlanDocument, ids: list[str]) -> list[str]:
    # `ids` are in rank order and sorting is stable, so rank breaks ties; items without a day come last.
    return sorted(ids, key=lambda item_id: day_of(document.items[item_id]) or date.max)


def _row(document: PlanDocument, item_id: str) -> dict[str, Json]:
    item = document.items[item_id]
    row: dict[str, Json] = {"id": item_id, "kind": item.kind, "parent": item.parent, "title": item.title}
    day = day_of(item)
    if day is not None:
        row["date"], row["weekday"] = day.isoformat(), weekday(day)
    row.update(
        (name, copy_json(value)) for name, value in item.data.items() if name not in _OWN_KEYS and _is_short(value)
    )
    return row


def _is_short(value: Json) -> bool:
    if isinstance(value, dict):
        return len(value) <= _MOST_KEYS and all(
            not isinstance(one, dict | list) and _is_short(one) for one in value.values()
        )
    if isinstance(value, list):
        return False
    return value is not None and (not isinstance(value, str) or len(value) <= _LONGEST_TEXT)
