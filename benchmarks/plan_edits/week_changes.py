"""Changes that people ask of any plan whose items are in weeks: which item, on which day, and whether at all."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import date, timedelta

from benchmarks.plan_edits.cases import Record

Mutation = Callable[[Record, str, str, random.Random], str]
"""Changes an item (by id, called by a name) among the items, and returns how one asks for it."""
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def change_some(items: Record, kind: str, mutations: Sequence[Mutation], chance: random.Random) -> str:
    """Change one to three items of a kind, and say how."""
    there = [item_id for item_id, item in items.items() if item["kind"] == kind]
    chosen = chance.sample(there, chance.choice((1, 1, 2, 3)))
    names = {item_id: _name(items, item_id) for item_id in chosen}
    return " and ".join(chance.choice(mutations)(items, item_id, names[item_id], chance) for item_id in chosen)


def move(items: Record, item_id: str, name: str, chance: random.Random) -> str:
    """To another day of its week."""
    data = items[item_id]["data"]
    old = date.fromisoformat(data["date"])
    day = chance.choice([one for one in range(7) if one != old.weekday()])
    data["date"] = (old + timedelta(days=day - old.weekday())).isoformat()
    return f"move {name} to {_DAYS[day]}"


def remove(items: Record, item_id: str, name: str, chance: random.Random) -> str:
    """Out of the plan."""
    del items[item_id]
    return f"{chance.choice(('remove', 'skip', 'cancel'))} {name}"


def _name(items: Record, item_id: str) -> str:
    """An item as people call it: by its title and week, by its day where a week has two of the title."""
    item = items[item_id]
    alike = [one for one in items.values() if (one["parent"], one["title"]) == (item["parent"], item["title"])]
    day = "" if len(alike) == 1 else f"{_DAYS[date.fromisoformat(item['data']['date']).weekday()]}'s "
    return f"{day or 'the '}{item['title'].lower()} in week {item['parent'][1:]}"
