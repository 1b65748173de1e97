"""The travel tools as a model calls them: what they say, what they propose, and how they refuse."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import tools.travel
from agent.plan.document import PlanDocument
from agent.plan.edits import compile_edits
from tests.unit.travel import duffel_server as served
from tests.unit.travel.duffel_server import duffel
from tests.unit.travel.requests import request
from tools.knowledge.articles import read_folder
from tools.result import ToolResult
from tools.travel.build_itinerary import build_itinerary
from tools.travel.langchain_tools import ALL_TOOLS
from tools.travel.plan_items import KINDS
from tools.travel.rules import check_itinerary
from tools.travel.trip_view import read_trip

NOW = datetime(2026, 4, 1, 9, tzinfo=UTC)
TOOLS = {tool.name: tool for tool in ALL_TOOLS}
INJECTED = {"now": NOW, "plan_ref": {"plan_id": "p", "version": 3}}


def trip(**changes: Any) -> dict[str, Any]:
    return build_itinerary(request(**{"origin": "LHR", "days": 4, "travellers": 2, **changes})).document


async def spoken(name: str, plan: dict[str, Any] | None = None, /, **arguments: Any) -> str:
    tool = TOOLS[name]
    hidden = tool.get_input_schema().model_fields.keys() - tool.args.keys()
    given = {key: value for key, value in {**INJECTED, "plan": plan}.items() if key in hidden}
    return str(await tool.ainvoke({**arguments, **given}))


async def result(name: str, plan: dict[str, Any] | None = None, /, **arguments: Any) -> ToolResult:
    return ToolResult.model_validate_json(await spoken(name, plan, **arguments))


def edited(plan: dict[str, Any], found: ToolResult) -> dict[str, Any]:
    """The plan after the edits that a tool proposed, which the rules must not forbid."""
    before = PlanDocument.from_json(plan)
    after = compile_edits(before, found.data["proposed_ops"], KINDS).to_json()
    assert [one for one in check_itinerary(after, today=NOW.date()) if one.severity == "error"] == []
    return after


def test_every_tool_is_described_and_hides_what_no_model_may_write() -> None:
    for tool in ALL_TOOLS:
        assert tool.description
        assert not {"plan", "plan_ref", "now"} & tool.args.keys()
        assert not {"plan", "plan_ref", "now"} & tool.tool_call_schema.model_json_schema()["properties"].keys()


@pytest.mark.parametrize(
    ("name", "arguments", "words", "kind"),
    [
        ("find_airport", {"place": "LON"}, "LHR", "computed"),
        ("distance", {"origin": "JFK", "destination": "LAX"}, "2,475 miles", "computed"),
        ("flight_time", {"origin": "London", "destination": "Tokyo", "departure": "2026-05-04T10:00"}, "Tue 05 May", "computed"),
        ("time_difference", {"here": "London", "there": "Kyoto", "day": "2026-05-04"}, "8 hours ahead", "computed"),
        ("time_difference", {"here": "London", "there": "America/New_York", "day": "2026-03-20"}, "4 hours behind", "computed"),
        ("jet_lag", {"origin": "London", "destination": "Tokyo", "day": "2026-05-04"}, "8 hours east", "computed"),
        ("jet_lag", {"origin": "Paris", "destination": "London"}, "too little", "computed"),
        ("public_holidays", {"place": "JP", "first": "2026-05-03", "last": "2026-05-05"}, "Greenery Day", "computed"),
        ("convert_currency", {"amount": 100, "source": "EUR", "target": "jpy"}, "18,285 JPY by the ECB", "computed"),
        ("search_places", {"city": "Rome", "interest": "museum"}, "Vatican Museums", "sample"),
        ("packing_list", {"days": 10, "climate": "cold", "activities": ["hiking"]}, "warm coat", "computed"),
        ("search_stays", {"city": "Rome", "check_in": "2026-05-04", "check_out": "2026-05-06"}, "2 nights", "sample"),
        (
            "search_flights",
            {"origin": "Rome", "destination": "NYC", "departure_date": "2026-05-04", "return_date": "2026-05-09"},
            "(Sample data.)",
            "sample",
        ),
    ],
)  # fmt: skip
async def test_tools_say_what_they_found_and_what_it_is_worth(
    name: str, arguments: dict[str, Any], words: str, kind: str
) -> None:
    found = await result(name, **arguments)
    assert words in found.text
    assert found.provenance.kind == kind
    assert found.provenance.source


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("find_airport", {"place": "Nowhereville"}, "no airport or city"),
        ("distance", {"origin": "Portland", "destination": "Rome"}, "several airports"),
        ("distance", {"origin": "LHR", "destination": "LHR"}, "both ends"),
        ("flight_time", {"origin": "LHR", "destination": "JFK", "departure": "noon"}, "not a date and time"),
        ("time_difference", {"here": "London", "there": "Mars/Olympus"}, "IANA"),
        ("jet_lag", {"origin": "London", "destination": "Tokyo", "day": "someday"}, "isoformat"),
        ("public_holidays", {"place": "QQ", "first": "2026-05-03"}, "no holidays of the country"),
        ("public_holidays", {"place": "JP", "first": "2026-05-03", "last": "2026-05-01"}, "in order"),
        ("public_holidays", {}, "which city or country"),
        ("convert_currency", {"amount": 1, "source": "EUR", "target": "XXX"}, "no rate"),
        ("search_places", {"city": "Rome", "interest": "llamas"}, "don't know the interest"),
        ("search_places", {"city": "Atlantis"}, "no sights"),
        ("search_flights", {"origin": "Rome", "destination": "Paris", "departure_date": "2026-01-01"}, "is past"),
        ("search_flights", {"origin": "Rome", "destination": "Paris", "departure_date": "soon"}, "departure_date"),
        ("search_flights", {}, "the trip here has no flights"),
        ("search_flights", {"origin": "Rome"}, "needs where from"),
        (
            "search_flights",
            {"origin": "Rome", "destination": "Paris", "departure_date": "2026-05-04", "cabin": "hammock"},
            "cabin_class",
        ),
        ("search_stays", {}, "in which city"),
        ("packing_list", {}, "how many days"),
        ("packing_list", {"days": 400}, "1 to 90 days"),
        ("check_itinerary", {}, "no trip"),
        ("budget_report", {}, "no trip"),
        ("export_ics", {}, "no trip"),
        ("add_place", {"name": "Gion"}, "no trip"),
        ("use_flight", {}, "no trip"),
        ("solve_trip", {"slots": [{"name": "x"}]}, "kind"),
        ("solve_trip", {"slots": []}, "1 to 12 slots"),
    ],
)  # fmt: skip
async def test_bad_input_becomes_a_message_that_the_model_can_act_on(
    name: str, arguments: dict[str, Any], words: str
) -> None:
    told = await spoken(name, **arguments)
    assert not told.startswith("{")
    assert words in told


async def test_the_trip_is_checked_counted_and_exported() -> None:
    plan = trip()
    assert "public holiday" in (await result("check_itinerary", plan)).text
    cost = await result("budget_report", plan)
    assert cost.data["currency"] == "JPY"
    assert sum(cost.data["lines"].values()) == pytest.approx(cost.data["total"])
    assert "Flight LHR to KIX" in cost.data["unpriced"]
    exported = await result("export_ics", plan)
    assert exported.data["address"] == "/plans/p?format=ics"
    assert {"Asia/Tokyo", "Europe/London"} <= set(exported.data["zones"])
    assert "Kinkaku" not in (packed := await result("packing_list", plan)).text
    assert "passport" in packed.text
    holidays = await result("public_holidays", plan)
    assert "Children's Day" in holidays.text


async def test_a_place_is_added_where_there_is_room_and_only_there() -> None:
    plan = trip(pace="relaxed", origin=None, avoid=("Gion",))
    found = await result("add_place", plan, name="Gion", day=2)
    after = read_trip(edited(plan, found))
    assert any(one.title == "Gion" and one.parent == "d2" for one in after.visits)
    own = edited(plan, await result("add_place", plan, name="tea ceremony", day=1, time="20:45", minutes=45))
    assert any(item["title"] == "Tea ceremony" for item in own["items"].values())
    dinner = await result("add_place", plan, name="breakfast", day=2, time="08:30")
    assert dinner.data["proposed_ops"][0]["kind"] == "meal"
    taken = next(one.title for one in read_trip(plan).visits)
    assert "in the trip already" in await spoken("add_place", plan, name=taken)
    assert "has no day 9" in await spoken("add_place", plan, name="Gion", day=9)
    assert "not a time" in await spoken("add_place", plan, name="Gion", day=1, time="late")


async def test_durations_change_by_or_to_minutes() -> None:
    plan = trip()
    visit = read_trip(plan).visits[0]
    longer = (await result("change_duration", plan, item_id=visit.id, longer_by=-20)).data["proposed_ops"][0]
    assert datetime.fromisoformat(longer["set"]["end"]) < visit.end
    for arguments, words in (
        ({"item_id": "nope", "minutes": 5}, "no item"),
        ({"item_id": visit.id}, "either"),
        ({"item_id": visit.id, "longer_by": -500}, "minutes long"),
    ):
        assert words in await spoken("change_duration", plan, **arguments)


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
async def test_a_found_flight_takes_the_place_of_the_estimate_and_the_day_follows(number: int) -> None:
    plan = trip(days=5)
    found = await result("use_flight", plan, number=number)
    assert found.provenance.kind == "sample"
    after = read_trip(edited(plan, found))
    assert all(one.data.provenance == "sample" and one.data.number for one in after.flights)
    out, back = after.flights
    ride_in, ride_out = after.of_kind("transfer")
    assert out.end < ride_in.start
    assert ride_out.end < back.start
    assert after.flights[0].data.price > 0


async def test_the_stay_changes_to_a_found_one() -> None:
    plan = trip()
    cheapest = edited(plan, await result("use_stay", plan, number=1))
    assert cheapest["items"]["stay"]["data"]["price"] < plan["items"]["stay"]["data"]["price"]
    assert cheapest["items"]["stay"]["title"] != plan["items"]["stay"]["title"]
    assert "no number 9" in await spoken("use_stay", plan, number=9)


async def test_the_environments_provider_answers_and_its_refusal_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {"origin": "LHR", "destination": "JFK", "departure_date": "2026-05-04"}
    with duffel((200, served.offers(served.offer(1, "399.00")))) as server:
        monkeypatch.setenv("FLIGHTS_PROVIDER", "duffel")
        assert "DUFFEL_TOKEN" in await spoken("search_flights", **asked)
        monkeypatch.setenv("DUFFEL_TOKEN", "t")
        monkeypatch.setenv("DUFFEL_URL", server.url)
        found = await result("search_flights", **asked)
        assert "399 GBP, Duffel Airways: Mon 4 May 10:00 LHR to 13:00 JFK, direct, 8 h 00 min, ZZ0001" in found.text
        assert found.provenance.kind == "provider"
        assert "Sample" not in found.text


async def test_options_are_chosen_under_hard_rules() -> None:
    options = [{"id": "dear", "price": 300, "rating": 5}, {"id": "cheap", "price": 100, "rating": 3}]
    slots = [
        {"name": "way", "kind": "transport", "options": options},
        {"name": "bed", "kind": "stay", "options": options},
    ]
    found = await result("solve_trip", slots=slots, constraints={"budget": 450})
    assert found.data["total"] == 400
    assert "too small" in await spoken("solve_trip", slots=slots, constraints={"budget": 50})


def test_the_articles_can_be_cited() -> None:
    chunks = read_folder(Path(tools.travel.__path__[0]) / "knowledge")
    assert len({chunk.anchor.partition("#")[0] for chunk in chunks}) >= 10
    assert all(chunk.source and chunk.title for chunk in chunks)
