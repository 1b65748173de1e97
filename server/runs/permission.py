"""What a caller asks for when it starts a run, as the project's auth lets it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from server.assistants.service import AssistantService
from server.auth.access import Access
from server.auth.filters import EVERYTHING, Filter
from server.ids import new_id
from server.runs.schemas import RunCreate

# what a handler sees of the request, and may change
_KWARGS = {"input", "command", "config", "context", "stream_mode", "interrupt_before", "interrupt_after", "webhook"}


@dataclass(frozen=True, slots=True)
class PermittedRun:
    """A run that its caller may start: on one of `threads` if the thread exists, of one of `assistants`."""

    run_id: UUID
    thread_id: UUID | None
    assistant_id: UUID
    request: RunCreate
    threads: Filter
    assistants: Filter
    access: Access
    keeps_question: bool = False
    """Whether a thread of its own stays if the run stops to ask something."""
    said_to_continue: bool = False
    """Whether its caller says that it goes on with what the run before it was about."""

    @property
    def continues(self) -> bool:
        """Whether it goes on with what the run before it was about: it is said to, or answers an interrupt."""
        return self.said_to_continue or (self.request.command is not None and self.request.command.resume is not None)


async def ask(
    access: Access,
    assistants: AssistantService,
    thread_id: UUID | None,
    request: RunCreate,
    *,
    reads: bool,
    run_id: UUID | None = None,
) -> PermittedRun:
    """Ask whether the caller may start the run, and read its events if it `reads`.

    What a handler changes in metadata and kwargs counts. Raises `Denied`, `Malformed` for a reference that is none.
    """
    run_id, assistant_id = run_id or new_id(), assistants.id_for_run(request.assistant_id)
    if not access.is_restricted:
        await access.may("threads", "create_run", {})
        return PermittedRun(run_id, thread_id, assistant_id, request, EVERYTHING, EVERYTHING, access)
    kwargs = request.model_dump(include=_KWARGS, exclude_unset=True)
    before = request.model_dump(include=_KWARGS, exclude_unset=True)
    value: dict[str, Any] = {
        "thread_id": thread_id,
        "assistant_id": assistant_id,
        "run_id": run_id,
        "status": "pending",
        "metadata": dict(request.metadata or {}),
        "prevent_insert_if_inflight": request.multitask_strategy == "reject",
        "multitask_strategy": request.multitask_strategy,
        "if_not_exists": request.if_not_exists,
        "after_seconds": request.after_seconds or 0,
        "kwargs": kwargs,
    }
    threads = await access.may("threads", "create_run", value)
    if reads:
        threads &= await access.may("threads", "read", {"thread_id": thread_id, "run_id": run_id})
    changed = {key: given for key, given in value["kwargs"].items() if key in _KWARGS and given != before.get(key)}
    if changed:
        request = type(request).model_validate({**request.model_dump(exclude_unset=True), **changed})
    request = request.model_copy(update={"metadata": value["metadata"]})
    runnable = await assistants.may_run(assistant_id)
    return PermittedRun(run_id, thread_id, assistant_id, request, threads, runnable, access)
