"""Requests to the travel assistant, about three days in Kyoto."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from agent.plan.document import PlanDocument
from benchmarks.plan_edits.cases import Corpus, Record
from graphs.travel import TRAVEL
from tools.travel.build_itinerary import build_itinerary
from tools.travel.build_request import ItineraryRequest

NOW = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
_TITLES = ("Picnic", "Rest", "Museum shop", "Walk", "Kaiseki")


def base_plan() -> PlanDocument:
    """The trip that every case starts from."""
    request = ItineraryRequest(destination="Kyoto", today=NOW.date(), start=date(2026, 5, 4), days=3)
    return PlanDocument.from_json(build_itinerary(request).document)


def mutate(items: Record, chance: random.Random) -> str:
    """Change one or two visits or meals, and say how."""
    timed = [item_id for item_id, item in items.items() if item["kind"] in ("visit", "meal")]
    chosen = chance.sample(timed, chance.choice((1, 1, 2)))
    names = {item_id: _name(items, item_id) for item_id in chosen}
    return " and ".join(chance.choice(_MUTATIONS)(items, item_id, names[item_id], chance) for item_id in chosen)


def _name(items: Record, item_id: str) -> str:
    """An item as people call it: by its title, and its day where days share a title."""
    item = items[item_id]
    alike = [one for one in items.values() if one["title"] == item["title"]]
    return item["title"] if len(alike) == 1 else f"{item['title'].lower()} on day {item['parent'][1:]}"


def _retime(items: Record, item_id: str, name: str, chance: random.Random) -> str:
    data = items[item_id]["data"]
    start, end = (datetime.fromisoformat(data[field]) for field in ("start", "end"))
    hours = [hour for hour in range(8, 20) if (hour, 0) != (start.hour, start.minute)]
    begins = start.replace(hour=chance.choice(hours), minute=0)
    data["start"] = begins.isoformat(timespec="seconds")
    data["end"] = (begins + (end - start)).isoformat(timespec="seconds")
    return chance.choice((f"move {name} to {begins:%H:%M}", f"start {name} at {begins.hour}:00"))


def _shift(items: Record, item_id: str, name: str, chance: random.Random) -> str:
    day = chance.choice([number for number in (1, 2, 3) if f"d{number}" != items[item_id]["parent"]])
    data, here = items[item_id]["data"], int(items[item_id]["parent"][1:])
    for field in ("start", "end"):
        moved = datetime.fromisoformat(data[field]) + timedelta(days=day - here)
        data[field] = moved.isoformat(timespec="seconds")
    items[item_id]["parent"] = f"d{day}"
    return f"move {name} to day {day}"


def _remove(items: Record, item_id: str, name: str, chance: random.Random) -> str:
    del items[item_id]
    return f"{chance.choice(('remove', 'skip', 'cancel', 'drop'))} {name}"


def _rename(items: Record, item_id: str, name: str, chance: random.Random) -> str:
    items[item_id]["title"] = chance.choice(_TITLES)
    return f"rename {name} to {items[item_id]['title']}"


_MUTATIONS: tuple[Callable[[Record, str, str, random.Random], str], ...] = (_retime, _shift, _remove, _rename)

CORPUS = Corpus(TRAVEL, NOW, base_plan(), Path(__file__).with_suffix(".txt"), mutate)
