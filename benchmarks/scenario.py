"""What a scenario is: what is asked of each subject in a round, what its figures are called, what they must reach."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Literal

from benchmarks.floor import Floor
from benchmarks.servers import Layout, Server

TIMES = "\N{MULTIPLICATION SIGN}"

Sample = Mapping[str, float | Sequence[float]]
"""What one round measured: single values, or all values of a figure that is a percentile."""

Figures = Mapping[str, float]
"""A subject's figures over all rounds, by key."""

Statistic = Literal["median", "p95", "max"]


@dataclass(frozen=True)
class Figure:
    """One row of a scenario's table: the `statistic` of `of` (by default of `key`) over all rounds."""

    key: str
    label: str
    unit: str
    statistic: Statistic = "median"
    of: str | None = None

    def over(self, samples: Sequence[Sample]) -> float | None:
        """The figure over the rounds; None if nothing was measured."""
        values: list[float] = []
        for sample in samples:
            found = sample.get(self.of or self.key, ())
            values.extend([found] if isinstance(found, int | float) else found)
        return _STATISTICS[self.statistic](values) if values else None


@dataclass(frozen=True)
class Target:
    """What Planloom must reach. `value` gets its figures and the floor's (empty if the scenario has no floor)."""

    label: str
    bound: float
    unit: str
    value: Callable[[Figures, Figures], float]
    at_most: bool = True

    def is_met(self, value: float) -> bool:
        """Whether `value` reaches it."""
        return value <= self.bound if self.at_most else value >= self.bound


@dataclass(frozen=True)
class Scenario:
    """One thing to measure. A round is one call per subject; the subjects take turns."""

    name: str
    title: str
    figures: Sequence[Figure]
    server: Callable[[Server], Awaitable[Sample]]
    floor: Callable[[Floor], Awaitable[Sample]] | None = None
    targets: Sequence[Target] = ()
    rounds: int = 5
    quick_rounds: int = 2
    warm_up: int = 1
    layout: Layout = field(default_factory=Layout)
    notes: str = ""


def _p95(values: Sequence[float]) -> float:
    return quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]


_STATISTICS: Mapping[Statistic, Callable[[Sequence[float]], float]] = {"median": median, "p95": _p95, "max": max}
