"""A server that was just started and has nothing to do."""

import asyncio
import time

from benchmarks.scenario import Figure, Sample, Scenario
from benchmarks.servers import Layout, Server

_SETTLE_SECONDS = 1.0
_WATCH_SECONDS = 3.0


async def _server(server: Server) -> Sample:
    if server.start_seconds is None:
        memory = server.rss_mb()
        return {} if memory is None else {"rss_mb": memory}
    async with server.spec.running(Layout()) as fresh:
        await asyncio.sleep(_SETTLE_SECONDS)
        before, since = fresh.cpu.read(), time.perf_counter()
        await asyncio.sleep(_WATCH_SECONDS)
        cpu, seconds = fresh.cpu.read().since(before), time.perf_counter() - since
        return {
            "start_s": fresh.start_seconds or 0.0,
            "rss_mb": fresh.rss_mb() or 0.0,
            "cpu_percent": 100 * cpu.subject / seconds,
        }


SCENARIO = Scenario(
    name="idle",
    title="idle",
    figures=(
        Figure("start_s", "from the start of the process to the first answer", "s"),
        Figure("rss_mb", "memory (RSS)", "MiB"),
        Figure("cpu_percent", "server CPU", "% of a core"),
    ),
    server=_server,
    rounds=3,
    quick_rounds=1,
    warm_up=0,
    notes="The database is there and migrated.",
)
