"""Push notifications of A2A: the official client asks for them in both dialects, and a receiver hears of its tasks."""

import asyncio
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from a2a.compat.v0_3.types import Task as LegacyTask
from a2a.types import (
    AuthenticationInfo,
    CancelTaskRequest,
    DeleteTaskPushNotificationConfigRequest,
    GetTaskPushNotificationConfigRequest,
    ListTaskPushNotificationConfigsRequest,
    SendMessageConfiguration,
    StreamResponse,
    Task,
    TaskPushNotificationConfig,
    TaskState,
)
from a2a.utils.errors import InvalidParamsError, TaskNotFoundError
from google.protobuf.json_format import ParseDict
from langgraph_sdk.client import LangGraphClient

from tests.acceptance.server.a2a_talk import card_of, client_of, data_part, said, send
from tests.acceptance.server.receiver import Heard, WebhookReceiver, receiving

DIALECTS = pytest.mark.parametrize("dialect", ["1.0", "0.3"])


@pytest.fixture(scope="module")
def receiver() -> Iterator[WebhookReceiver]:
    """Who is told, by all tests of this file."""
    with receiving() as receiver:
        yield receiver


async def _told(receiver: WebhookReceiver, path: str, times: int = 1) -> list[Heard]:
    return await asyncio.to_thread(receiver.until, path, times)


def _asking(url: str, **config: Any) -> SendMessageConfiguration:
    return SendMessageConfiguration(task_push_notification_config=TaskPushNotificationConfig(url=url, **config))


def _states(heard: list[Heard]) -> list[str]:
    return [(one.told.get("task") or one.told)["status"]["state"] for one in heard]


@DIALECTS
async def test_a_task_is_told_where_it_asks_and_when_it_is_over(
    http: httpx.AsyncClient, receiver: WebhookReceiver, dialect: str
) -> None:
    path = f"/ok/{uuid4()}"
    authentication = AuthenticationInfo(scheme="Bearer", credentials="s3cret")
    asking = _asking(receiver.url(path), id="mine", token="t0ken", authentication=authentication)
    client = await client_of(http, "advise", dialect)
    request = said("the door")
    request.configuration.CopyFrom(asking)
    task = await send(client, request)
    (asked,) = await _told(receiver, path)
    assert asked.headers["x-a2a-notification-token"] == "t0ken"
    assert asked.headers["authorization"] == "Bearer s3cret"
    assert asked.headers["content-type"] == "application/json"
    assert "x-from" not in asked.headers  # `webhooks.headers` of the project are for its own receivers
    answered = await send(client, said(data_part({"resume": "red"}), task=task))
    over = (await _told(receiver, path, 2))[-1]
    if dialect == "1.0":
        told = ParseDict(over.told, StreamResponse()).task
        assert (told.id, told.status.state) == (task.id, TaskState.TASK_STATE_COMPLETED)
        assert told.artifacts == answered.artifacts
        assert _states([asked]) == ["TASK_STATE_INPUT_REQUIRED"]
    else:
        legacy = LegacyTask.model_validate(over.told)
        assert (legacy.id, legacy.status.state.value, legacy.kind) == (task.id, "completed", "task")
        assert _states([asked]) == ["input-required"]


@DIALECTS
async def test_configs_are_kept_shown_replaced_and_deleted(http: httpx.AsyncClient, dialect: str) -> None:
    client = await client_of(http, "advise", dialect)
    task = await send(client, said("the gate"))
    authentication = AuthenticationInfo(scheme="Bearer", credentials="s3cret")
    one = TaskPushNotificationConfig(
        task_id=task.id, id="one", url="https://93.184.216.34/a", token="t", authentication=authentication
    )
    kept = await client.create_task_push_notification_config(one)
    assert kept.authentication.credentials == ""  # they were given to be sent, not to be shown
    one.authentication.ClearField("credentials")
    assert kept == one
    unnamed = TaskPushNotificationConfig(task_id=task.id, url="https://93.184.216.34/b")
    assert (await client.create_task_push_notification_config(unnamed)).id == task.id
    await client.create_task_push_notification_config(
        TaskPushNotificationConfig(task_id=task.id, id="one", url="https://93.184.216.34/c")
    )
    listed = await client.list_task_push_notification_configs(ListTaskPushNotificationConfigsRequest(task_id=task.id))
    assert [(config.id, config.url[-1]) for config in listed.configs] == [("one", "c"), (task.id, "b")]
    named = GetTaskPushNotificationConfigRequest(task_id=task.id, id="one")
    assert (await client.get_task_push_notification_config(named)).url[-1] == "c"
    deleting = DeleteTaskPushNotificationConfigRequest(task_id=task.id, id="one")
    await client.delete_task_push_notification_config(deleting)
    await client.delete_task_push_notification_config(deleting)  # nothing to do
    with pytest.raises(TaskNotFoundError):
        await client.get_task_push_notification_config(named)
    with pytest.raises(TaskNotFoundError):
        await client.create_task_push_notification_config(
            TaskPushNotificationConfig(task_id=f"{uuid4()}:{uuid4()}", url="https://93.184.216.34")
        )


async def test_a_task_is_told_of_however_it_ends(
    http: httpx.AsyncClient, client: LangGraphClient, receiver: WebhookReceiver
) -> None:
    advise = await client_of(http, "advise")

    async def waiting() -> tuple[Task, str]:
        path, request = f"/ok/{uuid4()}", said("the fence")
        request.configuration.CopyFrom(_asking(receiver.url(path)))
        return await send(advise, request), path

    (cancelled, first), (superseded, second), (resumed, third) = [await waiting() for _ in range(3)]
    await advise.cancel_task(CancelTaskRequest(id=cancelled.id))
    assert _states(await _told(receiver, first, 2))[-1] == "TASK_STATE_CANCELED"
    await client.runs.wait(superseded.context_id, "echo", input={"messages": "something else"})
    assert _states(await _told(receiver, second, 2))[-1] == "TASK_STATE_CANCELED"
    await client.runs.wait(resumed.context_id, "advise", command={"resume": "red"})  # by the classic API
    assert _states(await _told(receiver, third, 2))[-1] == "TASK_STATE_COMPLETED"
    assert [len(receiver.heard(path)) for path in (first, second, third)] == [2, 2, 2]
    newest = (await http.get("/webhooks/deliveries?limit=1")).json()[0]
    assert (newest["kind"], newest["run_status"], newest["url"]) == ("a2a", "completed", receiver.url(third))


async def test_a_config_that_is_deleted_is_told_nothing_more(
    http: httpx.AsyncClient, receiver: WebhookReceiver
) -> None:
    client = await client_of(http, "advise")
    kept, gone = f"/ok/{uuid4()}", f"/ok/{uuid4()}"
    request = said("the roof")
    request.configuration.CopyFrom(_asking(receiver.url(gone), id="gone"))
    task = await send(client, request)
    await _told(receiver, gone)
    await client.create_task_push_notification_config(
        TaskPushNotificationConfig(task_id=task.id, id="kept", url=receiver.url(kept))
    )
    await client.delete_task_push_notification_config(
        DeleteTaskPushNotificationConfigRequest(task_id=task.id, id="gone")
    )
    await send(client, said("red", task=task))
    assert _states(await _told(receiver, kept)) == ["TASK_STATE_COMPLETED"]
    assert len(receiver.heard(gone)) == 1


async def test_one_that_was_given_up_is_sent_again_on_request(
    http: httpx.AsyncClient, receiver: WebhookReceiver
) -> None:
    path, request = f"/fails-1-with-410/{uuid4()}", said("the shed")
    request.configuration.CopyFrom(_asking(receiver.url(path)))
    task = await send(await client_of(http, "echo"), request)
    await _told(receiver, path)
    async with asyncio.timeout(60):
        while True:
            failed = (await http.get("/webhooks/deliveries?status=failed&limit=100")).json()
            mine = [one for one in failed if one["url"] == receiver.url(path)]
            if mine:
                break
    assert f"{mine[0]['thread_id']}:{mine[0]['run_id']}" == task.id
    again = await http.post(f"/webhooks/deliveries/{mine[0]['delivery_id']}")
    assert (again.status_code, again.json()["status"]) == (200, "pending")
    assert _states(await _told(receiver, path, 2)) == ["TASK_STATE_COMPLETED"] * 2


async def test_what_cannot_be_told_is_refused_with_what_to_change(http: httpx.AsyncClient) -> None:
    client = await client_of(http, "advise")
    assert (await card_of(http, "advise")).capabilities.push_notifications
    task = await send(client, said("the wall"))

    async def refused(**config: Any) -> str:
        with pytest.raises(InvalidParamsError) as refusal:
            await client.create_task_push_notification_config(TaskPushNotificationConfig(task_id=task.id, **config))
        return str(refusal.value)

    assert "blocked IP range" in await refused(url="https://169.254.169.254/latest")
    assert "scheme" in await refused(url="ftp://example.com/x")
    assert "one line" in await refused(url="https://93.184.216.34", token="a\r\nb: c")
    assert "scheme" in await refused(
        url="https://93.184.216.34", authentication=AuthenticationInfo(scheme="Bearer x\n", credentials="y")
    )
    for number in range(10):
        config = TaskPushNotificationConfig(task_id=task.id, id=str(number), url="https://93.184.216.34")
        await client.create_task_push_notification_config(config)
    assert "10" in await refused(id="one more", url="https://93.184.216.34")
    with pytest.raises(InvalidParamsError, match="scheme"):
        request = said("x")
        request.configuration.CopyFrom(_asking("gopher://example.com"))
        await send(client, request)
