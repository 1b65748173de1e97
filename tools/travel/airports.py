"""Airports and the cities they serve, by code or by name.

Source: the airportsdata package (IATA codes, WGS-84 coordinates, IANA time zones, and IATA's metropolitan areas).
"""

import difflib
import functools
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import airportsdata

SOURCE = f"airportsdata {airportsdata.__version__}"
MOST_SUGGESTIONS = 3
_MAIN = {
    "LON": "LHR", "NYC": "JFK", "PAR": "CDG", "TYO": "HND", "ROM": "FCO", "MIL": "MXP", "CHI": "ORD", "WAS": "IAD",
    "MOW": "SVO", "SEL": "ICN", "BJS": "PEK", "SHA": "PVG", "OSA": "KIX", "STO": "ARN", "BUE": "EZE", "SAO": "GRU",
    "RIO": "GIG", "YTO": "YYZ", "YMQ": "YUL", "BER": "BER", "IST": "IST", "BKK": "BKK", "DXB": "DXB", "JKT": "CGK",
    "MEL": "MEL", "QLA": "LAX", "QSF": "SFO", "HOU": "IAH", "DFW": "DFW", "OSL": "OSL", "MMA": "MMX", "TCI": "TFS",
    "BUH": "OTP", "REK": "KEF",
}  # fmt: skip
"""The airport meant where a metropolitan area has several and one must be taken; the sentence says so."""
_OTHER_NAMES = {"nyc": "new york", "new york city": "new york", "lisboa": "lisbon", "roma": "rome", "wien": "vienna"}
_NEAREST = {"kyoto": "KIX"}
"""Cities without an airport of their own."""
_MAIN_OF_CITY = {"berlin": "BER", "barcelona": "BCN", "sydney": "SYD", "athens": "ATH", "dublin": "DUB"} | _NEAREST
"""Cities whose name others share, but hardly anybody means those."""
_ALSO = {"LON": ("SEN",)}
"""Airports that IATA counts to an area and the package leaves out."""


class UnknownPlace(ValueError):
    """No airport or city is known by a name; the message names the nearest ones."""


class AmbiguousPlace(ValueError):
    """A name stands for several places; `choices` are their airports."""

    def __init__(self, message: str, choices: Sequence["Airport"]) -> None:
        super().__init__(message)
        self.choices = tuple(choices)


@dataclass(frozen=True)
class Airport:
    """An airport: IATA code, position in degrees (WGS-84), IANA time zone, ISO country."""

    iata: str
    name: str
    city: str
    region: str
    country: str
    lat: float
    lon: float
    tz: str

    def __str__(self) -> str:
        return f"{self.iata} ({self.name}, {self.city}, {self.country})"


def airport(code: str) -> Airport:
    """Return the airport with an IATA code; raises UnknownPlace, naming codes that look alike."""
    found = _airports().get(code.strip().upper())
    if found is None:
        near = difflib.get_close_matches(code.strip().upper(), _airports(), n=MOST_SUGGESTIONS, cutoff=0.6)
        raise UnknownPlace(f"There is no airport with the code {code.strip()!r}.{_nearest(near)}")
    return found


def airports_of(place: str) -> list[Airport]:
    """Return every airport that a code, a metropolitan area or a city's name stands for, the likeliest first.

    A country or region may follow after a comma ("Paris, US"). Raises UnknownPlace with the nearest names.
    """
    text = _folded(place)
    if not text:
        raise UnknownPlace("Name a city or an airport, for example Tokyo or LHR.")
    if len(text) == 3 and text.upper() in _airports() and text.upper() not in _areas():
        return [_airports()[text.upper()]]
    city, _, where = (part.strip() for part in text.partition(","))
    city = _OTHER_NAMES.get(city, city)
    if city in _NEAREST:
        return [_airports()[_NEAREST[city]]]
    area = city.upper() if city.upper() in _areas() else _area_by_name().get(city)
    inside = [_airports()[code] for code in _areas()[area]] if area is not None else []
    main = {_MAIN.get(area or ""), _MAIN_OF_CITY.get(city)}
    inside.sort(key=lambda one: one.iata not in main)
    others = sorted(_by_city().get(city, ()), key=lambda one: (one.iata not in main, one.iata))
    found = [*inside, *(one for one in others if one not in inside)]
    if where:
        found = [one for one in found if where in (_folded(one.country), _folded(one.region))]
    if not found:
        found = (
            [one for one in _airports().values() if city in _folded(one.name)] if len(city) > 3 and not where else []
        )
    if not found:
        near = difflib.get_close_matches(city, _by_city(), n=MOST_SUGGESTIONS, cutoff=0.75)
        raise UnknownPlace(f"I know no airport or city {place.strip()!r}.{_nearest(name.title() for name in near)}")
    return found


def main_airport(place: str) -> Airport:
    """Return the one airport meant by a place.

    Of a metropolitan area it is the main one. Raises UnknownPlace, and AmbiguousPlace where a name stands for
    several places and none stands out.
    """
    found = airports_of(place)
    text = _folded(place).partition(",")[0].strip()
    text = _OTHER_NAMES.get(text, text)
    area = text.upper() if text.upper() in _areas() else _area_by_name().get(text)
    if len(found) == 1 or found[0].iata in (_MAIN.get(area or ""), _MAIN_OF_CITY.get(text)):
        return found[0]
    international = [one for one in found if one.name.endswith("International Airport")]
    same_place = {(one.country, one.region) for one in found}
    if len(international) == 1 and len(same_place) == 1:
        return international[0]
    listed = ", ".join(map(str, found[:8]))
    raise AmbiguousPlace(f"{place.strip()!r} stands for several airports: {listed}. Say which, by its code.", found)


@functools.cache
def _airports() -> dict[str, Airport]:
    return {
        code: Airport(
            code, one["name"], one["city"], one["subd"], one["country"], float(one["lat"]), float(one["lon"]), one["tz"]
        )
        for code, one in airportsdata.load("IATA").items()
    }


@functools.cache
def _areas() -> dict[str, tuple[str, ...]]:
    """Codes of the airports of each metropolitan area, by the area's code."""
    areas = airportsdata.load_iata_macs().items()
    return {code: (*area["airports"], *_ALSO.get(code, ())) for code, area in areas}


@functools.cache
def _area_by_name() -> dict[str, str]:
    return {_folded(area["name"]): code for code, area in airportsdata.load_iata_macs().items()}


@functools.cache
def _by_city() -> dict[str, list[Airport]]:
    cities: dict[str, list[Airport]] = {}
    for one in _airports().values():
        cities.setdefault(_folded(one.city), []).append(one)
    return cities


def load() -> None:
    """Read the tables now, some 0.2 s; afterwards nothing here reads a file."""
    for table in (_airports, _areas, _area_by_name, _by_city):
        table()


def _folded(text: str) -> str:
    """Lower case without accents: Zürich is zurich."""
    plain = unicodedata.normalize("NFKD", text)
    return " ".join("".join(letter for letter in plain if not unicodedata.combining(letter)).casefold().split())


def _nearest(names: Iterable[str]) -> str:
    listed = ", ".join(names)
    return f" Nearest: {listed}." if listed else ""
