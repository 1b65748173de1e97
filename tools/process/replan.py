"""Plan what is left of an event anew: due days by the template's offsets, for the event's day or another one."""

import datetime
import json
from collections.abc import Collection, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from tools.process.build_process import due_day, holidays_around
from tools.process.offsets import parse_offset
from tools.rest_of_plan import RestOfPlan

_OVER = ("done", "skipped", "cancelled")


class ReplanRequest(BaseModel):
    """Which event, and its new day if it is put off or brought forward."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    event: str | None = Field(
        default=None, max_length=120, description="id of the event; not needed if only one is open"
    )
    date: datetime.date | None = Field(default=None, description="another day of the event")


class ReplanNotPossible(ValueError):
    """Nothing can be planned anew; the message is a sentence that says what would be possible."""


def replan(
    document: Mapping[str, Any], from_date: datetime.date, request: ReplanRequest, *, today: datetime.date
) -> RestOfPlan:
    """Give the open steps of an event their due days by the template again, none before `from_date` and today.

    Steps that are over, other events and templates stay as they are; so do steps that were due before. Raises
    ReplanNotPossible.
    """
    items: Mapping[str, Any] = document["items"]
    start = max(from_date, today)
    event_id = _event(items, request, start)
    event = items[event_id]
    old = datetime.date.fromisoformat(event["data"]["date"])
    new = request.date or old
    if new < start:
        raise ReplanNotPossible(
            f"The event would be on {new.isoformat()}, before what is planned anew begins ({start.isoformat()})."
        )
    holidays = holidays_around(document["meta"].get("region"), new)
    rest = {item_id: dict(item) for item_id, item in items.items() if _day(item) >= start.isoformat()}
    # What has no day of its own (substeps, the log) goes with the event that it is under.
    dated = frozenset(rest)
    rest |= {item_id: dict(item) for item_id, item in items.items() if not _day(item) and _is_under(item, dated, items)}
    rest[event_id] = {**event, "data": {**event["data"], "date": new.isoformat()}}
    for item_id, item in rest.items():
        data = item["data"]
        if item["kind"] != "step" or item["parent"] != event_id or data.get("status") in _OVER:
            continue
        offset = _offset(data, items)
        due = due_day(parse_offset(offset), new, holidays) if offset is not None else _shifted(data["due"], new - old)
        rest[item_id] = {**item, "data": {**data, "due": max(due, start.isoformat())}}
    return RestOfPlan(start, rest)


def _event(items: Mapping[str, Any], request: ReplanRequest, start: datetime.date) -> str:
    open_events = {
        item_id: item["title"]
        for item_id, item in items.items()
        if item["kind"] == "event"
        and item["data"].get("status") not in _OVER
        and item["data"]["date"] >= start.isoformat()
    }
    if request.event is not None and request.event in open_events:
        return request.event
    if request.event is None and len(open_events) == 1:
        return next(iter(open_events))
    listed = ", ".join(f"{title} ({item_id})" for item_id, title in open_events.items())
    raise ReplanNotPossible(f"Say which event to plan anew: {listed}." if listed else "No event is still to come.")


def _day(item: Mapping[str, Any]) -> str:
    """The day that an item of an event has; templates have none."""
    return str(item["data"].get("due" if item["kind"] == "step" else "date") or "")


def _is_under(item: Mapping[str, Any], above: Collection[str], items: Mapping[str, Any]) -> bool:
    parent = item["parent"]
    while parent is not None and parent not in above:
        parent = items[parent]["parent"]
    return parent is not None


def _offset(data: Mapping[str, Any], items: Mapping[str, Any]) -> str | None:
    """The offset of the template's step that a step was made of, as the template has it now, else as it had."""
    template = items.get(data.get("of", ""))
    if template is not None and "offset" in template["data"]:
        return str(template["data"]["offset"])
    told = json.loads(data["origin"]) if "origin" in data else {}
    return str(told["offset"]) if "offset" in told else None


def _shifted(day: str, by: datetime.timedelta) -> str:
    return (datetime.date.fromisoformat(day) + by).isoformat()
