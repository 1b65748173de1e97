"""Two APIs and three workers that share a database: any of them serves any run, and none of them is needed."""

import asyncio
import json
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.scale.cluster import Cluster, client_of
from tests.scale.conversation import Reading, follow, new_thread, start, turn, until
from tests.scale.gates import kept, sets_when_waiting
from tests.scale.project.graphs import STEPS, WORDS

THREADS, TURNS = 200, 5

pytestmark = pytest.mark.timeout(600)  # seven processes start first


async def test_a_run_is_created_here_read_there_and_cancelled_from_anywhere(many: Cluster, tmp_path: Path) -> None:
    here, there = (client_of(api.url) for api in many.apis)
    async with here, there:
        thread_id = await new_thread(here)
        run_id = await start(here, thread_id, "gated", {"gate": str(tmp_path / "never")}, stream_mode="updates")
        waits = asyncio.Event()
        reading = Reading(thread_id, run_id)
        reader = asyncio.create_task(follow(there, reading, sets_when_waiting(waits)))
        await waits.wait()
        cancelled = await here.post(f"/threads/{thread_id}/runs/{run_id}/cancel", params={"wait": "true"})
        assert cancelled.status_code == 200
        await reader
        assert [list(update) for update in reading.named("updates")] == [["before"]]
        for api in (here, there):
            assert (await api.get(f"/threads/{thread_id}/runs/{run_id}")).json()["status"] == "interrupted"
            assert (await api.get(f"/threads/{thread_id}")).json()["status"] == "interrupted"


async def test_dying_processes_cost_two_hundred_conversations_nothing(many: Cluster, tmp_path: Path) -> None:
    async with client_of(many.url) as client, client_of(many.apis[0].url) as staying:
        gate, waits = tmp_path / "gate", asyncio.Event()
        held_thread = await new_thread(client)
        held = Reading(
            held_thread, await start(client, held_thread, "gated", {"gate": str(gate)}, stream_mode="updates")
        )
        held_reader = asyncio.create_task(follow(staying, held, sets_when_waiting(waits)))
        await waits.wait()
        await kept(staying, held_thread)

        readings: list[Reading] = []
        progress = asyncio.Event()

        async def converse(thread_id: str) -> None:
            for number in range(1, TURNS + 1):
                readings.append(await turn(client, thread_id, number))
                progress.set()

        threads = await asyncio.gather(*[new_thread(client) for _ in range(THREADS)])
        talking = asyncio.gather(*[converse(thread_id) for thread_id in threads])
        await until(lambda: len(readings) >= THREADS // 4, progress)
        many.worker_of(held.run_id).kill()
        gate.touch()
        await until(lambda: len(readings) >= THREADS * 2, progress)
        many.apis[1].kill()
        await talking
        await held_reader

        # the one who stayed connected saw the run being taken over, and each step once
        assert [data["attempt"] for data in held.named("metadata")] == [1, 2]
        assert [list(update) for update in held.named("updates")] == [["before"], ["wait"], ["after"]]
        assert held.lost_connections == 0
        assert (await staying.get(f"/threads/{held_thread}/state")).json()["values"]["log"] == [
            "before",
            "waited",
            "after",
        ]

        assert any(reading.lost_connections for reading in readings)
        for thread_id in threads[:: THREADS // 20]:
            values = (await staying.get(f"/threads/{thread_id}/state")).json()["values"]
            assert values["log"] == values["changes"] == _whole_log()
    _check_tables(many.database_url, [held, *readings], THREADS * TURNS + 1)


def _check_tables(database_url: str, readings: list[Reading], runs: int) -> None:
    """What readers saw is what was kept, and nothing is left half-done."""
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        statuses = connection.execute(
            "select status, count(*) from runs where status <> 'interrupted' group by status"
        ).fetchall()
        assert statuses == [{"status": "success", "count": runs}]
        busy = "select count(*) as busy from threads where status = 'busy'"
        assert connection.execute(busy).fetchall() == [{"busy": 0}]
        assert connection.execute("select run_id from runs where dispatched").fetchall() == []
        assert connection.execute("select id from procrastinate_jobs where status = 'todo'").fetchall() == []
        kept: dict[str, list[tuple[int, str]]] = {}
        for row in connection.execute("select run_id::text, seq, event from run_events order by run_id, seq"):
            kept.setdefault(row["run_id"], []).append((row["seq"], row["event"]))
        values = connection.execute("select values from threads where values like '%hear%'").fetchall()
    assert len({reading.run_id for reading in readings}) == runs
    for reading in readings:
        seen = [(frame.seq, frame.event) for frame in reading.frames]
        assert [*seen, (len(seen) + 1, "__end__")] == kept[reading.run_id]
        if reading.named("custom"):
            _check_words(reading)
    assert [json.loads(row["values"])["log"] for row in values] == [_whole_log()] * THREADS


def _check_words(reading: Reading) -> None:
    """Each step said all of its words in order; one that was cut short said them again, in a later attempt."""
    words = [(data["step"], data["word"]) for data in reading.named("custom")]
    whole = [(step, word) for step in STEPS for word in range(WORDS)]
    if len(reading.named("metadata")) == 1:
        assert words == whole
    assert set(words) == set(whole)


def _whole_log() -> list[str]:
    return [f"{number} {step}" for number in range(1, TURNS + 1) for step in STEPS]
