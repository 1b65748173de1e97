"""The queries on crons that run all the time, and those of callers, are answered from indexes."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from server.auth.filters import EVERYTHING
from server.crons import repository
from server.crons.repository import CronFilter, DueCron
from server.db.pool import Pool
from server.db.searches import Slice
from tests.integration.server.explaining import scans

CRON = DueCron(
    cron_id=uuid4(), assistant_id=uuid4(), thread_id=uuid4(), user_id="", end_time=None, schedule="@daily",
    timezone=None, payload={}, next_run_at=datetime.now(UTC), metadata={}, on_run_completed=None, enabled=True,
    caller={}, created_at=datetime.now(UTC), updated_at=datetime.now(UTC),
)  # fmt: skip


async def _sorted_by(connection: Any, column: str) -> Any:
    wanted = CronFilter(EVERYTHING, EVERYTHING)
    return await repository.search(connection, wanted, Slice(column, descending=True, limit=10, offset=0))


async def _counted(connection: Any, **wanted: Any) -> Any:
    return await repository.count(connection, CronFilter(EVERYTHING, EVERYTHING, **wanted))


ASKS: list[Callable[[Any], Awaitable[Any]]] = [
    lambda connection: repository.due(connection, 10),
    lambda connection: repository.advance(connection, CRON, None, ()),
    lambda connection: repository.note(connection, CRON, ()),
    lambda connection: repository.get(connection, CRON.cron_id),
    lambda connection: _sorted_by(connection, "created_at"),
    lambda connection: _sorted_by(connection, "updated_at"),
    lambda connection: _counted(connection, thread_id=CRON.thread_id),
    lambda connection: _counted(connection, assistant_id=CRON.assistant_id),
    lambda connection: _counted(connection, metadata={"a": 1}),
    # what deleting a thread or an assistant takes along
    lambda connection: connection.execute("delete from crons where thread_id = %s", (CRON.thread_id,)),
    lambda connection: connection.execute("delete from crons where assistant_id = %s", (CRON.assistant_id,)),
]


async def test_no_query_on_crons_needs_a_sequential_scan(pool: Pool) -> None:
    for ask in ASKS:
        assert await scans(pool, ask) == []


async def test_the_look_for_due_crons_reads_no_more_than_their_index(pool: Pool) -> None:
    async with pool.connection() as connection, connection.transaction():
        await connection.execute("set local enable_seqscan = off")
        cursor = await connection.execute(
            "explain select * from crons where enabled and next_run_at <= now() order by next_run_at limit 10"
        )
        plan = "\n".join(str(row["QUERY PLAN"]) for row in await cursor.fetchall())
    assert "crons_due" in plan
    assert "Sort" not in plan
