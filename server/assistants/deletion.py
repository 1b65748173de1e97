"""Deleting an assistant, with its threads if asked."""

from contextlib import suppress
from uuid import UUID

from server.assistants.service import AssistantService
from server.runs.service import RunService
from server.threads.schemas import ThreadSearch
from server.threads.service import ThreadNotFoundError, ThreadService

_AT_ONCE = 100


async def delete_assistant(
    reference: str, assistants: AssistantService, threads: ThreadService, runs: RunService, *, delete_threads: bool
) -> None:
    """Delete an assistant; with `delete_threads`, also the threads whose last run was one of it, stopping their runs.

    The assistant goes first, so that no run of it can start a thread meanwhile. Raises `AssistantNotFoundError`.
    """
    assistant_id = await assistants.delete(reference)
    if delete_threads:
        tried: set[UUID] = set()
        # those that are found again are not the caller's to delete
        while found := set(await _threads_of(assistant_id, threads)) - tried:
            for thread_id in found:
                with suppress(ThreadNotFoundError):  # someone else deleted it meanwhile
                    await runs.delete_thread(thread_id)
            tried |= found


async def _threads_of(assistant_id: UUID, threads: ThreadService) -> list[UUID]:
    request = ThreadSearch.model_validate({"metadata": {"assistant_id": str(assistant_id)}, "limit": _AT_ONCE})
    return [thread.thread_id for thread in (await threads.search(request)).found]
