"""Plan the rest of a self-care plan anew: the builder of first plans, going on from what was planned until then."""

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from tools.pain.build_plan import Continued, build_plan
from tools.pain.build_request import MAX_WEEKS, MIN_WEEKS, BuildRequest, Liking, PlanNotPossible, likings, region_named
from tools.pain.conditions import excluded_exercises
from tools.pain.exercises import EXERCISES
from tools.rest_of_plan import RestOfPlan

_DAYS = 7
_WORSE = 2
"""How many points more pain than at the beginning mean to begin again with little, as the plan's own rule to ease off has it."""


class ReplanRequest(BaseModel):
    """What is different from now on; whatever is left out stays as the plan has it, or follows from its last weeks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pain: int | None = Field(default=None, ge=0, le=10, description="usual pain now, 0 to 10")
    weeks: int | None = Field(default=None, ge=MIN_WEEKS, le=MAX_WEEKS, description="weeks from then on")
    days_per_week: int | None = Field(default=None, ge=2, le=7, description="days a week with exercise")
    minutes_per_day: int | None = Field(default=None, ge=5, le=60, description="most minutes of exercise on a day")
    comfortable_minutes: int | None = Field(default=None, ge=1, le=120, description="minutes that are comfortable now")
    likes: Annotated[tuple[Liking, ...], BeforeValidator(likings)] = Field(
        default=(), description="what the person likes now: walking, cycling, swimming, seated-marching"
    )
    conditions: tuple[Annotated[str, Field(max_length=200)], ...] = Field(
        default=(), max_length=20, description="new conditions and limits, in the person's words"
    )


def replan(
    document: Mapping[str, Any], from_date: datetime.date, request: ReplanRequest, *, today: datetime.date
) -> RestOfPlan:
    """Build the weeks from the first Monday on or after `from_date` anew, as many as are left.

    Until then only what a condition forbids is left out. Weeks go on being numbered; minutes and steps go on from the week
    before, unless pain is much stronger now. Raises PlanNotPossible with a sentence that says what would be possible.
    """
    meta, items = document["meta"], document["items"]
    start = max(from_date, today + datetime.timedelta(days=1))
    start += datetime.timedelta(days=-start.weekday() % _DAYS)
    kept = sum(item["kind"] == "week" and item["data"]["start"] < start.isoformat() for item in items.values())
    goal = meta.get("goal") or {}
    region = region_named(str(goal.get("region", "")))
    if region is None:
        raise PlanNotPossible("The plan does not say what it is for; build a new one instead.")
    old_pain = int(goal.get("pain", 0))
    pain = old_pain if request.pain is None else request.pain
    conditions = tuple(sorted({*request.conditions, *map(str, meta.get("conditions", ()))}))
    planned = [] if pain >= old_pain + _WORSE else _planned_before(items, start)
    steps = {data["exercise"]: data["step"] for data in planned}
    built = build_plan(
        BuildRequest(
            region=region,
            pain=pain,
            today=min(today, start),
            start=start,
            weeks=request.weeks or _weeks_left(meta, kept, start),
            days_per_week=request.days_per_week or meta.get("days_per_week", 4),
            comfortable_minutes=request.comfortable_minutes,
            likes=request.likes or _liked(items),
            conditions=conditions,
            **({} if request.minutes_per_day is None else {"minutes_per_day": request.minutes_per_day}),
        ),
        Continued(
            weeks=kept,
            steps=steps,
            at_step=Counter(data["exercise"] for data in planned if data["step"] == steps[data["exercise"]]),
            minutes=None if request.comfortable_minutes is not None else _aerobic_minutes(planned),
        ),
    ).document
    facts = {
        "goal": {**goal, "pain": pain},
        "weeks": kept + built["meta"]["weeks"],
        "days_per_week": built["meta"]["days_per_week"],
        **({"conditions": list(conditions)} if conditions else {}),
    }
    first = max(from_date, today)
    items_left = {**_until(items, first, start, conditions), **built["items"]}
    return RestOfPlan(first, items_left, {name: value for name, value in facts.items() if meta.get(name) != value})


def _until(
    items: Mapping[str, Any], first: datetime.date, start: datetime.date, conditions: Sequence[str]
) -> dict[str, Any]:
    """The days before the first week that is built anew, without what is not to be done any more."""
    excluded = excluded_exercises(conditions)
    kept = {}
    for item_id, item in items.items():
        data = item["data"]
        day = data.get("date") or data.get("start") or ""
        if first.isoformat() <= day < start.isoformat() and (data.get("exercise") not in excluded or data.get("done")):
            kept[item_id] = item
    return kept


def _weeks_left(meta: Mapping[str, Any], kept: int, start: datetime.date) -> int:
    left = int(meta.get("weeks", 0)) - kept
    if left < MIN_WEEKS:
        raise PlanNotPossible(
            f"From {start.isoformat()} on fewer than {MIN_WEEKS} weeks are left, which are not built anew; say how many weeks "
            "it should go on, or change single exercises."
        )
    return min(left, MAX_WEEKS)


def _planned_before(items: Mapping[str, Any], start: datetime.date) -> list[Mapping[str, Any]]:
    """The exercises before `start`, by day."""
    planned = [
        item["data"]
        for item in items.values()
        if item["kind"] == "exercise"
        and item["data"]["date"] < start.isoformat()
        and item["data"]["exercise"] in EXERCISES
    ]
    return sorted(planned, key=lambda data: str(data["date"]))


def _aerobic_minutes(planned: Sequence[Mapping[str, Any]]) -> int | None:
    """The minutes of the last aerobic session."""
    minutes = [int(data["minutes"]) for data in planned if EXERCISES[data["exercise"]].sort == "aerobic"]
    return minutes[-1] if minutes else None


def _liked(items: Mapping[str, Any]) -> tuple[str, ...]:
    """What the plan has instead of walking, so that it stays."""
    planned = [item["data"]["exercise"] for item in items.values() if item["kind"] == "exercise"]
    aerobic = [name for name in planned if name in EXERCISES and EXERCISES[name].sort == "aerobic"]
    return tuple(
        name for name in dict.fromkeys(aerobic) if name in ("walking", "cycling", "swimming", "seated-marching")
    )[:1]
