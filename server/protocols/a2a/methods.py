"""The methods of both dialects. Each says how it is answered: at once, when its task is over, or as a stream."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass

from server.assistants.repository import Assistant
from server.protocols.a2a.dialects import CURRENT, LEGACY, Dialect, Json
from server.protocols.a2a.params import ListParams, PushParams, SendParams, SetPushParams, TaskParams, read
from server.protocols.a2a.rpc import INVALID_PARAMS, TASK_NOT_FOUND, UNSUPPORTED_OPERATION, RpcError
from server.protocols.a2a.streaming import task_events
from server.protocols.a2a.tasks import Started, TaskService
from server.protocols.a2a.views import HistoryScope


@dataclass(frozen=True, slots=True)
class Deferred:
    """An answer that takes as long as a task: its connection is kept alive meanwhile."""

    result: Awaitable[Json]


@dataclass(frozen=True, slots=True)
class Streamed:
    """An answer of many results."""

    results: AsyncGenerator[Json, None]


@dataclass(frozen=True, slots=True)
class Agent:
    """An assistant as its caller talks to it."""

    assistant: Assistant
    service: TaskService
    scope: HistoryScope
    card: Callable[[], Awaitable[Json]]


Answer = Json | list[Json] | None | Deferred | Streamed
Handler = Callable[[Agent, Dialect, Json], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a dialect."""

    dialect: Dialect
    handler: Handler
    streams: bool = False


async def _send(agent: Agent, dialect: Dialect, params: Json) -> Answer:
    asked = read(SendParams, params)
    started = await agent.service.send(agent.assistant, asked, dialect)
    if not asked.configuration.waits:
        return dialect.sent(started.task)
    return Deferred(_outcome(agent, dialect, started, asked.configuration.history_length))


async def _outcome(agent: Agent, dialect: Dialect, started: Started, history_length: int | None) -> Json:
    task_id = started.task.task_id
    await agent.service.until_settled(agent.assistant, task_id, started.run_id)
    task = await agent.service.get(agent.assistant, task_id, scope=agent.scope, history_length=history_length)
    return dialect.sent(task)


async def _stream(agent: Agent, dialect: Dialect, params: Json) -> Answer:
    started = await agent.service.send(agent.assistant, read(SendParams, params), dialect)
    return Streamed(_told(agent, dialect, started))


async def _told(agent: Agent, dialect: Dialect, started: Started) -> AsyncGenerator[Json, None]:
    async with aclosing(task_events(agent.service, agent.assistant, started.task, started.run_id)) as events:
        async for event in events:
            yield dialect.event(event)


async def _subscribe(agent: Agent, dialect: Dialect, params: Json) -> Answer:
    asked = read(TaskParams, params)
    record = await agent.service.find(agent.assistant, asked.id)
    if record.state.is_terminal:
        raise RpcError(UNSUPPORTED_OPERATION, f"Task is {record.state.value}: nothing follows; read it with GetTask")
    task = await agent.service.get(agent.assistant, asked.id, scope=agent.scope, history_length=asked.history_length)
    return Streamed(_told(agent, dialect, Started(task, record.last_run_id)))


async def _get(agent: Agent, dialect: Dialect, params: Json) -> Answer:
    asked = read(TaskParams, params)
    return dialect.task(
        await agent.service.get(agent.assistant, asked.id, scope=agent.scope, history_length=asked.history_length)
    )


async def _list(agent: Agent, dialect: Dialect, params: Json) -> Answer:
    asked = read(ListParams, params)
    page = await agent.service.lists.page(agent.assistant, asked, agent.scope)
    tasks = [dialect.task(task) for task in page.tasks]
    if not asked.include_artifacts:
        tasks = [{key: value for key, value in task.items() if key != "artifacts"} for task in tasks]
    return {
        "tasks": tasks,
        "totalSize": page.total,
        "pageSize": len(tasks),
        "nextPageToken": page.next_token,
    }


async def _cancel(agent: Agent, dialect: Dialect, params: Json) -> Answer:
    return dialect.task(await agent.service.cancel(agent.assistant, read(TaskParams, params).id))


async def _card(agent: Agent, _: Dialect, __: Json) -> Answer:
    return await agent.card()


async def _set_push(agent: Agent, dialect: Dialect, params: Json) -> Answer:
    asked = read(SetPushParams, params)
    return dialect.push_config(
        await agent.service.set_push_config(agent.assistant, asked.task_id, asked.config, dialect)
    )


async def _get_push(agent: Agent, dialect: Dialect, params: Json) -> Answer:
    asked = read(PushParams, params)
    configs = await agent.service.push_configs(agent.assistant, asked.task_id)
    for config in configs:
        if asked.config_id in (None, config.config_id):
            return dialect.push_config(config)
    raise RpcError(TASK_NOT_FOUND, f"Task {asked.task_id} has no such push notification config")


async def _list_push(agent: Agent, dialect: Dialect, params: Json) -> Answer:
    return dialect.push_configs(await agent.service.push_configs(agent.assistant, read(PushParams, params).task_id))


async def _delete_push(agent: Agent, dialect: Dialect, params: Json) -> Answer:
    asked = read(PushParams, params)
    if asked.config_id is None:
        raise RpcError(INVALID_PARAMS, "Say which push notification config to delete, by its id")
    await agent.service.delete_push_config(agent.assistant, asked.task_id, asked.config_id)
    return dialect.deleted()


METHODS: dict[str, Method] = {
    "message/send": Method(LEGACY, _send),
    "message/stream": Method(LEGACY, _stream, streams=True),
    "tasks/get": Method(LEGACY, _get),
    "tasks/list": Method(LEGACY, _list),
    "tasks/cancel": Method(LEGACY, _cancel),
    "tasks/resubscribe": Method(LEGACY, _subscribe, streams=True),
    "agent/getAuthenticatedExtendedCard": Method(LEGACY, _card),
    "tasks/pushNotificationConfig/set": Method(LEGACY, _set_push),
    "tasks/pushNotificationConfig/get": Method(LEGACY, _get_push),
    "tasks/pushNotificationConfig/list": Method(LEGACY, _list_push),
    "tasks/pushNotificationConfig/delete": Method(LEGACY, _delete_push),
    "SendMessage": Method(CURRENT, _send),
    "SendStreamingMessage": Method(CURRENT, _stream, streams=True),
    "GetTask": Method(CURRENT, _get),
    "ListTasks": Method(CURRENT, _list),
    "CancelTask": Method(CURRENT, _cancel),
    "SubscribeToTask": Method(CURRENT, _subscribe, streams=True),
    "GetExtendedAgentCard": Method(CURRENT, _card),
    "CreateTaskPushNotificationConfig": Method(CURRENT, _set_push),
    "GetTaskPushNotificationConfig": Method(CURRENT, _get_push),
    "ListTaskPushNotificationConfigs": Method(CURRENT, _list_push),
    "DeleteTaskPushNotificationConfig": Method(CURRENT, _delete_push),
}  # fmt: skip
"""By name."""
