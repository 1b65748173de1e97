"""What a run did, as timed spans: from its checkpoints, or where none are kept, from the tasks that were streamed."""

from collections.abc import Iterator
from datetime import datetime

from server.review.checkpoints import Superstep, Task, supersteps
from server.review.events import TaskTimes
from server.review.findings import Findings
from server.review.kept import Kept
from server.review.model import Span, SpanStatus


class Spans:
    """Makes the spans of one run; what its nodes wrote goes into the findings on the way."""

    def __init__(self, kept: Kept, found: Findings) -> None:
        self._kept = kept
        self._found = found

    def of_checkpoints(self, namespace: str = "") -> Iterator[Span]:
        """The nodes of the graph, or of the one inside it that has this namespace."""
        for step in supersteps(self._kept.history.get(namespace, ()), self._kept.facts.run_id):
            for task in step.tasks:
                yield self._span(step, task, namespace)

    def _span(self, step: Superstep, task: Task, namespace: str) -> Span:
        status = self._status(step, task)
        times = self._kept.events.tasks.get(task.task_id)
        start, end = self._times(step, task, namespace, status, times)
        children = list(self.of_checkpoints(task.namespace)) if task.namespace else []
        result = task.result if step.end is not None or status == "ok" else None
        children += self._found.read_result(task.name, result)
        for interrupt in task.interrupts if status == "interrupted" else ():
            self._found.ask(task.name, interrupt)
        return Span(
            kind="node",
            name=task.name,
            start=None if status == "paused" else start,
            end=None if status == "paused" else end,
            status=status,
            step=None if step.after.step is None else step.after.step + 1,
            wrote=tuple(result) if isinstance(result, dict) else (),
            error=task.error if status == "error" else None,
            children=tuple(children),
        )

    def _status(self, step: Superstep, task: Task) -> SpanStatus:
        if step.end is not None:
            return "ok"
        if task.interrupts:
            return "interrupted"
        return "error" if task.error is not None else self._status_of_unfinished(step, task)

    def _status_of_unfinished(self, step: Superstep, task: Task) -> SpanStatus:
        """What became of a task that says nothing itself, from how its run ended and what was beside it."""
        facts = self._kept.facts
        if not facts.is_over:
            return "running"
        beside = any(other.interrupts or other.error for other in step.tasks)
        if beside and task.result is not None:
            return "ok"
        if facts.status == "error":
            return "cancelled" if beside else "error"
        if facts.status in ("interrupted", "timeout"):
            return "cancelled"
        return "paused"

    def _times(
        self, step: Superstep, task: Task, namespace: str, status: SpanStatus, told: TaskTimes | None
    ) -> tuple[datetime | None, datetime | None]:
        """From the task's own events where they were streamed, else from the checkpoints around it."""
        facts = self._kept.facts
        began = self._kept.events.attempts[0][0] if self._kept.events.attempts else facts.started_at
        start = began if step.is_resumed else step.after.at
        end = step.end or facts.ended_at
        if len(step.tasks) > 1 and status == "ok":  # beside others: its update tells when it was done
            end = next(
                (
                    at
                    for at, ns, node in self._kept.events.updates
                    if (ns, node) == (namespace, task.name) and start and end and start <= at <= end
                ),
                end,
            )
        # the attempt that finished it began later than the checkpoint if a worker died in between
        attempts = [at for at, _ in self._kept.events.attempts[1:] if start and end and start < at < end]
        start = attempts[-1] if attempts else start
        if told is not None:
            start, end = told.start or start, told.end or end
        return start, end

    def of_events(self) -> Iterator[Span]:
        """Where no checkpoints are kept: what the streamed tasks tell."""
        for task in self._kept.events.tasks.values():
            if task.namespace:
                continue
            status: SpanStatus = "interrupted" if task.interrupts else "error" if task.error else "ok"
            for interrupt in task.interrupts:
                self._found.ask(task.name, interrupt)
            yield Span(
                kind="node",
                name=task.name,
                start=task.start,
                end=task.end,
                status=status if task.end or not self._kept.facts.is_over else "cancelled",
                wrote=tuple(task.result) if isinstance(task.result, dict) else (),
                error=task.error,
                children=tuple(self._found.read_result(task.name, task.result)),
            )
