"""Requests to the coach, about eight weeks to a half marathon."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from agent.plan.document import PlanDocument
from benchmarks.plan_edits.cases import Corpus, Record
from graphs.coach import COACH
from tools.running.build_plan import build_plan
from tools.running.build_request import BuildRequest

NOW = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def base_plan() -> PlanDocument:
    """The plan that every case starts from."""
    request = BuildRequest.model_validate(
        {"race": "half_marathon", "weeks": 8, "weekly_km": 25, "longest_km": 10, "today": NOW.date()}
    )
    return PlanDocument.from_json(build_plan(request).document)


def mutate(items: Record, chance: random.Random) -> str:
    """Change one to three runs, and say how."""
    runs = [item_id for item_id, item in items.items() if item["kind"] == "run"]
    chosen = chance.sample(runs, chance.choice((1, 1, 2, 3)))
    names = {item_id: _name(items, item_id) for item_id in chosen}
    return " and ".join(chance.choice(_MUTATIONS)(items, item_id, names[item_id], chance) for item_id in chosen)


def _name(items: Record, item_id: str) -> str:
    """An item as people call it: by its title and week, by its day where a week has two of the title."""
    item = items[item_id]
    alike = [one for one in items.values() if (one["parent"], one["title"]) == (item["parent"], item["title"])]
    day = "" if len(alike) == 1 else f"{_DAYS[date.fromisoformat(item['data']['date']).weekday()]}'s "
    return f"{day or 'the '}{item['title'].lower()} in week {item['parent'][1:]}"


def _set_km(items: Record, item_id: str, name: str, chance: random.Random) -> str:
    km = round(items[item_id]["data"]["km"] * chance.uniform(0.7, 1.2) * 2) / 2
    items[item_id]["data"]["km"] = km
    return f"make {name} {km:g} km"


def _change_km(items: Record, item_id: str, name: str, chance: random.Random) -> str:
    by = chance.choice((0.5, 1, 1.5))
    longer = chance.random() < 0.5
    items[item_id]["data"]["km"] += by if longer else -by
    return f"make {name} {by:g} km {'longer' if longer else 'shorter'}"


def _move(items: Record, item_id: str, name: str, chance: random.Random) -> str:
    data = items[item_id]["data"]
    old = date.fromisoformat(data["date"])
    day = chance.choice([one for one in range(7) if one != old.weekday()])
    data["date"] = (old + timedelta(days=day - old.weekday())).isoformat()
    return f"move {name} to {_DAYS[day]}"


def _remove(items: Record, item_id: str, name: str, chance: random.Random) -> str:
    del items[item_id]
    return f"{chance.choice(('remove', 'skip', 'cancel'))} {name}"


_MUTATIONS: tuple[Callable[[Record, str, str, random.Random], str], ...] = (_set_km, _change_km, _move, _remove)

CORPUS = Corpus(COACH, NOW, base_plan(), Path(__file__).with_suffix(".txt"), mutate)
