"""The itinerary builder: what it builds breaks no rule, and what it cannot build it refuses with a sentence."""

import json
import os
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.unit.travel.requests import TODAY, request, requests, valid_requests
from tools.travel import cities
from tools.travel.budget_report import budget_report
from tools.travel.build_itinerary import ItineraryNotPossible, ItineraryRequest, build_itinerary
from tools.travel.plan_items import KINDS
from tools.travel.rules import check_itinerary
from tools.travel.trip_view import TripView, read_trip

EXAMPLES = int(os.environ.get("ITINERARY_EXAMPLES", "150"))
"""10,000 were run by hand; as many as fit into a few seconds are run each time."""


def document(**changes: Any) -> dict[str, Any]:
    return build_itinerary(request(**changes)).document


def view(**changes: Any) -> TripView:
    return read_trip(document(**changes))


def errors(trip: dict[str, Any]) -> list[str]:
    return [issue.code for issue in check_itinerary(trip, today=TODAY) if issue.severity == "error"]


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(valid_requests(), requests()))
def test_no_trip_that_is_built_breaks_a_rule(drawn: ItineraryRequest) -> None:
    try:
        built = build_itinerary(drawn)
    except ValueError as refusal:
        assert str(refusal).endswith(".")
        return
    found = check_itinerary(built.document, today=TODAY)
    assert [issue for issue in found if issue.severity in ("error", "warning")] == []
    assert json.loads(json.dumps(built.document)) == built.document
    for item in built.document["items"].values():
        KINDS[item["kind"]].model_validate(item["data"])
    if drawn.budget is not None:
        assert budget_report(built.document).counted <= drawn.budget
    trip = read_trip(built.document)
    must = {found.name for name in drawn.must_see if (found := cities.sight_named(_city(drawn), name))}
    assert must <= {visit.title for visit in trip.visits}


def _city(drawn: ItineraryRequest) -> str:
    return cities.city(drawn.destination).id


def test_the_same_request_gives_the_same_trip() -> None:
    assert build_itinerary(request()) == build_itinerary(request())


def test_three_days_in_kyoto_are_three_days_of_visits_with_two_meals_each_and_a_bed() -> None:
    trip = view()
    assert [day.isoformat() for day in trip.days.values()] == ["2026-05-04", "2026-05-05", "2026-05-06"]
    for day_id in trip.days:
        kinds = [item.kind for item in trip.of_day(day_id)]
        assert kinds.count("meal") == 2
        assert 2 <= kinds.count("visit") <= 4
    assert [item.start.utcoffset() for item in trip.timed] == [timedelta(hours=9)] * len(trip.timed)
    assert (trip.stays[0].end.date() - trip.stays[0].start.date()).days == 2


def test_interests_and_pace_shape_the_trip() -> None:
    art = view(destination="Paris", days=2, interests=("art",), pace="relaxed")
    assert sum(visit.data.interest == "art" for visit in art.visits) >= 2
    assert len(art.visits) == 6
    assert len(view(destination="Paris", days=2, pace="full").visits) > 8
    without = view(destination="Paris", days=3, avoid=("museums", "Eiffel Tower"))
    assert not any(visit.data.interest == "museums" or visit.title == "Eiffel Tower" for visit in without.visits)


def test_what_is_closed_on_a_day_is_visited_on_another() -> None:
    # the Louvre is closed on Tuesdays: from Monday to Wednesday it is on one of the other two
    trip = view(destination="Paris", start=date(2026, 6, 8), must_see=("Louvre",))
    louvre = next(visit for visit in trip.visits if visit.title == "Louvre")
    assert louvre.start.weekday() != 1
    with pytest.raises(ItineraryNotPossible, match=r"Louvre cannot be visited.*closed on Tue"):
        build_itinerary(request(destination="Paris", start=date(2026, 6, 9), days=1, must_see=("Louvre",)))


def test_flying_in_leaves_the_first_day_to_the_flight_and_the_last_to_the_way_home() -> None:
    trip = view(origin="LHR", days=4)
    out, back = trip.flights
    assert (out.data.origin, out.data.destination, out.data.tz) == ("LHR", "KIX", "Europe/London")
    assert out.start.isoformat() == "2026-05-04T10:00:00+01:00"
    assert out.end.utcoffset() == timedelta(hours=9)
    assert out.end.date() == date(2026, 5, 5)
    assert all(out.end < visit.start and visit.end < back.start for visit in trip.visits)
    assert [item.title for item in trip.of_kind("transfer")] == ["From the airport", "To the airport"]


def test_who_lands_late_has_the_room_for_that_night() -> None:
    trip = view(destination="London", origin="JFK", days=2)
    assert trip.flights[0].end.isoformat() == "2026-05-04T22:15:00+01:00"
    assert trip.stays[0].start.date() == date(2026, 5, 4)


def test_prices_are_for_everybody_and_in_the_currency_of_the_budget() -> None:
    one, two = budget_report(document()), budget_report(document(travellers=2))
    assert two.lines["meals"] == 2 * one.lines["meals"]
    assert two.lines["stay"] == one.lines["stay"]
    euros = build_itinerary(request(budget=2000, currency="eur"))
    assert euros.document["meta"]["currency"] == "EUR"
    assert any("ECB euro reference rates of 2026-03-13" in said for said in euros.assumptions)
    assert budget_report(euros.document).total == pytest.approx(one.total / 182.85, rel=0.01)


def test_a_small_budget_gets_a_simpler_stay_and_one_too_small_is_refused_with_the_least() -> None:
    usual = budget_report(document(destination="Rome")).counted
    thrifty = build_itinerary(request(destination="Rome", budget=usual * 0.8))
    assert budget_report(thrifty.document).counted <= usual * 0.8
    assert any("simple place to stay" in said for said in thrifty.assumptions)
    with pytest.raises(ItineraryNotPossible, match=r"50 EUR is not enough: the cheapest .* costs about \d+"):
        build_itinerary(request(destination="Rome", budget=50))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"destination": "Atlantis"}, "no sights of 'Atlantis'.*Kyoto"),
        ({"start": date(2026, 3, 1)}, "2026-03-01, which is past"),
        ({"start": date(2036, 3, 1)}, "more than 3 years ahead"),
        ({"days": None}, "how long"),
        ({"days": 40}, "up to 21 days"),
        ({"days": None, "end": date(2026, 5, 1)}, "before it begins"),
        ({"end": date(2026, 5, 9)}, "it is 6 days, not 3"),
        ({"interests": ("llamas",)}, "don't know the interest 'llamas'"),
        ({"must_see": ("Eiffel Tower",)}, "no one sight 'Eiffel Tower' in Kyoto"),
        ({"must_see": ("Gion",), "avoid": ("Gion",)}, "both to be seen and to be left out"),
        ({"interests": ("food",), "avoid": ("food",)}, "both an interest and to be left out"),
        ({"days": 1, "pace": "relaxed", "must_see": ("Gion", "Nijo", "Ryoan-ji", "Kinkaku-ji")}, "leave some out"),
        ({"origin": "LHR", "days": 1}, "leave no time"),
        ({"origin": "Kyoto"}, "where the trip would begin"),
        ({"origin": "Portland"}, "several airports"),
        ({"origin": "Nowhereville"}, "no airport or city"),
        ({"budget": 100.0, "currency": "XXX"}, "no rate for the currency"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_change(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        build_itinerary(request(**changes))


@pytest.mark.parametrize(
    "changes", [{"budget": -5}, {"budget": float("inf")}, {"travellers": 0}, {"days": 0}, {"pace": "sprint"}]
)
def test_impossible_values_do_not_make_a_request(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        request(**changes)


def test_every_curated_city_fills_three_days() -> None:
    for city in cities.cities():
        trip = document(destination=city.name, start=date(2026, 9, 14))
        assert errors(trip) == []
        assert len(read_trip(trip).visits) >= 9, city.name


def test_the_curated_data_is_consistent() -> None:
    assert len(cities.cities()) >= 10
    assert sum(len(cities.sights_of(city.id)) for city in cities.cities()) >= 150
    for city in cities.cities():
        sights = cities.sights_of(city.id)
        assert len({sight.id for sight in sights}) == len(sights)
        for sight in sights:
            assert sight.interest in cities.INTERESTS
            assert sight.minutes <= sight.closes - sight.opens
            assert abs(sight.lat - city.lat) < 0.2
            assert abs(sight.lon - city.lon) < 0.2
