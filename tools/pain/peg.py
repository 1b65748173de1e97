"""The PEG scale: pain intensity, interference with enjoyment of life and with general activity over the last week.

Krebs and others, Journal of General Internal Medicine 24 (2009). A change of 30 % or more is commonly taken as clinically
meaningful (Dworkin and others, IMMPACT, Journal of Pain 9, 2008); minimal important differences by a global anchor lie
between 1.0 and 1.75 points (Reed and others, 2023). Scoring only: clients show the items.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

MEANINGFUL_PERCENT = 30.0


@dataclass(frozen=True)
class PegScore:
    """The mean of the three items, 0 to 10, and its change from an earlier score in percent of that (minus is less)."""

    score: float
    previous: float | None = None

    @property
    def percent(self) -> float | None:
        """None without an earlier score, or where that was 0."""
        if self.previous is None or self.previous == 0:
            return None
        return 100 * (self.score - self.previous) / self.previous

    @property
    def meaningful(self) -> bool | None:
        """Whether the change is one of 30 % or more, in either direction."""
        return None if self.percent is None else abs(self.percent) >= MEANINGFUL_PERCENT - 1e-9

    @property
    def text(self) -> str:
        """The score in a sentence or two."""
        told = f"PEG score {self.score:.1f} of 10."
        if self.percent is None:
            return told
        size = "at least 30 %, which counts as meaningful" if self.meaningful else "less than 30 %"
        return f"{told} Change from {self.previous:.1f}: {self.percent:+.0f} % ({size})."


def score_peg(pain: float, enjoyment: float, activity: float, previous: float | None = None) -> PegScore:
    """The score of three items from 0 to 10. Raises ValueError for one outside."""
    given = (pain, enjoyment, activity, *([] if previous is None else [previous]))
    _in_range(given)
    return PegScore(round((pain + enjoyment + activity) / 3, 2), previous)


def _in_range(values: Sequence[float]) -> None:
    for value in values:
        if not (math.isfinite(value) and 0 <= value <= 10):
            raise ValueError(f"{value:g} is no rating: each of the three is a number from 0 to 10")
