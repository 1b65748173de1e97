"""Planloom on many machines, as far as one machine can show it: processes that share nothing but their database."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.acceptance.server.live import Planloom
from tests.scale.round_robin import RoundRobin

PROJECT = Path(__file__).parent / "project" / "langgraph.json"
RUNS_AT_ONCE = 8
_POOL_SIZE = 6  # a test's Postgres takes 100 connections


@dataclass(frozen=True)
class Cluster:
    """API processes that execute nothing, workers that serve nothing, and the address of them all."""

    url: str
    apis: list[Planloom]
    workers: list[Planloom]
    database_url: str

    def worker_of(self, run_id: str) -> Planloom:
        """The worker that said that it started the run."""
        for worker in self.workers:
            for line in worker.stderr.splitlines():
                if run_id in line and json.loads(line)["event"] == "run started":
                    return worker
        raise AssertionError(f"no worker started {run_id}")


@contextmanager
def cluster(
    folder: Path,
    environment: dict[str, str],
    *,
    api_count: int = 2,
    worker_count: int = 3,
    runs_at_once: int = RUNS_AT_ONCE,
) -> Iterator[Cluster]:
    """Start the processes and a balancer before the APIs; stop what still runs in the end."""
    environment = {"LOG_FORMAT": "json", "DB_POOL_SIZE": str(_POOL_SIZE), **environment}
    project = ["--config", str(PROJECT)]
    with ExitStack() as stack:
        apis = [
            stack.enter_context(Planloom(["serve", "--port", "0", "--workers", "0", *project], folder, environment))
            for _ in range(api_count)
        ]
        workers = [
            stack.enter_context(Planloom(["worker", "--workers", str(runs_at_once), *project], folder, environment))
            for _ in range(worker_count)
        ]
        for worker in workers:
            worker.until("worker started")
        balancer = stack.enter_context(RoundRobin([api.url for api in apis]))
        yield Cluster(balancer.url, apis, workers, environment.get("DATABASE_DIRECT_URL", environment["DATABASE_URL"]))


def client_of(url: str) -> httpx.AsyncClient:
    """A client that opens a connection for each request, so that a balancer has its say."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    return httpx.AsyncClient(base_url=url, limits=limits, timeout=60)
