"""What plans made of weeks have in common once they are read: weeks, items on a day, and their data."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError


@dataclass(frozen=True)
class PlanWeek:
    """A week of a plan; `start` is its first day."""

    id: str
    title: str
    start: datetime.date

    @property
    def end(self) -> datetime.date:
        """The last of its seven days."""
        return self.start + datetime.timedelta(days=6)


@dataclass(frozen=True)
class PlanDay:
    """Any item that is on a day; `parent` is the id of its week."""

    id: str
    kind: str
    parent: str | None
    title: str
    date: datetime.date


def read_data(item: Any, kinds: Mapping[str, type[BaseModel]]) -> BaseModel | None:
    """The data of an item, None where its kind is unknown or the data breaks the kind's model."""
    if not isinstance(item, Mapping) or item.get("kind") not in kinds:
        return None
    try:
        return kinds[str(item["kind"])].model_validate(item.get("data"), strict=True)
    except ValidationError:
        return None
