"""Requests to the process assistant, about one software release."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from agent.plan.document import PlanDocument
from benchmarks.plan_edits.cases import Corpus, Record
from graphs.process import PROCESS
from tools.process.build_process import BuildRequest, build_process

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
_PEOPLE = ("Cho", "Dana", "Eli", "Fatima")
_TITLES = ("Sign-off", "Dry run", "Handover", "Final look")


def base_plan() -> PlanDocument:
    """The plan that every case starts from: the process, and its release on Friday 18 December 2026."""
    owners = {"lead": "Ann", "tester": "Ben"}
    request = BuildRequest(template="software_release", date=date(2026, 12, 18), owners=owners, today=NOW.date())
    return PlanDocument.from_json(build_process(request).document)


def mutate(items: Record, chance: random.Random) -> str:
    """Change one or two of the event's steps, and say how."""
    steps = [item_id for item_id, item in items.items() if item["kind"] == "step" and item["parent"] == "e1"]
    # the release itself is called as its event is
    chosen = chance.sample([step for step in steps if step != "e1-ship"], chance.choice((1, 1, 2)))
    names = {item_id: items[item_id]["title"] for item_id in chosen}
    return " and ".join(chance.choice(_MUTATIONS)(items, item_id, names[item_id], chance) for item_id in chosen)


def _move(items: Record, item_id: str, name: str, chance: random.Random) -> str:
    data = items[item_id]["data"]
    due = date.fromisoformat(data["due"]) + timedelta(days=chance.choice((-2, -1, 1, 2)))
    data["due"] = due.isoformat()
    return f"move {name} to {due.day} {due:%B}"


def _shift(items: Record, item_id: str, name: str, chance: random.Random) -> str:
    by, later = chance.choice((1, 2, 3)), chance.random() < 0.5
    data = items[item_id]["data"]
    data["due"] = (date.fromisoformat(data["due"]) + timedelta(days=by if later else -by)).isoformat()
    days = "one day" if by == 1 else f"{by} days"
    return f"move {name} {days} {'later' if later else 'earlier'}"


def _assign(items: Record, item_id: str, name: str, chance: random.Random) -> str:
    owner = chance.choice(_PEOPLE)
    items[item_id]["data"]["owner"] = owner
    return chance.choice((f"give {name} to {owner}", f"assign {name} to {owner}"))


def _set_days(items: Record, item_id: str, name: str, chance: random.Random) -> str:
    days = chance.choice([one for one in (1, 2, 3, 4) if one != items[item_id]["data"]["days"]])
    items[item_id]["data"]["days"] = days
    return f"make {name} {days} day{'' if days == 1 else 's'}"


def _rename(items: Record, item_id: str, name: str, chance: random.Random) -> str:
    items[item_id]["title"] = chance.choice(_TITLES)
    return f"rename {name} to {items[item_id]['title']}"


def _remove(items: Record, item_id: str, name: str, chance: random.Random) -> str:
    for gone in [item_id, *(one for one, item in items.items() if item["parent"] == item_id)]:
        del items[gone]
    return f"{chance.choice(('remove', 'drop'))} {name}"


_MUTATIONS: tuple[Callable[[Record, str, str, random.Random], str], ...] = (
    _move,
    _shift,
    _assign,
    _set_days,
    _rename,
    _remove,
)

CORPUS = Corpus(PROCESS, NOW, base_plan(), Path(__file__).with_suffix(".txt"), mutate)
