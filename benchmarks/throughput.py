"""Sixteen clients stream runs of 100 tokens, one after the other: what a busy server gets done, and at what cost."""

from benchmarks.concurrently import seconds_for_all
from benchmarks.floor import Floor
from benchmarks.processes import CpuTimes
from benchmarks.scenario import TIMES, Figure, Sample, Scenario, Target
from benchmarks.servers import Server
from benchmarks.streamed import Streamed

CLIENTS = 16
RUNS = 64  # a round
_GIVEN = {"messages": [{"role": "user", "content": "hi"}]}


async def _floor(floor: Floor) -> Sample:
    streamed: list[Streamed] = []

    async def run(_: int) -> None:
        streamed.append(await floor.stream("tokens", _GIVEN, ["values", "messages"]))

    before = floor.cpu.read()
    seconds = await seconds_for_all(range(RUNS), CLIENTS, run)
    return _sample(streamed, seconds, floor.cpu.read().since(before))


async def _server(server: Server) -> Sample:
    streamed: list[Streamed] = []

    async def run(thread_id: str) -> None:
        streamed.append(await server.stream(thread_id, "tokens", _GIVEN, ["values", "messages-tuple"]))

    threads = await server.create_threads(RUNS)
    before = server.cpu.read()
    seconds = await seconds_for_all(threads, CLIENTS, run)
    return _sample(streamed, seconds, server.cpu.read().since(before))


def _sample(streamed: list[Streamed], seconds: float, cpu: CpuTimes) -> Sample:
    return {
        "runs_per_s": len(streamed) / seconds,
        "tokens_per_s": sum(one.token_events for one in streamed) / seconds,
        "first_token_ms": [one.first_token_ms or 0.0 for one in streamed],
        "cpu_ms": cpu.subject / len(streamed) * 1000,
        "postgres_cpu_ms": cpu.postgres / len(streamed) * 1000,
        "client_cpu_ms": cpu.client / len(streamed) * 1000,
    }


SCENARIO = Scenario(
    name="throughput",
    title="100-token streams, 16 clients",
    figures=(
        Figure("runs_per_s", "runs", "/s"),
        Figure("tokens_per_s", "token events", "/s"),
        Figure("first_token_ms", "first token", "ms"),
        Figure("first_token_p95_ms", "first token, p95", "ms", "p95", of="first_token_ms"),
        Figure("cpu_ms", "server CPU a run", "ms"),
        Figure("postgres_cpu_ms", "Postgres CPU a run", "ms"),
        Figure("client_cpu_ms", "client CPU a run", "ms"),
    ),
    floor=_floor,
    server=_server,
    targets=(
        Target(
            "token events of the floor's",
            60,
            "%",
            lambda ours, floor: 100 * ours["tokens_per_s"] / floor["tokens_per_s"],
            at_most=False,
        ),
        Target("server CPU a run over the floor's", 1.7, TIMES, lambda ours, floor: ours["cpu_ms"] / floor["cpu_ms"]),
    ),
    rounds=8,
    quick_rounds=3,
    notes="The floor has no client beside it: its CPU a run is this process's, its client CPU is the same figure.",
)
