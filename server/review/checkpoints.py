"""A thread's history as the API lists it, typed: what was to run at each checkpoint, and what became of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from server.chat.run_events import Interrupted, read_interrupts


@dataclass(frozen=True, slots=True)
class Task:
    """A node that was to run at a checkpoint. `result` is what it wrote, None if nothing is kept; `namespace` its subgraph's."""

    task_id: str
    name: str
    error: str | None
    interrupts: tuple[Interrupted, ...]
    result: Any
    namespace: str | None

    @classmethod
    def from_wire(cls, task: Mapping[str, Any]) -> Self:
        """A task of the API's ThreadState."""
        within = task.get("checkpoint")
        return cls(
            task_id=str(task.get("id", "")),
            name=str(task.get("name", "")),
            error=None if task.get("error") is None else str(task["error"]),
            interrupts=tuple(read_interrupts(task.get("interrupts"))),
            result=task.get("result"),
            namespace=within.get("checkpoint_ns") or None if isinstance(within, dict) else None,
        )


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One state of a thread (or of a subgraph in it); its `tasks` are the superstep that follows it."""

    checkpoint_id: str
    parent_id: str | None
    at: datetime
    run_id: str | None
    step: int | None
    source: str
    tasks: tuple[Task, ...]

    @classmethod
    def from_wire(cls, state: Mapping[str, Any]) -> Self | None:
        """A state of the API's history; None for the empty one of a thread without checkpoints."""
        about = state.get("metadata") or {}
        named = state.get("checkpoint") or {}
        if not state.get("created_at") or not named.get("checkpoint_id"):
            return None
        step = about.get("step")
        return cls(
            checkpoint_id=named["checkpoint_id"],
            parent_id=(state.get("parent_checkpoint") or {}).get("checkpoint_id"),
            at=datetime.fromisoformat(state["created_at"]),
            run_id=about.get("run_id"),
            step=step if isinstance(step, int) else None,
            source=str(about.get("source", "")),
            tasks=tuple(
                Task.from_wire(task) for task in state.get("tasks") or () if not str(task.get("name")).startswith("__")
            ),
        )


@dataclass(frozen=True, slots=True)
class Superstep:
    """Tasks that ran together. `end` is None if no checkpoint followed them in this run; `after` is what they ran on."""

    after: Checkpoint
    tasks: tuple[Task, ...]
    end: datetime | None
    is_resumed: bool


def supersteps(checkpoints: Iterable[Checkpoint], run_id: str) -> list[Superstep]:
    """What a run did of one namespace's `checkpoints` (its own, and those that it went on from), in order.

    The last one has no end if the run stopped in it or before it.
    """
    known = {one.checkpoint_id: one for one in checkpoints}
    own = sorted((one for one in known.values() if one.run_id == run_id), key=lambda one: (one.at, one.checkpoint_id))
    steps: list[Superstep] = []
    continued: set[str] = set()
    for one in own:
        before = known.get(one.parent_id or "")
        if one.source == "loop" and before is not None and before.tasks:
            continued.add(before.checkpoint_id)
            steps.append(_superstep(before, one.at, run_id))
    if own and own[-1].tasks and own[-1].checkpoint_id not in continued:
        steps.append(_superstep(own[-1], None, run_id))
    return steps


def _superstep(before: Checkpoint, end: datetime | None, run_id: str) -> Superstep:
    is_resumed = before.run_id != run_id
    waited = tuple(task for task in before.tasks if task.interrupts)
    # beside a question, other tasks of the step had finished: the run that brings the answer runs only those that asked
    return Superstep(before, waited if is_resumed and waited else before.tasks, end, is_resumed)
