"""Push notifications: a task that needs input, or is over, is told to whoever asked for it.

What is to be sent goes into the webhooks' outbox with what made it due. The task is read when it is sent, so a notification
that comes late, or again, tells what is true then.
"""

from uuid import UUID, uuid5

from server.auth.filters import EVERYTHING
from server.db.pool import Connection, Pool
from server.protocols.a2a import push_configs, repository
from server.protocols.a2a.dialects import BY_VERSION, Dialect
from server.protocols.a2a.model import PushConfig
from server.protocols.a2a.params import PushConfigIn
from server.protocols.a2a.repository import TaskRecord
from server.protocols.a2a.rpc import INVALID_PARAMS, PUSH_NOTIFICATION_NOT_SUPPORTED, RpcError
from server.protocols.a2a.task_ids import ids_of, not_found
from server.protocols.a2a.views import task_view
from server.threads.service import ThreadNotFoundError, ThreadService
from server.webhooks.courier import Told
from server.webhooks.gate import Gate
from server.webhooks.outbox import Outbox
from server.webhooks.policy import WebhookRefusedError
from server.wire_json import encode

MOST_CONFIGS = 10
"""How many receivers a task may have."""

TOKEN_HEADER = "x-a2a-notification-token"  # noqa: S105 - a header's name


class Pushes:
    """Who is told of tasks, and what. Callers are let in by `TaskService`, which finds the task first."""

    def __init__(self, pool: Pool, threads: ThreadService, outbox: Outbox, gate: Gate) -> None:
        self._pool = pool
        self._threads = threads
        self._outbox = outbox
        self._gate = gate

    @property
    def is_open(self) -> bool:
        """Whether anything is sent from here at all."""
        return self._outbox.is_open

    def require_open(self) -> None:
        """Raise `RpcError` if nothing is sent from here at all."""
        if not self.is_open:
            raise RpcError(
                PUSH_NOTIFICATION_NOT_SUPPORTED,
                "Push notifications are not supported: http.disable_webhooks is set; stream the task, or poll it",
            )

    async def require(self, config: PushConfigIn) -> None:
        """Raise `RpcError` if nothing would ever be sent there."""
        self.require_open()
        try:
            await self._gate.require(config.url)
        except WebhookRefusedError as error:
            raise RpcError(INVALID_PARAMS, f"pushNotificationConfig.url: {error.detail}") from error

    # --- on behalf of callers

    async def put(self, task: TaskRecord, given: PushConfigIn, dialect: Dialect, *, tells: bool = False) -> PushConfig:
        """Tell somebody of the task from now on. With `tells` also that it came to an end meanwhile. Raises `RpcError`."""
        config = given.config(task.task_id)
        async with self._pool.connection() as connection, connection.transaction():
            # a run of the thread that ends meanwhile either sees the config or is seen
            await self._threads.lock(connection, task.thread_id)
            found = await repository.get(connection, None, task.thread_id, task.run_id, EVERYTHING)
            if found is None:
                raise not_found(task.task_id)
            if not await push_configs.put(connection, found, dialect.version, config, most=MOST_CONFIGS):
                raise RpcError(
                    INVALID_PARAMS, f"A task has {MOST_CONFIGS} push notification configs at most: delete one"
                )
            if tells:
                await push_configs.reopen(connection, task.run_id, config.config_id)
                await self.settled(connection, task.thread_id)
        return config

    async def of_task(self, task: TaskRecord) -> list[PushConfig]:
        """Who is told of the task, oldest first."""
        async with self._pool.connection() as connection:
            return await push_configs.of_task(connection, task)

    async def delete(self, task: TaskRecord, config_id: str) -> None:
        """Tell somebody no more; what is on its way is not sent. Nothing happens if that is nobody."""
        async with self._pool.connection() as connection:
            await push_configs.delete(connection, task, config_id)

    async def settle(self, thread_id: UUID) -> None:
        """Tell of the thread's tasks after something else than the end of a run changed them."""
        async with self._pool.connection() as connection, connection.transaction():
            await self.settled(connection, thread_id)

    # --- where tasks change

    async def settled(self, connection: Connection, thread_id: UUID) -> None:
        """Tell of the thread's tasks that need input or are over: in the transaction that made it so, each state once."""
        watched = await push_configs.settled(connection, thread_id)
        for one in watched:
            await self._outbox.write_push(
                connection,
                uuid5(one.last_run_id, f"{one.state} {one.config_id}"),
                one.run_id,
                one.thread_id,
                one.thread_metadata,
                one.state,
                one.url,
                one.config_id,
            )
        over = [one.run_id for one in watched if one.state.is_terminal]
        if over:
            await push_configs.end(connection, over)

    # --- when it is sent

    async def told(self, run_id: UUID, config_id: str, url: str) -> Told | None:
        """The task that a run started, as it is now, for a config of it; None if that, or the task, is not there any more."""
        async with self._pool.connection() as connection:
            receiver = await push_configs.receiver(connection, run_id, config_id)
            if receiver is None or receiver.config.url != url:
                return None
            thread_id, _ = ids_of(receiver.task_id)
            task = await repository.get(connection, receiver.assistant_id, thread_id, run_id, EVERYTHING)
        if task is None:
            return None
        try:
            thread = await self._threads.one_of(EVERYTHING, thread_id)
        except ThreadNotFoundError:
            return None
        shown = task_view(task, thread, receiver.assistant_id, history_length=0)
        dialect = BY_VERSION[receiver.dialect]
        return Told(encode(dialect.sent(shown)), {"a2a-version": dialect.version, **_headers(receiver.config)})


def _headers(config: PushConfig) -> dict[str, str]:
    """How the receiver knows who tells it, as the config has it."""
    headers = {TOKEN_HEADER: config.token} if config.token else {}
    if config.scheme and config.credentials:
        headers["authorization"] = f"{config.scheme} {config.credentials}"
    return headers
