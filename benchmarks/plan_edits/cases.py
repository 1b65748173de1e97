"""Requests with the exact plan that they must lead to: written by hand, and made from random changes of a plan."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from agent.plan.document import PlanDocument
from tools.running.build_plan import build_plan
from tools.running.build_request import BuildRequest

TODAY = date(2026, 4, 1)
NOW = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
HAND_WRITTEN = Path(__file__).with_name("requests.txt")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

Record = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """What is said of a plan, and the plan that it asks for."""

    said: str
    expected: PlanDocument
    made: bool


def base_plan() -> PlanDocument:
    """The plan that every case starts from: eight weeks to a half marathon."""
    request = BuildRequest.model_validate(
        {"race": "half_marathon", "weeks": 8, "weekly_km": 25, "longest_km": 10, "today": TODAY}
    )
    return PlanDocument.from_json(build_plan(request).document)


def hand_written(base: PlanDocument) -> Iterator[Case]:
    """The cases of `requests.txt`."""
    for line in HAND_WRITTEN.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            said, _, changes = line.partition(" => ")
            record = base.to_json()
            for change in changes.split("; "):
                _write(record["items"], change)
            yield Case(said, PlanDocument.from_json(record), made=False)


def _write(items: Record, change: str) -> None:
    if change.startswith("-"):
        del items[change[1:]]
        return
    place, _, value = change.partition("=")
    item_id, _, field = place.partition(".")
    if field == "title":
        items[item_id]["title"] = value
    elif not value:
        del items[item_id]["data"][field]
    else:
        items[item_id]["data"][field] = json.loads(value) if field == "km" else value


def mutations(base: PlanDocument, count: int, seed: int = 7) -> Iterator[Case]:
    """`count` random changes of one to three items, each told in words."""
    # not for secrets: the same seed makes the same cases
    chance = random.Random(seed)
    runs = [item_id for item_id, item in base.items.items() if item.kind == "run"]
    for _ in range(count):
        record = base.to_json()
        said = [
            chance.choice(_MUTATIONS)(record["items"], item_id, _name(base, item_id), chance)
            for item_id in chance.sample(runs, chance.choice((1, 1, 2, 3)))
        ]
        yield Case(" and ".join(said), PlanDocument.from_json(record), made=True)


def _name(base: PlanDocument, item_id: str) -> str:
    """An item as people call it: by its title and week, by its day where a week has two of the title."""
    item = base.items[item_id]
    alike = [one for one in base.items.values() if (one.parent, one.title) == (item.parent, item.title)]
    day = "" if len(alike) == 1 else f"{_DAYS[date.fromisoformat(item.data['date']).weekday()]}'s "
    return f"{day or 'the '}{item.title.lower()} in week {str(item.parent)[1:]}"


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
