"""Make an event from a template: its steps with owners and due days, in business days where the template says so."""

import datetime
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from tools.fractional_rank import nth_rank
from tools.process.offsets import Offset, parse_offset, resolve
from tools.process.plan_items import ClockTime, Person
from tools.process.templates import Template, TemplateStep, template_named, templates
from tools.public_holidays import public_holidays

_AROUND = datetime.timedelta(days=400)
_MOST_DAYS_AHEAD = 5 * 366


def _known_template(value: Any) -> Any:
    return template_named(value) if isinstance(value, str) and value not in templates() else value


def _region(value: str | None) -> str | None:
    if value is not None:
        day = datetime.date(2026, 1, 1)
        public_holidays(value, day, day)
    return value.strip().upper() if value else None


class BuildRequest(BaseModel):
    """A team's first event: which template, when, and who. `today` and `tz` come from the run."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    template: Annotated[str, BeforeValidator(_known_template)] = Field(
        description="software_release, onboarding, workshop, hiring or incident_review"
    )
    date: datetime.date = Field(description="the day of the event itself")
    time: ClockTime | None = Field(default=None, description="when on that day it begins, HH:MM")
    title: str | None = Field(default=None, min_length=1, max_length=120, description="what to call it")
    place: str | None = Field(default=None, max_length=200, description="where it takes place")
    participants: tuple[Person, ...] = Field(default=(), max_length=50, description="who takes part")
    owners: dict[str, Person] = Field(default_factory=dict, description="who takes which role, e.g. {'lead': 'Ann'}")
    region: Annotated[str | None, AfterValidator(_region)] = Field(
        default=None, description="two-letter country whose public holidays are no business days"
    )
    today: datetime.date
    tz: str | None = None


@dataclass(frozen=True)
class BuiltProcess:
    """A plan document (JSON-plain) and the assumptions made on the way."""

    document: dict[str, Any]
    assumptions: list[str]


@dataclass(frozen=True)
class Occasion:
    """What an event is made for: its id, day, and who does what; `holidays` are no business days."""

    id: str
    title: str
    date: datetime.date
    time: str | None
    place: str | None
    owners: Mapping[str, str]
    holidays: Collection[datetime.date]


def build_process(request: BuildRequest) -> BuiltProcess:
    """Return a plan with the process and its first event; the same request gives the same plan.

    Raises ValueError, with what would do, for an event in the past or a role that the template doesn't have.
    """
    template = templates()[request.template]
    if request.date < request.today:
        raise ValueError(f"{request.date} is over; an event takes place today ({request.today}) or later.")
    if (request.date - request.today).days > _MOST_DAYS_AHEAD:
        raise ValueError(f"{request.date} is more than five years ahead.")
    unknown = sorted(set(request.owners) - set(template.roles))
    if unknown:
        raise ValueError(
            f"{template.title} has no role {', '.join(unknown)}; its roles are {', '.join(template.roles)}."
        )
    title = request.title or template.title
    holidays = holidays_around(request.region, request.date)
    occasion = Occasion("e1", title, request.date, request.time, request.place, request.owners, holidays)
    process = request.template.replace("_", "-")
    items = {
        **process_items(process, template, nth_rank(0)),
        **event_items(occasion, process, template, nth_rank(1)),
    }
    meta: dict[str, Any] = {
        "title": title,
        "participants": sorted({*request.participants, *request.owners.values()}),
        **({"region": request.region} if request.region else {}),
        **({"tz": request.tz} if request.tz else {}),
    }
    document = {"schema": 1, "domain": "process", "meta": meta, "items": items}
    return BuiltProcess(document, _assumptions(request, template, items))


def holidays_around(region: str | None, day: datetime.date) -> frozenset[datetime.date]:
    """Return a country's public holidays for a year and more on either side of a day; none without a country."""
    return frozenset(public_holidays(region, day - _AROUND, day + _AROUND)) if region else frozenset()


def process_items(process: str, template: Template, rank: str) -> dict[str, Any]:
    """Return a template as items of a plan: a process and its steps with offsets."""
    items: dict[str, Any] = {
        process: {
            "kind": "process",
            "parent": None,
            "rank": rank,
            "title": template.title,
            "data": {"note": template.about},
        }
    }
    for index, step in enumerate(template.step):
        data: dict[str, Any] = {"offset": step.offset, "days": step.days}
        if step.role:
            data["owner"] = step.role
        if step.needs:
            data["depends_on"] = [f"{process}-{needed}" for needed in step.needs]
        items[f"{process}-{step.id}"] = _item("step", process, index, step.title, data)
        for number, words in enumerate(step.substeps):
            key = f"{process}-{step.id}-{number + 1}"
            items[key] = _item("substep", f"{process}-{step.id}", number, words, {})
    return items


def event_items(occasion: Occasion, process: str, template: Template, rank: str) -> dict[str, Any]:
    """Return an event and its steps as items of a plan, with due days and owners."""
    data: dict[str, Any] = {"date": occasion.date.isoformat(), "status": "scheduled", "process": process}
    data["made_of"] = [f"{process}-{step.id}" for step in template.step]
    data |= {name: value for name, value in (("time", occasion.time), ("place", occasion.place)) if value is not None}
    event = {"kind": "event", "parent": None, "rank": rank, "title": occasion.title, "data": data}
    items: dict[str, Any] = {occasion.id: event}
    for index, step in enumerate(template.step):
        step_id = f"{occasion.id}-{step.id}"
        items[step_id] = _item("step", occasion.id, index, step.title, _step_data(step, occasion, process))
        for number, words in enumerate(step.substeps):
            items[f"{step_id}-{number + 1}"] = _item("substep", step_id, number, words, {})
    return items


def origin_of(title: str, data: Mapping[str, Any]) -> str:
    """Return what a template's step says, as the text that an event's step keeps as its `origin`."""
    said = {"title": title} | {name: data[name] for name in ("offset", "days", "owner") if name in data}
    return json.dumps(said, sort_keys=True, ensure_ascii=False)


def due_day(offset: Offset, day: datetime.date, holidays: Collection[datetime.date]) -> str:
    """Return the due day of an offset, as ISO text."""
    return resolve(offset, day, holidays).isoformat()


def _step_data(step: TemplateStep, occasion: Occasion, process: str) -> dict[str, Any]:
    said: dict[str, Any] = {"offset": step.offset, "days": step.days} | ({"owner": step.role} if step.role else {})
    data: dict[str, Any] = {
        "due": due_day(parse_offset(step.offset), occasion.date, occasion.holidays),
        "days": step.days,
        "status": "todo",
        "of": f"{process}-{step.id}",
        "origin": origin_of(step.title, said),
    }
    owner = occasion.owners.get(step.role or "")
    if owner:
        data["owner"] = owner
    if step.needs:
        data["depends_on"] = [f"{occasion.id}-{needed}" for needed in step.needs]
    return data


def _item(kind: str, parent: str, index: int, title: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"kind": kind, "parent": parent, "rank": nth_rank(index), "title": title, "data": data}


def _assumptions(request: BuildRequest, template: Template, items: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    open_roles = [role for role in template.roles if role not in request.owners]
    if open_roles:
        found.append(f"Nobody has the role of {', '.join(open_roles)} yet, so those steps have no owner.")
    if request.region is None:
        found.append("You named no country, so only weekends are not business days.")
    late = [
        item["title"]
        for item in items.values()
        if item["kind"] == "step" and datetime.date.fromisoformat(item["data"].get("due", "9999-12-31")) < request.today
    ]
    if late:
        found.append(f"By the template these were due before today: {', '.join(late)}.")
    return found
