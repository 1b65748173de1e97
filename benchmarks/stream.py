"""One client streams a run of 100 tokens: what a person who waits for an answer feels."""

from benchmarks.floor import Floor
from benchmarks.scenario import TIMES, Figure, Sample, Scenario, Target
from benchmarks.servers import Server
from benchmarks.streamed import Streamed

_GIVEN = {"messages": [{"role": "user", "content": "hi"}]}


async def _floor(floor: Floor) -> Sample:
    return _sample(await floor.stream("tokens", _GIVEN, ["values", "messages"]))


async def _server(server: Server) -> Sample:
    thread_id = await server.create_thread()
    return _sample(await server.stream(thread_id, "tokens", _GIVEN, ["values", "messages-tuple"]))


def _sample(streamed: Streamed) -> Sample:
    return {
        "first_ms": streamed.first_ms,
        "first_token_ms": streamed.first_token_ms or 0.0,
        "total_ms": streamed.total_ms,
    }


SCENARIO = Scenario(
    name="stream",
    title="100-token stream, one client",
    figures=(
        Figure("first_ms", "first event of the graph", "ms"),
        Figure("first_token_ms", "first token", "ms"),
        Figure("total_ms", "total", "ms"),
        Figure("total_p95_ms", "total, p95", "ms", "p95", of="total_ms"),
    ),
    floor=_floor,
    server=_server,
    targets=(
        Target("total time over the floor", 1.5, TIMES, lambda ours, floor: ours["total_ms"] / floor["total_ms"]),
        Target("first event over the floor", 12, "ms", lambda ours, floor: ours["first_ms"] - floor["first_ms"]),
    ),
    rounds=40,
    quick_rounds=12,
    warm_up=3,
)
