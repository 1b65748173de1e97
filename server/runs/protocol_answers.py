"""What a run of event streaming v2 answers: decided under its thread's lock, so that no two runs answer one interrupt."""

from collections.abc import Iterable

import orjson

from server.errors import NotFound
from server.runs.schemas import ProtocolRunCreate, RunCommand, RunCreate
from server.threads.repository import Thread


class UnknownInterruptError(NotFound):
    """The thread waits for no answer to that interrupt: it never did, or does not any more."""

    def __init__(self, interrupt_id: str) -> None:
        super().__init__(f"Unknown or already-consumed interrupt: {interrupt_id}")


def with_answers(request: RunCreate, thread: Thread) -> RunCreate:
    """The run as it is to be executed on the locked thread. Raises `UnknownInterruptError`.

    Where an input may answer and something is asked, it does: clients say one or the other by the same command. A thread
    that is busy waits for nobody, and a run that starts elsewhere in its history answers nothing there.
    """
    if not isinstance(request, ProtocolRunCreate):
        return request
    waiting = set(_open_interrupts(thread))
    for interrupt_id in request.answered:
        if interrupt_id not in waiting:
            raise UnknownInterruptError(interrupt_id)
    from_head = request.checkpoint_id is None and request.checkpoint is None
    if waiting and request.input_may_answer and request.input is not None and request.command is None and from_head:
        return request.model_copy(update={"input": None, "command": RunCommand(resume=request.input)})
    return request


def _open_interrupts(thread: Thread) -> Iterable[str]:
    if thread.status == "busy":
        return
    for several in orjson.loads(thread.interrupts or "{}").values():
        for interrupt in several:
            yield interrupt["id"]
