"""Airports, distances and flight times."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.travel import airports
from tools.travel.airports import AmbiguousPlace, UnknownPlace, airport, airports_of, main_airport
from tools.travel.flight_time import flight_time, landing
from tools.travel.geodesic import leg, short_km


@pytest.mark.parametrize(
    ("origin", "destination", "miles"),
    [
        ("EWR", "IAH", 1400), ("LGA", "ATL", 762), ("EWR", "ORD", 719), ("JFK", "LAX", 2475), ("EWR", "SFO", 2565),
        ("LGA", "DFW", 1389), ("JFK", "SJU", 1598), ("JFK", "ATL", 760),
    ],
)  # fmt: skip
def test_distances_are_those_of_the_bureau_of_transportation_statistics(
    origin: str, destination: str, miles: float
) -> None:
    a, b = airport(origin), airport(destination)
    assert leg(a.lat, a.lon, b.lat, b.lon).miles == pytest.approx(miles, abs=1.5)


def test_geodesics_are_exact() -> None:
    assert leg(-41.32, 174.81, 40.96, -5.50).km == pytest.approx(19_959.679267, abs=1e-6)
    assert leg(40.6, -73.8, 51.6, -0.5).km == pytest.approx(5_551.759400, abs=1e-6)
    with pytest.raises(ValueError, match="no position"):
        leg(91, 0, 0, 0)


@settings(max_examples=100)
@given(st.floats(-66, 70), st.floats(-170, 170), st.floats(-0.3, 0.3), st.floats(-0.3, 0.3))
def test_within_a_city_the_flat_distance_is_as_good(lat: float, lon: float, north: float, east: float) -> None:
    exact = leg(lat, lon, lat + north, lon + east).km
    assert short_km(lat, lon, lat + north, lon + east) == pytest.approx(exact, rel=2e-3, abs=0.001)


def test_london_has_six_airports_and_the_main_one_is_first() -> None:
    found = [one.iata for one in airports_of("LON")]
    assert found[0] == "LHR"
    assert set(found) == {"LHR", "LGW", "LCY", "STN", "LTN", "SEN"}
    assert main_airport("London").iata == "LHR"
    assert [one.iata for one in airports_of("London, CA")] == ["YXU"]


def test_names_are_found_without_accents_and_by_other_names() -> None:
    assert main_airport("zurich").iata == main_airport("Zürich").iata == "ZRH"
    assert main_airport("NYC").iata == "JFK"
    assert main_airport("Lisboa").iata == "LIS"
    assert main_airport("heathrow").iata == "LHR"


def test_a_name_of_several_places_gets_their_list() -> None:
    with pytest.raises(AmbiguousPlace, match=r"several airports: .*PDX.*Say which") as refused:
        main_airport("Portland")
    assert {"PDX", "PWM"} <= {one.iata for one in refused.value.choices}


@pytest.mark.parametrize(("place", "words"), [("Tokio", "Tokyo"), ("LHX", "LHX"), ("", "Name a city"), ("xx", "xx")])
def test_an_unknown_place_is_refused_with_the_nearest(place: str, words: str) -> None:
    with pytest.raises(UnknownPlace, match=words):
        airports_of(place)
    with pytest.raises(UnknownPlace, match="no airport"):
        airport("QQQ")


@settings(max_examples=100)
@given(st.text(max_size=30))
def test_no_text_makes_the_search_for_places_fail_otherwise(text: str) -> None:
    try:
        assert airports_of(text)
    except UnknownPlace as error:
        assert str(error).endswith(".")


@pytest.mark.parametrize(
    ("origin", "destination", "minutes"),
    # as timetables have them, rounded to five minutes
    [
        ("JFK", "LHR", 425), ("LHR", "JFK", 485), ("JFK", "LAX", 375), ("LAX", "JFK", 330), ("LHR", "CDG", 80),
        ("SIN", "LHR", 850), ("AKL", "LAX", 755), ("FRA", "FCO", 115), ("MAD", "EZE", 770), ("SYD", "LAX", 825),
    ],
)  # fmt: skip
def test_flight_times_are_near_those_of_timetables(origin: str, destination: str, minutes: int) -> None:
    found = flight_time(airport(origin), airport(destination))
    assert found.minutes == pytest.approx(minutes, rel=0.1, abs=15)
    assert found.direct


def test_across_the_date_line_one_lands_before_one_leaves() -> None:
    akl, lax = airport("AKL"), airport("LAX")
    left = datetime.fromisoformat("2026-06-10T20:00")
    arrived = landing(akl, lax, left, flight_time(akl, lax).minutes)
    assert arrived.replace(tzinfo=None) < left
    assert arrived.isoformat()[:10] == "2026-06-10"


def test_london_at_ten_to_new_york_after_eight_hours_is_one_o_clock() -> None:
    arrived = landing(airport("LHR"), airport("JFK"), datetime.fromisoformat("2026-04-01T10:00"), 8 * 60)
    assert arrived.isoformat() == "2026-04-01T13:00:00-04:00"
    assert arrived.astimezone(UTC).hour == 17


def test_a_flight_needs_two_airports_and_nobody_flies_half_round_the_world() -> None:
    with pytest.raises(ValueError, match="both ends"):
        flight_time(airport("LHR"), airport("LHR"))
    assert not flight_time(airport("WLG"), airport("MAD")).direct


def test_every_airport_has_a_position_and_a_zone_that_exists() -> None:
    airports.load()
    for code in ("KTM", "DEL", "ADL"):
        assert airport(code).tz in ("Asia/Kathmandu", "Asia/Kolkata", "Australia/Adelaide")
