"""The exercises that plans are made of: what they are for, how they grow, and who leaves them out."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Sort = Literal["aerobic", "mobility", "strength"]
STEPS = 5


@dataclass(frozen=True)
class Exercise:
    """One exercise; `steps` say what each level from 1 to 5 asks for, `avoid` names conditions that rule it out."""

    id: str
    title: str
    sort: Sort
    regions: frozenset[str]
    how: str
    steps: tuple[str, ...]
    avoid: frozenset[str]
    source: str


@dataclass(frozen=True)
class Practice:
    """Something to do that is no exercise: breathing, relaxing, pacing, preparing the night."""

    id: str
    title: str
    minutes: int
    how: str
    source: str


_TOLD: Mapping[str, Any] = tomllib.loads(Path(__file__).with_name("exercises.toml").read_text(encoding="utf-8"))

EXERCISES: Mapping[str, Exercise] = {
    one["id"]: Exercise(
        id=one["id"],
        title=one["title"],
        sort=one["sort"],
        regions=frozenset(one["regions"]),
        how=one["how"],
        steps=tuple(one["steps"]),
        avoid=frozenset(one["avoid"]),
        source=one["source"],
    )
    for one in _TOLD["exercise"]
}
PRACTICES: Mapping[str, Practice] = {one["id"]: Practice(**one) for one in _TOLD["practice"]}


def suitable(region: str, sort: Sort, excluded: Mapping[str, str]) -> list[Exercise]:
    """The exercises of a sort for a region, those named first coming first, without the excluded ones (by id)."""
    return [one for one in EXERCISES.values() if region in one.regions and one.sort == sort and one.id not in excluded]
