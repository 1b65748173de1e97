"""Which steps decide when an event can be done: earliest and latest times by the critical path method.

Source: Kelley and Walker, Critical-Path Planning and Scheduling (1959). Times are working days from the first step.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from tools.process.view import StepItem

_EXACT = 1e-9


class CircularSteps(ValueError):
    """Steps that wait for each other; `ids` is one such circle, the first id again at its end."""

    def __init__(self, ids: Sequence[str]) -> None:
        super().__init__(f"these steps wait for each other: {' → '.join(ids)}")
        self.ids = tuple(ids)


@dataclass(frozen=True)
class Timing:
    """When a step can start and finish, and must, in working days from the beginning."""

    earliest_start: float
    earliest_finish: float
    latest_start: float
    latest_finish: float

    @property
    def slack(self) -> float:
        """How many days the step can slip before the end does."""
        return self.latest_start - self.earliest_start

    @property
    def is_critical(self) -> bool:
        return self.slack <= _EXACT


@dataclass(frozen=True)
class Schedule:
    """The timing of every step by id, in an order in which they can be done, and how many days it takes in all."""

    timings: Mapping[str, Timing]
    days: float

    @property
    def critical(self) -> tuple[str, ...]:
        """The ids of the steps without slack, in order."""
        return tuple(step_id for step_id, timing in self.timings.items() if timing.is_critical)


def in_order(steps: Sequence[StepItem]) -> list[StepItem]:
    """Return the steps so that each comes after those it depends on, otherwise as given. Raises CircularSteps.

    Dependencies on steps that are not given are passed over.
    """
    by_id = {step.id: step for step in steps}
    sorter: TopologicalSorter[str] = TopologicalSorter(
        {step.id: [needed for needed in step.data.depends_on if needed in by_id] for step in steps}
    )
    try:
        sorter.prepare()
    except CycleError as error:
        raise CircularSteps(list(reversed(error.args[1]))) from error
    place = {step.id: index for index, step in enumerate(steps)}
    ordered: list[StepItem] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=place.__getitem__)
        ordered += [by_id[step_id] for step_id in ready]
        sorter.done(*ready)
    return ordered


def schedule(steps: Sequence[StepItem]) -> Schedule:
    """Return the critical-path schedule of steps, skipped ones taking no time. Raises CircularSteps."""
    ordered = in_order(steps)
    ids = {step.id for step in ordered}
    takes = {step.id: 0.0 if step.data.status == "skipped" else step.data.days for step in ordered}
    needs = {step.id: [needed for needed in step.data.depends_on if needed in ids] for step in ordered}
    start: dict[str, float] = {}
    for step in ordered:
        start[step.id] = max((start[needed] + takes[needed] for needed in needs[step.id]), default=0.0)
    end = max((start[step_id] + takes[step_id] for step_id in start), default=0.0)
    finish = dict.fromkeys(start, end)
    for step in reversed(ordered):
        for needed in needs[step.id]:
            finish[needed] = min(finish[needed], finish[step.id] - takes[step.id])
    timings = {
        step_id: Timing(
            start[step_id], start[step_id] + takes[step_id], finish[step_id] - takes[step_id], finish[step_id]
        )
        for step_id in start
    }
    return Schedule(timings, end)
