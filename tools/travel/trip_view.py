"""A trip's document read once, for rules and sentences: timed items in order, stays, days; what is malformed is left out."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from tools import dates
from tools.travel.plan_items import KINDS, TIMED, Flight, Stay, Visit


@dataclass(frozen=True)
class TimedItem:
    """One item with its moments, aware. `data` is its kind's model."""

    id: str
    kind: str
    title: str
    parent: str | None
    start: datetime.datetime
    end: datetime.datetime
    data: Any

    @property
    def minutes(self) -> float:
        return dates.elapsed_minutes(self.start, self.end)

    @property
    def position(self) -> tuple[float, float] | None:
        """Latitude and longitude in degrees, where they are known."""
        lat, lon = getattr(self.data, "lat", None), getattr(self.data, "lon", None)
        return None if lat is None or lon is None else (lat, lon)


@dataclass(frozen=True)
class TripView:
    """What a trip's document says. `timed` is in order of time; `days` are the dates of its days by id."""

    tz: str
    currency: str
    travellers: int
    country: str | None
    destination: str | None
    days: dict[str, datetime.date]
    timed: tuple[TimedItem, ...]
    stays: tuple[TimedItem, ...]
    budget: float | None
    strict: bool

    @property
    def first(self) -> datetime.date | None:
        return min(self.days.values(), default=None)

    @property
    def last(self) -> datetime.date | None:
        return max(self.days.values(), default=None)

    def of_kind(self, kind: str) -> list[TimedItem]:
        return [one for one in self.timed if one.kind == kind]

    def of_day(self, day_id: str) -> list[TimedItem]:
        return [one for one in self.timed if one.parent == day_id]

    @property
    def visits(self) -> list[TimedItem]:
        return [one for one in self.timed if isinstance(one.data, Visit)]

    @property
    def flights(self) -> list[TimedItem]:
        return [one for one in self.timed if isinstance(one.data, Flight)]


def read_trip(document: Mapping[str, Any]) -> TripView:
    """Read a document. Never raises for a malformed one: what cannot be read is not in the view."""
    meta = document.get("meta")
    meta = meta if isinstance(meta, Mapping) else {}
    tz = _zone(meta.get("tz"))
    days: dict[str, datetime.date] = {}
    timed: list[TimedItem] = []
    stays: list[TimedItem] = []
    items = document.get("items")
    for item_id, item in items.items() if isinstance(items, Mapping) else ():
        data = read_data(item)
        if data is None:
            continue
        if item["kind"] == "day":
            days[str(item_id)] = datetime.date.fromisoformat(data.start)  # type: ignore[attr-defined]
        elif item["kind"] in TIMED or isinstance(data, Stay):
            (stays if isinstance(data, Stay) else timed).append(_timed(str(item_id), item, data))
    budget = meta.get("budget")
    budget = budget if isinstance(budget, Mapping) else {}
    amount = budget.get("amount")
    travellers = meta.get("travellers")
    return TripView(
        tz=tz,
        currency=str(meta.get("currency") or "EUR"),
        travellers=travellers if isinstance(travellers, int) and travellers > 0 else 1,
        country=_text(meta.get("country")),
        destination=_text(meta.get("destination")),
        days=dict(sorted(days.items(), key=lambda one: (one[1], one[0]))),
        timed=tuple(sorted(timed, key=lambda one: (one.start, one.id))),
        stays=tuple(sorted(stays, key=lambda one: (one.start, one.id))),
        budget=float(amount) if isinstance(amount, int | float) and not isinstance(amount, bool) else None,
        strict=budget.get("strict") is True,
    )


def read_data(item: Any) -> BaseModel | None:
    """Return an item's data as its kind's model, None for what is no proper item."""
    model = KINDS.get(str(item.get("kind"))) if isinstance(item, Mapping) else None
    if model is None:
        return None
    try:
        return model.model_validate(item.get("data"))
    except ValidationError:
        return None


def _timed(item_id: str, item: Mapping[str, Any], data: Any) -> TimedItem:
    return TimedItem(
        item_id,
        str(item["kind"]),
        str(item.get("title") or item_id),
        _text(item.get("parent")),
        dates.moment(data.start),
        dates.moment(data.end),
        data,
    )


def _zone(name: Any) -> str:
    try:
        return dates.zone(str(name)).key
    except ValueError:
        return "UTC"


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
