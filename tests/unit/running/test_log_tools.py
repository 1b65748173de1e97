import datetime
from collections.abc import Mapping
from typing import Any

import pytest
from langchain_core.tools import BaseTool
from langgraph.prebuilt import ToolRuntime
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore

from agent.context import Context
from tools.result import ToolResult
from tools.running.activity_import import import_activity
from tools.running.log_tools import log_run, report_load

SATURDAY = datetime.datetime(2026, 11, 21, 20, tzinfo=datetime.UTC)
GPX = """<gpx xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>
<trkpt lat="51.5" lon="0"><time>2026-11-20T07:00:00Z</time></trkpt>
<trkpt lat="51.52" lon="0"><time>2026-11-20T07:12:00Z</time></trkpt></trkseg></trk></gpx>"""


def runtime(store: BaseStore | None) -> ToolRuntime[Context, dict[str, Any]]:
    return ToolRuntime(
        state={},
        context=Context(),
        config={},
        stream_writer=lambda _: None,
        tool_call_id="call",
        store=store,
    )


async def answer(tool: BaseTool, store: BaseStore | None, given: Mapping[str, Any], user: str = "ann") -> str:
    hidden = {"runtime": runtime(store), "now": SATURDAY, "user_id": user}
    return str(await tool.ainvoke({**given, **hidden}))


async def told(tool: BaseTool, store: BaseStore, given: Mapping[str, Any], user: str = "ann") -> ToolResult:
    return ToolResult.model_validate_json(await answer(tool, store, given, user))


async def test_a_run_that_is_told_is_in_the_report_once() -> None:
    store = InMemoryStore()
    run = {"distance_km": 8, "time": "45:00", "day": "Tuesday", "effort": 4}
    first = await told(log_run, store, run)
    again = await told(log_run, store, run)
    assert first.text == "Logged: 8 km on Tue 17 Nov in 45:00 (5:38/km), effort 4."
    assert again.text.startswith("Already in the log")
    report = await told(report_load, store, {})
    assert report.data["weeks"][-1] | {"monotony": None, "strain": None} == {
        "start": "2026-11-16", "km": 8.0, "runs": 1, "planned_km": 0, "planned_runs": 0, "kept": 0, "load": 180.0,
        "monotony": None, "strain": None,
    }  # fmt: skip


async def test_nobody_sees_anothers_runs() -> None:
    store = InMemoryStore()
    await told(log_run, store, {"distance_km": 8}, user="ann")
    report = await told(report_load, store, {}, user="ann.b")
    assert report.data["weeks"] == []


@pytest.mark.parametrize(
    ("said", "day"),
    [("today", "2026-11-21"), ("yesterday", "2026-11-20"), ("Saturday", "2026-11-21"), ("3 November", "2026-11-03")],
)
async def test_a_day_is_the_latest_of_its_name(said: str, day: str) -> None:
    logged = await told(log_run, InMemoryStore(), {"distance_km": 5, "day": said})
    assert logged.data["date"] == day


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"distance_km": -5}, "km: Input should be greater than 0"),
        ({"distance_km": 5, "effort": 11}, "rpe: Input should be less than or equal to 10"),
        ({"distance_km": 5, "time": "fast"}, "not a time"),
        ({"distance_km": 5, "day": "tomorrow"}, "yet to come"),
        ({"distance_km": 5, "day": "whenever"}, "not a day"),
    ],
)
async def test_what_is_no_run_is_refused_with_a_reason(given: dict[str, Any], said: str) -> None:
    assert said in await answer(log_run, InMemoryStore(), given)


async def test_without_a_store_nothing_is_claimed_to_be_kept() -> None:
    assert "no long-term store" in await answer(log_run, None, {"distance_km": 5})


async def test_a_watchs_file_goes_into_the_log_once_and_a_bad_one_says_why() -> None:
    store = InMemoryStore()
    first = await import_activity(GPX, store, "ann", datetime.UTC)
    again = await import_activity(GPX, store, "ann", datetime.UTC)
    assert first["imported_run"].startswith("2.2 km on Fri 20 Nov in 12:00 (5:24/km); km splits 5:24, 5:24")
    assert again["imported_run"].endswith("(it was in the log already)")
    assert (await told(report_load, store, {})).data["longest_km"] == pytest.approx(2.225, abs=0.01)
    bad = await import_activity("<!DOCTYPE gpx [<!ENTITY x 'x'>]><gpx/>", store, "ann", datetime.UTC)
    assert "document type definition" in bad["import_problem"]
