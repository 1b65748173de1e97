"""How much of a self-care plan was done so far."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools.pain.plan_view import read_plan


@dataclass(frozen=True)
class Adherence:
    """Of the plan's exercises and practices so far: how many were due, noted as done, noted as left out."""

    due: int
    done: int
    left_out: int

    @property
    def text(self) -> str:
        """The counts in a sentence."""
        if not self.due:
            return "Nothing of the plan was due yet."
        open_ = self.due - self.done - self.left_out
        return (
            f"{self.done} of {self.due} sessions that were due are noted as done, {self.left_out} as left out, "
            f"{open_} not noted."
        )


def adherence(document: Mapping[str, Any], today: datetime.date) -> Adherence:
    """What was due before today, and what else something is noted of, counted."""
    due = [
        item
        for item in read_plan(document).items
        if item.kind in ("exercise", "practice") and (item.date < today or item.done is not None)
    ]
    return Adherence(len(due), sum(item.done is True for item in due), sum(item.done is False for item in due))
