"""Reminders as a tool for a model, for any plan: it says when, and which cron does it; it rings no bell."""

import datetime
from typing import Annotated, Any

from langchain_core.tools import InjectedToolArg, ToolException, tool

from tools import dates, reminders
from tools.result import answer

_SOURCE = "RFC 5545 recurrence rules (python-dateutil)"
Now = Annotated[datetime.datetime, InjectedToolArg]
Plan = Annotated[dict[str, Any] | None, InjectedToolArg]


@tool("remind", parse_docstring=True)
def remind(
    now: Now,
    text: str | None = None,
    before: str | None = None,
    date: str | None = None,
    rule: str | None = None,
    time: str = "19:00",
    plan: Plan = None,
) -> str:
    """Say when a reminder would come and which cron of the server does it. Give one of before, date and rule.

    Args:
        text: What to remind of.
        before: What in the plan it is for, by title: it comes on the day before each, e.g. long run.
        date: The (first) day: 2026-12-01, tomorrow, next Monday.
        rule: An RFC 5545 rule such as FREQ=WEEKLY;BYDAY=MO, for a reminder that comes again.
        time: When on that day, HH:MM.
    """
    try:
        found = _found(now, before, date, rule, time, plan)
    except ValueError as error:
        raise ToolException(str(error)) from error
    zone = str(now.tzinfo)
    data: dict[str, Any] = {
        "text": text or (f"{before.capitalize()} tomorrow" if before else "A look at the plan"),
        "upcoming": [moment.isoformat() for moment in found.upcoming],
        "cron": {"schedule": found.schedule, "timezone": zone} if found.schedule else None,
    }
    moments = ", ".join(f"{moment:%a} {moment.day} {moment:%b} {moment:%H:%M}" for moment in found.upcoming)
    how = (
        f"A cron with the schedule “{found.schedule}” ({zone}) does it"
        if found.schedule
        else "No one cron schedule says just that: put these days into a calendar, or make a cron for each"
    )
    said = f"“{data['text']}” on: {moments}. I keep no alarm clock myself. {how}; until then nothing rings."
    return answer("reminder", data, said, _SOURCE)


def _found(
    now: datetime.datetime,
    before: str | None,
    date: str | None,
    rule: str | None,
    time: str,
    plan: dict[str, Any] | None,
) -> reminders.Reminding:
    try:
        at = datetime.time.fromisoformat(time).replace(tzinfo=None)
    except ValueError as error:
        raise ValueError(f"{time!r} is no time of day such as 19:00") from error
    if before is None:
        if date is None and rule is None:
            raise ValueError("Say when: a day, how often, or before what in the plan.")
        day = dates.day_said(date, now.date()) if date is not None else now.date()
        return reminders.by_rule(datetime.datetime.combine(day, at, now.tzinfo), rule, now)
    if plan is None:
        raise ValueError("There is no plan in this conversation yet, so nothing to be reminded of before.")
    days = reminders.days_of(plan, before)
    if not days:
        raise ValueError(f"I find no “{before}” in the plan.")
    return reminders.on_days_before(days, at, now)
