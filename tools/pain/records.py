"""What is kept of a person's pain between conversations, in LangGraph's store: diary entries, scores, drawings.

Each person has a namespace of their own; nothing here can name another's.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Literal
from uuid import NAMESPACE_URL, uuid5

from langgraph.store.base import BaseStore, SearchItem
from pydantic import ValidationError

from tools.pain.diary_entries import DiaryEntry
from tools.run_context import owner_label

Sort = Literal["diary", "scores", "drawings"]
MOST_ENTRIES = 2_000
_PAGE = 200


async def add_entry(store: BaseStore, owner: str, entry: DiaryEntry, call_id: str | None) -> str:
    """Keep a diary entry; the same call repeated keeps it once. Returns its key."""
    return await _put(store, owner, "diary", entry.at, entry.model_dump(mode="json"), call_id)


async def entries(store: BaseStore, owner: str) -> list[DiaryEntry]:
    """A person's diary, oldest first; what is no entry (written by other means) is left out."""
    found: list[DiaryEntry] = []
    for item in await _all(store, owner, "diary"):
        try:
            found.append(DiaryEntry.model_validate(item.value))
        except ValidationError:
            continue
    return sorted(found, key=lambda entry: entry.at)


async def add_record(
    store: BaseStore, owner: str, sort: Sort, at: datetime.datetime, record: Mapping[str, Any], call_id: str | None
) -> str:
    """Keep a score or a drawing with its time. Returns its key."""
    return await _put(store, owner, sort, at, {**record, "at": at.isoformat()}, call_id)


async def records(store: BaseStore, owner: str, sort: Sort) -> list[dict[str, Any]]:
    """A person's scores or drawings, oldest first."""
    found = [dict(item.value) for item in await _all(store, owner, sort) if isinstance(item.value.get("at"), str)]
    return sorted(found, key=lambda record: str(record["at"]))


async def _put(
    store: BaseStore, owner: str, sort: Sort, at: datetime.datetime, value: Mapping[str, Any], call_id: str | None
) -> str:
    # A replayed run makes the same calls: the key makes them the same record.
    key = f"{at.date().isoformat()}-{uuid5(NAMESPACE_URL, f'planloom:{sort}:{call_id or at.isoformat()}').hex[:16]}"
    await store.aput(_namespace(owner, sort), key, dict(value), index=False)
    return key


async def _all(store: BaseStore, owner: str, sort: Sort) -> list[SearchItem]:
    found: list[SearchItem] = []
    while len(found) < MOST_ENTRIES:
        page = await store.asearch(_namespace(owner, sort), limit=_PAGE, offset=len(found))
        found += page
        if len(page) < _PAGE:
            break
    return found


def _namespace(owner: str, sort: Sort) -> tuple[str, str, str]:
    return owner_label(owner), "care", sort
