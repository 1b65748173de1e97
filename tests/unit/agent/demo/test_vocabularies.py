"""What a vocabulary can say of any domain: groups of days, times, requests that tools answer, changes of its own."""

import tomllib
from datetime import date
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from agent.demo.calendar_words import any_day
from agent.demo.model import DemoChatModel
from agent.demo.phrases import Phrases, PhrasesError, read_phrases
from agent.demo.quantities import minutes, money, time_of_day
from agent.demo.slots import Reading, Said
from tests.unit.agent.demo.conversation import only_call, row, told, tool

TODAY = date(2026, 4, 1)
JOURNEY = """
assistant = "the travel planner"
greeting = "Hello!"
examples = ["plan three days in Rome"]
times = ["start", "end"]

[group]
word = "day"
days = 1

[measures]
visit = "minutes"
flight = "cost"

[[type]]
words = ["visit", "activity"]
kind = "visit"
title = "Visit"
measure = "minutes"
usual = 60
titled = true

[[type]]
words = ["flight"]
kind = "flight"
title = "Flight"
dated = false

[[change]]
patterns = ["(?:mark|tick off) {item} (?:as )?(?:booked|done)", "{item} is booked"]
set = { status = "booked", by = "person" }
unset = ["note"]

[[change]]
patterns = ["(?:assign|give) {item} to {who:word}"]
set = { owner = "$who" }
parsers = { who = "upper" }

[[intent]]
tool = "flight_time"
cues = ["\\\\bhow long is the flight\\\\b"]
required = ["origin", "destination"]
asks = { origin = "From where?", destination = "To where?" }
args = { cabin = "economy" }

[[intent.slot]]
name = "origin"
parser = "upper"
patterns = ["\\\\bfrom (?P<place>[a-z]{3})\\\\b", ", (?P<place>[a-z]{3})$"]

[[intent.slot]]
name = "destination"
parser = "upper"
patterns = ["\\\\bto (?P<place>[a-z]{3})\\\\b"]

[[intent]]
tool = "pack"
cues = ["\\\\bpacking\\\\b"]
unless = ["\\\\bremove\\\\b"]

[[intent.slot]]
name = "season"
choices = { winter = ["winter", "cold"], summer = ["summer", "hot"] }

[[intent.slot]]
name = "days"
parser = "whole"
usual = 3
patterns = ["{n:whole} days"]

[[intent.slot]]
name = "light"
parser = "flag"
patterns = ["hand luggage"]

[[intent]]
tool = "log_cost"
first = true
needs_plan = true
cues = ["^add .*\\\\bspent\\\\b"]
required = ["price", "item"]
spread = { price = { amount = "amount", currency = "currency" } }
ask = "How much, and for what?"

[[intent.slot]]
name = "price"
parser = "money"
patterns = ["{money}"]

[[intent.slot]]
name = "item"
parser = "item"
patterns = ["\\\\bon the {item}$"]

[[intent]]
cues = ["^are you a travel agency"]
say = "No, a planner."

[[intent]]
tool = "visa"
cues = ["\\\\bvisa\\\\b"]

[[intent.slot]]
name = "country"
parser = "twice"
patterns = ["for {country}"]
"""
TOOLS = ("edit_plan", "flight_time", "pack", "log_cost", "visa")


def twice(said: Said, reading: Reading) -> str:
    return said["country"] * 2


PHRASES = read_phrases(
    "travel", tomllib.loads(JOURNEY), parsers={"twice": twice}, slots={"country": "(?:italy|france)"}
)


def items() -> list[dict[str, Any]]:
    rows = []
    for number, day in enumerate(("2026-05-01", "2026-05-02", "2026-05-03"), start=1):
        parent = f"d{number}"
        rows.append(row(parent, "day", None, f"Day {number}", date=day, start=day, days=1))
        times = {"start": f"{day}T10:00", "end": f"{day}T11:30"}
        rows.append(row(f"{parent}-museum", "visit", parent, f"Museum {number}", date=day, minutes=90, **times))
    rows.append(row("out", "flight", None, "Flight to Rome", cost=120, note="aisle"))
    return rows


def reply(*said: str | BaseMessage, phrases: Phrases = PHRASES, plan: bool = True) -> AIMessage:
    messages = [HumanMessage(one) if isinstance(one, str) else one for one in said]
    model = DemoChatModel(phrases=phrases).bind_tools([tool(name) for name in TOOLS])
    return model.invoke([told(items() if plan else None), *messages])


def ops(text: str) -> list[dict[str, Any]]:
    name, args = only_call(reply(text))
    assert name == "edit_plan"
    return args["ops"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("move museum 1 to day 3", {"op": "move_item", "id": "d1-museum", "date": "2026-05-03"}),
        ("move the museum on day 1 to Sunday", {"op": "move_item", "id": "d1-museum", "date": "2026-05-03"}),
        ("move the museum of the last day to the second day", {"op": "move_item", "id": "d3-museum", "date": "2026-05-02"}),
        ("make museum 2 half an hour longer", {"op": "update_item", "id": "d2-museum", "set": {"minutes": 120.0}}),
        ("make museum 2 30 minutes longer", {"op": "update_item", "id": "d2-museum", "set": {"minutes": 120.0}}),
        ("make museum 2 an hour longer", {"op": "update_item", "id": "d2-museum", "set": {"minutes": 150.0}}),
        ("set the flight to Rome to 150 euros", {"op": "update_item", "id": "out", "set": {"cost": 150.0}}),
        (
            "move museum 2 to 3 pm",
            {"op": "update_item", "id": "d2-museum", "set": {"start": "2026-05-02T15:00", "end": "2026-05-02T16:30"}},
        ),
        (
            "mark the flight as booked",
            {"op": "update_item", "id": "out", "set": {"status": "booked", "by": "person"}, "unset": ["note"]},
        ),
        ("museum 3 is booked", {"op": "update_item", "id": "d3-museum", "set": {"status": "booked", "by": "person"}}),
        ("assign museum 1 to ada", {"op": "update_item", "id": "d1-museum", "set": {"owner": "ADA"}}),
        ("add a flight", {"op": "add_item", "kind": "flight", "title": "Flight", "data": {}}),
        (
            "add a gelato tasting on day 2",
            {
                "op": "add_item",
                "kind": "visit",
                "title": "Gelato tasting",
                "parent": "d2",
                "data": {"date": "2026-05-02", "minutes": 60},
            },
        ),
    ],
)  # fmt: skip
def test_edits_speak_of_the_domains_groups_times_and_measures(text: str, expected: dict[str, Any] | None) -> None:
    if expected is None:
        assert not reply(text).tool_calls
    else:
        assert ops(text) == [expected]


def test_two_changes_of_its_own_may_stand_in_one_request() -> None:
    assert [one["id"] for one in ops("mark museum 1 as done and tick off museum 2 as done")] == [
        "d1-museum",
        "d2-museum",
    ]


@pytest.mark.parametrize(
    ("text", "name", "args"),
    [
        ("how long is the flight from ber to fco?", "flight_time", {"cabin": "economy", "origin": "BER", "destination": "FCO"}),
        ("a packing list for the cold, 5 days, hand luggage only", "pack", {"season": "winter", "days": 5, "light": True}),
        ("packing?", "pack", {"days": 3}),
        ("add what I spent: €30 on the museum of day 2", "log_cost", {"amount": 30.0, "currency": "EUR", "item": "d2-museum"}),
        ("do I need a visa for italy?", "visa", {"country": "italyitaly"}),
    ],
)  # fmt: skip
def test_a_request_becomes_a_tools_call_with_what_was_said(text: str, name: str, args: dict[str, Any]) -> None:
    assert only_call(reply(text)) == (name, args)


def test_what_is_missing_is_asked_for_and_the_answer_completes_the_request() -> None:
    asked = reply("how long is the flight to fco?")
    assert asked.text == "From where?"
    completed = reply("how long is the flight to fco?", asked, "ber")
    assert only_call(completed)[1] == {"cabin": "economy", "origin": "BER", "destination": "FCO"}


def test_fixed_words_an_item_that_is_not_there_and_a_plan_that_is_not_there_are_said() -> None:
    assert reply("are you a travel agency?").text == "No, a planner."
    assert "I find no" in reply("add what I spent: €30 on the opera").text
    assert "no plan" in reply("add what I spent: €30 on the museum of day 2", plan=False).text
    assert "no day 9; it has 3 days" in reply("move museum 1 to day 9").text


def test_operations_that_a_tool_proposes_are_put_to_the_plan() -> None:
    asked = reply("packing?")
    proposed = (
        '{"result_type": "x", "text": "Better so.", "data": {"proposed_ops": [{"op": "remove_item", "id": "out"}]}}'
    )
    result = ToolMessage(proposed, tool_call_id=str(asked.tool_calls[0]["id"]))
    name, args = only_call(reply("packing?", asked, result))
    assert (name, args["ops"]) == ("edit_plan", [{"op": "remove_item", "id": "out"}])
    assert reply("packing?", asked, result, plan=False).text == "Better so."


def test_a_vocabulary_with_an_unknown_parser_or_slot_says_where() -> None:
    slot = {"name": "x", "parser": "nope", "patterns": ["x"]}
    entry = {"tool": "t", "cues": ["x"], "slot": [slot]}
    base = {"assistant": "a", "greeting": "g", "examples": []}
    with pytest.raises(PhrasesError, match=r"travel.toml: there is no parser 'nope'"):
        read_phrases("travel", {**base, "intent": [entry]})
    with pytest.raises(PhrasesError, match="there is no slot 'nope'"):
        read_phrases("travel", {**base, "intent": [{"tool": "t", "cues": ["{nope}"]}]})


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("in 3 weeks", "2026-04-22"),
        ("in two days", "2026-04-03"),
        ("in a month", "2026-05-01"),
        ("friday", "2026-04-03"),
        ("wednesday", "2026-04-01"),
        ("next wednesday", "2026-04-08"),
        ("this weekend", "2026-04-04"),
        ("next weekend", "2026-04-11"),
        ("next week", "2026-04-06"),
        ("next month", "2026-05-01"),
        ("5 May", "2026-05-05"),
        ("soon", None),
    ],
)
def test_days_are_read_relative_to_the_given_day(text: str, day: str | None) -> None:
    found = any_day(text, TODAY)
    assert (found.isoformat() if found else None) == day


def test_a_month_later_is_at_most_that_months_last_day() -> None:
    assert any_day("in a month", date(2026, 1, 31)) == date(2026, 2, 28)
    assert any_day("in 12 months", date(2028, 2, 29)) == date(2029, 2, 28)


def test_times_spans_and_prices_are_read() -> None:
    said = ("3 pm", "15:00", "9.30 am", "7 o'clock", "noon", "12 am", "25:00")
    assert [time_of_day(one) for one in said] == ["15:00", "15:00", "09:30", "07:00", "12:00", "00:00", None]
    assert [minutes(one) for one in ("2 hours", "1h30", "90 min", "half an hour", "soon")] == [120, 90, 90, 30, None]
    assert [money(one) for one in ("€1,200", "1.5k usd", "30")] == [(1200.0, "EUR"), (1500.0, "USD"), None]
