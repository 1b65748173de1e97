"""A conversation of 200 turns: time and room per turn as it grows, and what its state and a page of its history cost.

Two graphs: `chat` keeps its messages as Planloom's own agents do, `plain_chat` in `add_messages`, as most graphs do.
"""

import time
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Any, cast
from uuid import uuid4

from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver

from benchmarks.floor import Floor
from benchmarks.scenario import TIMES, Figure, Figures, Sample, Scenario, Target
from benchmarks.servers import Server

TURNS = 200
PAGE = 100
_READS = 5
_QUESTION = " ".join(["what about the long run?"] * 6)
_GRAPHS = ("chat", "plain_chat")

Turn = Callable[[str, Any], Awaitable[float]]
Room = Callable[[str], Awaitable[int]]
Read = Callable[[str, str], Awaitable[float]]


async def _conversation(thread_id: str, graph_id: str, turn: Turn, room: Room, page: Read, state: Read) -> Sample:
    times: list[float] = []
    sizes = {}
    for number in range(1, TURNS + 1):
        times.append(await turn(thread_id, {"messages": [{"role": "user", "content": f"{number}: {_QUESTION}"}]}))
        if number in (5, 15, TURNS - 10, TURNS):
            sizes[number] = await room(thread_id)
    sample: dict[str, float | list[float]] = {
        f"{graph_id}_{end}_ms": median(times[max(0, end - 10) : end]) for end in (10, 50, 100, TURNS)
    }
    sample[f"{graph_id}_10_bytes"] = (sizes[15] - sizes[5]) / 10 / 1000
    sample[f"{graph_id}_{TURNS}_bytes"] = (sizes[TURNS] - sizes[TURNS - 10]) / 10 / 1000
    sample[f"{graph_id}_mb"] = sizes[TURNS] / 1e6
    sample[f"{graph_id}_page_ms"] = [await page(thread_id, graph_id) for _ in range(_READS)]
    sample[f"{graph_id}_state_ms"] = [await state(thread_id, graph_id) for _ in range(_READS)]
    return sample


async def _server(server: Server) -> Sample:
    async def room(thread_id: str) -> int:
        found = cast(dict[str, Any], (await server.client.get(f"/threads/{thread_id}/storage")).json())
        return int(found["total_bytes"])

    async def page(thread_id: str, _: str) -> float:
        return await _timed(server.client.get(f"/threads/{thread_id}/history?limit={PAGE}"))

    async def state(thread_id: str, _: str) -> float:
        return await _timed(server.client.get(f"/threads/{thread_id}/state"))

    sample: dict[str, Any] = {}
    for graph_id in _GRAPHS:
        thread_id = await server.create_thread()

        async def turn(thread_id: str, given: Any, graph_id: str = graph_id) -> float:
            return await server.wait(thread_id, graph_id, given)

        sample |= await _conversation(thread_id, graph_id, turn, room, page, state)
    return sample


async def _floor(floor: Floor) -> Sample:
    async def room(thread_id: str) -> int:
        async with floor.pool.connection() as connection:
            cursor = await connection.execute(
                """select (select coalesce(sum(octet_length(blob)), 0) from checkpoint_blobs where thread_id = %(id)s)
                          + (select coalesce(sum(octet_length(blob)), 0) from checkpoint_writes where thread_id = %(id)s)
                          + (select sum(octet_length(checkpoint::text) + octet_length(metadata::text))
                             from checkpoints where thread_id = %(id)s) as size""",
                {"id": thread_id},
            )
            row = await cursor.fetchone()
            return int(row["size"]) if row else 0

    async def page(thread_id: str, graph_id: str) -> float:
        graph, config = _opened(floor, graph_id, thread_id)

        async def read() -> None:
            async for _ in graph.aget_state_history(config, limit=PAGE):
                pass

        return await _timed(read())

    async def state(thread_id: str, graph_id: str) -> float:
        graph, config = _opened(floor, graph_id, thread_id)
        return await _timed(graph.aget_state(config))

    sample: dict[str, Any] = {}
    for graph_id in _GRAPHS:

        async def turn(thread_id: str, given: Any, graph_id: str = graph_id) -> float:
            return await floor.wait(graph_id, given, thread_id)

        sample |= await _conversation(str(uuid4()), graph_id, turn, room, page, state)
    return sample


def _opened(floor: Floor, graph_id: str, thread_id: str) -> tuple[Any, Any]:
    graph = floor.compiled[graph_id].copy({"checkpointer": AsyncPostgresSaver(floor.pool)})
    return graph, {"configurable": {"thread_id": thread_id}}


async def _timed(reading: Awaitable[Any]) -> float:
    started = time.perf_counter()
    await reading
    return (time.perf_counter() - started) * 1000


def _figures(graph_id: str, name: str) -> list[Figure]:
    return [
        *(Figure(f"{graph_id}_{end}_ms", f"{name}: a turn, around turn {end}", "ms") for end in (10, 50, 100, TURNS)),
        *(Figure(f"{graph_id}_{end}_bytes", f"{name}: bytes a turn, around turn {end}", "kB") for end in (10, TURNS)),
        Figure(f"{graph_id}_mb", f"{name}: the thread", "MB"),
        Figure(f"{graph_id}_page_ms", f"{name}: {PAGE} states of its history", "ms"),
        Figure(f"{graph_id}_state_ms", f"{name}: its state", "ms"),
    ]


def _targets(graph_id: str, name: str) -> list[Target]:
    def grown(kind: str) -> Callable[[Figures, Figures], float]:
        return lambda ours, _: ours[f"{graph_id}_{TURNS}_{kind}"] / ours[f"{graph_id}_10_{kind}"]

    return [
        Target(f"{name}: bytes of turn {TURNS} over turn 10", 1.5, TIMES, grown("bytes")),
        Target(f"{name}: time of turn {TURNS} over turn 10", 2, TIMES, grown("ms")),
        Target(f"{name}: {PAGE} states of its history", 150, "ms", lambda ours, _: ours[f"{graph_id}_page_ms"]),
    ]


SCENARIO = Scenario(
    name="long-thread",
    title=f"a thread of {TURNS} turns",
    figures=[*_figures("chat", "our channel"), *_figures("plain_chat", "add_messages")],
    floor=_floor,
    server=_server,
    targets=[*_targets("chat", "our channel"), *_targets("plain_chat", "add_messages")],
    rounds=2,
    quick_rounds=1,
    warm_up=0,
    notes="The floor's states are not encoded nor sent; a server's page is some 20 MB of JSON.",
)
