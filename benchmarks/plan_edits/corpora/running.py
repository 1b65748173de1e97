"""Requests to the coach, about eight weeks to a half marathon."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path

from agent.plan.document import PlanDocument
from benchmarks.plan_edits.cases import Corpus, Record
from benchmarks.plan_edits.week_changes import Mutation, change_some, move, remove
from graphs.coach import COACH
from tools.running.build_plan import build_plan
from tools.running.build_request import BuildRequest

NOW = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)


def base_plan() -> PlanDocument:
    """The plan that every case starts from."""
    request = BuildRequest.model_validate(
        {"race": "half_marathon", "weeks": 8, "weekly_km": 25, "longest_km": 10, "today": NOW.date()}
    )
    return PlanDocument.from_json(build_plan(request).document)


def mutate(items: Record, chance: random.Random) -> str:
    """Change one to three runs, and say how."""
    return change_some(items, "run", _MUTATIONS, chance)


def _set_km(items: Record, item_id: str, name: str, chance: random.Random) -> str:
    km = round(items[item_id]["data"]["km"] * chance.uniform(0.7, 1.2) * 2) / 2
    items[item_id]["data"]["km"] = km
    return f"make {name} {km:g} km"


def _change_km(items: Record, item_id: str, name: str, chance: random.Random) -> str:
    by = chance.choice((0.5, 1, 1.5))
    longer = chance.random() < 0.5
    items[item_id]["data"]["km"] += by if longer else -by
    return f"make {name} {by:g} km {'longer' if longer else 'shorter'}"


_MUTATIONS: tuple[Mutation, ...] = (_set_km, _change_km, move, remove)

CORPUS = Corpus(COACH, NOW, base_plan(), Path(__file__).with_suffix(".txt"), mutate)
