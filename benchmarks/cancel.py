"""A run on another process is cancelled: how long until it is over."""

import asyncio
import time
from typing import Any

from benchmarks.scenario import Figure, Sample, Scenario, Target
from benchmarks.servers import Layout, Server

RUNS = 10  # a round


async def _server(server: Server) -> Sample:
    taken = []
    for thread_id in await server.create_threads(RUNS):
        path = f"/threads/{thread_id}/runs"
        run: Any = (await server.client.post(path, {"assistant_id": "sleep", "input": {"seconds": 60}})).json()
        await _until_running(server, f"{path}/{run['run_id']}")
        started = time.perf_counter()
        await server.client.post(f"{path}/{run['run_id']}/cancel?wait=true", {})
        taken.append((time.perf_counter() - started) * 1000)
    return {"cancel_ms": taken}


async def _until_running(server: Server, path: str) -> None:
    while True:
        run: Any = (await server.client.get(path)).json()
        if run["status"] == "running":
            await asyncio.sleep(0.05)  # the node is asleep by then
            return
        await asyncio.sleep(0.01)


SCENARIO = Scenario(
    name="cancel",
    title="cancel with `wait`, served and executed by different processes",
    figures=(
        Figure("cancel_ms", "until the run is over", "ms"),
        Figure("cancel_p95_ms", "until the run is over, p95", "ms", "p95", of="cancel_ms"),
    ),
    server=_server,
    targets=(Target("p95", 100, "ms", lambda ours, _: ours["cancel_p95_ms"]),),
    rounds=4,
    quick_rounds=1,
    layout=Layout(split=True),
    notes="The dev server is one process.",
)
