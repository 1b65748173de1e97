"""What A2A calls a task: `<thread's id>:<run's id>`, of the run that started it."""

from uuid import UUID

from server.protocols.a2a.rpc import TASK_NOT_FOUND, RpcError


def ids_of(task_id: str) -> tuple[UUID, UUID]:
    """The ids of a task's thread and of its first run. Raises `RpcError` if there can be no such task."""
    thread, _, run = task_id.partition(":")
    thread_id, run_id = uuid_or_none(thread), uuid_or_none(run)
    if thread_id is None or run_id is None:
        raise not_found(task_id)
    return thread_id, run_id


def uuid_or_none(text: str) -> UUID | None:
    """The id that a text is; None if it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def not_found(task_id: str) -> RpcError:
    """There is no such task, or none that the caller may see."""
    return RpcError(TASK_NOT_FOUND, f"Task not found: {task_id}")
