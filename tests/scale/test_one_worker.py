"""One API and one worker with one slot on a Postgres of their own: whose turn it is, and what becomes of them without it."""

import asyncio
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest

from server.db.embedded import EmbeddedPostgres
from server.shutdown import STOP_SECONDS
from tests.scale.cluster import Cluster, client_of, cluster
from tests.scale.conversation import Reading, follow, new_thread, start
from tests.scale.gates import kept, sets_when_waiting

pytestmark = pytest.mark.timeout(600)


@dataclass
class Alone:
    """The processes, and the database that may be taken from them."""

    cluster: Cluster
    postgres: EmbeddedPostgres
    folder: Path

    def restart_postgres(self) -> None:
        """Start it again where it was."""
        self.postgres = EmbeddedPostgres.start(self.folder, durable=False)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alone]:
    """For the tests of this module, in their order: the last one takes it all away."""
    folder = tmp_path_factory.mktemp("alone")
    postgres = EmbeddedPostgres.start(folder / "postgres", durable=False)
    with cluster(folder, {"DATABASE_URL": postgres.dsn()}, api_count=1, worker_count=1, runs_at_once=1) as started:
        given = Alone(started, postgres, folder / "postgres")
        try:
            yield given
        finally:
            given.postgres.stop()


async def test_a_thread_with_many_runs_does_not_keep_others_waiting(alone: Alone, tmp_path: Path) -> None:
    async with client_of(alone.cluster.url) as client:
        gate = tmp_path / "gate"
        greedy, modest = await new_thread(client), await new_thread(client)
        runs = [await start(client, greedy, "gated", {"gate": str(gate)})]
        runs += [await start(client, greedy, "talk", {"turn": turn}, multitask_strategy="enqueue") for turn in range(5)]
        other = await start(client, modest, "talk", {"turn": 1})
        gate.touch()
        for thread_id, run_id in [(greedy, run_id) for run_id in runs] + [(modest, other)]:
            await follow(client, Reading(thread_id, run_id))
    with psycopg.connect(alone.postgres.dsn()) as connection:
        order = connection.execute("select run_id::text, started_at, ended_at from runs order by started_at").fetchall()
    assert [run_id for run_id, _, _ in order] == [runs[0], other, *runs[1:]]
    for (_, _, ended), (_, started, _) in pairwise(order):
        assert ended <= started, "one slot executes one run at a time"


async def test_a_restart_of_postgres_costs_a_retry_and_no_reader(alone: Alone, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    async with client_of(alone.cluster.url) as client:
        thread_id = await new_thread(client)
        run_id = await start(client, thread_id, "gated", {"gate": str(gate)}, stream_mode="updates")
        waits, reading = asyncio.Event(), Reading(thread_id, run_id)
        reader = asyncio.create_task(follow(client, reading, sets_when_waiting(waits)))
        await waits.wait()
        await kept(client, thread_id)

        await asyncio.to_thread(alone.postgres.stop)
        gate.touch()  # the step ends while there is nowhere to keep it
        alone.cluster.workers[0].until("Postgres is away; the run will be taken over")
        await asyncio.to_thread(alone.restart_postgres)

        await reader
        assert reading.lost_connections == 0
        assert [data["attempt"] for data in reading.named("metadata")] == [1, 2]
        assert [list(update) for update in reading.named("updates")][-1] == ["after"]
        assert (await client.get(f"/threads/{thread_id}/runs/{run_id}")).json()["status"] == "success"
        thread = (await client.get(f"/threads/{thread_id}")).json()
        assert (thread["status"], thread["values"]["log"]) == ("idle", ["before", "waited", "after"])


async def test_processes_whose_postgres_is_gone_stop_when_they_are_told(alone: Alone) -> None:
    await asyncio.to_thread(alone.postgres.stop)
    alone.cluster.workers[0].until("the queue is away", times=2)  # one cancel may be swallowed by a queue that is away
    processes = [alone.cluster.apis[0].process, alone.cluster.workers[0].process]
    for process in processes:
        os.kill(process.pid, signal.SIGTERM)
    for process in processes:  # one that had to be ended by force says so by its exit code
        assert await asyncio.to_thread(process.wait, STOP_SECONDS) == 0
