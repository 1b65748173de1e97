"""Threads that are read at the same time are read together, and each caller gets what it asked for."""

import asyncio
from uuid import UUID

import psycopg
import pytest

from server.db.pool import Pool, create_pool
from server.ids import new_id
from server.threads import repository
from server.threads.reader import ThreadReader
from tests.integration.server.rows import new_thread


async def test_each_reader_gets_its_thread_and_none_for_one_that_is_not_there(pool: Pool) -> None:
    threads = [await new_thread(pool) for _ in range(5)]
    reader = ThreadReader(pool)
    asked: list[UUID] = [*threads, new_id(), *threads]
    found = await asyncio.gather(*(reader.get(thread_id) for thread_id in asked))
    assert [thread and thread.thread_id for thread in found] == [*threads, None, *threads]


async def test_many_reads_at_once_are_few_statements(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    thread_id = await new_thread(pool)
    statements = 0
    read = repository.get_all

    async def counted(connection: repository.Connection, thread_ids: list[UUID]) -> dict[UUID, repository.Thread]:
        nonlocal statements
        statements += 1
        return await read(connection, thread_ids)

    monkeypatch.setattr(repository, "get_all", counted)
    reader = ThreadReader(pool)
    found = await asyncio.gather(*(reader.get(one) for one in [thread_id, *(new_id() for _ in range(99))]))
    assert [thread is not None for thread in found] == [True, *[False] * 99]
    assert statements == 1


async def test_a_read_sees_what_was_committed_before_it(pool: Pool) -> None:
    reader = ThreadReader(pool)
    for number in range(20):
        others = asyncio.gather(*(reader.get(new_id()) for _ in range(3)))
        thread_id = await new_thread(pool)
        async with pool.connection() as connection:
            await repository.change(connection, thread_id, {"number": number}, None)
        thread = await reader.get(thread_id)
        assert thread is not None
        assert thread.metadata == {"number": number}
        await others


async def test_a_caller_that_gives_up_takes_nothing_from_the_others(pool: Pool) -> None:
    thread_id = await new_thread(pool)
    reader = ThreadReader(pool)
    leaving, staying = asyncio.create_task(reader.get(thread_id)), asyncio.create_task(reader.get(thread_id))
    await asyncio.sleep(0)
    leaving.cancel()
    thread = await staying
    assert thread is not None
    with pytest.raises(asyncio.CancelledError):
        await leaving


async def test_all_callers_hear_of_a_failure_and_the_next_read_works(database_url: str) -> None:
    async with create_pool(database_url, 2) as pool:
        thread_id = await new_thread(pool)
        reader = ThreadReader(pool)
        async with pool.connection() as connection:
            await connection.execute("alter table threads rename to hidden")
        failed = await asyncio.gather(*(reader.get(thread_id) for _ in range(3)), return_exceptions=True)
        assert [type(error) for error in failed] == [psycopg.errors.UndefinedTable] * 3
        async with pool.connection() as connection:
            await connection.execute("alter table hidden rename to threads")
        assert await reader.get(thread_id) is not None
