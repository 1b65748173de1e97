"""Curated cities and their sights: sample data to plan with, not a guide to rely on.

Names and positions are ours, written down from common knowledge. Opening hours and prices are typical values and
change: whatever is built on them is labelled as sample data, and says to check before going.
"""

import csv
import functools
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from tools.travel.airports import UnknownPlace

SOURCE = "Planloom's own sample of cities and sights; check hours and prices before going"
_FOLDER = Path(__file__).parent / "data"
INTERESTS = ("history", "art", "museums", "temples", "views", "nature", "food", "shopping", "nightlife", "family")


@dataclass(frozen=True)
class City:
    """A city: centre in degrees, currency, and usual costs in it (a ride, a meal, a night, the way from the airport)."""

    id: str
    name: str
    country: str
    tz: str
    lat: float
    lon: float
    currency: str
    airport: str
    airport_minutes: int
    airport_fare: float
    fare: float
    meal: float
    night: float
    other_names: tuple[str, ...]


@dataclass(frozen=True)
class Sight:
    """Something to see: minutes it takes, price per person, opening hours in minutes after midnight, closed weekdays.

    `weight` is 1 to 3, 3 for what most first visits include.
    """

    city: str
    id: str
    name: str
    interest: str
    lat: float
    lon: float
    minutes: int
    price: float
    opens: int
    closes: int
    closed: frozenset[int]
    weight: int

    @property
    def hours(self) -> str:
        """Opening hours as 09:00-17:00."""
        return f"{clock(self.opens)}-{clock(self.closes)}"

    @property
    def closed_days(self) -> str:
        """Weekdays on which it is closed, as Mon, Tue; "" when it never is."""
        return ", ".join(WEEKDAYS[day] for day in sorted(self.closed))


WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def clock(minutes: int) -> str:
    """Return minutes after midnight as hh:mm; the day's end is 24:00."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def minutes_of(text: str) -> int:
    """Read hh:mm as minutes after midnight, up to 24:00. Raises ValueError."""
    hours, _, rest = text.strip().partition(":")
    if not (hours.isdigit() and rest.isdigit() and len(rest) == 2):
        raise ValueError(f"{text!r} is not a time such as 09:30")
    minutes = int(hours) * 60 + int(rest)
    if int(rest) > 59 or minutes > 24 * 60:
        raise ValueError(f"{text!r} is not a time of a day")
    return minutes


def city(name: str) -> City:
    """Return the curated city of a name; raises UnknownPlace, naming those there are."""
    found = _names().get(_folded(name))
    if found is None:
        known = ", ".join(one.name for one in cities())
        raise UnknownPlace(f"I have no sights of {name.strip()!r} to plan with. I have: {known}.")
    return found


def is_known(name: str) -> bool:
    """Whether there is a curated city of that name."""
    return _folded(name) in _names()


@functools.cache
def cities() -> tuple[City, ...]:
    """Return all curated cities, by name."""
    return tuple(_city(row) for row in _rows("cities.csv"))


@functools.cache
def sights_of(city_id: str) -> tuple[Sight, ...]:
    """Return the sights of a city by the city's id; none for an unknown one."""
    return tuple(one for one in _sights() if one.city == city_id)


def sight_named(city_id: str, name: str) -> Sight | None:
    """Return the sight of a city whose name or id is, or contains, a name; None if none or several do."""
    wanted = _folded(name).removeprefix("the ")
    named = {one: _folded(one.name).removeprefix("the ") for one in sights_of(city_id)}
    exact = [one for one, text in named.items() if wanted in (text, one.id)]
    if exact:
        return exact[0]
    near = [one for one, text in named.items() if wanted and wanted in text]
    return near[0] if len(near) == 1 else None


def load() -> None:
    """Read the tables now; afterwards nothing here reads a file."""
    _names()
    for one in cities():
        sights_of(one.id)


@functools.cache
def _names() -> dict[str, City]:
    return {_folded(name): one for one in cities() for name in (one.name, one.id, *one.other_names)}


@functools.cache
def _sights() -> tuple[Sight, ...]:
    return tuple(_sight(row) for row in _rows("sights.csv"))


def _city(row: dict[str, str]) -> City:
    costs = {name: float(row[name]) for name in ("lat", "lon", "airport_fare", "fare", "meal", "night")}
    texts = {name: row[name] for name in ("id", "name", "country", "tz", "currency", "airport")}
    other = tuple(filter(None, row["other_names"].split(";")))
    return City(**texts, **costs, airport_minutes=int(row["airport_minutes"]), other_names=other)  # type: ignore[arg-type]


def _sight(row: dict[str, str]) -> Sight:
    return Sight(
        city=row["city"],
        id=row["id"],
        name=row["name"],
        interest=row["interest"],
        lat=float(row["lat"]),
        lon=float(row["lon"]),
        minutes=int(row["minutes"]),
        price=float(row["price"]),
        opens=minutes_of(row["opens"]),
        closes=minutes_of(row["closes"]),
        closed=frozenset(WEEKDAYS.index(day) for day in row["closed"].split(";") if day),
        weight=int(row["weight"]),
    )


def _rows(file: str) -> list[dict[str, str]]:
    with (_FOLDER / file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text)
    kept = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(kept.casefold().replace("\u2019", "'").split())
