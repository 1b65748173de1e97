"""The process tools for a model: looking things up, and proposing edits that edit_plan then makes."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from langchain_core.tools import BaseTool, InjectedToolArg, ToolException, tool

from tools import dates
from tools.arithmetic_tools import SHARED_TOOLS
from tools.process import agenda as agendas
from tools.process import new_events, reports, status_edits, template_changes
from tools.process.critical_path import CircularSteps, schedule
from tools.process.describe import agenda_text, schedule_text, standup_text
from tools.process.templates import templates
from tools.process.view import TeamPlan, read_plan
from tools.result import answer

Plan = Annotated[dict[str, Any] | None, InjectedToolArg]
Now = Annotated[datetime.datetime, InjectedToolArg]
UserId = Annotated[str, InjectedToolArg]

_PLANLOOM = "computed from the plan"
_CPM = "critical path method: Kelley and Walker (1959)"
_RRULE = "RFC 5545 recurrence rules (python-dateutil)"


@tool("list_templates")
def list_templates() -> str:
    """List the templates that a process can be built from, with their roles."""
    lines = [
        f"{name.replace('_', ' ')}: {len(found.step)} steps, roles {', '.join(found.roles)}"
        for name, found in templates().items()
    ]
    data = {"templates": {name: found.model_dump(mode="json") for name, found in templates().items()}}
    return answer("templates", data, "; ".join(lines) + ".", "Planloom's own templates")


@tool("schedule_event", parse_docstring=True)
def schedule_event(
    process: str,
    date: str,
    now: Now,
    time: str | None = None,
    title: str | None = None,
    owners: dict[str, str] | None = None,
    rule: str | None = None,
    count: int = 4,
    plan: Plan = None,
) -> str:
    """Propose one more event of a process in the plan, or a series of them. Proposes edits.

    Args:
        process: Id of the process in the plan.
        date: Day of the (first) event: 2026-12-01, next Tuesday, in 3 weeks.
        time: When on that day, HH:MM.
        title: What to call it.
        owners: Who takes which role, such as {"lead": "Ann"}.
        rule: For a series, an RFC 5545 rule such as FREQ=WEEKLY;BYDAY=MO.
        count: How many events of a series to make now, at most 12.
    """
    found = _plan(plan)
    try:
        first = _moment(date, time or "09:00", now)
        days = (
            [moment.date() for moment in new_events.series(rule, first, now=now, count=count)]
            if rule
            else [first.date()]
        )
        if days and days[0] < now.date():
            raise ValueError(f"{days[0]} is over; an event takes place today or later.")
        ops: list[dict[str, Any]] = []
        taken: frozenset[str] = frozenset()
        for day in days:
            event = new_events.event_from_process(
                found, process, day, title=title, time=time, owners=owners, taken=taken
            )
            taken |= {event[0]["id"]}
            ops += event
    except (ValueError, LookupError) as error:
        raise ToolException(_said(error)) from error
    text = f"{len(days)} event(s) on {', '.join(day.isoformat() for day in days)} with {len(ops) - len(days)} items."
    return answer("proposed_events", {"proposed_ops": ops}, text, _RRULE if rule else _PLANLOOM)


@tool("set_status", parse_docstring=True)
def set_status(
    item_id: str,
    status: Literal["draft", "scheduled", "todo", "in_progress", "blocked", "done", "skipped", "cancelled"],
    now: Now,
    user_id: UserId,
    by: str | None = None,
    note: str | None = None,
    plan: Plan = None,
) -> str:
    """Bring a step or an event to another status, with an entry in the log. Proposes edits.

    Args:
        item_id: Id of the step or event.
        status: The new status; steps: todo, in_progress, blocked, done, skipped; events: draft, scheduled,
            in_progress, blocked, done, cancelled.
        by: Who did it, if it was named.
        note: Why, if it was said.
    """
    found = _plan(plan)
    try:
        ops = status_edits.set_status(found, item_id, status, now=now, by=by or user_id, note=note)
    except (ValueError, LookupError) as error:
        raise ToolException(_said(error)) from error
    return answer("proposed_status", {"proposed_ops": ops}, f"{item_id} → {status.replace('_', ' ')}.", _PLANLOOM)


@tool("status_log", parse_docstring=True)
def status_log(item_id: str | None = None, plan: Plan = None) -> str:
    """Read the log of status changes, of one step or event or of all.

    Args:
        item_id: Id of the step or event; leave out for everything.
    """
    lines = status_edits.history(_plan(plan), item_id)
    return answer("status_log", {"entries": lines}, "\n".join(lines) or "The log is empty.", _PLANLOOM)


@tool("agenda", parse_docstring=True)
def agenda(now: Now, days: int = 1, person: str | None = None, plan: Plan = None) -> str:
    """Say what is on: events, due steps, reminders, and what is late.

    Args:
        days: How many days from today (1 is today only, 7 a week).
        person: Only this person's steps.
    """
    try:
        found = agendas.agenda(_plan(plan), now, days=days, person=person)
    except ValueError as error:
        raise ToolException(str(error)) from error
    data = {
        "events": [event.id for event in found.events],
        "due": [step.id for step in found.due],
        "late": [step.id for step in found.late],
        "reminders": [[moment.isoformat(), text] for moment, text in found.reminders],
    }
    return answer("agenda", data, agenda_text(found, now.date(), days), _PLANLOOM)


@tool("standup")
def standup(now: Now, plan: Plan = None) -> str:
    """Say where everybody stands: what they are on, what is blocked, what is due next."""
    found = agendas.standup(_plan(plan))
    data = {
        one.person: {
            "in_progress": [step.id for step in one.working],
            "blocked": [step.id for step in one.blocked],
            "next": [step.id for step in one.next_due],
        }
        for one in found
    }
    return answer("standup", {"people": data}, standup_text(found, now.date()), _PLANLOOM)


@tool("critical_path", parse_docstring=True)
def critical_path(event_id: str | None = None, plan: Plan = None) -> str:
    """Work out which steps of an event decide when it can be done, and how much the others can slip.

    Args:
        event_id: Id of the event; leave out where there is only one.
    """
    found = _plan(plan)
    event = found.events.get(event_id or _only_event(found))
    if event is None:
        raise ToolException(f"There is no event {event_id}; there are: {', '.join(found.events) or 'none'}.")
    try:
        timing = schedule(found.steps_of.get(event.id, ()))
    except CircularSteps as error:
        raise ToolException(str(error)) from error
    data = {
        "days": timing.days,
        "critical": list(timing.critical),
        "slack": {step_id: round(one.slack, 2) for step_id, one in timing.timings.items()},
    }
    return answer("critical_path", data, schedule_text(event.title, timing, found), _CPM)


@tool("remind", parse_docstring=True)
def remind(text: str, date: str, now: Now, time: str = "09:00", rule: str | None = None, plan: Plan = None) -> str:
    """Propose a reminder, once or by a rule, and show its next moments. Proposes edits.

    Args:
        text: What to remind of.
        date: The (first) day: 2026-12-01, tomorrow, next Monday.
        time: When on that day, HH:MM.
        rule: An RFC 5545 rule such as FREQ=WEEKLY;BYDAY=MO, for a reminder that comes again.
    """
    _plan(plan)
    try:
        found = new_events.reminder(text, _moment(date, time, now), rule=rule, now=now)
    except ValueError as error:
        raise ToolException(str(error)) from error
    moments = ", ".join(f"{moment:%a} {moment.day} {moment:%b} {moment:%H:%M}" for moment in found.upcoming)
    data: dict[str, Any] = {
        "proposed_ops": [found.op],
        "upcoming": [moment.isoformat() for moment in found.upcoming],
        "cron": {"schedule": found.schedule, "timezone": str(now.tzinfo)} if found.schedule else None,
    }
    return answer("reminder", data, f"“{text}” on: {moments}.", _RRULE)


@tool("team_report", parse_docstring=True)
def team_report(now: Now, weeks: int = 4, plan: Plan = None) -> str:
    """Report on the steps that were due in the last weeks: completion, lead time, lateness, load by person.

    Args:
        weeks: How many weeks back from today.
    """
    if not 1 <= weeks <= 520:
        raise ToolException("A report covers 1 to 520 weeks.")
    today = now.date()
    found = reports.report(_plan(plan), today - datetime.timedelta(weeks=weeks), today, today)
    data = {"completion": found.completion, "lead_days": found.lead_days, "late": found.late, "csv": found.csv()}
    return answer("team_report", data, found.markdown(), _PLANLOOM)


@tool("compare_with_template", parse_docstring=True)
def compare_with_template(event_id: str | None = None, plan: Plan = None) -> str:
    """Say how an event's steps differ from the process it was made from.

    Args:
        event_id: Id of the event; leave out where there is only one.
    """
    found = _plan(plan)
    try:
        lines = template_changes.differences(found, event_id or _only_event(found))
    except LookupError as error:
        raise ToolException(_said(error)) from error
    text = "; ".join(lines) + "." if lines else "The event is as its process says."
    return answer("template_differences", {"differences": lines}, text, _PLANLOOM)


@tool("offer_template_changes")
def offer_template_changes(plan: Plan = None) -> str:
    """Propose to the open events what changed in their process since they were made. Proposes edits."""
    found = template_changes.offers(_plan(plan))
    lines = [f"{offer.event}: {', '.join(offer.changes) or 'nothing to take over'}" for offer in found]
    conflicts = [f"{offer.event}: {line}" for offer in found for line in offer.conflicts]
    text = "; ".join(lines) + "." if lines else "No process changed since its events were made."
    if conflicts:
        text += f" Left as people made it: {'; '.join(conflicts)}."
    ops = [op for offer in found for op in offer.ops]
    return answer("template_offers", {"proposed_ops": ops, "conflicts": conflicts}, text, "three-way merge by field")


def _plan(plan: Mapping[str, Any] | None) -> TeamPlan:
    if plan is None:
        raise ToolException("There is no plan yet: build one from a template first.")
    return read_plan(plan)


def _only_event(plan: TeamPlan) -> str:
    events: Sequence[str] = [event.id for event in plan.events.values() if event.is_open] or list(plan.events)
    if len(events) != 1:
        raise ToolException(f"Which event? There are: {', '.join(events) or 'none'}.")
    return events[0]


def _moment(date: str, time: str, now: datetime.datetime) -> datetime.datetime:
    day = dates.day_said(date, now.date())
    try:
        clock = datetime.time.fromisoformat(time)
    except ValueError as error:
        raise ValueError(f"{time!r} is no time of day such as 09:30") from error
    return datetime.datetime.combine(day, clock.replace(tzinfo=None), now.tzinfo)


def _said(error: Exception) -> str:
    return str(error.args[0]) if error.args else str(error)


PROCESS_TOOLS: list[BaseTool] = [
    list_templates,
    schedule_event,
    set_status,
    status_log,
    agenda,
    standup,
    critical_path,
    remind,
    team_report,
    compare_with_template,
    offer_template_changes,
    *SHARED_TOOLS,
]
for _tool in PROCESS_TOOLS:
    _tool.handle_tool_error = True
