"""Sums, units and days as tools for a model: what every assistant needs and no model should do in its head."""

import datetime
from zoneinfo import ZoneInfo

from langchain_core.tools import BaseTool, ToolException, tool

from tools import dates
from tools.calculate import calculate
from tools.result import answer
from tools.units import convert_units


@tool("calculate", parse_docstring=True)
def calculate_sum(expression: str) -> str:
    """Work out a sum exactly.

    Args:
        expression: Arithmetic such as (1250 - 300) / 4; also sqrt, round, min, max, abs, floor, ceil.
    """
    try:
        value = calculate(expression)
    except ValueError as error:
        raise ToolException(str(error)) from error
    shown = f"{round(value, 10):,g}" if abs(value) < 1e-4 or abs(value) >= 1e15 else f"{round(value, 6):,}"
    return answer("sum", {"value": value}, f"{expression.strip()} = {shown}", "arithmetic")


@tool("convert_units", parse_docstring=True)
def convert(value: float, source: str, target: str) -> str:
    """Convert a length, mass, speed, temperature, time, volume or pace into another unit.

    Args:
        value: How much.
        source: Its unit, such as mi, kg, km/h, f, min/km.
        target: The wanted unit.
    """
    try:
        result = convert_units(value, source, target)
    except ValueError as error:
        raise ToolException(str(error)) from error
    text = f"{value:g} {source} = {round(result, 3):g} {target}"
    return answer("converted", {"value": result, "unit": target}, text, "definitions of the units (BIPM, NIST SP 811)")


@tool("date_math", parse_docstring=True)
def date_math(today: str, day: str, until: str | None = None) -> str:
    """Say which date a day is that somebody names, and how many days lie between two days.

    Args:
        today: The day where the person is, YYYY-MM-DD.
        day: A day as people say it: next Tuesday, in 3 weeks, 10 business days from now, 4 May, 2026-05-04.
        until: A second day, said likewise, to count the days up to it.
    """
    try:
        now = datetime.date.fromisoformat(today)
        first = dates.day_said(day, now)
        last = dates.day_said(until, now) if until else None
    except ValueError as error:
        raise ToolException(str(error)) from error
    data: dict[str, str | float] = {"date": first.isoformat(), "weekday": f"{first:%A}"}
    text = f"{day} is {first:%A} {first.day} {first:%B %Y}."
    if last is not None:
        data |= {"until": last.isoformat(), "days": (last - first).days}
        data["business_days"] = dates.business_days_between(first, last)
        text += f" From then to {last:%A} {last.day} {last:%B %Y} it is {data['days']} days"
        text += f" ({data['business_days']} of them Monday to Friday)."
    return answer("date", data, text, "Gregorian calendar")


@tool("time_in", parse_docstring=True)
def time_in(moment: str, source: str, target: str) -> str:
    """Say what the clocks of one time zone show when those of another show a given date and time.

    Args:
        moment: Date and time, such as 2026-04-01T10:00.
        source: IANA time zone of that time, such as Europe/London.
        target: IANA time zone asked for, such as America/New_York.
    """
    try:
        read, there = dates.moment(moment, source), dates.zone(target)
    except ValueError as error:
        raise ToolException(str(error)) from error
    seen = read.astimezone(there)
    text = f"{read:%a %H:%M} in {_place(source)} is {seen:%a %H:%M} in {_place(target)} ({seen:%Y-%m-%d})."
    return answer("time", {"moment": seen.isoformat()}, text, "IANA time zone database")


def _place(zone: str) -> str:
    return ZoneInfo(zone).key.rsplit("/", maxsplit=1)[-1].replace("_", " ")


SHARED_TOOLS: list[BaseTool] = [calculate_sum, convert, date_math, time_in]
for _tool in SHARED_TOOLS:
    _tool.handle_tool_error = True
