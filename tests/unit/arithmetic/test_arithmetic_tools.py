"""Sums, units and days as tools: exact, and nothing but arithmetic."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.arithmetic_tools import SHARED_TOOLS
from tools.calculate import calculate
from tools.result import ToolResult
from tools.units import convert_units

TOOLS = {tool.name: tool for tool in SHARED_TOOLS}


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("2 + 3 * 4", 14),
        ("(1250 - 300) / 4", 237.5),
        ("2^10", 1024),
        ("15%", 0.15),
        ("7 // 2 + 7 % 2", 4),
        ("-sqrt(16)", -4),
        ("max(3, 4, 5) \u00d7 2 \u2212 1", 9),
        ("round(2 / 3, 2)", 0.67),
    ],
)
def test_sums_are_worked_out(typed: str, value: float) -> None:
    assert calculate(typed) == pytest.approx(value)


@pytest.mark.parametrize(
    "typed",
    [
        "", "1 / 0", "9**9**9", "__import__('os').system('x')", "(1).__class__", "x + 1", "sqrt(-1)", "(-8)**0.5",
        "1e308 * 10", "min()", "'a' * 3", "[1, 2]", "True + 1", "1 if 2 else 3", "((((", "1" * 300, "lambda: 1", "10**309",
        "abs(x=1)", "f'{1}'", "1j * 2",
    ],
)  # fmt: skip
def test_what_is_no_sum_is_refused_with_a_sentence(typed: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        calculate(typed)


@settings(max_examples=200)
@given(st.text(alphabet="0123456789+-*/%().,eпabsqrt\u00d7^ '_[]", max_size=60))
def test_no_text_makes_the_calculator_fail_otherwise(typed: str) -> None:
    try:
        assert abs(calculate(typed)) <= 1e300
    except ValueError as error:
        assert str(error)


@pytest.mark.parametrize(
    ("value", "source", "target", "result"),
    [
        (26.2188, "miles", "km", 42.195),
        (212, "f", "celsius", 100),
        (-40, "c", "f", -40),
        (70, "kg", "lbs", 154.324),
        (5, "min/km", "min/mi", 8.0467),
        (100, "km/h", "mph", 62.137),
        (6, "feet", "cm", 182.88),
    ],
)
def test_units_are_converted_by_their_definitions(value: float, source: str, target: str, result: float) -> None:
    assert convert_units(value, source, target) == pytest.approx(result, rel=1e-4)


@pytest.mark.parametrize(
    ("value", "source", "target"), [(1, "km", "kg"), (1, "parsec", "km"), (-300, "c", "f"), (float("nan"), "km", "mi")]
)
def test_units_that_do_not_fit_are_refused(value: float, source: str, target: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        convert_units(value, source, target)


def call(name: str, **arguments: Any) -> ToolResult:
    return ToolResult.model_validate_json(TOOLS[name].invoke(arguments))


def test_the_tools_say_what_they_worked_out() -> None:
    assert call("calculate", expression="1250 * 3").text == "1250 * 3 = 3,750"
    assert call("convert_units", value=10, source="km", target="mi").text == "10 km = 6.214 mi"
    spoken = call("date_math", today="2026-11-21", day="next Tuesday", until="4 December")
    assert spoken.text.startswith("next Tuesday is Tuesday 24 November 2026. From then to Friday 4 December 2026")
    assert spoken.data["days"] == 10
    assert spoken.data["business_days"] == 8
    there = call("time_in", moment="2026-04-01T10:00", source="Europe/London", target="America/New_York")
    assert there.text == "Wed 10:00 in London is Wed 05:00 in New York (2026-04-01)."


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("calculate", {"expression": "1 / 0"}),
        ("convert_units", {"value": 1, "source": "km", "target": "kg"}),
        ("date_math", {"today": "2026-11-21", "day": "whenever"}),
        ("time_in", {"moment": "noon", "source": "UTC", "target": "UTC"}),
    ],
)
def test_bad_input_becomes_a_message_that_the_model_can_act_on(name: str, arguments: dict[str, Any]) -> None:
    assert not TOOLS[name].invoke(arguments).startswith("{")
