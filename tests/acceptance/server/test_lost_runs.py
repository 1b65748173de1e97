"""Runs whose workers keep dying, and events that are not kept any more."""

import asyncio
from typing import Any

import httpx
import psycopg
import pytest
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import NotFoundError
from langgraph_sdk.schema import StreamPart

from tests.acceptance.server.running import named, new_thread, said, started


async def test_a_run_that_kills_its_workers_fails_together_with_its_thread(
    client: LangGraphClient, live_database: str
) -> None:
    kept = await new_thread(client)
    runs = [(kept, await started(client, kept)), await _started_without_thread(client)]
    readers = [asyncio.create_task(_read(client, thread_id, run_id)) for thread_id, run_id in runs]
    with psycopg.connect(live_database, autocommit=True) as connection:
        for _, run_id in runs:  # as if three workers had died by now
            connection.execute(
                "update runs set attempt = 3, lease_until = clock_timestamp() - interval '1 second' where run_id = %s",
                (run_id,),
            )
    for parts in await asyncio.gather(*readers):
        assert named(parts, "metadata")[-1]["attempt"] == 4
        assert named(parts, "error")[0]["error"] == "WorkerLostError"
        assert parts[-1].event == "error"
    thread = await client.threads.get(kept)
    assert (thread["status"], thread["values"]["log"]) == ("error", ["before"])
    assert (await client.runs.get(kept, runs[0][1]))["status"] == "error"
    with pytest.raises(NotFoundError):
        await client.threads.get(runs[1][0])


async def test_one_who_comes_back_too_late_is_told_so(
    client: LangGraphClient, http: httpx.AsyncClient, live_database: str
) -> None:
    thread_id = await new_thread(client)
    async for _ in client.runs.stream(thread_id, "echo", input=said("hi"), stream_resumable=True):
        pass
    [run] = await client.runs.list(thread_id)
    path = f"/threads/{thread_id}/runs/{run['run_id']}/stream"
    ids = [part.id for part in await _read(client, thread_id, run["run_id"])]
    with psycopg.connect(live_database, autocommit=True) as connection:  # as the sweep does, a day later
        connection.execute(
            """with ended as (select seq from run_events where run_id = %(run)s and event = '__end__')
               update runs set swept_seq = ended.seq from ended where run_id = %(run)s""",
            {"run": run["run_id"]},
        )
        connection.execute("delete from run_events where run_id = %s", (run["run_id"],))
    for place in ("-1", ids[0]):
        answer = await http.get(path, headers={"Last-Event-ID": place})
        event, data, *_ = answer.text.split("\r\n")
        assert event == "event: error"
        assert "EventsGoneError" in data
        assert run["run_id"] in data
        assert "id:" not in answer.text
    assert (await http.get(path, headers={"Last-Event-ID": ids[-1]})).text == "", "that one has missed nothing"


async def _started_without_thread(client: LangGraphClient) -> tuple[str, str]:
    run = await client.runs.create(None, "slow", input={"seconds": 60}, stream_resumable=True)
    async for part in client.runs.join_stream(run["thread_id"], run["run_id"], last_event_id="-1"):
        if part.event == "values" and part.data["log"] == ["before"]:
            break
    return run["thread_id"], run["run_id"]


async def _read(client: LangGraphClient, thread_id: Any, run_id: str) -> list[StreamPart]:
    """All that the run emits, from its start to its end."""
    return [part async for part in client.runs.join_stream(thread_id, run_id, last_event_id="-1")]
