"""What cannot be done with a thread."""

from uuid import UUID

from server.errors import Conflict, Invalid, NotFound, PlanloomError


class ThreadNotFoundError(NotFound):
    """There is no such thread."""

    def __init__(self, thread_id: UUID) -> None:
        super().__init__(f"Thread with ID {thread_id} not found")


class ThreadBusyError(Conflict):
    """The thread has runs that are not over."""

    def __init__(self, thread_id: UUID) -> None:
        super().__init__(f"Thread {thread_id} has runs that are not over; wait for them or cancel them")


class NoGraphError(Invalid):
    """Nothing says which graph the thread's state belongs to."""

    def __init__(self, thread_id: UUID) -> None:
        super().__init__(
            f"Thread '{thread_id}' has no assigned graph ID. This usually occurs when no runs have been made on it: "
            "run an assistant on it, or create it with metadata.graph_id."
        )


class SuperstepsNotAppliedError(PlanloomError):
    """The thread was created, but it has no graph (that is served) which its supersteps could be applied to."""

    def __init__(self, thread_id: UUID, reason: str) -> None:
        super().__init__(f"Thread {thread_id} was created, but there were problems updating the state: {reason}")
