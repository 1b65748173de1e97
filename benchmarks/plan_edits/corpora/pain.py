"""Requests to the care assistant, about six weeks of self-care for the lower back."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from agent.plan.document import PlanDocument
from benchmarks.plan_edits.cases import Corpus, Record
from graphs.care import CARE
from tools.pain.build_plan import build_plan
from tools.pain.build_request import BuildRequest

NOW = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def base_plan() -> PlanDocument:
    """The plan that every case starts from: Monday 6 April to Sunday 17 May 2026."""
    request = BuildRequest(region="lower_back", pain=5, today=NOW.date(), comfortable_minutes=10)
    return PlanDocument.from_json(build_plan(request).document)


def mutate(items: Record, chance: random.Random) -> str:
    """Change one to three exercise sessions, and say how."""
    sessions = [item_id for item_id, item in items.items() if item["kind"] == "exercise"]
    chosen = chance.sample(sessions, chance.choice((1, 1, 2, 3)))
    names = {item_id: _name(items, item_id) for item_id in chosen}
    return " and ".join(chance.choice(_MUTATIONS)(items, item_id, names[item_id], chance) for item_id in chosen)


def _name(items: Record, item_id: str) -> str:
    """A session as people call it: by its title and week, by its day where a week has two of the title."""
    item = items[item_id]
    alike = [one for one in items.values() if (one["parent"], one["title"]) == (item["parent"], item["title"])]
    day = "" if len(alike) == 1 else f"{_DAYS[date.fromisoformat(item['data']['date']).weekday()]}'s "
    return f"{day or 'the '}{item['title'].lower()} in week {item['parent'][1:]}"


def _set_minutes(items: Record, item_id: str, name: str, chance: random.Random) -> str:
    now = items[item_id]["data"]["minutes"]
    minutes = chance.choice([one for one in range(2, 16) if one != now])
    items[item_id]["data"]["minutes"] = minutes
    return f"make {name} {minutes} minutes"


def _change_minutes(items: Record, item_id: str, name: str, chance: random.Random) -> str:
    by = chance.choice((1, 2, 3))
    longer = chance.random() < 0.5
    items[item_id]["data"]["minutes"] += by if longer else -by
    return f"make {name} {by} minute{'' if by == 1 else 's'} {'longer' if longer else 'shorter'}"


def _set_step(items: Record, item_id: str, name: str, chance: random.Random) -> str:
    step = chance.choice([one for one in range(1, 6) if one != items[item_id]["data"]["step"]])
    items[item_id]["data"]["step"] = step
    return f"set {name} to step {step}"


def _mark_done(items: Record, item_id: str, name: str, chance: random.Random) -> str:
    before, after = chance.randint(0, 8), chance.randint(0, 10)
    items[item_id]["data"] |= {"done": True, "pain_before": before, "pain_after": after}
    return f"mark {name} as done, pain {before} before and {after} after"


def _move(items: Record, item_id: str, name: str, chance: random.Random) -> str:
    data = items[item_id]["data"]
    old = date.fromisoformat(data["date"])
    day = chance.choice([one for one in range(7) if one != old.weekday()])
    data["date"] = (old + timedelta(days=day - old.weekday())).isoformat()
    return f"move {name} to {_DAYS[day]}"


def _remove(items: Record, item_id: str, name: str, chance: random.Random) -> str:
    del items[item_id]
    return f"{chance.choice(('remove', 'skip', 'cancel'))} {name}"


_MUTATIONS: tuple[Callable[[Record, str, str, random.Random], str], ...] = (
    _set_minutes,
    _change_minutes,
    _set_step,
    _mark_done,
    _move,
    _remove,
)

CORPUS = Corpus(CARE, NOW, base_plan(), Path(__file__).with_suffix(".txt"), mutate)
