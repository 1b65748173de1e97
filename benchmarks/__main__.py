"""`python -m benchmarks`: the server against the floor, interleaved in one run, so that the machine's moods hit both.

Prints a table and, with `--json FILE`, writes the figures. Times are medians in milliseconds; the ratios are what counts.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from uuid import uuid4

import httpx
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.pregel import Pregel
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient
from rich.console import Console
from rich.table import Table

from benchmarks.graphs import steps, tokens
from server.db.embedded import EmbeddedPostgres
from server.db.migrate import migrate
from server.db.pool import Pool, create_pool

HERE = Path(__file__).parent
PORT = 2199

Timing = tuple[float, float]
"""Milliseconds to the first event and to the end."""


async def main() -> None:
    """Measure and report."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=40)
    arguments.add_argument("--json", type=Path)
    chosen = arguments.parse_args()
    results: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder)) as postgres:
        migrate(postgres.dsn())
        async with create_pool(postgres.dsn(), 16) as pool, _server(postgres.dsn()) as client:
            results["100-token stream"] = await _compare(
                chosen.rounds, lambda: _floor_stream(pool), lambda: _server_stream(client)
            )
            results["ten supersteps, wait"] = await _compare(
                chosen.rounds, lambda: _floor_steps(pool), lambda: _server_steps(client)
            )
    _print(results)
    if chosen.json:
        chosen.json.write_text(json.dumps(results, indent=2))


async def _compare(
    rounds: int, floor: Callable[[], Awaitable[Timing]], server: Callable[[], Awaitable[Timing]]
) -> dict[str, float]:
    pairs = [(await floor(), await server()) for _ in range(rounds + 3)][3:]
    floors, servers = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    total_floor, total_server = median(t for _, t in floors), median(t for _, t in servers)
    return {
        "floor_ms": round(total_floor, 2),
        "server_ms": round(total_server, 2),
        "ratio": round(total_server / total_floor, 2),
        "first_event_over_floor_ms": round(median(t for t, _ in servers) - median(t for t, _ in floors), 2),
    }


def _graph(pool: Pool, builder: object) -> Pregel:  # type: ignore[type-arg]
    return builder.compile(checkpointer=AsyncPostgresSaver(pool))  # type: ignore[attr-defined, no-any-return]


async def _floor_stream(pool: Pool) -> Timing:
    config = {"configurable": {"thread_id": str(uuid4())}}
    return await _timed(
        _graph(pool, tokens).astream({"messages": [("user", "hi")]}, config, stream_mode=["values", "messages"])
    )


async def _floor_steps(pool: Pool) -> Timing:
    config = {"configurable": {"thread_id": str(uuid4())}}
    return await _timed(_graph(pool, steps).astream({"count": 0}, config, stream_mode=["values"]))


async def _server_stream(client: LangGraphClient) -> Timing:
    thread = await client.threads.create()
    given = {"messages": [{"role": "user", "content": "hi"}]}
    return await _timed(
        client.runs.stream(thread["thread_id"], "tokens", input=given, stream_mode=["values", "messages-tuple"])
    )


async def _server_steps(client: LangGraphClient) -> Timing:
    thread = await client.threads.create()
    started = time.perf_counter()
    await client.runs.wait(thread["thread_id"], "steps", input={"count": 0})
    total = (time.perf_counter() - started) * 1000
    return total, total


async def _timed(events: AsyncIterator[object]) -> Timing:
    started = time.perf_counter()
    first = 0.0
    async for _ in events:
        first = first or time.perf_counter() - started
    return first * 1000, (time.perf_counter() - started) * 1000


@asynccontextmanager
async def _server(database_url: str) -> AsyncIterator[LangGraphClient]:
    command = [
        sys.executable,
        "-m",
        "server.cli",
        "serve",
        "--config",
        str(HERE / "langgraph.json"),
        "--port",
        str(PORT),
    ]
    environment = {**os.environ, "DATABASE_URL": database_url, "LOG_LEVEL": "warning", "MODEL": "demo"}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)  # noqa: ASYNC220
    url = f"http://127.0.0.1:{PORT}"
    try:
        async with httpx.AsyncClient() as http:
            while process.poll() is None:
                try:
                    await http.get(f"{url}/ok")
                    break
                except httpx.ConnectError:
                    await asyncio.sleep(0.1)
        async with get_client(url=url, api_key=None) as client:
            yield client
    finally:
        process.terminate()
        process.wait(30)


def _print(results: dict[str, dict[str, float]]) -> None:
    table = Table("scenario", "floor ms", "server ms", "ratio", "first event over floor, ms")
    for name, row in results.items():
        table.add_row(name, *(str(value) for value in row.values()))
    Console().print(table)


if __name__ == "__main__":
    asyncio.run(main())
