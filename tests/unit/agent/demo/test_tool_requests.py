"""Tools that a person asks the demo model for by name."""

from typing import Any

import pytest

from agent.demo.reply import call
from agent.demo.tool_requests import asked_tool

TOOLS: dict[str, dict[str, Any]] = {
    "forecast": {
        "properties": {
            "city": {"type": "string"},
            "days": {"type": "integer"},
            "km": {"type": "number"},
            "wet": {"type": "boolean"},
            "tags": {"type": "array"},
            "more": {},
        },
        "required": ["city"],
    },
    "north_now": {"properties": {}},
}


@pytest.mark.parametrize(
    ("said", "arguments"),
    [
        ("use the forecast tool with city=Lisbon", {"city": "Lisbon"}),
        ("Use the tool `forecast` with city: New York and days: 3.", {"city": "New York", "days": 3}),
        ("call forecast with city='Rio, Brazil', km=3, wet=yes", {"city": "Rio, Brazil", "km": 3.0, "wet": True}),
        ("run forecast with city = 12; tags=a, b", {"city": "12", "tags": ["a", "b"]}),
        ('please use forecast with {"city": "Bonn", "more": {"a": [1]}}', {"city": "Bonn", "more": {"a": [1]}}),
        ("use forecast for Lisbon", {"city": "Lisbon"}),
        ("use forecast with city=“São Paulo”, more=null", {"city": "São Paulo", "more": None}),
    ],
)
def test_its_arguments_are_read_as_its_schema_asks(said: str, arguments: dict[str, Any]) -> None:
    assert asked_tool(said, TOOLS) == call("forecast", arguments)


def test_a_tool_without_arguments_is_called_by_its_name() -> None:
    assert asked_tool("use the north_now tool", TOOLS) == call("north_now", {})


def test_what_it_lacks_or_cannot_read_is_said() -> None:
    for said, answered in (
        ("use the forecast tool", "forecast needs city. Say “use forecast with city=…”."),
        ("use forecast with {city: 1}", "The arguments of forecast are no JSON"),
    ):
        reply = asked_tool(said, TOOLS)
        assert reply is not None and not reply.calls and answered in reply.text


@pytest.mark.parametrize("said", ["use version 2", "use the weather tool", "what does forecast do?", "forecast"])
def test_other_words_are_none_of_its_business(said: str) -> None:
    assert asked_tool(said, TOOLS) is None
