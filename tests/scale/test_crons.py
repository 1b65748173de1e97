"""Crons with two APIs and three workers, on a clock that the test moves: no firing twice and none lost, whoever dies when."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.acceptance.server.live import Planloom, fresh_database
from tests.moved_clock import MovedClock
from tests.scale.cluster import PROJECT, Cluster, client_of, cluster
from tests.scale.conversation import new_thread

NOON, MINUTE = datetime(2026, 11, 21, 12, tzinfo=UTC), timedelta(minutes=1)
CRONS = 10
"""More than two processes fire at once, so that those that are killed in the middle of it have some in hand."""

_PATIENCE = 100.0

pytestmark = pytest.mark.timeout(600)  # it waits for a dozen processes and for what they do


@pytest.fixture
def on_clock(postgres_url: str, template_database: str, tmp_path: Path) -> Iterator[tuple[Cluster, MovedClock]]:
    """The processes, and their clock: it is noon."""
    with fresh_database(postgres_url, template_database) as url:
        clock = MovedClock(url, NOON)
        with cluster(tmp_path, {"DATABASE_URL": url}) as processes:
            yield processes, clock


async def test_no_firing_is_doubled_or_lost_though_processes_die_in_the_middle_of_it(
    on_clock: tuple[Cluster, MovedClock], tmp_path: Path
) -> None:
    many, clock = on_clock
    async with client_of(many.url) as client:
        crons = [await _made(client, number) for number in range(CRONS)]
    async with await psycopg.AsyncConnection.connect(many.database_url, autocommit=True) as database:
        expected = []
        for number in (1, 2):
            clock.move(NOON + number * MINUTE)
            expected.append(clock.now)
            await _until(database, _ALL_OVER, CRONS * len(expected))

        async with await psycopg.AsyncConnection.connect(many.database_url) as holding:
            await holding.execute("lock table runs in share mode")
            clock.move(NOON + 3 * MINUTE)
            expected.append(clock.now)
            await _until(database, _ABOUT_TO_FIRE, CRONS)  # each cron is moved on and its run not stored
            for process in (many.apis[0], *many.workers[:2]):
                process.kill()
        await _until(database, _ALL_FIRED, CRONS * len(expected))

        clock.move(NOON + 4 * MINUTE)
        expected.append(clock.now)
        many.apis[1].kill()  # while it looks, fires or has fired
        await _until(database, _ALL_FIRED, CRONS * len(expected))
        assert many.workers[2].stop() == 0

        clock.move(NOON + 30 * MINUTE)  # with nobody there
        clock.move(clock.now + timedelta(seconds=20))
        expected.append(NOON + 30 * MINUTE)
        command = ["worker", "--workers", "8", "--config", str(PROJECT)]
        with Planloom(command, tmp_path, {"DATABASE_URL": many.database_url, "LOG_FORMAT": "json"}):
            await _until(database, _ALL_FIRED, CRONS * len(expected))
            clock.move(NOON + 31 * MINUTE)
            expected.append(clock.now)
            await _until(database, _ALL_OVER, CRONS * len(expected))
        assert await _moments(database) == dict.fromkeys(crons, expected)


_ALL_FIRED = "select count(*) from runs"
_ALL_OVER = "select count(*) from runs where status = 'success'"
_ABOUT_TO_FIRE = """select count(*) from pg_stat_activity
                    where datname = current_database() and wait_event_type = 'Lock' and query like '%insert into runs%'"""


async def _made(client: Any, number: int) -> str:
    """The id of a cron that fires every minute: every other one on a thread of its own, the others on a new one each time."""
    path = f"/threads/{await new_thread(client)}/runs/crons" if number % 2 else "/runs/crons"
    body = {"assistant_id": "talk", "schedule": "* * * * *", "input": {"turn": 1}}
    answer = await client.post(path, json=body if number % 2 else {**body, "on_run_completed": "keep"})
    answer.raise_for_status()
    return str(answer.json()["cron_id"])


async def _until(database: psycopg.AsyncConnection[Any], question: str, count: int) -> None:
    """Return when the answer is `count`. Raises `TimeoutError`."""
    async with asyncio.timeout(_PATIENCE):
        while (row := await (await database.execute(question)).fetchone()) != (count,):
            assert row is not None
            assert row[0] < count, f"{row[0]} instead of {count}"
            await asyncio.sleep(0.05)


async def _moments(database: psycopg.AsyncConnection[Any]) -> dict[str, list[datetime]]:
    """For which moments each cron started runs, in order."""
    cursor = await database.execute(
        """select kwargs->'config'->'configurable'->>'cron_id',
                  array_agg((kwargs->'config'->'configurable'->>'cron_scheduled_at')::timestamptz order by created_at)
           from runs group by 1"""
    )
    return {cron: [moment.astimezone(UTC) for moment in moments] for cron, moments in await cursor.fetchall()}
