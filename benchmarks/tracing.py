"""What tracing costs the 100-token stream: the same server twice, one of them tracing to a sink, taking turns."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx

from benchmarks.scenario import TIMES, Figure, Sample, Scenario, Target
from benchmarks.servers import REPO, Layout, PlanloomSpec, Server, free_port

TURNS = 40
STREAMS = 8  # a turn
_GIVEN = {"messages": [{"role": "user", "content": "hi"}]}
_SETTLE_SECONDS = 1.5  # until the last traces are sent


@asynccontextmanager
async def _sink() -> AsyncIterator[str]:
    """The URL of a sink."""
    port = free_port()
    command = ["-m", "uvicorn", "benchmarks.trace_sink:app", "--port", str(port), "--log-level", "critical"]
    process = await asyncio.create_subprocess_exec(sys.executable, *command, cwd=REPO)
    url = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient(base_url=url) as client, asyncio.timeout(30):
            while not await _answers(client):
                if process.returncode is not None:
                    raise ValueError("the sink for traces did not start")
                await asyncio.sleep(0.05)
        yield url
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _answers(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/info")).is_success
    except httpx.TransportError:
        return False


async def _server(server: Server) -> Sample:
    if not isinstance(server.spec, PlanloomSpec):
        return {}
    async with _sink() as url:
        traced = {"LANGSMITH_TRACING": "true", "LANGSMITH_API_KEY": "a-key-for-the-sink", "LANGSMITH_ENDPOINT": url}
        spec = replace(server.spec, environment=traced)
        async with server.spec.running(Layout()) as plain, spec.running(Layout()) as tracing:
            return await _measured(plain, tracing, url)


async def _measured(plain: Server, tracing: Server, sink: str) -> Sample:
    times: dict[str, list[float]] = {"off": [], "on": []}
    servers = {"off": plain, "on": tracing}
    for server in servers.values():  # until both are warm
        await _streams(server, 3 * STREAMS)
    await asyncio.sleep(_SETTLE_SECONDS)
    before = {name: server.cpu.read() for name, server in servers.items()}
    for turn in range(TURNS):
        for name in ("off", "on") if turn % 2 else ("on", "off"):
            times[name] += await _streams(servers[name], STREAMS)
    await asyncio.sleep(_SETTLE_SECONDS)
    cpu = {name: server.cpu.read().since(before[name]).subject for name, server in servers.items()}
    async with httpx.AsyncClient(base_url=sink) as client:
        taken = (await client.get("/taken")).json()
    if not taken["requests"]:
        raise ValueError("no trace arrived")
    streams = TURNS * STREAMS
    return {
        "off_ms": times["off"],
        "on_ms": times["on"],
        "off_cpu_ms": 1000 * cpu["off"] / streams,
        "on_cpu_ms": 1000 * cpu["on"] / streams,
        "sent_kb": taken["bytes"] / 1000 / (streams + 3 * STREAMS),
    }


async def _streams(server: Server, count: int) -> list[float]:
    """The milliseconds that each of so many streams took, one after the other."""
    taken: list[float] = []
    for _ in range(count):
        thread_id = await server.create_thread()
        started = time.perf_counter()
        await server.stream(thread_id, "tokens", _GIVEN, ["values", "messages-tuple"])
        taken.append((time.perf_counter() - started) * 1000)
    return taken


SCENARIO = Scenario(
    name="tracing",
    title="100-token stream, one client, traced and not",
    figures=(
        Figure("off_ms", "not traced: total", "ms"),
        Figure("on_ms", "traced: total", "ms"),
        Figure("off_cpu_ms", "not traced: server CPU a run", "ms"),
        Figure("on_cpu_ms", "traced: server CPU a run", "ms"),
        Figure("sent_kb", "sent to LangSmith a run", "kB"),
    ),
    server=_server,
    targets=(
        Target("total time over that of the same untraced", 1.1, TIMES, lambda ours, _: ours["on_ms"] / ours["off_ms"]),
        Target(
            "server CPU over that of the same untraced",
            1.1,
            TIMES,
            lambda ours, _: ours["on_cpu_ms"] / ours["off_cpu_ms"],
        ),
    ),
    rounds=3,
    quick_rounds=1,
    warm_up=0,
    notes="Two servers, one of which traces to a sink in a process of its own, take turns of eight streams.",
)
