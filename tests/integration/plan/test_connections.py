"""The agent's own pool: one per event loop and database."""

import pytest

from agent.plan import connections


async def test_the_loop_has_one_pool_that_autocommits(database_env: str) -> None:
    pool = await connections.pool()
    assert await connections.pool() is pool

    async with pool.connection() as connection:
        assert connection.autocommit
        assert connection.prepare_threshold is None
    await connections.close()


async def test_a_closed_pool_is_followed_by_a_fresh_one(database_env: str) -> None:
    first = await connections.pool()
    await connections.close()

    second = await connections.pool()

    assert second is not first
    async with second.connection() as connection:
        cursor = await connection.execute("select 1")
        assert await cursor.fetchone() == (1,)
    await connections.close()
    await connections.close()


async def test_another_database_gets_another_pool(database_env: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = await connections.pool()
    monkeypatch.setenv("DATABASE_URL", database_env + "?application_name=other")

    second = await connections.pool()

    assert second is not first
    assert first.closed
    await connections.close()


async def test_without_a_database_the_error_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)

    with pytest.raises(connections.NoDatabaseError, match="DATABASE_URL"):
        await connections.pool()
