"""`python -m benchmarks [SCENARIO …]`: what the server costs, as ratios to the floor and beside other servers.

Everything is measured in one run, the subjects taking turns round by round, so that the machine's moods hit all alike.
Prints Markdown; `--json FILE` writes the figures with the machine's facts.
"""

import argparse
import asyncio
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson
import psycopg
import uvloop

from benchmarks import cancel, crud, idle, long_thread, queue, sleeping, stream, supersteps, throughput, tracing
from benchmarks.floor import Floor, opened_floor
from benchmarks.machine import machine_facts
from benchmarks.processes import postgres_tree
from benchmarks.report import Measured, as_json, conditions, scenario_table, target_table, write_into
from benchmarks.scenario import Sample, Scenario
from benchmarks.servers import REPO, DevServerSpec, Layout, PlanloomSpec, RemoteSpec, Server, ServerSpec, remote
from server.db.embedded import EmbeddedPostgres
from server.db.migrate import migrate
from server.garbage import spare_what_stays

SCENARIOS = tuple(
    module.SCENARIO
    for module in (stream, throughput, supersteps, long_thread, queue, crud, idle, cancel, sleeping, tracing)
)
"""In this order those that want the same layout follow each other."""


@dataclass(frozen=True)
class Options:
    """What was asked for on the command line."""

    scenarios: Sequence[Scenario]
    quick: bool
    rounds: int | None
    dev: bool
    remotes: Sequence[RemoteSpec]
    json: Path | None
    write: bool


def main() -> None:
    """Measure and report."""
    uvloop.run(_measure_all(_options()))


def _options() -> Options:
    names = [scenario.name for scenario in SCENARIOS]
    arguments = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    arguments.add_argument("scenarios", nargs="*", help=f"of {', '.join(names)}; all by default", metavar="SCENARIO")
    arguments.add_argument("--quick", action="store_true", help="fewer rounds, and no dev server")
    arguments.add_argument("--rounds", type=int, help="as many for every scenario")
    arguments.add_argument("--dev", action=argparse.BooleanOptionalAction, help="the official dev server as well")
    arguments.add_argument(
        "--server",
        action="append",
        default=[],
        type=remote,
        metavar="NAME=URL",
        help="another server that serves benchmarks/langgraph.json; NAME=URL#PID also measures its CPU and memory",
    )
    arguments.add_argument("--json", type=Path, metavar="FILE")
    arguments.add_argument(
        "--write", action="store_true", help="write the tables into README.md and docs/performance.md"
    )
    chosen = arguments.parse_args()
    if unknown := set(chosen.scenarios) - set(names):
        arguments.error(f"no scenario is called {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    return Options(
        scenarios=[one for one in SCENARIOS if one.name in (chosen.scenarios or names)],
        quick=chosen.quick,
        rounds=chosen.rounds,
        dev=not chosen.quick if chosen.dev is None else chosen.dev,
        remotes=chosen.server,
        json=chosen.json,
        write=chosen.write,
    )


async def _measure_all(options: Options) -> None:
    measured: list[Measured] = []
    if task := asyncio.current_task():  # so that no server is left behind
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)

    def write_json() -> None:
        if options.json:
            options.json.write_bytes(orjson.dumps(as_json(measured, machine), option=orjson.OPT_INDENT_2))

    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder)) as postgres:
        machine = machine_facts(postgres.dsn())
        print(conditions(machine), flush=True)
        migrate(postgres.dsn())
        _create_database(postgres.dsn(), "floor")
        postgres_cpu = postgres_tree(Path(folder) / "postgres").cpu_seconds
        specs: list[ServerSpec] = [PlanloomSpec(postgres.dsn(), postgres_cpu)]
        specs += [DevServerSpec()] if options.dev else []
        specs += options.remotes
        spare_what_stays()  # as the server does, so that the floor is as low as it can be
        async with opened_floor(postgres.dsn("floor"), postgres_cpu) as floor, _Servers(specs).opened() as servers:
            for scenario in options.scenarios:
                one = Measured(scenario)
                await _measure(one, floor, await servers.laid_out(scenario.layout), options)
                measured.append(one)
                print(scenario_table(one), flush=True)  # each at once: a long run may be stopped
                write_json()
    print(target_table(measured))
    if options.write:
        write_into(REPO / "README.md", f"{conditions(machine)}\n{target_table(measured)}")
        tables = "\n".join(scenario_table(one) for one in measured)
        write_into(REPO / "docs" / "performance.md", f"{conditions(machine)}\n{tables}")


class _Servers:
    """The servers, started in the layout that a scenario wants."""

    def __init__(self, specs: Sequence[ServerSpec]) -> None:
        self._specs = specs
        self._layout: Layout | None = None
        self._stack = AsyncExitStack()
        self._running: list[Server] = []

    @asynccontextmanager
    async def opened(self) -> AsyncIterator["_Servers"]:
        try:
            yield self
        finally:
            await self._stack.aclose()

    async def laid_out(self, layout: Layout) -> list[Server]:
        if layout != self._layout:
            await self._stack.aclose()
            self._running = [await self._stack.enter_async_context(spec.running(layout)) for spec in self._specs]
            self._layout = layout
        return self._running


async def _measure(measured: Measured, floor: Floor, servers: Sequence[Server], options: Options) -> None:
    scenario = measured.scenario
    rounds = options.rounds or (scenario.quick_rounds if options.quick else scenario.rounds)
    subjects: dict[str, Callable[[], Awaitable[Sample]]] = {}
    if scenario.floor is not None:
        of_floor = scenario.floor
        subjects[floor.name] = lambda: of_floor(floor)
    for server in servers:
        subjects[server.name] = lambda server=server: scenario.server(server)  # type: ignore[misc]
    for number in range(-scenario.warm_up, rounds):
        _show_progress(scenario, max(number + 1, 0), rounds)
        for name, sample in subjects.items():
            if name in measured.failures:
                continue
            try:
                taken = await sample()
            except Exception as failure:  # noqa: BLE001 - whatever one server does wrong, the others are measured
                measured.failures[name] = f"{type(failure).__name__}: {failure}"
                continue
            if number >= 0:
                measured.samples.setdefault(name, []).append(taken)


def _show_progress(scenario: Scenario, done: int, rounds: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done == rounds else ""
        print(f"\r{scenario.title}: round {done} of {rounds}", end=end, file=sys.stderr, flush=True)
    elif done == rounds:
        print(f"{scenario.title}: {rounds} rounds", file=sys.stderr, flush=True)


def _create_database(database_url: str, name: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f'create database "{name}"')


if __name__ == "__main__":
    main()
