"""The rules of a trip, each broken on purpose."""

import copy
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.travel.requests import TODAY, request
from tools.issues import introduced
from tools.travel.build_itinerary import build_itinerary
from tools.travel.rules import check_itinerary

Document = dict[str, Any]


def paris(**changes: Any) -> Document:
    asked = {"destination": "Paris", "start": date(2026, 6, 8), "days": 3, **changes}
    return copy.deepcopy(build_itinerary(request(**asked)).document)


def found(trip: Document, base: Document | None = None) -> dict[str, str]:
    return {issue.code: issue.severity for issue in check_itinerary(trip, base=base, today=TODAY)}


def first(trip: Document, kind: str) -> str:
    return next(item_id for item_id, item in trip["items"].items() if item["kind"] == kind)


def set_times(trip: Document, item_id: str, start: str, end: str) -> None:
    trip["items"][item_id]["data"] |= {"start": start, "end": end}


def test_two_things_at_once_are_an_error_even_across_time_zones() -> None:
    trip = paris()
    trip["items"]["call"] = {
        "kind": "visit", "parent": "d1", "rank": "z0", "title": "Call", "data": {
            "start": "2026-06-08T04:00:00-04:00", "end": "2026-06-08T13:00:00-04:00", "tz": "America/New_York",
        },
    }  # fmt: skip
    assert found(trip)["overlap"] == "error"
    set_times(trip, "call", "2026-06-08T22:00:00-04:00", "2026-06-08T23:00:00-04:00")
    assert "overlap" not in found(trip)


def test_an_end_is_compared_with_its_start_as_instants() -> None:
    trip = paris()
    trip["items"]["f"] = {
        "kind": "flight", "parent": "d1", "rank": "z0", "title": "Flight AKL to LAX", "data": {
            "origin": "AKL", "destination": "LAX", "tz": "Pacific/Auckland", "end_tz": "America/Los_Angeles",
            "start": "2026-06-08T20:00:00+12:00", "end": "2026-06-08T14:00:00-07:00",
        },
    }  # fmt: skip
    assert "ends_before_it_starts" not in found(trip)
    trip["items"]["f"]["data"]["end"] = "2026-06-08T14:00:00+12:00"
    assert found(trip)["ends_before_it_starts"] == "error"


def test_closed_doors_are_an_error_and_unknown_ones_a_remark() -> None:
    trip = paris()
    visit = first(trip, "visit")
    trip["items"][visit]["data"]["closed"] = "Mon, Tue, Wed"
    assert found(trip)["closed"] == "error"
    for field in ("hours", "closed"):
        del trip["items"][visit]["data"][field]
    assert "closed" not in found(trip)
    assert found(trip)["hours_unknown"] == "info"


def test_a_way_that_takes_longer_than_there_is_is_an_error_a_tight_one_a_warning() -> None:
    trip = paris()
    ids = [key for key, item in trip["items"].items() if item["kind"] == "visit" and item["parent"] == "d1"]
    for key, item in list(trip["items"].items()):
        if item["parent"] == "d1" and key not in ids[:2]:
            del trip["items"][key]
    trip["items"][ids[0]]["data"] |= {"lat": 48.8606, "lon": 2.3376, "hours": "00:00-24:00"}
    trip["items"][ids[1]]["data"] |= {"lat": 48.8331, "lon": 2.3264, "hours": "00:00-24:00"}  # 4 km of streets
    set_times(trip, ids[0], "2026-06-08T10:00:00+02:00", "2026-06-08T11:00:00+02:00")
    for starts, code, severity in (("11:05", "way_too_long", "error"), ("11:18", "way_tight", "warning")):
        set_times(trip, ids[1], f"2026-06-08T{starts}:00+02:00", "2026-06-08T12:00:00+02:00")
        assert found(trip)[code] == severity
    set_times(trip, ids[1], "2026-06-08T11:40:00+02:00", "2026-06-08T12:00:00+02:00")
    assert not {"way_too_long", "way_tight"} & found(trip).keys()


def test_a_budget_that_is_exceeded_warns_and_a_strict_one_forbids() -> None:
    trip = paris(budget=900)
    trip["items"][first(trip, "visit")]["data"]["price"] = 600
    assert found(trip)["over_budget"] == "warning"
    trip["meta"]["budget"]["strict"] = True
    assert found(trip)["over_budget"] == "error"


def test_a_night_without_a_bed_is_a_warning_but_not_on_a_night_flight() -> None:
    trip = paris()
    del trip["items"]["stay"]
    assert found(trip)["night_without_stay"] == "warning"
    assert "night_without_stay" not in found(build_itinerary(request(origin="LHR", days=4)).document)


def test_short_connections_and_wrong_airports_are_told() -> None:
    trip = paris()
    legs = (("f1", "LHR", "CDG", "22:00", "23:00"), ("f2", "CDG", "FCO", "23:20", "23:50"))
    for key, origin, destination, start, end in legs:
        data = {"origin": origin, "destination": destination, "end_tz": "Europe/Paris"}
        data |= {"start": f"2026-06-08T{start}:00+02:00", "end": f"2026-06-08T{end}:00+02:00"}
        trip["items"][key] = {"kind": "flight", "parent": "d1", "rank": "z" + key[1], "title": key, "data": data}
    assert found(trip)["connection_short"] == "warning"
    trip["items"]["f2"]["data"]["origin"] = "ORY"
    assert found(trip)["wrong_airport"] == "error"
    del trip["items"]["f1"]
    set_times(trip, "f2", "2026-06-08T21:00:00+02:00", "2026-06-08T22:50:00+02:00")
    dinner = next(item for key, item in trip["items"].items() if key == "d1-dinner")
    dinner["data"] |= {"start": "2026-06-08T19:30:00+02:00", "end": "2026-06-08T20:30:00+02:00"}
    assert found(trip)["late_for_flight"] == "warning"


def _no_kind(trip: Document) -> None:
    trip["items"][first(trip, "visit")]["kind"] = "spaceflight"


def _no_offset(trip: Document) -> None:
    trip["items"][first(trip, "visit")]["data"]["start"] = "2026-06-08T10:00:00"


def _no_parent(trip: Document) -> None:
    trip["items"][first(trip, "visit")]["parent"] = None


def _same_day(trip: Document) -> None:
    trip["items"]["d2"]["data"]["start"] = trip["items"]["d1"]["data"]["start"]


def _outside(trip: Document) -> None:
    set_times(trip, first(trip, "visit"), "2026-07-08T10:00:00+02:00", "2026-07-08T11:00:00+02:00")


def _other_offset(trip: Document) -> None:
    visit = first(trip, "visit")
    start = trip["items"][visit]["data"]["start"]
    trip["items"][visit]["data"]["start"] = start.replace("+02:00", "+01:00")


def _nan(trip: Document) -> None:
    trip["items"][first(trip, "visit")]["data"]["price"] = float("nan")


@pytest.mark.parametrize(
    ("spoil", "code", "severity"),
    [
        (_no_kind, "kind_unknown", "error"),
        (_no_offset, "data_invalid", "error"),
        (_no_parent, "parent_not_a_day", "error"),
        (_same_day, "days_overlap", "error"),
        (_outside, "outside_trip", "error"),
        (_outside, "outside_day", "error"),
        (_other_offset, "wrong_offset", "warning"),
        (_nan, "data_invalid", "error"),
    ],
)
def test_a_trip_that_is_not_made_properly_is_told_why(
    spoil: Callable[[Document], None], code: str, severity: str
) -> None:
    trip = paris()
    spoil(trip)
    assert found(trip)[code] == severity


def test_holidays_and_one_sided_trips_are_remarks() -> None:
    golden_week = build_itinerary(request(interests=("temples",))).document
    assert found(golden_week)["public_holiday"] == "info"
    for item in golden_week["items"].values():
        if item["kind"] == "visit":
            item["data"]["interest"] = "temples"
            item["title"] = "Temple"
    assert {"one_sided", "visited_twice"} <= found(golden_week).keys()


def test_changing_a_day_that_is_over_is_a_warning() -> None:
    trip, later = paris(), date(2026, 6, 10)
    changed = copy.deepcopy(trip)
    del changed["items"]["d1-lunch"]
    codes = {issue.code for issue in check_itinerary(changed, base=trip, today=later)}
    assert "past_day_changed" in codes
    assert "past_day_changed" not in {issue.code for issue in check_itinerary(changed, base=trip, today=TODAY)}


def test_only_what_a_change_brings_counts_against_it() -> None:
    trip = paris(budget=900)
    trip["items"][first(trip, "visit")]["data"]["price"] = 600
    changed = copy.deepcopy(trip)
    changed["items"]["d1-lunch"]["title"] = "Picnic"
    assert introduced(check_itinerary(trip, today=TODAY), check_itinerary(changed, base=trip, today=TODAY)) == []


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=80)
@given(st.data())
def test_no_document_makes_the_rules_fail(data: st.DataObject) -> None:
    trip = paris(days=2)
    for _ in range(data.draw(st.integers(1, 3))):
        item = trip["items"][data.draw(st.sampled_from(sorted(trip["items"])))]
        place = data.draw(st.sampled_from([item, item.get("data"), trip["meta"]]))
        if isinstance(place, dict) and place:
            place[data.draw(st.sampled_from(sorted(place)))] = data.draw(_JSON)
    anything = {"items": data.draw(_JSON), "meta": data.draw(_JSON)}
    found = [*check_itinerary(trip, base=paris(days=2), today=TODAY), *check_itinerary(anything, today=TODAY)]
    assert all(issue.code and issue.message for issue in found)
