"""Requests for trips, as people could make them, drawn by hypothesis."""

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from tools.travel.build_request import ItineraryRequest
from tools.travel.cities import INTERESTS, cities, sights_of

TODAY = date(2026, 4, 1)
_PLACES = [
    "LHR",
    "JFK",
    "SYD",
    "Berlin",
    "GRU",
    "AKL",
    "KTM",
    "DEL",
    "HND",
    "ANC",
    "KEF",
    "WLG",
    "Atlantis",
    "Portland",
]


def request(**changes: Any) -> ItineraryRequest:
    fields: dict[str, Any] = {"destination": "Kyoto", "today": TODAY, "start": date(2026, 5, 4), "days": 3}
    return ItineraryRequest(**{**fields, **changes})


@st.composite
def valid_requests(draw: st.DrawFn) -> ItineraryRequest:
    """Requests that only money or closed doors can make impossible."""
    city = draw(st.sampled_from(cities()))
    sights = sights_of(city.id)
    start = TODAY + timedelta(days=draw(st.integers(0, 700)))
    return request(
        destination=draw(st.sampled_from([city.name, city.name.lower(), city.id])),
        start=start,
        days=draw(st.integers(3, 21)),
        travellers=draw(st.integers(1, 12)),
        pace=draw(st.sampled_from(["relaxed", "moderate", "full"])),
        interests=tuple(draw(st.sets(st.sampled_from(INTERESTS[:5]), max_size=3))),
        must_see=tuple(one.name for one in draw(st.sets(st.sampled_from(sights), max_size=3))),
        avoid=tuple(draw(st.sets(st.sampled_from(INTERESTS[5:]), max_size=2))),
        budget=draw(st.one_of(st.none(), st.floats(1_000, 10_000_000))),
        currency=draw(st.sampled_from([None, "EUR", "USD", "JPY", "CZK"])),
        strict_budget=draw(st.booleans()),
        origin=draw(st.one_of(st.none(), st.sampled_from(_PLACES[:2] + _PLACES[4:12]))),
    )


@st.composite
def requests(draw: st.DrawFn) -> ItineraryRequest:
    city = draw(st.sampled_from(cities()))
    start = TODAY + timedelta(days=draw(st.integers(-5, 700)))
    names = [one.name for one in sights_of(city.id)]
    days = draw(st.one_of(st.integers(1, 21), st.integers(1, 30), st.none()))
    end = start + timedelta(days=draw(st.integers(-3, 25))) if days is None or draw(st.integers(0, 9)) == 0 else None
    return request(
        destination=city.name,
        start=start,
        days=days,
        end=end,
        travellers=draw(st.integers(1, 12)),
        pace=draw(st.sampled_from(["relaxed", "moderate", "full", "packed"])),
        interests=tuple(draw(st.lists(st.sampled_from(INTERESTS), max_size=3))),
        must_see=tuple(draw(st.lists(st.sampled_from(names), max_size=6))),
        avoid=tuple(draw(st.lists(st.sampled_from([*names, *INTERESTS]), max_size=2))),
        budget=draw(st.one_of(st.none(), st.floats(1, 100_000))),
        currency=draw(st.sampled_from([None, "EUR", "usd", "JPY", "XXX"])),
        strict_budget=draw(st.booleans()),
        origin=draw(st.one_of(st.none(), st.sampled_from(_PLACES))),
        tz=draw(st.sampled_from([None, "Europe/London"])),
    )
