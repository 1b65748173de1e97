"""A worker whose event loop is blocked keeps the leases that are its own."""

import time

import psycopg

from server.db.pool import Pool
from server.runs import lifecycle
from server.runs.lease_guard import LeaseGuard
from tests.integration.server.rows import new_run


async def test_a_blocked_loop_keeps_its_leases(pool: Pool, database_url: str) -> None:
    ours, lost = [await new_run(pool, dispatched=True) for _ in range(2)]
    async with pool.connection() as connection:
        for run_id in (ours, lost):
            assert await lifecycle.claim(connection, run_id) is not None
            await connection.execute("update runs set lease_until = 'epoch' where run_id = %s", (run_id,))
    guard = LeaseGuard(database_url, lambda: {ours: 1, lost: 7}, late_seconds=0.1)
    guard.start()
    try:
        _block_until_renewed(database_url, str(ours))
    finally:
        guard.stop()
    async with pool.connection() as connection:
        expired = await lifecycle.take_back_expired(connection)
    assert [run.run_id for run in expired] == [lost], "that attempt was another's"


def _block_until_renewed(database_url: str, run_id: str) -> None:
    """As a graph would that does not await."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        is_kept = "select run_id from runs where run_id = %s and lease_until > clock_timestamp()"
        while connection.execute(is_kept, (run_id,)).fetchone() is None:
            time.sleep(0.01)
