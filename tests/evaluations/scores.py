"""The figures of a run of the evaluations, each held against the limit that it must keep."""

from collections import defaultdict
from dataclasses import dataclass, field
from statistics import fmean

from rich.table import Table


@dataclass(frozen=True)
class Measure:
    """A figure of a suite between 0 and 1; `limit` is the least it may be, or the most if `at_most`; None: only reported."""

    suite: str
    name: str
    value: float
    cases: int
    limit: float | None = None
    at_most: bool = False

    @property
    def holds(self) -> bool:
        """Whether it keeps its limit."""
        if self.limit is None:
            return True
        return self.value <= self.limit if self.at_most else self.value >= self.limit

    def __str__(self) -> str:
        sign = "at most" if self.at_most else "at least"
        return f"{self.suite}: {self.name} is {self.value:.1%}, {sign} {self.limit or 0:.1%} is wanted"


@dataclass
class Scores:
    """What the cases of all suites scored, and the measures made of them."""

    measures: list[Measure] = field(default_factory=list)
    _cases: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, suite: str, name: str, score: float) -> None:
        """A case scored this."""
        self._cases[suite, name].append(score)

    def beyond(self, suite: str, limits: dict[str, float], *, at_most: frozenset[str] = frozenset()) -> list[str]:
        """Make the suite's measures, means of what its cases scored; those that are beyond their limit, in words."""
        made = [
            Measure(suite, name, fmean(scores), len(scores), limits.get(name), name in at_most)
            for (of, name), scores in self._cases.items()
            if of == suite
        ]
        assert made, f"no case of {suite} was run"
        self.measures += made
        return [str(measure) for measure in made if not measure.holds]

    def table(self) -> Table:
        """All measures with their limits."""
        table = Table("suite", "measure", title="Evaluations", title_justify="left")
        for heading in ("cases", "score", "limit", ""):
            table.add_column(heading, justify="right")
        for one in self.measures:
            limit = "" if one.limit is None else f"{'≤' if one.at_most else '≥'} {one.limit:.1%}"
            verdict = "" if one.limit is None else "[green]holds[/]" if one.holds else "[red]fails[/]"
            table.add_row(one.suite, one.name, str(one.cases), f"{one.value:.1%}", limit, verdict)
        return table
