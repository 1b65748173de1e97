"""The runner's log as tools for a model: tell of a run, take one back, and report the load."""

import datetime
import hashlib
import re
from typing import Annotated, Any

from langchain_core.tools import BaseTool, InjectedToolArg, ToolException, tool
from pydantic import ValidationError

from tools import dates
from tools.result import answer
from tools.run_context import Runtime, store_of
from tools.running import activity_log
from tools.running.activity import Activity
from tools.running.clock_text import duration_seconds, duration_text, km_text, pace_text
from tools.running.load_report import LoadReport, load_report

_WEEKDAY = re.compile(r"(?:on |this )?(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?", re.IGNORECASE)
_YEAR = re.compile(r"\d{4}")
_AHEAD_DAYS = 180
"""A day without a year that is this far ahead was the one of a year ago."""
_FOSTER = "session RPE, monotony and strain: Foster, Medicine & Science in Sports & Exercise 30 (1998)"

Now = Annotated[datetime.datetime, InjectedToolArg]
UserId = Annotated[str, InjectedToolArg]


@tool("log_run", parse_docstring=True)
async def log_run(
    distance_km: float,
    runtime: Runtime,
    now: Now,
    user_id: UserId,
    time: str | None = None,
    day: str = "today",
    effort: float | None = None,
) -> str:
    """Note in the runner's log a run that was done. It changes no plan.

    Args:
        distance_km: How far, in kilometres.
        time: How long it took, h:mm:ss or mm:ss.
        day: When: today, yesterday, Tuesday, or YYYY-MM-DD; the latest such day.
        effort: How hard the whole run felt, from 0 (rest) to 10 (as hard as it gets).
    """
    activity = _told(distance_km, time, _past_day(day, now.date()), effort)
    try:
        new = await activity_log.keep(store_of(runtime), user_id, activity)
    except LookupError as error:
        raise ToolException(str(error)) from error
    text = f"{'Logged' if new else 'Already in the log'}: {describe(activity)}."
    return answer("logged_run", activity.model_dump(mode="json"), text, "told by the runner")


@tool("load_report", parse_docstring=True)
async def report_load(
    runtime: Runtime,
    now: Now,
    user_id: UserId,
    plan: Annotated[dict[str, Any] | None, InjectedToolArg] = None,
    weeks: int = 4,
) -> str:
    """Report the last weeks of running from the log: distance, load, monotony, and how much of the plan was kept.

    Args:
        weeks: How many weeks, this one included.
    """
    today = now.date()
    since = today - datetime.timedelta(days=max(31, 7 * (weeks + 1)))
    try:
        runs = await activity_log.runs_since(store_of(runtime), user_id, since)
        report = load_report(plan, runs, today, weeks=weeks)
    except (LookupError, ValueError) as error:
        raise ToolException(str(error)) from error
    return answer("load_report", _figures(report), report.text(), _FOSTER)


def describe(activity: Activity) -> str:
    """Return a run in words: "8 km on Tue 24 Nov in 45:00 (5:38/km), effort 4"."""
    text = f"{km_text(activity.km)} km on {activity.date:%a} {activity.date.day} {activity.date:%b}"
    if activity.seconds is not None:
        text += f" in {duration_text(activity.seconds)} ({pace_text(activity.seconds / activity.km)})"
    if activity.climb_m:
        text += f", {activity.climb_m:.0f} m up"
    return text if activity.rpe is None else f"{text}, effort {activity.rpe:g}"


def _told(km: float, time: str | None, day: datetime.date, effort: float | None) -> Activity:
    try:
        seconds = duration_seconds(time) if time else None
        words = f"{day}|{km:g}|{seconds}"
        return Activity(
            id=f"told-{hashlib.sha256(words.encode()).hexdigest()[:16]}", date=day, km=km, seconds=seconds, rpe=effort
        )
    except ValidationError as error:
        field = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise ToolException(f"That is no run: {field}: {error.errors()[0]['msg']}.") from error
    except ValueError as error:
        raise ToolException(str(error)) from error


def _past_day(said: str, today: datetime.date) -> datetime.date:
    """Return the latest day of that name; a run that is yet to come cannot have been done."""
    try:
        day = dates.day_said(said, today)
    except ValueError as error:
        raise ToolException(str(error)) from error
    if day <= today:
        return day
    if _WEEKDAY.fullmatch(said.strip()):
        return day - datetime.timedelta(weeks=1)
    if not _YEAR.search(said) and (day - today).days > _AHEAD_DAYS:
        return dates.add_months(day, -12)
    raise ToolException(f"{day} is yet to come; the log holds runs that were done.")


def _figures(report: LoadReport) -> dict[str, Any]:
    return {
        "weeks": [
            {
                "start": week.start.isoformat(),
                "km": week.km,
                "runs": week.runs,
                "planned_km": week.planned_km,
                "planned_runs": week.planned_runs,
                "kept": week.kept,
                "load": week.load,
                "monotony": week.monotony,
                "strain": week.strain,
            }
            for week in report.weeks
        ],
        "longest_km": report.longest_km,
        "hard_share": report.hard_share,
    }


LOG_TOOLS: list[BaseTool] = [log_run, report_load]
for _tool in LOG_TOOLS:
    _tool.handle_tool_error = True
