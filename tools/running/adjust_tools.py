"""Breaks and races on the way as tools for a model: they propose edits, and edit_plan makes them."""

import datetime
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from langchain_core.tools import BaseTool, InjectedToolArg, ToolException, tool

from tools import dates
from tools.result import answer
from tools.running.adjust import Adjustment, after_break, race_on_the_way

_SOURCE = "Daniels' Running Formula, 3rd edition (adjusting to breaks); our own reading for races on the way"

Plan = Annotated[dict[str, Any] | None, InjectedToolArg]
Now = Annotated[datetime.datetime | None, InjectedToolArg]


@tool("adjust_for_break", parse_docstring=True)
def adjust_for_break(
    days_missed: int, ill: bool = False, back_on: str = "today", plan: Plan = None, now: Now = None
) -> str:
    """Work out how to go on with the plan after days without running (illness, travel, injury). Proposes edits.

    Args:
        days_missed: How many days without running.
        ill: Whether it was for illness.
        back_on: The first day of running again: today, tomorrow, Monday, or YYYY-MM-DD.
    """
    return _proposed(plan, now, back_on, lambda document, day: after_break(document, days_missed, day, ill=ill))


@tool("adjust_for_race", parse_docstring=True)
def adjust_for_race(distance_km: float, day: str, name: str = "Race", plan: Plan = None, now: Now = None) -> str:
    """Fit a race that is not the goal into the plan, with easy days around it. Proposes edits.

    Args:
        distance_km: Its distance in kilometres.
        day: Its day: next Sunday, 4 May, or YYYY-MM-DD.
        name: What it is called.
    """
    return _proposed(plan, now, day, lambda document, date: race_on_the_way(document, date, distance_km, name))


def _proposed(
    plan: Mapping[str, Any] | None,
    now: datetime.datetime | None,
    day: str,
    adjust: Callable[[Mapping[str, Any], datetime.date], Adjustment],
) -> str:
    if plan is None or now is None:
        raise ToolException("There is no plan yet to adjust.")
    try:
        found = adjust(plan, dates.day_said(day, now.date()))
    except ValueError as error:
        raise ToolException(str(error)) from error
    return answer("adjustment", {"proposed_ops": list(found.ops)}, found.text, _SOURCE)


ADJUST_TOOLS: list[BaseTool] = [adjust_for_break, adjust_for_race]
for _tool in ADJUST_TOOLS:
    _tool.handle_tool_error = True
