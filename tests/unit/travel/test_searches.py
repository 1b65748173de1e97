"""Searching flights and stays: the sample provider, Duffel over real HTTP, and who answers when."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.unit.travel import duffel_server as served
from tests.unit.travel.duffel_server import duffel
from tools.travel.airports import airport
from tools.travel.cities import city
from tools.travel.duffel import Duffel
from tools.travel.flight_search import FlightSearchFailed, OfferRequest, SliceRequest
from tools.travel.flight_time import flight_time
from tools.travel.providers import ProviderNotConfigured, flight_provider, stay_provider
from tools.travel.sample_flights import SampleFlights, sample_offers
from tools.travel.stay_search import SampleStays, StayRequest

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)
STAY = StayRequest(check_in=date(2026, 5, 4), check_out=date(2026, 5, 7), guests=3)


def wanted(origin: str = "LHR", destination: str = "JFK", **fields: Any) -> OfferRequest:
    one = SliceRequest(origin=origin, destination=destination, departure_date=date(2026, 5, 4))
    return OfferRequest(slices=(one,), **fields)


def test_the_same_question_gets_the_same_made_up_flights_and_they_say_so() -> None:
    first, again = sample_offers(wanted(), NOW), sample_offers(wanted(), NOW + timedelta(hours=1))
    assert first.provenance.kind == "sample"
    assert [one.id for one in first.offers] == [one.id for one in again.offers]
    assert again.offers[0].expires_at == NOW + timedelta(hours=1, minutes=30)
    assert [one.total_amount for one in first.offers] == sorted(one.total_amount for one in first.offers)
    assert {one.owner for one in first.offers} == {"Sample Air"}


@settings(max_examples=60)
@given(
    st.sampled_from(["LHR", "JFK", "SYD", "AKL", "KTM", "HND", "GRU", "KEF", "CPT"]),
    st.sampled_from(["CDG", "LAX", "SIN", "DEL", "ADL", "EZE", "NRT", "LIS"]),
    st.dates(date(2026, 4, 1), date(2027, 12, 31)),
)
def test_made_up_flights_keep_to_distances_and_clocks(origin: str, destination: str, day: date) -> None:
    asked = OfferRequest(slices=(SliceRequest(origin=origin, destination=destination, departure_date=day),))
    least = flight_time(airport(origin), airport(destination)).minutes
    for offer in sample_offers(asked, NOW).offers:
        way = offer.slices[0]
        assert (way.origin, way.destination) == (origin, destination)
        assert way.segments[0].departing_at.date() == day
        assert way.minutes >= least - 5
        for before, after in zip(way.segments, way.segments[1:], strict=False):
            assert before.destination == after.origin
            assert timedelta(minutes=60) <= after.departing_at - before.arriving_at <= timedelta(hours=4)
        assert 30 < offer.total_amount < 5_000


def test_what_cannot_be_flown_is_no_request() -> None:
    with pytest.raises(ValidationError, match="both ends"):
        wanted("LHR", "LHR")
    with pytest.raises(ValidationError, match="no airport"):
        wanted("QQQ")
    back = SliceRequest(origin="JFK", destination="LHR", departure_date=date(2026, 5, 1))
    with pytest.raises(ValidationError, match="before the way there"):
        OfferRequest(slices=(*wanted().slices, back))
    with pytest.raises(ValidationError, match="1 to 60 nights"):
        StayRequest(check_in=date(2026, 5, 4), check_out=date(2026, 5, 4))


async def test_made_up_stays_are_for_rooms_and_nights() -> None:
    found = await SampleStays().search_stays(STAY, city("Paris"), NOW)
    one = await SampleStays().search_stays(STAY.model_copy(update={"guests": 1}), city("Paris"), NOW)
    assert found.provenance.kind == "sample"
    assert [stay.total_amount for stay in found.stays] == [2 * stay.total_amount for stay in one.stays]
    assert len(found.stays) == 5


async def test_duffel_is_asked_as_its_api_wants_and_its_local_times_get_their_offsets() -> None:
    with duffel((200, served.offers(served.offer(2, "410.50"), served.offer(1, "399.00")))) as server:
        found = await Duffel("duffel_test_x", server.url).search(wanted(passengers=2, cabin_class="business"), NOW)
    path, headers, body = server.asked[0]
    assert path.startswith("/air/offer_requests?return_offers=true")
    assert headers["duffel-version"] == "v2"
    assert headers["authorization"] == "Bearer duffel_test_x"
    slices = [{"origin": "LHR", "destination": "JFK", "departure_date": "2026-05-04"}]
    assert body == {"data": {"slices": slices, "passengers": [{"type": "adult"}] * 2, "cabin_class": "business"}}
    cheapest = found.offers[0]
    assert (cheapest.id, cheapest.total_amount, cheapest.total_currency) == ("off_1", 399.0, "GBP")
    segment = cheapest.slices[0].segments[0]
    assert segment.departing_at.isoformat() == "2026-05-04T10:00:00+01:00"
    assert segment.arriving_at.isoformat() == "2026-05-04T13:00:00-04:00"
    assert segment.minutes == 8 * 60
    assert segment.flight_number == "ZZ0001"
    assert found.provenance.kind == "provider"
    assert "test mode" in found.provenance.source


async def test_duffel_is_asked_again_when_it_is_busy_and_waits_as_told() -> None:
    busy = (429, served.refusal(429, "slow down"), {"retry-after": "0"})
    with duffel(busy, (503, {}), (200, served.offers(live=True))) as server:
        found = await Duffel("t", server.url, backoff=0).search(wanted(), NOW)
        assert len(server.asked) == 3
    assert found.offers == ()
    assert found.provenance.source == "Duffel"


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, served.refusal(401, "The access token is invalid"), "access token is invalid. Check DUFFEL_TOKEN"),
        (422, served.refusal(422, "departure_date must be in the future"), "must be in the future"),
        (500, served.refusal(500, "oops"), "oops"),
        (502, b"<html>bad gateway</html>", "502 and no JSON"),
        (200, {"data": {"offers": [{"id": "x"}]}}, "cannot read"),
        (200, {"nothing": 1}, "status 200"),
        (200, [], "status 200"),
    ],
)
async def test_what_duffel_refuses_or_garbles_is_said_without_the_token(status: int, body: Any, words: str) -> None:
    with duffel((status, body)) as server, pytest.raises(FlightSearchFailed, match=words) as failed:
        await Duffel("duffel_secret", server.url, backoff=0).search(wanted(), NOW)
    assert "duffel_secret" not in str(failed.value)
    assert "duffel_secret" not in repr(Duffel("duffel_secret"))


async def test_a_provider_that_cannot_be_reached_is_said_to_be_so() -> None:
    with duffel((200, {})) as server:
        url = server.url
    with pytest.raises(FlightSearchFailed, match="cannot be reached"):
        await Duffel("t", url, backoff=0).search(wanted(), NOW)


async def test_duffel_finds_stays_around_the_middle_of_the_city() -> None:
    with duffel((200, served.stays("300.00", "210.00"))) as server:
        found = await Duffel("t", server.url).search_stays(STAY, city("Paris"), NOW)
    path, _, body = server.asked[0]
    assert path == "/stays/search"
    assert body["data"]["rooms"] == 2
    assert body["data"]["check_in_date"] == "2026-05-04"
    assert body["data"]["location"]["geographic_coordinates"] == {"latitude": 48.8566, "longitude": 2.3522}
    assert [(one.name, one.total_amount) for one in found.stays] == [("Hotel 2", 210.0), ("Hotel 1", 300.0)]


def test_the_environment_says_who_answers_and_a_named_provider_is_never_replaced() -> None:
    assert isinstance(flight_provider({}), SampleFlights)
    assert isinstance(stay_provider({"STAYS_PROVIDER": "Sample"}), SampleStays)
    told = {"FLIGHTS_PROVIDER": "duffel", "DUFFEL_TOKEN": "t", "DUFFEL_URL": "http://localhost:1"}
    assert flight_provider(told) == Duffel("t", "http://localhost:1")
    with pytest.raises(ProviderNotConfigured, match="DUFFEL_TOKEN"):
        flight_provider({"FLIGHTS_PROVIDER": "duffel"})
    with pytest.raises(ProviderNotConfigured, match="sample or duffel"):
        stay_provider({"STAYS_PROVIDER": "amadeus"})
