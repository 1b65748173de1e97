"""Requests to the care assistant, about six weeks of self-care for the lower back."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path

from agent.plan.document import PlanDocument
from benchmarks.plan_edits.cases import Corpus, Record
from benchmarks.plan_edits.week_changes import Mutation, change_some, move, remove
from graphs.care import CARE
from tools.pain.build_plan import build_plan
from tools.pain.build_request import BuildRequest

NOW = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)


def base_plan() -> PlanDocument:
    """The plan that every case starts from: Monday 6 April to Sunday 17 May 2026."""
    request = BuildRequest(region="lower_back", pain=5, today=NOW.date(), comfortable_minutes=10)
    return PlanDocument.from_json(build_plan(request).document)


def mutate(items: Record, chance: random.Random) -> str:
    """Change one to three exercise sessions, and say how."""
    return change_some(items, "exercise", _MUTATIONS, chance)


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


_MUTATIONS: tuple[Mutation, ...] = (
    _set_minutes,
    _change_minutes,
    _set_step,
    _mark_done,
    move,
    remove,
)

CORPUS = Corpus(CARE, NOW, base_plan(), Path(__file__).with_suffix(".txt"), mutate)
