"""One ranking from several: reciprocal rank fusion.

G. V. Cormack, C. L. A. Clarke and S. Büttcher, "Reciprocal rank fusion outperforms Condorcet and individual rank learning
methods", SIGIR 2009: a document's weight is the sum of 1 / (60 + its rank) over the rankings that it is in.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeVar

CONSTANT = 60


T = TypeVar("T", bound=Hashable)


def fused(*rankings: Sequence[T]) -> list[T]:
    """All that is in one of the rankings (each best first), best first; equals stay in the order of the rankings."""
    weights: dict[T, float] = {}
    for ranking in rankings:
        for rank, one in enumerate(ranking, start=1):
            weights[one] = weights.get(one, 0.0) + 1 / (CONSTANT + rank)
    return sorted(weights, key=lambda one: -weights[one])
