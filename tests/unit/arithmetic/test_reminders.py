"""When reminders come, and the cron schedule that means just that; what a person says of it."""

import json
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from langchain_core.messages import HumanMessage
from langchain_core.tools import ToolException

from agent.demo.model import DemoChatModel
from graphs.care import CARE
from graphs.coach import COACH
from tests.unit.agent.demo.conversation import only_call, told, tool
from tools.reminder_tool import remind
from tools.reminders import days_of, on_days_before
from tools.running.build_plan import build_plan
from tools.running.build_request import BuildRequest

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 3, 20, 9, tzinfo=LONDON)
REQUEST = BuildRequest(race="half_marathon", weeks=8, weekly_km=25, longest_km=10, today=NOW.date())
PLAN = build_plan(REQUEST).document


def reminder(**args: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(remind.func(now=NOW, plan=PLAN, **args))["data"]  # type: ignore[attr-defined]
    return found


def test_the_evening_before_long_runs_is_a_weekly_cron_on_the_clocks_of_the_place() -> None:
    found = reminder(before="long runs")
    assert found["cron"] == {"schedule": "0 19 * * SAT", "timezone": "Europe/London"}
    # summer time begins on 29 March
    assert found["upcoming"][:2] == ["2026-03-28T19:00:00+00:00", "2026-04-04T19:00:00+01:00"]


def test_days_that_no_schedule_says_are_listed_without_one() -> None:
    found = on_days_before([date(2026, 4, 7), date(2026, 4, 9), date(2026, 4, 14)], time(20), NOW)
    assert (len(found.upcoming), found.schedule) == (3, None)


def test_a_plan_is_searched_by_title_and_type_in_singular_and_plural() -> None:
    assert days_of(PLAN, "Long run") == days_of(PLAN, "long runs") != []
    assert days_of(PLAN, "swims") == []


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({}, "Say when"),
        ({"before": "swims"}, "I find no “swims” in the plan"),
        ({"date": "tomorrow", "time": "8"}, "'8' is no time of day"),
        ({"date": "2026-03-01"}, "would never come"),
        ({"rule": "FREQ=HOURLY"}, "FREQ=DAILY"),
    ],
)
def test_what_cannot_be_reminded_of_is_refused_with_the_reason(args: dict[str, Any], words: str) -> None:
    with pytest.raises(ToolException, match=words):
        reminder(**args)


def test_a_reminder_never_says_that_it_rings() -> None:
    text = json.loads(remind.func(now=NOW.astimezone(UTC), rule="FREQ=DAILY"))["text"]  # type: ignore[attr-defined]
    assert "I keep no alarm clock" in text


@pytest.mark.parametrize(
    ("domain", "said", "args"),
    [
        (COACH, "remind me on the evening before long runs", {"before": "long runs", "time": "19:00"}),
        (COACH, "remind me tomorrow at 8 to buy shoes", {"date": "2026-04-02", "time": "08:00", "text": "buy shoes"}),
        (COACH, "remind me every Tuesday morning to stretch", {"rule": "FREQ=WEEKLY;BYDAY=TU", "time": "08:00"}),
        (CARE, "ask me each evening how it was", {"rule": "FREQ=DAILY", "time": "19:00", "text": "how it was"}),
    ],
)
def test_what_people_say_becomes_the_reminder(domain: Any, said: str, args: dict[str, Any]) -> None:
    model = DemoChatModel(phrases=domain.phrases).bind_tools([tool("remind"), tool("log_pain")])
    name, found = only_call(model.invoke([told(None), HumanMessage(said)]))
    assert name == "remind"
    assert found.items() >= args.items()
