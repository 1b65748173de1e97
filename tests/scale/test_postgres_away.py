"""A database that restarts, and one that is gone: what runs and readers lose, and whether the processes still stop."""

import asyncio
import os
import signal
from pathlib import Path

from server.db.embedded import EmbeddedPostgres
from server.shutdown import STOP_SECONDS
from tests.scale.cluster import client_of, cluster
from tests.scale.conversation import Reading, follow, new_thread, start
from tests.scale.gates import kept, sets_when_waiting


async def test_a_restart_costs_a_retry_and_a_loss_does_not_keep_processes_from_stopping(tmp_path: Path) -> None:
    folder, gate = tmp_path / "postgres", tmp_path / "gate"
    postgres = await EmbeddedPostgres.start_async(folder, durable=False)
    try:
        with cluster(tmp_path, {"DATABASE_URL": postgres.dsn()}, api_count=1, worker_count=1) as one:
            async with client_of(one.url) as client:
                thread_id = await new_thread(client)
                run_id = await start(client, thread_id, "gated", {"gate": str(gate)}, stream_mode="updates")
                waits, reading = asyncio.Event(), Reading(thread_id, run_id)
                reader = asyncio.create_task(follow(client, reading, sets_when_waiting(waits)))
                await waits.wait()
                await kept(client, thread_id)

                await asyncio.to_thread(postgres.stop)
                gate.touch()  # the step ends while there is nowhere to keep it
                one.workers[0].until("Postgres is away")
                postgres = await EmbeddedPostgres.start_async(folder, durable=False)

                await reader
                assert reading.lost_connections == 0
                assert [list(update) for update in reading.named("updates")][-1] == ["after"]
                assert (await client.get(f"/threads/{thread_id}/runs/{run_id}")).json()["status"] == "success"
                thread = (await client.get(f"/threads/{thread_id}")).json()
                assert (thread["status"], thread["values"]["log"]) == ("idle", ["before", "waited", "after"])

            await asyncio.to_thread(postgres.stop)
            processes = [one.apis[0].process, one.workers[0].process]
            for process in processes:
                os.kill(process.pid, signal.SIGTERM)
            for process in processes:  # one that ends by force says so by its exit code
                assert await asyncio.to_thread(process.wait, STOP_SECONDS) == 0
    finally:
        await asyncio.to_thread(postgres.stop)
