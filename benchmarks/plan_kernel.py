"""`python -m benchmarks.plan_kernel`: what plans cost: diff, apply and merge of large ones, and queries on long histories.

A plan of 1,000 items with 20 edits on each side; a plan of 10,000 versions among others in a Postgres of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from psycopg.types.json import Jsonb
from rich.console import Console
from rich.table import Table

from agent.plan import connections
from agent.plan.diff import apply, diff
from agent.plan.document import PlanDocument, canonical_json
from agent.plan.json_patch import to_json_patch
from agent.plan.json_values import Json
from agent.plan.merge import merge
from agent.plan.rank import spread
from agent.plan.repository import PlanRepository
from server.db.embedded import EmbeddedPostgres
from server.db.migrate import migrate_async

ITEMS, EDITS, VERSIONS = 1_000, 20, 10_000
KERNEL_MS, QUERY_MS, SMALLER = 25, 20, 50
PLAN = UUID(int=1)

Row = tuple[str, str, str, bool]
"""What is measured, the figure, what it must reach, and whether it does."""


def main() -> None:
    """Measure and report; the exit code says whether every figure is reached."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=30, help="how often each is done; the median counts")
    rounds = arguments.parse_args().rounds
    rows = [*kernel(rounds), *asyncio.run(_history(rounds))]
    table = Table(title=f"Plans: {ITEMS:,} items, {EDITS} edits; {VERSIONS:,} versions")
    for heading in ("", "measured", "must reach", ""):
        table.add_column(heading, justify="right" if heading else "left")
    for what, figure, target, reached in rows:
        table.add_row(what, figure, target, "yes" if reached else "NO")
    Console().print(table)
    raise SystemExit(0 if all(reached for *_, reached in rows) else 1)


def kernel(rounds: int) -> list[Row]:
    """Diff, apply, merge, and the patch's size against the document's."""
    base = large_plan()
    ours, theirs = edited(base, first=0), edited(base, first=EDITS)
    change = diff(base, ours)
    document, patch = canonical_json(base), len(orjson.dumps(to_json_patch(change)))
    times = {
        "diff": _median_ms(lambda: diff(base, ours), rounds),
        "apply": _median_ms(lambda: apply(base, change), rounds),
        "merge": _median_ms(lambda: merge(base, ours, theirs), rounds),
    }
    rows: list[Row] = [
        (name, f"{taken:.1f} ms", f"< {KERNEL_MS} ms", taken < KERNEL_MS) for name, taken in times.items()
    ]
    ratio = len(document) / patch
    told = f"{patch / 1000:.1f} KB, 1/{ratio:.0f} of {len(document) / 1000:.0f} KB"
    return [*rows, ("patch", told, f"1/{SMALLER}", ratio >= SMALLER)]


def large_plan() -> PlanDocument:
    """Weeks of six runs each, some thousand items in all, each with a pace and a note."""
    items: dict[str, Json] = {}
    weeks = -(-ITEMS // 7)
    ranks = spread(weeks)
    for number in range(weeks):
        monday, week = date(2026, 4, 6) + timedelta(weeks=number), f"w{number + 1}"
        data: Json = {"phase": "base", "start": monday.isoformat()}
        items[week] = {
            "kind": "week",
            "parent": None,
            "rank": ranks[number],
            "title": f"Week {number + 1}",
            "data": data,
        }
        for day, rank in enumerate(spread(6)):
            data = {
                "date": (monday + timedelta(days=day)).isoformat(),
                "km": 5 + day,
                "type": "easy",
                "pace": {"lo": 330, "hi": 360},
                "note": "Easy all the way; you should be able to talk.",
            }
            items[f"{week}-{day}"] = {"kind": "run", "parent": week, "rank": rank, "title": "Easy run", "data": data}
    return PlanDocument.from_json({"schema": 1, "domain": "running", "meta": {"title": "Large"}, "items": items})


def edited(base: PlanDocument, first: int) -> PlanDocument:
    """The plan with twenty runs from number `first` on changed in their distance."""
    record = base.to_json()
    runs = [item_id for item_id, item in base.items.items() if item.kind == "run"]
    for item_id in runs[first : first + EDITS]:
        record["items"][item_id]["data"]["km"] += 2
    return PlanDocument.from_json(record)


async def _history(rounds: int) -> list[Row]:
    """The current version, a page of history and a compare of a plan with many versions."""
    with (
        tempfile.TemporaryDirectory(prefix="planloom-bench-") as folder,
        EmbeddedPostgres(Path(folder), durable=False) as postgres,
    ):
        os.environ["DATABASE_URL"] = postgres.dsn()
        await migrate_async(postgres.dsn())
        try:
            plans = PlanRepository(await connections.pool())
            await _fill()
            queries: dict[str, Callable[[], Awaitable[Any]]] = {
                "current version": lambda: plans.head(PLAN),
                "page of history": lambda: plans.history(PLAN, limit=20, before=VERSIONS // 2),
                "compare two versions": lambda: _compare(plans),
            }
            times = {name: await _median_ms_of(query, rounds) for name, query in queries.items()}
        finally:
            await connections.close()
    return [(name, f"{taken:.1f} ms", f"< {QUERY_MS} ms", taken < QUERY_MS) for name, taken in times.items()]


async def _fill() -> None:
    """One plan of many versions, each with a hundred items."""
    base = large_plan()
    few = dict(list(base.items.items())[:98])
    document = PlanDocument.assemble(base.domain, base.meta, few)
    pool = await connections.pool()
    async with pool.connection() as connection:
        await connection.execute(
            "insert into plans (id, domain, title, head) values (%s, 'running', 'Large', %s)", (PLAN, VERSIONS)
        )
        await connection.execute(
            """insert into plan_versions
                   (plan_id, version, is_current, parent, kind, doc, hash, author_kind, proposal_id)
               select %s, n, n = %s, nullif(n - 1, 0), 'edit',
                      jsonb_set(%s, '{items,w1-0,data,km}', to_jsonb(n)), md5(n::text), 'agent', gen_random_uuid()
               from generate_series(1, %s) n""",
            (PLAN, VERSIONS, Jsonb(document.to_json()), VERSIONS),
        )
        await connection.execute("analyze plan_versions")


async def _compare(plans: PlanRepository) -> None:
    before, after = await plans.version(PLAN, 17), await plans.version(PLAN, VERSIONS - 17)
    if before is None or after is None or diff(before.document, after.document).is_empty:
        raise AssertionError("the two versions differ")


def _median_ms(done: Callable[[], Any], rounds: int) -> float:
    """Of CPU time: nothing is waited for, and other processes do not count."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        done()
        times.append(time.process_time() - start)
    return statistics.median(times) * 1000


async def _median_ms_of(done: Callable[[], Awaitable[Any]], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        await done()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


if __name__ == "__main__":
    main()
