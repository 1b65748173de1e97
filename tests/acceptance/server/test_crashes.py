"""Servers that die, clients that vanish, and workers in other processes."""

import asyncio
from pathlib import Path

import httpx
import psycopg
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient

from tests.acceptance.server.live import serve, work
from tests.acceptance.server.receiver import receiving
from tests.acceptance.server.running import named, new_thread, said, started, texts


async def test_after_a_kill_everything_is_there_and_the_interrupted_run_is_finished_and_told_of(
    database_url: str, tmp_path: Path
) -> None:
    with receiving() as receiver:
        told = {"WEBHOOK_TIMEOUT_SECONDS": "3"}
        with serve(database_url, tmp_path, environment=told) as first:
            async with get_client(url=first.url) as client:
                talked = await new_thread(client)
                webhook = receiver.url("/held/until-the-server-is-dead")
                before = await client.runs.wait(talked, "echo", input=said("remember"), webhook=webhook)
                asked = await new_thread(client)
                await client.runs.wait(asked, "ask", input={"question": "still there?"})
                busy = await new_thread(client)
                run_id = await started(client, busy, seconds=5, webhook=receiver.url("/ok/taken-over"))
                waiting = await client.runs.create(busy, "slow", input={"seconds": 0})
                while (await client.threads.get_state(busy))["next"] != ["sleep"]:
                    pass  # its step is kept in the background, while the next one runs
            first.kill()
        receiver.released.set()
        untold = len(receiver.heard("/held/until-the-server-is-dead"))

        with serve(database_url, tmp_path, environment=told) as second:
            async with get_client(url=second.url) as client:
                assert (await client.threads.get(talked))["values"] == before
                assert texts(await client.runs.wait(talked, "echo", input=said("again")))[:2] == texts(before)
                outcome = await client.runs.wait(asked, "ask", command={"resume": "yes"})
                assert outcome == {"question": "still there?", "answer": "yes", "done": True}

                parts = [part async for part in client.runs.join_stream(busy, run_id, last_event_id="-1")]
                assert [data["attempt"] for data in named(parts, "metadata")] == [1, 2]
                assert [next(iter(update)) for update in named(parts, "updates")] == ["before", "sleep", "after"]
                ids = [part.id for part in parts]
                assert len(set(ids)) == len(ids)
                assert (await client.runs.get(busy, run_id))["status"] == "success"
                await client.runs.join(busy, waiting["run_id"])
                thread = await client.threads.get(busy)
                assert (thread["status"], thread["values"]["log"]) == ("idle", ["before", "slept", "after"] * 2)

                taken_over = await asyncio.to_thread(receiver.until, "/ok/taken-over")
                assert [(one.told["run_id"], one.told["status"]) for one in taken_over] == [(run_id, "success")]
                again = await asyncio.to_thread(receiver.until, "/held/until-the-server-is-dead", untold + 1)
                assert again[-1].told["values"] == before
                assert len({one.headers["webhook-id"] for one in again}) == 1


async def test_a_worker_executes_what_an_api_without_workers_accepts(database_url: str, tmp_path: Path) -> None:
    with serve(database_url, tmp_path, "--workers", "0") as api, work(database_url, tmp_path) as worker:
        worker.until("worker started")
        async with get_client(url=api.url) as client:
            thread_id = await new_thread(client)
            parts = [
                part
                async for part in client.runs.stream(
                    thread_id, "flood", input={"count": 1500}, stream_mode=["custom", "values"]
                )
            ]
            assert [data["number"] for data in named(parts, "custom")] == list(range(1500))
            assert named(parts, "values")[-1] == {"count": 1500, "sent": 1500}
            outcomes = await asyncio.gather(
                *[client.runs.wait(None, "echo", input=said(str(number))) for number in range(20)]
            )
            assert [texts(outcome)[-1] for outcome in outcomes] == [f"You said: {number}" for number in range(20)]
            sleeping = await started(client, thread_id)
            await client.runs.cancel(thread_id, sleeping, wait=True)
            assert (await client.runs.get(thread_id, sleeping))["status"] == "interrupted"

            # a worker that is asked to stop finishes what it has begun
            last = await started(client, await new_thread(client), seconds=1)
            assert worker.stop() == 0
            with psycopg.connect(database_url) as connection:
                row = connection.execute("select status from runs where run_id = %s", (last,)).fetchone()
            assert row == ("success",)
        assert "run started" not in api.stderr


async def test_a_run_goes_on_without_its_reader(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    for way in ("stream", "wait"):
        thread_id = await new_thread(client)
        run_id = await _left_alone(client, http, thread_id, way, seconds=1)
        assert (await client.runs.join(thread_id, run_id))["log"] == ["before", "slept", "after"]
        assert (await client.runs.get(thread_id, run_id))["status"] == "success"


async def test_a_run_ends_with_its_reader_when_asked(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    for way in ("stream", "wait"):
        thread_id = await new_thread(client)
        run_id = await _left_alone(client, http, thread_id, way, seconds=60, on_disconnect="cancel")
        await client.runs.join(thread_id, run_id)
        assert (await client.runs.get(thread_id, run_id))["status"] == "interrupted"
        assert (await client.threads.get(thread_id))["status"] == "interrupted"


async def test_a_run_ends_with_one_who_joined_when_they_asked(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    for way in ("stream", "join"):
        thread_id = await new_thread(client)
        run_id = await started(client, thread_id)
        path = f"/threads/{thread_id}/runs/{run_id}/{way}"
        async with http.stream("GET", path, params={"cancel_on_disconnect": "true"}) as response:
            assert response.status_code == 200  # and left with the headers, before anything came
        await client.runs.join(thread_id, run_id)
        assert (await client.runs.get(thread_id, run_id))["status"] == "interrupted"


async def test_a_reader_who_saw_the_end_cancels_nothing(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    async for _ in client.runs.stream(thread_id, "slow", input={"seconds": 0}, on_disconnect="cancel"):
        pass
    assert [run["status"] for run in await client.runs.list(thread_id)] == ["success"]


async def _left_alone(
    client: LangGraphClient, http: httpx.AsyncClient, thread_id: str, way: str, seconds: float, **options: str
) -> str:
    """The id of a run of `slow` whose reader left while it slept."""
    body = {"assistant_id": "slow", "input": {"seconds": seconds}, "stream_resumable": True, **options}
    async with http.stream("POST", f"/threads/{thread_id}/runs/{way}", json=body) as response:
        run_id = response.headers["content-location"].rpartition("/")[2]
        async for part in client.runs.join_stream(thread_id, run_id, last_event_id="-1"):
            if part.event == "values" and part.data["log"] == ["before"]:
                break
    return run_id
