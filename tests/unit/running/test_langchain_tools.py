from typing import Any

import pytest

from tools.result import ToolResult
from tools.running.langchain_tools import RUNNING_TOOLS

TOOLS = {tool.name: tool for tool in RUNNING_TOOLS}


def call(name: str, **arguments: Any) -> ToolResult:
    return ToolResult.model_validate_json(TOOLS[name].invoke(arguments))


def test_every_tool_is_described_for_the_model() -> None:
    for tool in RUNNING_TOOLS:
        assert tool.description
        assert tool.args


def test_vdot_from_race_says_what_it_computed_and_by_what() -> None:
    result = call("vdot_from_race", distance_km=5, time="27:00")
    assert result.data == {"vdot": 34.96}
    assert result.text == "5 km in 27:00 is VDOT 35.0."
    assert result.provenance.kind == "computed"
    assert "Daniels" in result.provenance.source


def test_training_paces_name_every_pace() -> None:
    result = call("training_paces", distance_km=5, time="19:57")
    assert result.text.startswith("At VDOT 50.0: easy 4:55 to 5:34/km, marathon 4:31/km, threshold 4:15/km")


def test_equivalent_times_cover_all_races() -> None:
    assert set(call("equivalent_times", distance_km=10, time="50:03").data) == {
        "5 km", "10 km", "half marathon", "marathon",
    }  # fmt: skip


def test_a_prediction_shows_both_methods() -> None:
    result = call("predict_time", known_distance_km=10, known_time="40:00", target_distance_km=21.0975)
    assert result.data["riegel_s"] == 5295
    assert "1:28:15 by Riegel" in result.text


@pytest.mark.parametrize(
    ("distance", "time", "words"), [(5, "soon", "not a time"), (5, "3:00", "3.5 minutes"), (-1, "20:00", "positive")]
)
def test_bad_input_becomes_a_message_that_the_model_can_act_on(distance: float, time: str, words: str) -> None:
    for name in ("vdot_from_race", "training_paces", "equivalent_times"):
        assert words in TOOLS[name].invoke({"distance_km": distance, "time": time})
    arguments = {"known_distance_km": distance, "known_time": time, "target_distance_km": 10}
    assert words in TOOLS["predict_time"].invoke(arguments)
