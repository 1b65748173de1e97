"""Crons of a live server through the SDK: they run when they should, and tell of it as any run does."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import BadRequestError, NotFoundError, UnprocessableEntityError

from tests.acceptance.server.receiver import WebhookReceiver, receiving
from tests.acceptance.server.running import new_thread, said, texts

EVERY_SECOND = "* * * * * *"


@pytest.fixture(scope="module")
def receiver() -> Iterator[WebhookReceiver]:
    """Who is told of runs."""
    with receiving() as receiver:
        yield receiver


async def _runs(client: LangGraphClient, thread_id: str, count: int) -> list[dict[str, Any]]:
    """The thread's runs, oldest first, once that many of them have ended well."""
    async with asyncio.timeout(60):
        while True:
            runs = await client.runs.list(thread_id, limit=100)
            if sum(run["status"] == "success" for run in runs) >= count:
                return [{**run} for run in reversed(runs)]
            await asyncio.sleep(0.1)


async def test_a_cron_runs_on_its_thread_at_each_of_its_times(
    client: LangGraphClient, receiver: WebhookReceiver
) -> None:
    thread_id = await new_thread(client)
    cron: Any = await client.crons.create_for_thread(
        thread_id,
        "echo",
        schedule=EVERY_SECOND,
        input=said("tick"),
        metadata={"kind": "clock"},
        context={"prefix": "It says"},
        webhook=receiver.url("/ok/cron"),
    )
    runs = await _runs(client, thread_id, 2)
    firings: Any = await client.http.get(f"/runs/crons/{cron['cron_id']}/firings")
    assert {run["run_id"] for run in runs[:2]} <= {firing["run_id"] for firing in firings}
    assert [firing["scheduled_at"] for firing in firings] == sorted((f["scheduled_at"] for f in firings), reverse=True)
    (found,) = await client.crons.search(thread_id=thread_id, select=["last_firing"])  # type: ignore[list-item]
    assert found["last_firing"]["outcome"] == "started"  # type: ignore[typeddict-item]
    await client.crons.delete(cron["cron_id"])
    told = [run["kwargs"]["config"]["configurable"] for run in runs]
    moments = [datetime.fromisoformat(one["cron_scheduled_at"]) for one in told]
    assert moments == [moments[0] + timedelta(seconds=number) for number in range(len(moments))]
    assert all(datetime.fromisoformat(run["created_at"]) >= moment for run, moment in zip(runs, moments, strict=True))
    assert {one["cron_id"] for one in told} == {cron["cron_id"]}
    assert {run["metadata"]["kind"] for run in runs} == {"clock"}
    assert texts((await client.threads.get_state(thread_id))["values"])[:2] == ["tick", "It says tick"]
    heard = await asyncio.to_thread(receiver.until, "/ok/cron", 1)
    assert heard[0].told["kwargs"]["config"]["configurable"]["cron_id"] == cron["cron_id"]


async def test_threads_of_a_crons_runs_go_with_them_or_stay(client: LangGraphClient) -> None:
    mark = str(uuid4())
    crons: list[Any] = [
        await client.crons.create(
            "echo", schedule=EVERY_SECOND, input=said("x"), metadata={"mark": mark, "kind": kind}, on_run_completed=kind
        )
        for kind in ("keep", "delete")
    ]
    async with asyncio.timeout(60):
        while True:
            kept = await client.threads.search(metadata={"mark": mark, "kind": "keep"}, status="idle")
            if len(kept) >= 2:
                break
            await asyncio.sleep(0.1)
    for cron in crons:
        await client.crons.delete(cron["cron_id"])
    async with asyncio.timeout(60):
        while True:
            if not await client.threads.count(metadata={"mark": mark, "kind": "delete"}):
                break
            await asyncio.sleep(0.1)
    assert await client.threads.count(metadata={"mark": mark, "kind": "keep"}) >= 2


async def test_what_no_run_could_be_given_is_refused_when_the_cron_is_made(client: LangGraphClient) -> None:
    options: dict[str, Any] = {"schedule": "@daily"}
    for refusal, more in (
        (UnprocessableEntityError, {"schedule": "@sometimes"}),
        (UnprocessableEntityError, {"timezone": "Mars/Olympus_Mons"}),
        (UnprocessableEntityError, {"stream_mode": "loud"}),
        (UnprocessableEntityError, {"webhook": "ftp://example.com"}),
        (BadRequestError, {"schedule": "0 0 30 2 *"}),
        (BadRequestError, {"context": {"prefix": "a"}, "config": {"configurable": {"prefix": "b"}}}),
    ):
        with pytest.raises(refusal):
            await client.crons.create("echo", **{**options, **more})
    with pytest.raises(NotFoundError):
        await client.crons.create("nobody", **options)
    with pytest.raises(NotFoundError):
        await client.crons.create_for_thread(str(uuid4()), "echo", **options)


async def test_a_cron_is_changed_put_off_and_on_and_given_an_end(client: LangGraphClient) -> None:
    cron: Any = await client.crons.create("echo", schedule="0 9 * * *", timezone=ZoneInfo("Asia/Tokyo"))
    assert datetime.fromisoformat(cron["next_run_date"]).time().isoformat() == "00:00:00"
    cron_id, end = cron["cron_id"], datetime(2030, 1, 1, tzinfo=ZoneInfo("Asia/Tokyo"))
    changed = await client.crons.update(cron_id, schedule="30 9 * * *", end_time=end, enabled=False)
    assert (changed["schedule"], changed["enabled"]) == ("30 9 * * *", False)
    assert datetime.fromisoformat(str(changed["end_time"])) == end
    over = await client.crons.update(cron_id, end_time=datetime.now(UTC), enabled=True)
    assert over["next_run_date"] is None
    assert (await client.crons.update(cron_id, end_time=None))["next_run_date"] is not None
    with pytest.raises(BadRequestError):
        await client.crons.update(cron_id)
    await client.crons.delete(cron_id)
    with pytest.raises(NotFoundError):
        await client.crons.update(cron_id, enabled=True)
