"""The commands that start runs: `run.start`, `input.respond`, `input.inject` and `state.fork`."""

from typing import Any, Self
from uuid import UUID

from server.assistants.service import AssistantService
from server.auth.access import SYSTEM, Access, bound_to
from server.errors import NotFound
from server.protocols.events.answers import InputAnswers
from server.protocols.events.envelopes import Command, CommandError, Done
from server.protocols.events.params import (
    InputInjectParams,
    InputRespondParams,
    RunStartParams,
    StateForkParams,
    read,
    run_of,
)
from server.protocols.events.session import ThreadEvents
from server.runs.protocol_answers import UnknownInterruptError
from server.runs.schemas import ProtocolRunCreate, RunCommand
from server.runs.service import RunService
from server.threads.repository import Thread
from server.threads.schemas import CheckpointRef
from server.threads.service import ThreadNotFoundError, ThreadService

HOLD_SECONDS = 5.0
"""How long a command waits for a live run to end. Who has just seen a question may be faster than the run that asks it."""

_WAITS = ("enqueue", "reject")  # the other strategies are there to stop what is live


class RunCommands:
    """Starts runs over the services by which all runs are started."""

    def __init__(
        self, runs: RunService, threads: ThreadService, assistants: AssistantService, events: ThreadEvents
    ) -> None:
        self._runs = runs
        self._threads = threads
        self._assistants = assistants
        self._events = events
        self._access: Access = SYSTEM

    def on_behalf_of(self, access: Access) -> Self:
        """The same for a caller, who starts what that caller may."""
        bound = bound_to(access, self)
        bound._runs = self._runs.on_behalf_of(access)
        bound._threads = self._threads.on_behalf_of(access)
        bound._assistants = self._assistants.on_behalf_of(access)
        bound._events = self._events.on_behalf_of(access)
        return bound

    async def start(self, thread_id: UUID, command: Command) -> Done:
        """Start a run, on a new thread if there is none of that id; where the thread waits for an answer, the input is it."""
        assistant_id = command.params.get("assistant_id", command.params.get("assistantId"))
        if not isinstance(assistant_id, str) or not assistant_id:
            raise CommandError("invalid_argument", "run.start requires an assistant_id.")
        params = read(RunStartParams, command)
        own = {
            name: getattr(params, name)
            for name in ("input", "command", "checkpoint", "checkpoint_id")
            if name in params.model_fields_set
        }
        request = run_of(params, assistant_id, **own, input_may_answer=True)
        await self._require_checkpoint(thread_id, request)
        run_id, place = await self._admit(thread_id, request)
        return Done({"run_id": str(run_id)}, place)

    async def respond(self, thread_id: UUID, command: Command) -> Done:
        """Answer open interrupts, all of those that are named or none, by a run that goes on from them."""
        answers = InputAnswers.parse(command.params).by_interrupt
        params = read(InputRespondParams, command)
        resume: dict[str, Any] = {"resume": answers}
        resume.update({name: getattr(params, name) for name in ("update", "goto") if name in params.model_fields_set})
        await self._runs.until_idle(thread_id, HOLD_SECONDS)
        _, assistant_id = await self._thread(thread_id, "No interrupted run is bound to this thread.")
        request = run_of(params, assistant_id, command=RunCommand(**resume), answered=tuple(answers))
        _, place = await self._admitted(thread_id, request)
        return Done({}, place)

    async def inject(self, thread_id: UUID, command: Command) -> Done:
        """Give the thread's graph a message: as the input of its next run, at once or after the one that is live."""
        params = read(InputInjectParams, command)
        thread, assistant_id = await self._thread(thread_id)
        if params.namespace:
            raise CommandError(
                "not_supported", "input.inject reaches the thread's own graph only: give namespace as []."
            )
        if thread.status == "interrupted" and '"id"' in (thread.interrupts or ""):
            raise CommandError(
                "not_supported",
                "The thread waits for an answer: give it by input.respond, whose update may bring messages along.",
            )
        if not await self._takes_messages(assistant_id):
            raise CommandError("not_supported", "The thread's graph takes no messages: start a run with its own input.")
        message = params.message.model_dump(exclude_none=True, include={"role", "content", "name"})
        request = ProtocolRunCreate(assistant_id=assistant_id, if_not_exists="create", input={"messages": [message]})
        _, place = await self._admitted(thread_id, request)
        return Done({}, place)

    async def fork(self, thread_id: UUID, command: Command) -> Done:
        """Start a run at an earlier checkpoint: with an input, or taking its steps again."""
        params = read(StateForkParams, command)
        _, assistant_id = await self._thread(thread_id)
        request = run_of(params, assistant_id, checkpoint_id=params.checkpoint_id, input=params.input)
        await self._require_checkpoint(thread_id, request)
        run_id, place = await self._admit(thread_id, request)
        return Done({"run_id": str(run_id), "thread_id": str(thread_id)}, place)

    # --- inside

    async def _admit(self, thread_id: UUID, request: ProtocolRunCreate) -> tuple[UUID, int]:
        if request.multitask_strategy in _WAITS:
            await self._runs.until_idle(thread_id, HOLD_SECONDS)
        return await self._admitted(thread_id, request)

    async def _admitted(self, thread_id: UUID, request: ProtocolRunCreate) -> tuple[UUID, int]:
        """The run's id, and a place on the thread after which all of its events are."""
        place = await self._events.applied_through(thread_id)
        try:
            return (await self._runs.admit(thread_id, request)).run_id, place
        except UnknownInterruptError as error:
            raise CommandError("no_such_interrupt", error.detail) from error

    async def _thread(self, thread_id: UUID, otherwise: str = "No run is bound to this thread.") -> tuple[Thread, str]:
        """The thread and its last run's assistant. Raises `CommandError` if it has had none, or is none to the caller."""
        try:
            thread = await self._threads.get(thread_id)
        except ThreadNotFoundError as error:
            raise CommandError("no_such_run", otherwise) from error
        assistant_id = thread.metadata.get("assistant_id")
        if not isinstance(assistant_id, str):
            raise CommandError("no_such_run", otherwise)
        return thread, assistant_id

    async def _require_checkpoint(self, thread_id: UUID, request: ProtocolRunCreate) -> None:
        """Raise `CommandError` if the run is to start from a checkpoint that is not there."""
        named = request.checkpoint_id or (request.checkpoint.checkpoint_id if request.checkpoint else None)
        if named is None:
            return
        try:
            state = await self._threads.states.read(
                thread_id, CheckpointRef(checkpoint_id=str(named)), select=["created_at"]
            )
        except ThreadNotFoundError:
            state = {"created_at": None}
        if state["created_at"] is None:
            raise CommandError("no_such_checkpoint", f"This thread has no checkpoint {named}.")

    async def _takes_messages(self, assistant_id: str) -> bool:
        try:
            schema = (await self._assistants.schemas(assistant_id))["input_schema"]
        except NotFound:  # a graph's own assistant may be hidden from those who may run it
            return True
        return schema is None or "messages" in schema.get("properties", {})
