"""A thread's state as the API shows it: LangGraph's snapshots, flattened."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from langchain_core.runnables import RunnableConfig
from langgraph.constants import START
from langgraph.types import PregelTask, StateSnapshot

from server.threads.repository import ThreadOutcome, ThreadStatus
from server.wire_json import encode, interrupt_in_state


def empty_state(checkpoint: dict[str, Any] | None = None) -> dict[str, Any]:
    """The state of a thread without checkpoints, or at a `checkpoint` that is not there."""
    return {
        "values": {},
        "next": [],
        "tasks": [],
        "metadata": None,
        "created_at": None,
        "checkpoint": checkpoint,
        "parent_checkpoint": None,
        "interrupts": [],
        "checkpoint_id": checkpoint and checkpoint.get("checkpoint_id"),
        "parent_checkpoint_id": None,
    }


def about_to_begin(state: dict[str, Any]) -> dict[str, Any]:
    """A state with nothing left to do, of a thread whose next run is about to begin: its graph starts anew.

    Clients that open a page look at `next` to see whether something goes on that they should follow.
    """
    return {**state, "next": [START]}


def selected_state(state: dict[str, Any], select: Sequence[str] | None) -> dict[str, Any]:
    """Only the keys of a state that are asked for (none: all); `values.<key>` is that one of its values."""
    if not select:
        return state
    shown = {key: value for key, value in state.items() if key in select}
    wanted = [key.removeprefix("values.") for key in select if key.startswith("values.")]
    if wanted and "values" not in shown:
        values = state["values"] if isinstance(state["values"], dict) else {}
        shown["values"] = {key: values[key] for key in wanted if key in values}
    return shown


def config_of(
    thread_id: UUID, checkpoint_id: object = None, checkpoint_ns: str = "", checkpoint_map: dict[str, Any] | None = None
) -> RunnableConfig:
    """The config that names a thread, or one checkpoint of it."""
    configurable: dict[str, Any] = {"thread_id": str(thread_id), "checkpoint_ns": checkpoint_ns}
    if checkpoint_id is not None:
        configurable["checkpoint_id"] = str(checkpoint_id)
    if checkpoint_map:
        configurable["checkpoint_map"] = checkpoint_map
    return {"configurable": configurable}


def state_of(snapshot: StateSnapshot) -> dict[str, Any]:
    """A snapshot as the API's ThreadState."""
    checkpoint = checkpoint_of(snapshot.config)
    parent = checkpoint_of(snapshot.parent_config)
    tasks = [_task(task) for task in snapshot.tasks]
    return {
        "values": snapshot.values if snapshot.values is not None else {},
        "next": list(snapshot.next),
        "tasks": tasks,
        "metadata": snapshot.metadata and {**snapshot.metadata, "thread_id": checkpoint and checkpoint["thread_id"]},
        "created_at": snapshot.created_at,
        "checkpoint": checkpoint,
        "parent_checkpoint": parent,
        "interrupts": [interrupt for task in tasks for interrupt in task["interrupts"]],
        "checkpoint_id": checkpoint.get("checkpoint_id") if checkpoint else None,
        "parent_checkpoint_id": parent.get("checkpoint_id") if parent else None,
    }


def checkpoint_of(config: RunnableConfig | None) -> dict[str, Any] | None:
    """The checkpoint that a config names: id, thread and namespace."""
    if config is None:
        return None
    configurable = config.get("configurable", {})
    if not configurable.get("checkpoint_id"):
        return None
    named = {key: configurable.get(key) for key in ("checkpoint_id", "thread_id")}
    named["checkpoint_ns"] = configurable.get("checkpoint_ns", "")
    if configurable.get("checkpoint_map"):
        named["checkpoint_map"] = configurable["checkpoint_map"]
    return named


def outcome_of(snapshot: StateSnapshot, error: dict[str, str] | None = None) -> ThreadOutcome:
    """What the newest snapshot says of its thread: `interrupted` while nodes are left to run, `error` after a failure."""
    interrupts: dict[str, list[dict[str, Any]]] = {}
    for task in _innermost(snapshot.tasks):
        if task.interrupts:
            interrupts[task.id] = [interrupt_in_state(interrupt) for interrupt in task.interrupts]
    status: ThreadStatus = "error" if error else "interrupted" if snapshot.next else "idle"
    has_state = snapshot.created_at is not None
    return ThreadOutcome(
        status=status,
        values=encode(snapshot.values).decode() if has_state else None,
        interrupts=encode(interrupts).decode(),
        error=error,
    )


def _innermost(tasks: Iterable[PregelTask]) -> list[PregelTask]:
    found: list[PregelTask] = []
    for task in tasks:
        if isinstance(task.state, StateSnapshot) and task.state.tasks:
            found.extend(_innermost(task.state.tasks))
        else:
            found.append(task)
    return found


def _task(task: PregelTask) -> dict[str, Any]:
    checkpoint: dict[str, Any] | None = None
    state: dict[str, Any] | None = None
    if isinstance(task.state, StateSnapshot):
        state = state_of(task.state)
    elif task.state is not None:
        configurable = task.state.get("configurable", {})
        checkpoint = {key: configurable[key] for key in ("thread_id", "checkpoint_ns") if key in configurable}
    return {
        "id": task.id,
        "name": task.name,
        "path": list(task.path),
        # a checkpointer gives the error back as the text it kept
        "error": task.error if task.error is None or isinstance(task.error, str) else repr(task.error),
        "interrupts": [interrupt_in_state(interrupt) for interrupt in task.interrupts],
        "checkpoint": checkpoint,
        "state": state,
        "result": task.result,
    }
