"""When an exercise may grow and when it eases off: from how its sessions went.

Three sessions in a row that were borne well: one step up. Two in a row after which pain was more than two points higher
than before: one step down. Anything else: stay. The thresholds are the plan's own and cautious; the idea of growing by
what was tolerated, not by how a day feels, is that of graded activity (Lindstrom and others, Physical Therapy 72, 1992).
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tools.pain.exercises import STEPS
from tools.pain.plan_view import Session, read_plan

Direction = Literal["up", "stay", "down"]
BORNE_FOR_MORE = 3
BAD_FOR_LESS = 2
LESS_MINUTES = 0.75


@dataclass(frozen=True)
class Advance:
    """What an exercise's sessions so far mean for those to come, and why; `minutes` are those of the last session."""

    exercise: str
    title: str
    direction: Direction
    step: int
    minutes: int
    reason: str


def direction_of(done: Sequence[Session]) -> Direction:
    """Up, stay or down, from the done sessions of one exercise in order of date."""
    latest = done[-BAD_FOR_LESS:]
    if len(latest) == BAD_FOR_LESS and all(session.badly_borne for session in latest):
        return "down"
    recent = done[-BORNE_FOR_MORE:]
    same_step = len({session.data.step for session in recent}) == 1
    if len(recent) == BORNE_FOR_MORE and same_step and all(session.borne_well for session in recent):
        return "up"
    return "stay"


def advances(document: Mapping[str, Any]) -> list[Advance]:
    """What each exercise of a plan with done sessions is ready for."""
    found = []
    for exercise, sessions in read_plan(document).of_exercise().items():
        done = [session for session in sessions if session.data.done]
        if done:
            found.append(_advance(exercise, done))
    return found


def _advance(exercise: str, done: Sequence[Session]) -> Advance:
    step, title, minutes = done[-1].data.step, done[-1].title, done[-1].data.minutes
    direction = direction_of(done)
    if direction == "down":
        reason = "pain was more than two points higher after each of the last two sessions"
        return Advance(exercise, title, direction, max(step - 1, 1), minutes, reason)
    if direction == "up" and step < STEPS:
        return Advance(
            exercise, title, direction, step + 1, minutes, "the last three sessions at this step were borne well"
        )
    borne = sum(session.borne_well for session in done[-BORNE_FOR_MORE:])
    return Advance(
        exercise, title, "stay", step, minutes, f"{borne} of the last {BORNE_FOR_MORE} sessions were borne well"
    )


def advance_operations(document: Mapping[str, Any], today: datetime.date) -> list[dict[str, Any]]:
    """The plan edits that follow: each coming session that is not yet at, or not down to, what it is ready for.

    At step 1 easing off means a quarter fewer minutes.
    """
    operations: list[dict[str, Any]] = []
    coming = read_plan(document).of_exercise()
    for advance in advances(document):
        for session in coming[advance.exercise]:
            if session.date < today or session.data.done is not None:
                continue
            changes = _changes(advance, session)
            if changes:
                operations.append({"op": "update_item", "id": session.id, "set": changes})
    return operations


def _changes(advance: Advance, session: Session) -> dict[str, int]:
    step, minutes = session.data.step, session.data.minutes
    if advance.direction == "up" and step < advance.step:
        return {"step": advance.step}
    if advance.direction == "down" and step > advance.step:
        return {"step": advance.step}
    fewer = max(1, round(advance.minutes * LESS_MINUTES))
    if advance.direction == "down" and step == 1 and minutes > fewer:
        return {"minutes": fewer}
    return {}
