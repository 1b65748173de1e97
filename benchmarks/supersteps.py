"""A graph of ten supersteps, waited for: what a checkpoint per step costs, alone and with sixteen runs at once."""

from benchmarks.concurrently import seconds_for_all
from benchmarks.floor import Floor
from benchmarks.scenario import TIMES, Figure, Sample, Scenario, Target
from benchmarks.servers import Server

CLIENTS = 16
RUNS = 48  # a round, at once
_GIVEN = {"count": 0}


async def _floor(floor: Floor) -> Sample:
    alone = [await floor.wait("steps", _GIVEN) for _ in range(4)]
    before = floor.cpu.read()
    seconds = await seconds_for_all(range(RUNS), CLIENTS, lambda _: floor.wait("steps", _GIVEN))
    cpu = floor.cpu.read().since(before)
    return {"total_ms": alone, "runs_per_s": RUNS / seconds, "cpu_ms": cpu.subject / RUNS * 1000}


async def _server(server: Server) -> Sample:
    alone = [await server.wait(thread_id, "steps", _GIVEN) for thread_id in await server.create_threads(4)]
    threads = await server.create_threads(RUNS)
    before = server.cpu.read()
    seconds = await seconds_for_all(threads, CLIENTS, lambda thread_id: server.wait(thread_id, "steps", _GIVEN))
    cpu = server.cpu.read().since(before)
    return {"total_ms": alone, "runs_per_s": RUNS / seconds, "cpu_ms": cpu.subject / RUNS * 1000}


SCENARIO = Scenario(
    name="supersteps",
    title="ten supersteps, `wait`",
    figures=(
        Figure("total_ms", "one client: total", "ms"),
        Figure("total_p95_ms", "one client: total, p95", "ms", "p95", of="total_ms"),
        Figure("runs_per_s", "16 at once: runs", "/s"),
        Figure("cpu_ms", "16 at once: server CPU a run", "ms"),
    ),
    floor=_floor,
    server=_server,
    targets=(
        Target("one client: time over the floor", 1.3, TIMES, lambda ours, floor: ours["total_ms"] / floor["total_ms"]),
        Target(
            "16 at once: runs of the floor's",
            75,
            "%",
            lambda ours, floor: 100 * ours["runs_per_s"] / floor["runs_per_s"],
            at_most=False,
        ),
    ),
    rounds=10,
    quick_rounds=3,
)
