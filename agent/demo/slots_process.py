"""Reading what only team processes say: statuses, spans of days, repetitions, roles and processes."""

from __future__ import annotations

import re
from collections.abc import Mapping

from agent.demo.quantities import number
from agent.demo.slots import Parser, Reading, Said
from agent.demo.slots_reminders import REMINDER_PARSERS

_STATUS = (
    (re.compile(r"done|finish|complete|tick|check"), "done"),
    (re.compile(r"progress|start|begin|began|under way"), "in_progress"),
    (re.compile(r"block"), "blocked"),
    (re.compile(r"skip"), "skipped"),
    (re.compile(r"todo|reopen"), "todo"),
    (re.compile(r"cancel"), "cancelled"),
)
_SPANS = {
    "today": 1,
    "this week": 7,
    "the week": 7,
    "next week": 14,
    "this month": 31,
    "the month": 31,
    "late": 1,
    "overdue": 1,
}


def _status(said: Said, reading: Reading) -> str | None:
    words = said["said"].lower()
    return next((status for pattern, status in _STATUS if pattern.search(words)), None)


def _span(said: Said, reading: Reading) -> int | None:
    """How many days an agenda is to cover."""
    if "named" in said:
        return _SPANS[said["named"].lower()]
    count = number(said["n"])
    return int(count) * (7 if said["unit"].lower() == "weeks" else 1) if count is not None else None


def _owners(said: Said, reading: Reading) -> dict[str, str] | None:
    """Roles and who takes them: "Ann as lead and Ben as tester", "the lead is Ann"."""
    text = said["owners"]
    as_role = {role.lower(): name for name, role in re.findall(r"([A-Z][\w'-]+) as (?:the )?([a-z]+)", text)}
    is_name = {role.lower(): name for role, name in re.findall(r"([a-z]+) (?:is|will be) ([A-Z][\w'-]+)", text)}
    return {**is_name, **as_role} or None


def _process(said: Said, reading: Reading) -> str | None:
    """The process of the plan that is named, or the only one."""
    rows = [row for row in (reading.plan.rows if reading.plan else ()) if row.kind == "process"]
    text = said["text"].lower()
    named = [row.id for row in rows if any(word in text for word in row.title.lower().split())]
    ids = named or [row.id for row in rows]
    return ids[0] if len(ids) == 1 else None


def _event(said: Said, reading: Reading) -> str | None:
    """The id of an event by its number, as the plan is shown."""
    count = number(said["n"])
    row = reading.plan.week(int(count)) if reading.plan is not None and count is not None else None
    return row.id if row is not None else None


PARSERS: Mapping[str, Parser] = {
    "status": _status,
    "span": _span,
    **REMINDER_PARSERS,
    "owners": _owners,
    "process": _process,
    "event": _event,
}
