"""Plan the rest of a running plan anew: the builder of first plans, started from what has been run until then."""

import datetime
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from tools.fractional_rank import nth_rank
from tools.rest_of_plan import RestOfPlan
from tools.running.build_plan import build_plan
from tools.running.build_request import MIN_WEEKS, BuildRequest, PlanNotPossible, RaceResult
from tools.running.race_distances import GoalRace, goal_race

_RECENT_WEEKS = 4
_RECENT_DAYS = 30
_DAYS = 7


def _race_name(value: Any) -> Any:
    return goal_race(value) if isinstance(value, str) else value


class ReplanRequest(BaseModel):
    """What is different from now on; whatever is left out stays as the plan has it, or follows from its last weeks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    race: Annotated[GoalRace, BeforeValidator(_race_name)] | None = Field(default=None, description="another race")
    race_date: datetime.date | None = Field(default=None, description="another date of the race")
    days_per_week: int | None = Field(default=None, ge=3, le=7, description="days a week to train on")
    weekly_km: float | None = Field(default=None, ge=0, le=250, allow_inf_nan=False, description="km run in a week now")
    longest_km: float | None = Field(default=None, ge=0, le=100, allow_inf_nan=False, description="longest recent run")
    recent_race: RaceResult | None = Field(default=None, description="a recent race result, which paces follow")
    injuries: tuple[str, ...] = Field(default=(), description="injuries to be careful with, in the runner's words")


def replan(
    document: Mapping[str, Any], from_date: datetime.date, request: ReplanRequest, *, today: datetime.date
) -> RestOfPlan:
    """Build the weeks from the first Monday on or after `from_date` anew, as far as the race.

    Weeks go on being numbered, so that the same day of the same week keeps its id. Raises PlanNotPossible with a
    sentence that says what would be possible: fewer than four weeks are not built anew.
    """
    meta, items = document["meta"], document["items"]
    goal = meta.get("goal") or {}
    start = max(from_date, today + datetime.timedelta(days=1))
    start += datetime.timedelta(days=-start.weekday() % _DAYS)
    race_date = request.race_date or _day(goal.get("date"))
    race = request.race or goal.get("race")
    if race is None or race_date is None:
        raise PlanNotPossible("The plan names no race or no date for it; say race and race_date.")
    if (race_date - start).days < (MIN_WEEKS - 1) * _DAYS:
        raise PlanNotPossible(
            f"From {start.isoformat()} to the race on {race_date.isoformat()} are fewer than {MIN_WEEKS} weeks, which "
            "are not built anew; change the runs in them one by one, or begin earlier."
        )
    built = build_plan(
        BuildRequest(
            race=race,
            today=min(today, start - datetime.timedelta(days=1)),
            weekly_km=request.weekly_km if request.weekly_km is not None else _recent_km(meta, items, start),
            longest_km=request.longest_km if request.longest_km is not None else _recent_longest(meta, items, start),
            days_per_week=request.days_per_week or meta.get("days_per_week", 4),
            race_date=race_date,
            start=start,
            recent_race=request.recent_race,
            methodology=meta.get("methodology", "daniels"),
            injuries=(*request.injuries, *map(str, meta.get("injuries", ()))),
        )
    ).document
    kept = [
        item for item in items.values() if item["kind"] == "week" and _before(item, "start", built["meta"]["start"])
    ]
    paced = built["items"] if request.recent_race is not None else _with_paces_of(items, built["items"])
    return RestOfPlan(
        start=datetime.date.fromisoformat(built["meta"]["start"]),
        items=_numbered(paced, len(kept)),
        meta=_facts(meta, built["meta"], len(kept), request),
    )


def _facts(old: Mapping[str, Any], new: Mapping[str, Any], kept: int, request: ReplanRequest) -> dict[str, Any]:
    goal = {**(old.get("goal") or {}), **new["goal"]}
    facts = {"goal": goal, "weeks": kept + new["weeks"], "days_per_week": new["days_per_week"]}
    if request.injuries:
        facts["injuries"] = sorted({*request.injuries, *map(str, old.get("injuries", ()))})
    return {name: value for name, value in facts.items() if old.get(name) != value}


def _numbered(items: Mapping[str, Any], kept: int) -> dict[str, Any]:
    """The items with their weeks numbered on from those that stay, behind them in order."""
    weeks = [item_id for item_id, item in items.items() if item["kind"] == "week"]
    names = {item_id: f"w{kept + number}" for number, item_id in enumerate(weeks, start=1)}
    renamed: dict[str, Any] = {}
    for item_id, item in items.items():
        if item_id in names:
            number = kept + weeks.index(item_id) + 1
            renamed[names[item_id]] = {**item, "title": f"Week {number}", "rank": nth_rank(number - 1)}
        else:
            _, part, rest = item_id.partition("-")
            name = f"{names[item['parent']]}{part}{rest}" if part else item_id
            renamed[name] = {**item, "parent": names[item["parent"]]}
    return renamed


def _recent_km(meta: Mapping[str, Any], items: Mapping[str, Any], start: datetime.date) -> float:
    """The mean of the last four weeks before `start`; what the plan began with where they are not all in it."""
    first = start - datetime.timedelta(weeks=_RECENT_WEEKS)
    if not any(_before(item, "start", first.isoformat(), included=True) for item in items.values()):
        return float(meta.get("weekly_km", 0))
    return round(sum(_runs(items, first, start)) / _RECENT_WEEKS, 1)


def _recent_longest(meta: Mapping[str, Any], items: Mapping[str, Any], start: datetime.date) -> float:
    """The longest run of the thirty days before `start`, or what the plan began with if that is more."""
    runs = _runs(items, start - datetime.timedelta(days=_RECENT_DAYS), start)
    return max([*runs, *([] if len(runs) > _RECENT_WEEKS else [float(meta.get("longest_km", 0))])], default=0.0)


def _runs(items: Mapping[str, Any], first: datetime.date, end: datetime.date) -> list[float]:
    return [
        float(item["data"]["km"])
        for item in items.values()
        if item["kind"] in ("run", "race") and first.isoformat() <= item["data"]["date"] < end.isoformat()
    ]


def _before(item: Mapping[str, Any], field: str, day: str, *, included: bool = False) -> bool:
    there = item["data"].get(field)
    return item["kind"] == "week" and there is not None and (there < day or (included and there == day))


def _with_paces_of(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """The new items with the paces that the plan has for their types of run."""
    paces = {item["data"]["type"]: item["data"]["pace"] for item in old.values() if "pace" in item["data"]}
    return {
        item_id: {**item, "data": {**item["data"], "pace": paces[item["data"]["type"]]}}
        if item["data"].get("type") in paces
        else item
        for item_id, item in new.items()
    }


def _day(text: Any) -> datetime.date | None:
    return datetime.date.fromisoformat(text) if isinstance(text, str) else None
