"""500 streams of a run that sleeps for a second, all at once: what an open stream costs, and whether all come through."""

import asyncio
import sys
import time

from benchmarks.floor import Floor
from benchmarks.scenario import Figure, Sample, Scenario, Target
from benchmarks.servers import Layout, Server

STREAMS = 500
_GIVEN = {"seconds": 1.0}
_LOOK_SECONDS = 0.1


async def _floor(floor: Floor) -> Sample:
    started = time.perf_counter()
    await asyncio.gather(*(floor.stream("sleep", _GIVEN, ["values"]) for _ in range(STREAMS)))
    return {"seconds": time.perf_counter() - started, "completed": STREAMS}


async def _server(server: Server) -> Sample:
    threads = await server.create_threads(STREAMS)
    memory = _Peak(server)
    watching = asyncio.create_task(memory.watch())
    before = server.cpu.read()
    started = time.perf_counter()
    streams = (server.stream(thread_id, "sleep", _GIVEN, ["values"]) for thread_id in threads)
    ended = await asyncio.gather(*streams, return_exceptions=True)
    seconds = time.perf_counter() - started
    cpu = server.cpu.read().since(before)
    watching.cancel()
    failures = [one for one in ended if isinstance(one, BaseException)]
    for failure in failures[:1]:
        print(f"{server.name}: {len(failures)} streams failed: {failure!r}", file=sys.stderr)
    sample = {"seconds": seconds, "completed": float(STREAMS - len(failures)), "cpu_ms": cpu.subject / STREAMS * 1000}
    return sample if memory.mb is None else {**sample, "rss_mb": memory.mb}


class _Peak:
    """The most memory that a server had."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.mb = server.rss_mb()

    async def watch(self) -> None:
        while self.mb is not None:
            self.mb = max(self.mb, self._server.rss_mb() or 0.0)
            await asyncio.sleep(_LOOK_SECONDS)


SCENARIO = Scenario(
    name="sleeping",
    title="500 concurrent streams of a 1 s sleep",
    figures=(
        Figure("completed", "completed", "of 500"),
        Figure("seconds", "until the last is complete", "s"),
        Figure("rss_mb", "peak memory (RSS)", "MiB", "max"),
        Figure("cpu_ms", "server CPU a run", "ms"),
    ),
    floor=_floor,
    server=_server,
    targets=(
        Target("all complete", STREAMS, "of 500", lambda ours, _: ours["completed"], at_most=False),
        Target("until the last is complete", 3, "s", lambda ours, _: ours["seconds"]),
        Target("peak memory (RSS)", 200, "MiB", lambda ours, _: ours["rss_mb"]),
    ),
    rounds=3,
    quick_rounds=1,
    layout=Layout(runs_at_once=STREAMS),
    notes="Servers are started to execute 500 runs at once.",
)
