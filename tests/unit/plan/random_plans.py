"""Random plans by the thousand: plain chance instead of hypothesis, which takes a hundred times as long for each."""

from __future__ import annotations

import random
from typing import Any

from agent.plan.document import PlanDocument
from tests.unit.plan.documents import IDS, KEYS, SCALARS, mended

RANKS = ("a0", "a1", "a1V", "b00", "Zz")
TITLES = ("Easy", "Long", "Tempo")

Record = dict[str, Any]
Triple = tuple[PlanDocument, PlanDocument, PlanDocument]


def random_triple(chance: random.Random) -> Triple:
    """A base and what two people made of it."""
    base = _plan(chance)
    return tuple(PlanDocument.from_json(one) for one in (base, _edited(base, chance), _edited(base, chance)))


def _plan(chance: random.Random) -> Record:
    ids = chance.sample(IDS, chance.randrange(7))
    items = {item_id: _item(chance, ids[:place]) for place, item_id in enumerate(ids)}
    return {"schema": 1, "domain": "running", "meta": _object(chance), "items": items}


def _item(chance: random.Random, above: list[str]) -> Record:
    return {
        "kind": chance.choice(("run", "week")),
        "parent": chance.choice([None, *above]),
        "rank": chance.choice(RANKS),
        "title": chance.choice(TITLES),
        "data": _object(chance),
    }


def _object(chance: random.Random, depth: int = 2) -> Record:
    return {key: _value(chance, depth) for key in chance.sample(KEYS, chance.randrange(4))}


def _value(chance: random.Random, depth: int) -> Any:
    return _object(chance, depth - 1) if depth and chance.random() < 0.3 else chance.choice(SCALARS)


def _edited(base: Record, chance: random.Random) -> Record:
    """The plan as somebody might leave it: half of its items as they were, the others changed, moved or gone, some new."""
    items = {item_id: {**item, "data": _copy(item["data"])} for item_id, item in base["items"].items()}
    for item_id in list(items):
        _change(items, item_id, chance)
    free = [item_id for item_id in IDS if item_id not in base["items"]]
    for item_id in chance.sample(free, chance.randrange(min(3, len(free) + 1))):
        items[item_id] = _item(chance, list(items))
    meta = _object(chance) if chance.random() < 0.2 else _copy(base["meta"])
    return mended({"schema": 1, "domain": "running", "meta": meta, "items": items})


def _change(items: Record, item_id: str, chance: random.Random) -> None:
    match chance.choice(("", "", "", "", "field", "title", "place", "data", "remove")):
        case "field":
            items[item_id]["data"][chance.choice(KEYS)] = _value(chance, 1)
        case "title":
            items[item_id]["title"] = chance.choice(TITLES)
        case "place":
            items[item_id]["parent"] = chance.choice([None, *(one for one in items if one != item_id)])
            items[item_id]["rank"] = chance.choice(("a0", "a5"))
        case "data":
            items[item_id]["data"] = _object(chance)
        case "remove":
            del items[item_id]


def _copy(value: Any) -> Any:
    return {key: _copy(inner) for key, inner in value.items()} if isinstance(value, dict) else value
