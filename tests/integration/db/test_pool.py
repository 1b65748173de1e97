"""The pool beside a newer server, which migrates the database while this one goes on."""

import psycopg
import pytest

from server.db.pool import create_pool

READ = "select * from growing"


async def test_a_table_that_grew_fails_one_statement_as_if_postgres_had_been_away(database_url: str) -> None:
    async with create_pool(database_url, 2) as pool:
        async with pool.connection() as first, pool.connection() as second:
            await first.execute("create table growing as select 1 as known")
            for connection in (first, second):
                assert await (await connection.execute(READ)).fetchone() == {"known": 1}
            await first.execute("alter table growing add column unknown integer")
        with pytest.raises(psycopg.OperationalError, match="a newer server changed the database"):
            async with pool.connection() as connection:
                await connection.execute(READ)
        async with pool.connection() as first, pool.connection() as second:
            for connection in (first, second):
                assert await (await connection.execute(READ)).fetchone() == {"known": 1, "unknown": None}
            await first.execute("drop table growing")
