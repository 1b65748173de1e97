"""Days relative to an event: T-2d, T+1w, T-3bd, or T for its own day."""

import datetime
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from tools.dates import add_business_days, business_days_between

Unit = Literal["d", "w", "bd"]
_OFFSET = re.compile(r"T(?:(?P<sign>[+-])(?P<count>\d{1,3})(?P<unit>bd|d|w))?", re.IGNORECASE)
_UNITS: dict[str, Unit] = {"d": "d", "w": "w", "bd": "bd"}


@dataclass(frozen=True)
class Offset:
    """So many days, weeks or business days after the event's day; negative is before it."""

    count: int
    unit: Unit

    def __str__(self) -> str:
        return f"T{self.count:+d}{self.unit}" if self.count else "T"


def parse_offset(text: str) -> Offset:
    """Read `T-2d`, `T+1w`, `T-3bd` or `T`. Raises ValueError for anything else."""
    found = _OFFSET.fullmatch(text.strip())
    if not found:
        raise ValueError(f"{text!r} is no offset; write T-2d, T+1w, T-3bd (business days) or T")
    if found["count"] is None:
        return Offset(0, "d")
    count = int(found["count"])
    return Offset(-count if found["sign"] == "-" else count, _UNITS[found["unit"].lower()])


def resolve(offset: Offset, day: datetime.date, holidays: Collection[datetime.date] = ()) -> datetime.date:
    """Return the day that an offset means for an event on `day`. Raises ValueError outside the calendar."""
    if offset.unit == "bd":
        return add_business_days(day, offset.count, holidays) if offset.count else day
    try:
        return day + datetime.timedelta(days=offset.count * (7 if offset.unit == "w" else 1))
    except OverflowError as error:
        raise ValueError("the day would leave the calendar") from error


def between(day: datetime.date, due: datetime.date, like: Offset, holidays: Collection[datetime.date] = ()) -> Offset:
    """Return how far `due` lies from the event's day, in the unit of `like` where that comes out whole."""
    if like.unit == "bd":
        count = business_days_between(day, due, holidays)
        if resolve(Offset(count, "bd"), day, holidays) == due:
            return Offset(count, "bd")
    days = (due - day).days
    return Offset(days // 7, "w") if like.unit == "w" and days % 7 == 0 else Offset(days, "d")
