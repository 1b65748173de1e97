"""A case: one behaviour, observed on both servers. What it shows must be the same, or be the documented truth."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.conformance.peer import Peer

Observe = Callable[[Peer], Awaitable[Any]]


@dataclass(frozen=True)
class Case:
    """What is observed, and how the two observations are compared."""

    group: str
    sentence: str
    observe: Observe
    project: str = "plain"
    """Which of the fixture projects the servers serve."""
    truth: Any = None
    """What ours must show (normalised) where the official server is wrong; see `because`."""
    because: str | None = None
    """Why ours differs; None if both must show the same."""
    but_for: Mapping[str, str] = field(default_factory=dict)
    """Keys left out of the comparison wherever they appear, each with the reason."""
    flaky: bool = False
    """Whether the official server is wrong only now and then, so that it is not asked to be."""
    alone: bool = False
    """It looks at or touches all that is on the server: no other case may run meanwhile."""

    @property
    def id(self) -> str:
        """Its name among all cases."""
        return f"{self.group}: {self.sentence}"


class Cases:
    """The cases of one group, in the order they are written."""

    def __init__(self, group: str, project: str = "plain") -> None:
        self.group = group
        self.project = project
        self.all: list[Case] = []

    def same(self, *, but_for: Mapping[str, str] | None = None, alone: bool = False) -> Callable[[Observe], Observe]:
        """Both servers must show the same; the decorated function's name is the sentence."""
        return self._adding(but_for=but_for or {}, alone=alone)

    def ours(
        self, truth: Any, *, because: str, flaky: bool = False, alone: bool = False
    ) -> Callable[[Observe], Observe]:
        """The official server is wrong here, as `because` says: ours shows `truth`, the official one something else."""
        return self._adding(truth=truth, because=because, flaky=flaky, alone=alone)

    def row(self, sentence: str, observe: Observe, **how: Any) -> None:
        """A case of a table."""
        self.all.append(Case(self.group, sentence, observe, self.project, **how))

    def _adding(self, **how: Any) -> Callable[[Observe], Observe]:
        def add(observe: Observe) -> Observe:
            self.row(getattr(observe, "__name__", "").replace("_", " "), observe, **how)
            return observe

        return add
