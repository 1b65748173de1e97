"""A runner's log: the runs they told of or imported, in LangGraph's store under their own namespace."""

import datetime

from langgraph.store.base import BaseStore
from pydantic import ValidationError

from tools.run_context import owner_label
from tools.running.activity import Activity

_PAGE = 200
_MOST = 2_000
"""Runs that are read for one report: several years of them."""


async def keep(store: BaseStore, owner: str, activity: Activity) -> bool:
    """Keep a run; the same file or the same words twice are one run. Return whether it is new."""
    namespace = _namespace(owner)
    known = await store.aget(namespace, activity.id)
    await store.aput(namespace, activity.id, activity.model_dump(mode="json"), index=False)
    return known is None


async def forget(store: BaseStore, owner: str, activity_id: str) -> None:
    """Take a run out of the log; one that isn't there is no error."""
    await store.adelete(_namespace(owner), activity_id)


async def runs_since(store: BaseStore, owner: str, day: datetime.date) -> list[Activity]:
    """Return the runs from a day on, oldest first."""
    found: list[Activity] = []
    for offset in range(0, _MOST, _PAGE):
        page = await store.asearch(_namespace(owner), limit=_PAGE, offset=offset)
        found += [activity for item in page if (activity := _activity(item.value)) and activity.date >= day]
        if len(page) < _PAGE:
            break
    return sorted(found, key=lambda activity: (activity.date, activity.id))


def _activity(value: dict[str, object]) -> Activity | None:
    """Read what is stored; what another program wrote there and makes no run is passed over."""
    try:
        return Activity.model_validate(value)
    except ValidationError:
        return None


def _namespace(owner: str) -> tuple[str, ...]:
    return owner_label(owner), "running", "activities"
