"""What can be done with tasks: start them and go on with them, read and cancel them. They are runs, so all of it is
asked of the runs' and the threads' services, and authorised by them."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, Self
from uuid import UUID, uuid4

from server.assistants.repository import Assistant
from server.assistants.service import AssistantService
from server.auth.access import SYSTEM, Access, bound_to
from server.db.pool import Pool
from server.errors import Conflict, Denied, NotFound, RequestError, TooLarge, Unavailable
from server.events.types import LoggedEvent
from server.ids import new_id
from server.protocols.a2a import repository
from server.protocols.a2a.conversation import (
    MARK,
    answer_to_interrupt,
    graph_input,
    has_answer,
    message_from,
    takes_messages,
)
from server.protocols.a2a.dialects import Dialect
from server.protocols.a2a.lists import TaskLists
from server.protocols.a2a.model import PushConfig, Task, TaskState, TaskStatus
from server.protocols.a2a.params import MessageIn, PushConfigIn, SendParams
from server.protocols.a2a.pushes import Pushes
from server.protocols.a2a.repository import TaskRecord
from server.protocols.a2a.rpc import (
    INVALID_PARAMS,
    TASK_NOT_CANCELABLE,
    UNSUPPORTED_OPERATION,
    RpcError,
)
from server.protocols.a2a.task_ids import ids_of, not_found, uuid_or_none
from server.protocols.a2a.views import HistoryScope, task_view
from server.runs.repository import Run
from server.runs.schemas import CancelMany, RunCommand, RunCreate
from server.runs.service import RunNotFoundError, RunService
from server.threads.schemas import StateUpdate
from server.threads.service import ThreadNotFoundError, ThreadService

_STREAMED = ["values", "messages-tuple"]


@dataclass(frozen=True, slots=True)
class Started:
    """A task with a run that was accepted for it, as it is at that moment."""

    task: Task
    run_id: UUID


class TaskService:
    """The tasks of assistants, over the runs' and the threads' services."""

    def __init__(
        self, pool: Pool, assistants: AssistantService, threads: ThreadService, runs: RunService, pushes: Pushes
    ) -> None:
        self._pool = pool
        self._assistants = assistants
        self._threads = threads
        self._runs = runs
        self._pushes = pushes
        self.lists = TaskLists(pool, threads)
        self._access: Access = SYSTEM

    def on_behalf_of(self, access: Access) -> Self:
        """The same for a caller: it does and shows what that caller may."""
        bound = bound_to(access, self)
        bound._assistants = self._assistants.on_behalf_of(access)
        bound._threads = self._threads.on_behalf_of(access)
        bound._runs = self._runs.on_behalf_of(access)
        bound.lists = self.lists.on_behalf_of(access)
        return bound

    # --- reading

    async def find(self, assistant: Assistant, task_id: str, action: Literal["read", "update"] = "read") -> TaskRecord:
        """The task of that id. Raises `RpcError` if the assistant has none that the caller may do that to."""
        thread_id, run_id = ids_of(task_id)
        allowed = await self._access.may("threads", action, {"thread_id": thread_id, "run_id": run_id})
        async with self._pool.connection() as connection:
            task = await repository.get(connection, assistant.assistant_id, thread_id, run_id, allowed)
        if task is None:
            raise not_found(task_id)
        return task

    async def get(
        self,
        assistant: Assistant,
        task_id: str,
        *,
        scope: HistoryScope = "context",
        history_length: int | None = None,
    ) -> Task:
        """The task of that id, as it is shown. Raises `RpcError`."""
        task = await self.find(assistant, task_id)
        try:
            thread = await self._threads.get(task.thread_id)
        except ThreadNotFoundError as error:
            raise not_found(task_id) from error
        return task_view(task, thread, assistant.assistant_id, scope=scope, history_length=history_length)

    def events(self, run_id: UUID) -> AsyncGenerator[Sequence[LoggedEvent], None]:
        """What a task's run emitted and emits, until it is over."""
        return self._runs.events(run_id)

    async def working_run(self, assistant: Assistant, task_id: str) -> UUID | None:
        """The run that a task works in, the last if several wait; None if it needs input or is over. Raises `RpcError`."""
        task = await self.find(assistant, task_id)
        return task.last_run_id if task.state in (TaskState.SUBMITTED, TaskState.WORKING) else None

    async def until_settled(self, assistant: Assistant, task_id: str, run_id: UUID) -> None:
        """Return when the task, which works in that run, needs input or is over. Raises `RpcError`."""
        following: UUID | None = run_id
        while following is not None:
            await self._runs.until_over(following)
            following = await self.working_run(assistant, task_id)

    # --- writing

    async def send(self, assistant: Assistant, params: SendParams, dialect: Dialect) -> Started:
        """Accept a message: it starts a task, or goes on with the one that it names. Raises `RpcError`."""
        push = params.configuration.push
        if push is None:
            return await self._send(assistant, params)
        await self._pushes.require(push)
        started = await self._send(assistant, params)
        task = await self.find(assistant, started.task.task_id)
        await self._pushes.put(task, push, dialect, tells=True)
        return started

    async def _send(self, assistant: Assistant, params: SendParams) -> Started:
        said = params.message
        if said.task_id:
            task = await self.find(assistant, said.task_id)
            if said.context_id and said.context_id != str(task.thread_id):
                raise not_found(said.task_id)
            if task.state.is_terminal:
                raise RpcError(UNSUPPORTED_OPERATION, "A terminal task cannot accept another message")
            return await self._go_on(assistant, params, task)
        if has_answer(said):
            raise RpcError(INVALID_PARAMS, "contextId and taskId are required when resuming a task")
        thread_id = uuid_or_none(said.context_id) if said.context_id else uuid4()
        if thread_id is None:
            raise RpcError(
                INVALID_PARAMS, f"Invalid contextId {said.context_id!r}: a context is a thread, give its UUID"
            )
        run_id = new_id()
        task_id = f"{thread_id}:{run_id}"
        request = await self._with_input(assistant, params, task_id)
        return _started(task_id, said, await self._admit(thread_id, request, run_id=run_id))

    async def _go_on(self, assistant: Assistant, params: SendParams, task: TaskRecord) -> Started:
        """A message to a task that needs input answers it; one that still works gets it when it has worked."""
        if task.state is TaskState.INPUT_REQUIRED:
            answer = answer_to_interrupt(params.message)
            request = _request(assistant, params, task.task_id, command=RunCommand(resume=answer))
        else:
            request = await self._with_input(assistant, params, task.task_id)
        return _started(task.task_id, params.message, await self._admit(task.thread_id, request, continues=True))

    async def _with_input(self, assistant: Assistant, params: SendParams, task_id: str) -> RunCreate:
        await self._require_messages(assistant, params.message)
        return _request(assistant, params, task_id, given=graph_input(params.message, task_id))

    async def _require_messages(self, assistant: Assistant, said: MessageIn) -> None:
        """Raise `RpcError` if there are words for a graph that takes none."""
        if not takes_messages(said):
            return
        names = list(((await self._assistants.interface(assistant)).input or {}).get("properties", ()))
        if "messages" not in names:
            raise RpcError(
                INVALID_PARAMS,
                f"Assistant '{assistant.assistant_id}' (graph '{assistant.graph_id}') does not support A2A "
                "conversational messages. Graph input schema must include a 'messages' field to accept text or file "
                f"parts. Available input fields: {names}; send them in a data part",
            )

    async def _admit(
        self, thread_id: UUID, request: RunCreate, *, run_id: UUID | None = None, continues: bool = False
    ) -> Run:
        try:
            return await self._runs.admit(thread_id, request, reads=True, run_id=run_id, continues=continues)
        except (Denied, Conflict, TooLarge, Unavailable):
            raise
        except NotFound as error:
            raise RpcError(
                INVALID_PARAMS, f"Context '{thread_id}' not found: leave contextId out to start a new one"
            ) from error
        except RequestError as error:
            raise RpcError(INVALID_PARAMS, error.detail) from error

    async def cancel(self, assistant: Assistant, task_id: str) -> Task:
        """Stop a task; one that needs input is done with its question. Raises `RpcError` if it is over."""
        task = await self.find(assistant, task_id)
        if task.state is TaskState.INPUT_REQUIRED:
            await self._end(task)
        elif task.state.is_terminal:
            raise _not_cancelable()
        else:
            async with self._pool.connection() as connection:
                run_ids = await repository.unfinished(connection, task)
            with suppress(RunNotFoundError):  # it ended meanwhile
                await self._runs.cancel_many(CancelMany(thread_id=task.thread_id, run_ids=run_ids), "interrupt")
                await self._runs.until_over(task.last_run_id)
        canceled = await self.get(assistant, task_id)
        if canceled.status.state is not TaskState.CANCELED:
            raise _not_cancelable()  # it ended meanwhile
        return canceled

    async def _end(self, task: TaskRecord) -> None:
        """Let nobody answer what the task asks: its thread waits no more."""
        try:
            await self._threads.states.update(task.thread_id, StateUpdate(values=None, as_node="__end__"))
        except (Denied, Unavailable):
            raise
        except NotFound as error:
            raise not_found(task.task_id) from error
        except RequestError as error:  # somebody answered it meanwhile, or its graph is not served any more
            raise RpcError(TASK_NOT_CANCELABLE, error.detail) from error
        await self._pushes.settle(task.thread_id)

    # --- push notifications

    async def set_push_config(
        self, assistant: Assistant, task_id: str, config: PushConfigIn, dialect: Dialect
    ) -> PushConfig:
        """Tell somebody of the task from now on, in that dialect. Raises `RpcError`."""
        self._pushes.require_open()
        task = await self.find(assistant, task_id, "update")
        await self._pushes.require(config)
        return await self._pushes.put(task, config, dialect)

    async def push_configs(self, assistant: Assistant, task_id: str) -> list[PushConfig]:
        """Who is told of the task. Raises `RpcError`."""
        self._pushes.require_open()
        return await self._pushes.of_task(await self.find(assistant, task_id))

    async def delete_push_config(self, assistant: Assistant, task_id: str, config_id: str) -> None:
        """Tell somebody no more of the task; nothing happens if that is nobody. Raises `RpcError`."""
        self._pushes.require_open()
        await self._pushes.delete(await self.find(assistant, task_id, "update"), config_id)


def _started(task_id: str, said: MessageIn, run: Run) -> Started:
    context_id = str(run.thread_id)
    message = message_from(said, context_id, task_id)
    return Started(Task(task_id, context_id, TaskStatus(TaskState.SUBMITTED, run.created_at), (message,)), run.run_id)


def _request(
    assistant: Assistant,
    params: SendParams,
    task_id: str,
    *,
    given: dict[str, object] | None = None,
    command: RunCommand | None = None,
) -> RunCreate:
    return RunCreate.model_validate(
        {
            "assistant_id": str(assistant.assistant_id),
            "input": given,
            "command": command,
            "metadata": {**(params.metadata or {}), MARK: {"task_id": task_id}},
            "stream_mode": _STREAMED,
            "if_not_exists": "create",
        }
    )


def _not_cancelable() -> RpcError:
    return RpcError(TASK_NOT_CANCELABLE, "Task is not cancelable in its current state")
