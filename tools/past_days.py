"""The rule that plans record what happened: changes to days that are over are warned of."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tools.dates import as_date
from tools.issues import Issue


def changes_to_the_past(
    document: Mapping[str, Any],
    base: Mapping[str, Any] | None,
    today: datetime.date,
    *,
    day_of: Callable[[Mapping[str, Any]], datetime.date | None] = lambda data: as_date(data.get("date")),
    planned: Callable[[Any], Any] = lambda item: item,
) -> Iterator[Issue]:
    """Yield a warning for each item that differs from `base` and lies before `today` in either of the two documents.

    `base` is the document before the change, None for a new one: then nothing is warned of. `day_of` reads the last
    day of an item's data, `planned` is the part of an item that counts as planned; what it leaves out may be written
    down afterwards.
    """
    old, new = (one.get("items") if isinstance(one, Mapping) else None for one in (base, document))
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return
    for item_id in sorted(set(old) | set(new), key=str):
        before, after = planned(old.get(item_id)), planned(new.get(item_id))
        if before != after and any(_is_past(item, today, day_of) for item in (before, after)):
            yield Issue(
                code="past_day_changed",
                severity="warning",
                ids=(str(item_id),),
                message=f"{item_id} concerns a day that is over.",
                source="plans record what happened",
                fix="Change days from today on.",
            )


def _is_past(item: Any, today: datetime.date, day_of: Callable[[Mapping[str, Any]], datetime.date | None]) -> bool:
    data = item.get("data") if isinstance(item, Mapping) else None
    day = day_of(data) if isinstance(data, Mapping) else None
    return day is not None and day < today
