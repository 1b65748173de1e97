"""Build a self-care plan: little enough to be borne, growing by steps, with reviews; the first draft to be edited."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tools.fractional_rank import nth_rank
from tools.pain.build_request import BuildRequest, PlanNotPossible
from tools.pain.conditions import excluded_exercises, unknown_conditions
from tools.pain.escalation import escalation_text
from tools.pain.exercises import EXERCISES, PRACTICES, STEPS, Exercise, suitable
from tools.pain.plan_items import Phase
from tools.pain.progression import BORNE_FOR_MORE
from tools.pain.triage import triage

REGION_NAMES = {
    "lower_back": "lower back",
    "upper_back": "upper back",
    "neck": "neck",
    "shoulder": "shoulder",
    "elbow_hand": "arm and hand",
    "hip": "hip",
    "knee": "knee",
    "ankle_foot": "ankle and foot",
    "widespread": "widespread pain",
}
_EXERCISE_DAYS: dict[int, tuple[int, ...]] = {
    2: (0, 3),
    3: (0, 2, 4),
    4: (0, 2, 4, 6),
    5: (0, 1, 3, 4, 6),
    6: (0, 1, 2, 4, 5, 6),
    7: (0, 1, 2, 3, 4, 5, 6),
}
_SHARE_OF_COMFORT = 0.8
"""A plan begins at this part of what is comfortable, so that bad days fit in (pacing)."""
_GROWTH = 1.1
_SEVERE, _MILD = 7, 3
_MOST_FIRST_START = datetime.timedelta(days=366)


@dataclass(frozen=True)
class BuiltPlan:
    """A plan document (JSON-plain: schema, domain, meta, items) and the assumptions made on the way."""

    document: dict[str, Any]
    assumptions: list[str]


@dataclass(frozen=True)
class _Menu:
    """The exercises of a plan: one that raises the pulse, one or two for mobility, up to two for strength."""

    aerobic: Exercise | None
    mobility: tuple[Exercise, ...]
    strength: tuple[Exercise, ...]


@dataclass(frozen=True)
class Continued:
    """What a plan goes on from: the weeks that stay, the steps that its exercises are at and how often they were planned
    so, the aerobic minutes of the last week."""

    weeks: int = 0
    steps: Mapping[str, int] = field(default_factory=dict)
    at_step: Mapping[str, int] = field(default_factory=dict)
    minutes: int | None = None


@dataclass
class _Load:
    """How often each exercise was planned at its present step, as the weeks go by."""

    steps: dict[str, int] = field(default_factory=dict)
    at_step: dict[str, int] = field(default_factory=dict)

    def next_week(self) -> None:
        """Whatever was planned often enough goes one step up."""
        for exercise, count in self.at_step.items():
            if count >= BORNE_FOR_MORE and self.steps[exercise] < STEPS:
                self.steps[exercise] += 1
                self.at_step[exercise] = 0

    def step(self, exercise: str, first: int) -> int:
        """The step of a session to plan, which counts."""
        self.at_step[exercise] = self.at_step.get(exercise, 0) + 1
        return self.steps.setdefault(exercise, first)


def build_plan(request: BuildRequest, after: Continued | None = None) -> BuiltPlan:
    """A plan of 2 to 12 weeks; the same request gives the same plan. With `after`, the weeks that follow those.

    Raises PlanNotPossible, with what to do instead, where the person's words hold a red flag, nothing suitable is left,
    or the start is out of reach.
    """
    _without_red_flags(request)
    assumptions: list[str] = []
    menu = _menu(request, assumptions)
    start = _start(request)
    after = after or Continued()
    load = _Load(dict(after.steps), dict(after.at_step))
    load.next_week()
    first = _first_minutes(request, assumptions) if after.minutes is None else _grown(after.minutes)
    minutes = min(first, _most_aerobic(request, menu))
    last = after.weeks + request.weeks
    items: dict[str, Any] = {}
    for week in range(after.weeks + 1, last + 1):
        monday = start + datetime.timedelta(weeks=week - after.weeks - 1)
        items.update(_week(request, menu, week, monday, last=last, minutes=minutes, load=load))
        load.next_week()
        minutes = min(_most_aerobic(request, menu), _grown(minutes))
    if request.pain >= _SEVERE:
        assumptions.append(
            f"With pain of {request.pain} the plan begins with the least; if pain stays that strong, have it looked at."
        )
    return BuiltPlan(
        {"schema": 1, "domain": "pain", "meta": _meta(request, start), "items": items},
        assumptions,
    )


def _grown(minutes: int) -> int:
    return max(minutes, round(minutes * _GROWTH))


def _without_red_flags(request: BuildRequest) -> None:
    found = triage(request.about, today=request.today)
    if found.flags:
        raise PlanNotPossible(escalation_text(found))


def _menu(request: BuildRequest, assumptions: list[str]) -> _Menu:
    excluded = excluded_exercises(request.conditions)
    aerobic = suitable(request.region, "aerobic", excluded)
    liked = [one for one in aerobic if one.id in request.likes]
    menu = _Menu(
        aerobic=next(iter([*liked, *aerobic]), None),
        mobility=tuple(suitable(request.region, "mobility", excluded)[:2]),
        strength=tuple(suitable(request.region, "strength", excluded)[:2]),
    )
    if menu.aerobic is None and not menu.mobility and not menu.strength:
        raise PlanNotPossible(
            "With the limits you named none of my exercises is left for this region. A physiotherapist can find what fits; "
            "breathing, relaxation and pacing are possible in any case."
        )
    for words in dict.fromkeys(excluded.values()):
        left_out = sorted(EXERCISES[one].title.lower() for one, why in excluded.items() if why == words)
        assumptions.append(f"Left out because of “{words}”: {', '.join(left_out)}.")
    assumptions += [
        f"I have no rule for “{words}”; ask somebody who knows it before you begin."
        for words in unknown_conditions(request.conditions)
    ]
    return menu


def _start(request: BuildRequest) -> datetime.date:
    earliest = request.today if request.start is None else request.start
    if earliest < request.today:
        raise PlanNotPossible(
            f"The plan cannot start on {earliest.isoformat()}, which is over; the earliest is {request.today.isoformat()}."
        )
    if earliest - request.today > _MOST_FIRST_START:
        raise PlanNotPossible("A plan can start within a year from today; name a nearer day.")
    return earliest + datetime.timedelta(days=-earliest.weekday() % 7)


def _first_minutes(request: BuildRequest, assumptions: list[str]) -> int:
    """The minutes of the first aerobic sessions."""
    if request.comfortable_minutes is not None:
        first = max(1, round(_SHARE_OF_COMFORT * request.comfortable_minutes))
        assumptions.append(
            f"You can do {request.comfortable_minutes} minutes comfortably, so the plan begins below that."
        )
    else:
        first = 5 if request.pain >= _SEVERE else 8 if request.pain > _MILD else 10
        assumptions.append(f"You named no comfortable duration, so the plan begins with {first} minutes.")
    return min(first, max(3, request.minutes_per_day - 4))


def _most_aerobic(request: BuildRequest, menu: _Menu) -> int:
    others = 4 if menu.mobility or menu.strength else 0
    return max(3, request.minutes_per_day - others)


def _meta(request: BuildRequest, start: datetime.date) -> dict[str, Any]:
    name = REGION_NAMES[request.region]
    meta: dict[str, Any] = {
        "title": request.title or f"{request.weeks}-week self-care plan, {name}",
        "goal": {"region": name, "pain": request.pain},
        "units": "minutes",
        "start": start.isoformat(),
        "weeks": request.weeks,
        "days_per_week": request.days_per_week,
        "progress": "After three sessions in a row that you bore well: one step up.",
        "ease_off": "After two in a row with pain more than two points higher: one step down. New numbness, weakness, "
        "trouble with bladder or bowel, fever or chest pain: stop, and have it looked at.",
        "notice": "Information, not a diagnosis; no medical device.",
    }
    if request.conditions:
        meta["conditions"] = sorted(set(request.conditions))
    if request.tz is not None:
        meta["tz"] = request.tz
    return meta


def _phase(week: int, weeks: int) -> Phase:
    if week == 1 or (week == 2 and weeks > 5):
        return "settle"
    return "keep" if week == weeks and weeks > 3 else "build"


def _week(
    request: BuildRequest, menu: _Menu, week: int, monday: datetime.date, *, last: int, minutes: int, load: _Load
) -> dict[str, Any]:
    week_id = f"w{week}"
    days: list[tuple[int, str, dict[str, Any]]] = []
    for place, weekday in enumerate(_EXERCISE_DAYS[request.days_per_week]):
        for exercise, length in _of_day(request, menu, week, place, minutes):
            first = 2 if request.pain <= _MILD else 1
            data = {"exercise": exercise.id, "minutes": length, "step": load.step(exercise.id, first)}
            days.append((weekday, exercise.id, {"kind": "exercise", "title": exercise.title, "data": data}))
    days += _practices(week)
    if week % 2 == 0 or week == last:
        days.append((6, "review", {"kind": "review", "title": "Review", "data": {}}))
    days.sort(key=lambda one: one[0])
    data = {"phase": _phase(week, last), "start": monday.isoformat()}
    items: dict[str, Any] = {
        week_id: {
            "kind": "week",
            "parent": None,
            "rank": nth_rank(week - 1),
            "title": f"Week {week}",
            "data": data,
        }
    }
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    for index, (weekday, name, item) in enumerate(days):
        date = (monday + datetime.timedelta(days=weekday)).isoformat()
        item_id = f"{week_id}-{names[weekday]}-{name}"
        items[item_id] = {
            **item,
            "parent": week_id,
            "rank": nth_rank(index),
            "data": {"date": date, **item["data"]},
        }
    return items


def _of_day(request: BuildRequest, menu: _Menu, week: int, place: int, minutes: int) -> list[tuple[Exercise, int]]:
    """The exercises of the week's exercise day at `place`, with their minutes, within the most for a day.

    Two new exercises in the first week, then one a week.
    """
    beside: Exercise | None = None
    strengths = menu.strength[: max(0, week - 1)]
    mobilities = menu.mobility[: 1 if week < 4 else 2]
    if place % 2 and strengths:
        beside = strengths[(place // 2) % len(strengths)]
    elif mobilities:
        beside = mobilities[(place // 2) % len(mobilities)]
    elif strengths:
        beside = strengths[place % len(strengths)]
    if menu.aerobic is None:
        return [(beside, min(request.minutes_per_day, 6))] if beside else []
    if beside is None:
        return [(menu.aerobic, min(minutes, request.minutes_per_day))]
    aerobic = min(minutes, _most_aerobic(request, menu))
    rest = request.minutes_per_day - aerobic
    if rest < 2:
        return [(menu.aerobic, min(minutes, request.minutes_per_day))]
    return [(menu.aerobic, aerobic), (beside, min(rest, 4 if beside.sort == "mobility" else 6))]


def _practices(week: int) -> list[tuple[int, str, dict[str, Any]]]:
    """Something that is no exercise, twice a week, another pair every second week."""
    pair = (("breathing", "pacing"), ("relaxation", "sleep"))[(week - 1) // 2 % 2]
    found = []
    for weekday, name in zip((1, 5), pair, strict=True):
        practice = PRACTICES[name]
        data = {"practice": practice.id, "minutes": practice.minutes}
        found.append((weekday, name, {"kind": "practice", "title": practice.title, "data": data}))
    return found
