"""A run in the background: how long it waits from its admission until its first superstep."""

import time
from datetime import datetime
from typing import Any

from benchmarks.floor import Floor
from benchmarks.scenario import Figure, Sample, Scenario, Target
from benchmarks.servers import Server

RUNS = 20  # a round, one after the other


async def _floor(floor: Floor) -> Sample:
    waits = []
    for _ in range(RUNS):
        admitted = time.time()
        state = await floor.state_after("reach", {"at": 0.0})
        waits.append((state["at"] - admitted) * 1000)
    return {"wait_ms": waits}


async def _server(server: Server) -> Sample:
    waits, heard = [], []
    for thread_id in await server.create_threads(RUNS):
        path = f"/threads/{thread_id}/runs"
        run: Any = (await server.client.post(path, {"assistant_id": "reach", "input": {"at": 0.0}})).json()
        accepted = time.time()
        state: Any = (await server.client.get(f"{path}/{run['run_id']}/join")).json()
        admitted = datetime.fromisoformat(run["created_at"]).timestamp()
        waits.append((state["at"] - admitted) * 1000)
        heard.append((state["at"] - accepted) * 1000)
    return {"wait_ms": waits, "heard_ms": heard}


SCENARIO = Scenario(
    name="queue",
    title="from admission to the first superstep",
    figures=(
        Figure("wait_ms", "from the run's `created_at`", "ms"),
        Figure("wait_p95_ms", "from the run's `created_at`, p95", "ms", "p95", of="wait_ms"),
        Figure("heard_ms", "from the client's receipt", "ms"),
        Figure("heard_p95_ms", "from the client's receipt, p95", "ms", "p95", of="heard_ms"),
    ),
    floor=_floor,
    server=_server,
    targets=(
        Target("p50", 5, "ms", lambda ours, _: ours["wait_ms"]),
        Target("p95", 15, "ms", lambda ours, _: ours["wait_p95_ms"]),
    ),
    rounds=5,
    quick_rounds=2,
    notes=(
        "`created_at` is the start of the admitting transaction, so that transaction is in it. "
        "For the floor: from the call to the node."
    ),
)
