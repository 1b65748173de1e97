"""Sixteen clients create, get and search threads: what everything around runs costs."""

import random
from uuid import uuid4

from benchmarks.concurrently import seconds_for_all
from benchmarks.scenario import Figure, Sample, Scenario, Target
from benchmarks.servers import Server

CLIENTS = 16
CREATED = 800
GOT = 1600
SEARCHED = 800
_USERS = 40


async def _server(server: Server) -> Sample:
    client = server.client
    owners = [f"user-{number}" for number in range(_USERS)]
    threads = [str(uuid4()) for _ in range(CREATED)]
    before = server.cpu.read()

    async def create(thread_id: str) -> None:
        await client.post("/threads", {"thread_id": thread_id, "metadata": {"owner": random.choice(owners)}})

    async def get(thread_id: str) -> None:
        await client.get(f"/threads/{thread_id}")

    async def search(owner: str) -> None:
        await client.post("/threads/search", {"metadata": {"owner": owner}, "limit": 10})

    creating = await seconds_for_all(threads, CLIENTS, create)
    getting = await seconds_for_all(random.choices(threads, k=GOT), CLIENTS, get)
    searching = await seconds_for_all(random.choices(owners, k=SEARCHED), CLIENTS, search)
    cpu = server.cpu.read().since(before)
    requests = CREATED + GOT + SEARCHED
    return {
        "created_per_s": CREATED / creating,
        "got_per_s": GOT / getting,
        "searched_per_s": SEARCHED / searching,
        "cpu_ms": cpu.subject / requests * 1000,
        "postgres_cpu_ms": cpu.postgres / requests * 1000,
        "client_cpu_ms": cpu.client / requests * 1000,
    }


SCENARIO = Scenario(
    name="crud",
    title="threads, 16 clients",
    figures=(
        Figure("created_per_s", "create", "/s"),
        Figure("got_per_s", "get", "/s"),
        Figure("searched_per_s", "search by metadata, ten found", "/s"),
        Figure("cpu_ms", "server CPU a request", "ms"),
        Figure("postgres_cpu_ms", "Postgres CPU a request", "ms"),
        Figure("client_cpu_ms", "client CPU a request", "ms"),
    ),
    server=_server,
    targets=(
        Target("create", 1500, "/s", lambda ours, _: ours["created_per_s"], at_most=False),
        Target("get", 3000, "/s", lambda ours, _: ours["got_per_s"], at_most=False),
        Target("search", 1500, "/s", lambda ours, _: ours["searched_per_s"], at_most=False),
    ),
    rounds=6,
    quick_rounds=2,
)
